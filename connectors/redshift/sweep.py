"""The floors of reloads in the warehouse, and the sweep of what lies below (step 8 of `plan`).

A reload brings every row that is there with a position of the new generation. What still has an
older one has vanished at the source, and nothing ever says so: it goes out when the floor is
raised, and what rows that stay have from below the floor becomes unknown (`forgetting`). After a
reload of one table that is so for what comes from this table alone: each row of a target has a
position of its own for its fact and for every path, and each is compared with its table's floor.

The floors that the warehouse is swept to stand in a bookkeeping table, in the transaction of the
sweep. They never go down: an application with a lower one still knows what was swept. That of a
table that is no longer declared stays, in case it comes back.

A sweep of a table is due, even where nothing is staged, in the first transaction under a greater
floor, and in each one that brings in parts which were staged under a lower one: these may hold what
is below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.floors import NO_FLOORS, Floors, TableFloors
from connectors.redshift.bookkeeping import FLOOR
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.forgetting import plan_forgetting
from connectors.redshift.ledger import Cursor, insert, now
from connectors.redshift.names import Names, quote
from connectors.redshift.position_sql import literal
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.statements import Statement
from connectors.staging.part import Part


@dataclass(frozen=True)
class Floor:
    """Below which nothing counts: as generations, and what the least position of each is."""

    generations: Floors = NO_FLOORS
    position_of: Callable[[int], str] = str


NO_FLOOR: Final = Floor()


def read_swept_floors(cursor: Cursor, names: Names) -> Floors:
    """The floors that the warehouse is swept to."""
    cursor.execute(f"SELECT table_name, generation FROM {names.floor}")
    return floors_in(cursor.fetchall())


def floors_in(rows: Sequence[Sequence[object]]) -> Floors:
    """Floors from rows of the bookkeeping table: a table's name, empty for all, and its floor."""
    by_table = {str(table or ""): int(str(generation)) for table, generation in rows}
    everywhere = by_table.pop("", 0)
    return Floors(everywhere, TableFloors(tuple(sorted(by_table.items()))))


def check_floor(cursor: Cursor, names: Names, floor: Floor) -> bool:
    """Whether a sweep is due since a floor was raised.

    Raises NeedsRepairError when one is lower than the warehouse's.
    """
    return _is_raised(read_swept_floors(cursor, names), floor.generations)


def _is_raised(swept: Floors, floors: Floors) -> bool:
    if swept.everywhere > floors.everywhere:
        message = (
            f"rows below generation {swept.everywhere} have already been removed, but "
            f"application.floor is {floors.everywhere}, so reading the stream again could bring "
            f"them back. Set application.floor to {swept.everywhere}."
        )
        raise NeedsRepairError(message)
    lower = floors.find_lower(swept, (table for table, _ in swept.tables.entries))
    if lower:
        needed = floors.tables.raise_all(swept.tables)
        message = (
            f"rows of {', '.join(lower)} below floors of their own have already been removed, but "
            "application.table_floors lacks these floors or has lower ones, so reading the stream "
            f"again could bring them back. Set application.table_floors to: {needed}."
        )
        raise NeedsRepairError(message)
    if swept.everywhere < floors.everywhere:
        return True
    return bool(swept.find_lower(floors, (table for table, _ in floors.tables.entries)))


def sweep(  # noqa: PLR0913, PLR0917
    cursor: Cursor,
    warehouse: WarehouseSpec,
    names: Names,
    floor: Floor,
    parts: Sequence[Part],
    swept: Floors,
) -> bool:
    """Step 8, where it is due for a transaction that brings in `parts`; whether it was.

    `swept` is what the warehouse is swept to. Raises NeedsRepairError as `check_floor`.
    """
    floors = floor.generations
    raised = _is_raised(swept, floors)
    tables = [table for table, _ in warehouse.sources]
    due = {
        table
        for earlier in {swept, *(part.floors for part in parts)}
        for table in earlier.find_lower(floors, tables)
    }
    for statement in plan_sweep(warehouse, names, floor, due):
        cursor.execute(statement.sql)
    if raised:
        cursor.execute(f"DELETE FROM {names.floor}")
        raised_at = now()
        kept = [("", floors.everywhere), *floors.tables.entries]
        rows = [
            {"table_name": table, "generation": generation, "raised_at": raised_at}
            for table, generation in kept
            if generation
        ]
        insert(cursor, names, FLOOR, rows)
    return raised or bool(due)


def plan_sweep(
    warehouse: WarehouseSpec, names: Names, floor: Floor, tables: Collection[str]
) -> list[Statement]:
    """What `tables` have below their floors; then what rows that stay have of it."""
    positions = {table: floor.position_of(floor.generations.of(table)) for table in tables}
    below = {
        table: f"{quote(warehouse.position)} < {literal(position)}"
        for table, position in positions.items()
    }
    statements = [
        Statement(
            8,
            dimension.table,
            f"DELETE FROM {names.dimension(dimension)} WHERE {below[dimension.table]}",
        )
        for dimension in warehouse.dimensions
        if dimension.table in below
    ]
    for target in warehouse.targets:
        if target.fact in below:
            statements += [
                Statement(8, target.table, f"DELETE FROM {table} WHERE {below[target.fact]}")
                for table in (names.base(target), names.tombstones(target))
            ]
        statements += plan_forgetting(target, warehouse, names, positions)
    return statements
