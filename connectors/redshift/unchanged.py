"""Columns that a change may leave out: their values, whatever order the changes come in.

Such a column has a position of its own, that of the newest change which has it, deletes among
them. Between the load's steps 3 and 4, for each column:

3a. The newest staged row of a key takes the column from the newest staged change that has it.
3b. Where the target's row has it from a later change, it takes the target's.
3c. Where the key was deleted since, there is no value from before: NULL, as of the delete.
3d. A row of the target that stays, since it is not older, takes the column where the staged change
    has it from a later one.

A target that was made before the column was declared so has no position in its rows: there the
row's own counts.
"""

from __future__ import annotations

from connectors.redshift.names import Names, equal, listed, quoted
from connectors.redshift.spec import TargetSpec


def keep_unchanged_values(target: TargetSpec, position: str, names: Names) -> list[str]:
    """The statements of steps 3a to 3d; none when no column of the target can be left out."""
    return [
        statement
        for column, own in target.unchanged_columns
        for statement in _keep(target, quoted(column), quoted(own), quoted(position), names)
    ]


def _keep(target: TargetSpec, column: str, own: str, position: str, names: Names) -> list[str]:
    stage, newest, table = names.stage(target), names.newest(target), names.target(target)
    key = listed(target.key)
    ranked = f"ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {own} DESC) AS _rank"
    known = f"COALESCE(t.{own}, t.{position})"
    staying = f"COALESCE({table}.{own}, {table}.{position})"

    def take(into: str, value: str, at: str, source: str, match: str) -> str:
        taken = f"{column} = {value},\n  {own} = {at}"
        return f"UPDATE {into} SET\n  {taken}\nFROM {source}\nWHERE {match}"

    def same(table: str, alias: str) -> str:
        return equal(table, alias, target.key)

    return [
        take(  # 3a
            newest,
            f"s.{column}",
            f"s.{own}",
            f"(\n  SELECT {key}, {column}, {own}, {ranked} FROM {stage}\n) AS s",
            f"{same(newest, 's')} AND s._rank = 1 AND {newest}.{own} < s.{own}",
        ),
        take(  # 3b
            newest,
            f"t.{column}",
            known,
            f"{table} AS t",
            f"{same(newest, 't')} AND {newest}.{own} < {known}",
        ),
        take(  # 3c
            newest,
            "NULL",
            f"b.{position}",
            f"{names.tombstones(target)} AS b",
            f"{same(newest, 'b')} AND {newest}.{own} < b.{position}",
        ),
        take(  # 3d
            table,
            f"n.{column}",
            f"n.{own}",
            f"{newest} AS n",
            f"{same(table, 'n')} AND {table}.{position} >= n.{position} AND {staying} < n.{own}",
        ),
    ]
