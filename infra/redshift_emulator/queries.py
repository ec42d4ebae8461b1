"""SELECT, INSERT, UPDATE and DELETE: what Redshift refuses but PostgreSQL accepts.

Owns the list of such differences. Queries are passed on unchanged; sqlglot parses them only to find
what is to be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from infra.redshift_emulator.errors import (
    NOT_SUPPORTED,
    SYNTAX_ERROR,
    UNDEFINED_OBJECT,
    RedshiftError,
    emulation_error,
    syntax_error,
)
from infra.redshift_emulator.leader_node import check_nodes
from infra.redshift_emulator.subqueries import check_subqueries

# A part of the tree that Redshift has no syntax for, and the word at which its parser stops.
_UNKNOWN_SYNTAX: dict[type[exp.Expr], str] = {
    exp.OnConflict: "on",
    exp.Returning: "returning",
    exp.Filter: "(",
    exp.Lateral: "lateral",
    exp.TableSample: "tablesample",
    exp.NullSafeEQ: "distinct",
    exp.NullSafeNEQ: "distinct",
}
_UNKNOWN_TYPES = {
    exp.DataType.Type.UUID: "uuid",
    exp.DataType.Type.JSON: "json",
    exp.DataType.Type.JSONB: "jsonb",
    exp.DataType.Type.SERIAL: "serial",
    exp.DataType.Type.INET: "inet",
}
_OPEN, _VALUES = "(", "values"
# Redshift has these; PostgreSQL would need a translation that nothing here uses.
_NOT_EMULATED: dict[type[exp.Expr], str] = {
    exp.Qualify: "QUALIFY",
    exp.DateAdd: "DATEADD",
    exp.TsOrDsAdd: "DATEADD",
    exp.DateDiff: "DATEDIFF",
    exp.TsOrDsDiff: "DATEDIFF",
}


def check_query(sql: str, *, into_table: bool = False) -> None:
    """Raises RedshiftError if Redshift would refuse the query.

    `into_table`: whether the query's rows go into a table, as in CREATE TABLE AS.
    """
    try:
        tree = sqlglot.parse_one(sql, dialect="redshift")
    except (ParseError, TokenError):
        return  # PostgreSQL reports the error better, or there is none
    for node in tree.walk():
        if word := _UNKNOWN_SYNTAX.get(type(node)):
            raise syntax_error(word)
        if feature := _NOT_EMULATED.get(type(node)):
            raise emulation_error(feature)
        if check := _CHECKS.get(type(node)):
            check(node)
    check_nodes(tree, sql, into_table=into_table)
    check_subqueries(tree)


def _check_distinct(node: exp.Expr) -> None:
    if node.args.get("on") is not None:
        text = "SELECT DISTINCT ON is not supported"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)


def _lock(_node: exp.Expr) -> None:
    text = "SELECT FOR UPDATE/SHARE is not supported"
    raise RedshiftError(text, sqlstate=NOT_SUPPORTED)


def _data_type(node: exp.Expr) -> None:
    if node.this in _UNKNOWN_TYPES:
        text = f'type "{_UNKNOWN_TYPES[node.this]}" does not exist'
        raise RedshiftError(text, sqlstate=UNDEFINED_OBJECT)


def _delete(node: exp.Expr) -> None:
    if node.this.alias:
        raise syntax_error(node.this.alias)
    _check_inner_joins(node.args.get("using") or ())


def _update(node: exp.Expr) -> None:
    """SET takes one column at a time; what is joined must equal something of the target."""
    if any(isinstance(pair.this, exp.Tuple | exp.Paren) for pair in node.expressions):
        raise syntax_error(_OPEN)
    joined = node.args.get("from_")
    if joined is not None:
        _check_inner_joins([joined.this])
        if not _equals_target(node):
            raise _no_equijoin()


def _check_inner_joins(sources: Iterable[exp.Expr]) -> None:
    for source in sources:
        if any(join.side for join in source.args.get("joins") or ()):
            raise _no_equijoin()


def _equals_target(update: exp.Expr) -> bool:
    """Whether an equality relates the target to another table, as far as columns are qualified."""
    target, condition = update.this.alias_or_name, update.args.get("where")
    for equality in condition.find_all(exp.EQ) if condition else ():
        sides = [
            {column.table for column in side.find_all(exp.Column)}
            for side in (equality.left, equality.right)
        ]
        if any("" in side for side in sides):
            return True
        if all(sides) and any(side == {target} for side in sides) and sides[0] != sides[1]:
            return True
    return False


def _no_equijoin() -> RedshiftError:
    text = "Target table must be part of an equijoin predicate"
    return RedshiftError(text, sqlstate=NOT_SUPPORTED)


def _values(node: exp.Expr) -> None:
    """VALUES is for INSERT only, not a table."""
    if not isinstance(node.parent, exp.Insert):
        raise syntax_error(_VALUES)


def _window(node: exp.Expr) -> None:
    frame = node.args.get("spec")
    kind = "" if frame is None else frame.args["kind"].upper()
    if kind == "GROUPS":
        raise syntax_error(kind.lower())
    if kind == "RANGE":
        text = "RANGE clause of window functions not yet implemented"
        raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
    if frame is None and node.args.get("order") is not None and isinstance(node.this, _FRAMED):
        text = "Aggregate window functions with an ORDER BY clause require a frame clause"
        raise RedshiftError(text, sqlstate=SYNTAX_ERROR)


_FRAMED = (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count)
_CHECKS: dict[type[exp.Expr], Callable[[exp.Expr], None]] = {
    exp.Distinct: _check_distinct,
    exp.Lock: _lock,
    exp.DataType: _data_type,
    exp.Delete: _delete,
    exp.Update: _update,
    exp.Values: _values,
    exp.Window: _window,
}
