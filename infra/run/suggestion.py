"""A change to try first: of one dimension's row that some fact refers to, as SQL to type."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

from flink_app.declaration import Star
from flink_app.declaration.model import Treatment
from flink_app.declaration.star import WideColumn

_VALUE: Final = "changed"
# Four bytes a character: so the source's column has room for the value.
_SHORTEST: Final = 4 * len(_VALUE)


def suggest_change(session: psycopg.Connection[Any], star: Star) -> str:
    """An UPDATE that shows in a target; empty where none is as simple as that.

    Args:
        session: of a database that whoever reads this may change.
        star: whose tables it has.
    """
    for target in star.targets:
        for column in star.wide_columns(target):
            if _is_simple(star, column) and (change := _suggest(session, star, target, column)):
                return change
    return ""


def _is_simple(star: Star, column: WideColumn) -> bool:
    """Whether it is text of a dimension which the fact refers to, and nothing compares it."""
    if len(column.path) != 1 or not column.source:
        return False
    declared = star.tables[column.table].columns[column.source]
    return (
        column.source not in star.tables[column.table].compared_columns
        and declared.treatment is Treatment.KEEP
        and declared.type.name == "varchar"
        and (declared.type.length or 0) >= _SHORTEST
    )


def _suggest(session: psycopg.Connection[Any], star: Star, target: str, column: WideColumn) -> str:
    fact, dimension = star.tables[star.targets[target].fact], star.tables[column.table]
    keys = [dimension.columns[name].source or name for name in dimension.key]
    referring = fact.references[column.path[0]].columns
    columns = [fact.columns[name].source or name for name in referring]
    matches = [
        sql.SQL("d.{} = f.{}").format(sql.Identifier(key), sql.Identifier(name))
        for key, name in zip(keys, columns, strict=True)
    ]
    declared = dimension.columns[column.source]
    # PostgreSQL itself says which names it would have in quotes.
    condition = " AND ".join(["%I = %L"] * len(keys))
    named: list[sql.Composable] = [
        sql.Literal(declared.source or column.source),
        sql.Literal(_VALUE),
    ]
    for key in keys:
        named += [sql.Literal(key), sql.SQL("d.{}").format(sql.Identifier(key))]
    schema, table = star.declaration.source_of(column.table)
    query = sql.SQL("SELECT format({}, {}) FROM {} d JOIN {} f ON {} ORDER BY {} LIMIT 1").format(
        sql.Literal(f"UPDATE %I.%I SET %I = %L WHERE {condition};"),
        sql.SQL(", ").join([sql.Literal(schema), sql.Literal(table), *named]),
        sql.Identifier(schema, table),
        sql.Identifier(*star.declaration.source_of(star.targets[target].fact)),
        sql.SQL(" AND ").join(matches),
        sql.SQL(", ").join(sql.SQL("d.{}").format(sql.Identifier(key)) for key in keys),
    )
    row = session.execute(query).fetchone()
    return "" if row is None else str(row[0])
