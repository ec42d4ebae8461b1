"""What rows above the floor of a reload have from below it becomes unknown (step 8 of `plan`).

a. A column that changes may leave out, where the change that it comes from is below the floor: a
   newer change of the row has been loaded beside an older one, and has left the column out. If it
   is a reference, all that it leads to goes with it. So a row is the same whether the newer change
   came before the sweep, with it, or after it, when there is no older value to keep.
b. A dimension on a path, with all below it: the dimension's position is below the floor.
c. A column of a dimension that changes may leave out, as in a. Its position is a part of the
   dimension's on the path, `PathSpec.position`.

The unknown position itself is below every floor, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connectors.redshift.names import Names, quote
from connectors.redshift.position_sql import join_parts, literal, part_of
from connectors.redshift.spec import PathSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import Statement


def plan_forgetting(
    target: TargetSpec, warehouse: WarehouseSpec, names: Names, floors: Mapping[str, str]
) -> list[Statement]:
    """The UPDATEs of one target whose rows below the floor are gone; parents first.

    `floors` are the least positions that count, by the tables that are swept.
    """
    forgetting = _Forgetting(target, warehouse.unknown, floors)
    table = names.base(target)
    return [
        Statement(8, target.table, f"UPDATE {table} SET\n  {assigned}\nWHERE {condition}")
        for assigned, condition in forgetting.assignments()
    ]


class _Forgetting:
    def __init__(self, target: TargetSpec, unknown: str, floors: Mapping[str, str]) -> None:
        self._target = target
        self._unknown = literal(unknown)
        self._floors = {table: literal(floor) for table, floor in floors.items()}
        self._positions = {path.position for path in target.paths}

    def assignments(self) -> Iterator[tuple[str, str]]:
        """SET and WHERE of each statement."""
        if self._target.unchanged_columns and self._target.fact in self._floors:
            yield self._unchanged_columns()
        for path in self._target.paths:
            if path.dimension not in self._floors:
                continue
            yield self._path(path)
            if path.unchanged_columns:
                yield self._unchanged_columns_of(path)

    def _unchanged_columns(self) -> tuple[str, str]:
        """a: all columns in one pass over the table."""
        known_since = dict(self._target.unchanged_columns)
        values: dict[str, str] = {}
        for column, position in known_since.items():
            below = self._is_below(quote(position), self._target.fact)
            values[column] = self._unless(below, column)
            values[position] = f"CASE WHEN {below} THEN {self._unknown} ELSE {quote(position)} END"
        for column, reference in self._target.followed:
            below = self._is_below(quote(known_since[reference]), self._target.fact)
            values[column] = self._unless(below, column)
        return _assign(values), _any(
            self._is_below(quote(position), self._target.fact) for position in known_since.values()
        )

    def _path(self, path: PathSpec) -> tuple[str, str]:
        """b: the dimension, with all that it leads to."""
        overwritten = (*(column for column, _ in path.assigned), *path.cleared, *path.unknown)
        values = {column: self._nothing(column) for column in overwritten}
        return _assign(values), self._is_below(quote(path.position), path.dimension)

    def _unchanged_columns_of(self, path: PathSpec) -> tuple[str, str]:
        """c: a version from before the column was declared so is shorter, and its part empty."""
        version = quote(path.position)
        parts, conditions = [part_of(version, 0)], list[str]()
        forgotten_where: dict[str, list[str]] = {}
        for number, unchanged in enumerate(path.unchanged_columns, 1):
            part = part_of(version, number)
            below = self._is_below(part, path.dimension)
            conditions.append(below)
            parts.append(f"CASE WHEN {below} THEN {self._unknown} ELSE {part} END")
            for column in (*unchanged.columns, *unchanged.positions):
                forgotten_where.setdefault(column, []).append(below)
        values = {path.position: join_parts(parts)} | {
            column: self._unless(_any(cases), column) for column, cases in forgotten_where.items()
        }
        return _assign(values), _any(conditions)

    def _is_below(self, position: str, table: str) -> str:
        return f"{position} > {self._unknown} AND {position} < {self._floors[table]}"

    def _unless(self, condition: str, column: str) -> str:
        return f"CASE WHEN {condition} THEN {self._nothing(column)} ELSE {quote(column)} END"

    def _nothing(self, column: str) -> str:
        return self._unknown if column in self._positions else "NULL"


def _assign(values: Mapping[str, str]) -> str:
    return ",\n  ".join(f"{quote(column)} = {value}" for column, value in values.items())


def _any(conditions: Iterable[str]) -> str:
    """AND binds closer."""
    return " OR ".join(conditions)
