"""Targets' views as SQLite takes them: what it computes in another way than Redshift, by functions.

Decimals, days and times are tagged text there (`sqlite_values`), so casts to them, sums, parts of
days and ranges become functions that read it. What was said in CREATE VIEW stands in a comment, so
that the catalogue can give it back.
"""

from __future__ import annotations

import re
from typing import Final

import sqlglot
from sqlglot import exp

LATE_BINDING: Final = "\nWITH NO SCHEMA BINDING"
_VIEW: Final = re.compile(r"(CREATE VIEW \S+) AS\n(SELECT .*)", re.DOTALL)
# Of constants alone nothing is computed.
_COMPUTED: Final = re.compile(r"CAST\((CASE|COALESCE|EXTRACT|CAST)\b")
_SAID: Final = re.compile(r"/\*said ([0-9a-f]+)\*/")
_OPERATORS: Final = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_RANGES: Final = {exp.GTE: "IS_AT_LEAST", exp.LT: "IS_BELOW"}
_TIMES: Final = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ)


def translate_view(sql: str) -> str:
    """A CREATE VIEW that computes something; any other statement as it is."""
    match = _VIEW.fullmatch(sql)
    if match is None or not _COMPUTED.search(sql):
        return sql
    query = sqlglot.parse_one(match[2], read="redshift")
    for node in reversed([*query.walk()]):  # what is within first
        written = _write_with_function(node)
        if written is not node:
            node.replace(written)
    return f"{match[1]} AS /*said {sql.encode().hex()}*/ {query.sql(dialect='sqlite')}"


def recall_view(sql: str) -> str:
    """What was said in the CREATE VIEW that SQLite has kept."""
    said = _SAID.search(sql)
    return f"{bytes.fromhex(said[1]).decode()}{LATE_BINDING}" if said else sql


def _write_with_function(node: exp.Expr) -> exp.Expr:
    kind = type(node)
    if kind in _OPERATORS:
        operator = exp.Literal.string(_OPERATORS[kind])
        return _call("CALCULATE", operator, node.this, node.expression)
    if kind in _RANGES:
        return _call(_RANGES[kind], node.this, node.expression)
    if isinstance(node, exp.Extract):
        value = node.expression
        value = value.this if isinstance(value, exp.AtTimeZone) else value
        return _call("TAKE_PART", exp.Literal.string(node.name.lower()), value)
    if isinstance(node, exp.In) and node.expressions[0].is_string:
        # Redshift ignores blanks at the end of text where it compares.
        node.this.replace(_call("RTRIM", node.this.copy()))
    return _write_cast(node) if isinstance(node, exp.Cast) else node


def _write_cast(node: exp.Cast) -> exp.Expr:
    value: exp.Expr = node.this
    if node.to.this in _TIMES:
        return value
    if node.to.this is exp.DataType.Type.DECIMAL:
        return _call("CAST_DECIMAL", value, node.to.expressions[1].this)
    return node


def _call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=[*arguments])
