"""SELECT, INSERT, UPDATE and DELETE: what Redshift refuses but PostgreSQL accepts.

Owns the list of such differences. A query is changed only where Redshift writes something that
PostgreSQL does not know (QUALIFY, DATEADD, DATEDIFF, SYSDATE).
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from infra.redshift_emulator.errors import (
    NOT_SUPPORTED,
    UNDEFINED_OBJECT,
    RedshiftError,
    not_emulated,
    syntax_error,
)
from infra.redshift_emulator.lexer import Token, tokens

# A part of the tree that Redshift has no syntax for, and the word its parser would stop at.
_UNKNOWN_SYNTAX: dict[type[exp.Expr], str] = {
    exp.OnConflict: "on",
    exp.Returning: "returning",
    exp.Filter: "(",
    exp.Lateral: "lateral",
}
_UNKNOWN_TYPES = {
    exp.DataType.Type.UUID: "uuid",
    exp.DataType.Type.JSON: "json",
    exp.DataType.Type.JSONB: "jsonb",
    exp.DataType.Type.SERIAL: "serial",
    exp.DataType.Type.INET: "inet",
}
_REWRITTEN = (exp.Qualify, exp.DateAdd, exp.TsOrDsAdd, exp.DateDiff, exp.TsOrDsDiff)
_SYSDATE = "(transaction_timestamp() AT TIME ZONE 'UTC')"


@dataclass(frozen=True)
class Query:
    """What PostgreSQL is given, and the source of a MERGE."""

    sql: str
    merge_source: str | None = None


def read_query(sql: str, found: list[Token]) -> Query:
    """Checks a query and changes it where it must be. Raises RedshiftError."""
    try:
        tree = sqlglot.parse_one(sql, dialect="redshift")
    except (ParseError, TokenError):
        # PostgreSQL says better what is wrong with it, or knows it to be right.
        return Query(in_query(sql, found))
    _refuse(tree)
    if isinstance(tree, exp.Merge):
        return Query(sql, merge_source=_check_merge(tree, found))
    if any(True for _ in tree.find_all(*_REWRITTEN)):
        if "\\" in sql:
            text = "a backslash in a query with QUALIFY, DATEADD or DATEDIFF"
            raise not_emulated(text)
        sql = tree.sql(dialect="postgres")
        found = tokens(sql)
    return Query(in_query(sql, found))


def in_query(sql: str, found: list[Token] | None = None) -> str:
    """A text with SYSDATE, which is a word without parentheses, replaced."""
    if "sysdate" not in sql.lower():
        return sql
    parts: list[str] = []
    at = 0
    for token in tokens(sql) if found is None else found:
        if token.word == "SYSDATE":
            parts += [sql[at : token.start], _SYSDATE]
            at = token.end
    return "".join([*parts, sql[at:]])


def _refuse(tree: exp.Expr) -> None:
    for node in tree.walk():
        if word := _UNKNOWN_SYNTAX.get(type(node)):
            raise syntax_error(word)
        if isinstance(node, exp.Distinct) and node.args.get("on") is not None:
            text = "SELECT DISTINCT ON is not supported"
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
        if isinstance(node, exp.Lock):
            text = "SELECT FOR UPDATE/SHARE is not supported"
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
        if isinstance(node, exp.DataType) and node.this in _UNKNOWN_TYPES:
            text = f'type "{_UNKNOWN_TYPES[node.this]}" does not exist'
            raise RedshiftError(text, sqlstate=UNDEFINED_OBJECT)
        if isinstance(node, exp.Delete) and node.this.alias:
            raise syntax_error(node.this.alias)


def _check_merge(tree: exp.Merge, found: list[Token]) -> str:
    """MERGE of Redshift: from a table, one action for a match and one for none, no conditions."""
    source = tree.args["using"]
    if not isinstance(source, exp.Table) or tree.args.get("with_") is not None:
        text = "MERGE source must be a table"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if found[-1].word == "DUPLICATES":
        text = "MERGE ... REMOVE DUPLICATES"
        raise not_emulated(text)
    whens = tree.args["whens"].expressions
    matched = [when for when in whens if when.args.get("matched")]
    if len(matched) != 1 or len(whens) != 2:  # one of each
        text = "MERGE takes exactly one WHEN MATCHED and one WHEN NOT MATCHED clause"
        raise RedshiftError(
            text,
            sqlstate=NOT_SUPPORTED,
        )
    if any(when.args.get("condition") is not None for when in whens):
        text = "and"
        raise syntax_error(text)
    return exp.Table(
        this=source.this, db=source.args.get("db"), catalog=source.args.get("catalog")
    ).sql(dialect="postgres")
