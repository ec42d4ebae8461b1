"""The floor of a reload in the warehouse, and the sweep of what lies below it (step 8 of `plan`).

A reload brings every row that is there with a position of the new generation. What still has an
older one has vanished at the source, and nothing ever says so: it goes out when the floor is
raised, and what rows that stay have from below the floor becomes unknown (`forgetting`). The floor
that the warehouse is swept to stands in a bookkeeping table, in the transaction of the sweep. It
never goes down: an application with a lower one still knows what was swept.

A sweep is due, even where nothing is staged, in the first transaction under a greater floor, and in
each one that brings in parts which were staged under a lower one: these may hold what is below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.redshift.bookkeeping import FLOOR
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.forgetting import plan_forgetting
from connectors.redshift.ledger import Cursor, insert, now
from connectors.redshift.names import Names, quote
from connectors.redshift.spec import WarehouseSpec
from connectors.redshift.statements import Statement
from connectors.staging.part import Part


@dataclass(frozen=True)
class Floor:
    """Below which nothing counts: as a generation, and as the least position that counts."""

    generation: int = 0
    position: str = ""


NO_FLOOR: Final = Floor()


def read_swept_floor(cursor: Cursor, names: Names) -> int:
    """The floor that the warehouse is swept to, 0 for none."""
    cursor.execute(f"SELECT generation FROM {names.floor}")
    rows = cursor.fetchall()
    return int(rows[0][0]) if rows else 0


def check_floor(cursor: Cursor, names: Names, floor: Floor) -> bool:
    """Whether a sweep is due since the floor was raised.

    Raises NeedsRepairError when the floor is lower than the warehouse's.
    """
    return _is_raised(read_swept_floor(cursor, names), floor)


def _is_raised(swept: int, floor: Floor) -> bool:
    if swept > floor.generation:
        message = (
            f"rows below generation {swept} have already been removed, but application.floor is "
            f"{floor.generation}, so reading the stream again could bring them back. Set "
            f"application.floor to {swept}."
        )
        raise NeedsRepairError(message)
    return swept < floor.generation


def sweep(  # noqa: PLR0913, PLR0917
    cursor: Cursor,
    warehouse: WarehouseSpec,
    names: Names,
    floor: Floor,
    parts: Sequence[Part],
    swept: int,
) -> bool:
    """Step 8, where it is due for a transaction that brings in `parts`; whether it was.

    `swept` is the generation that the warehouse is swept to. Raises NeedsRepairError as
    `check_floor`.
    """
    raised = _is_raised(swept, floor)
    if not raised and all(part.floor >= floor.generation for part in parts):
        return False
    for statement in plan_sweep(warehouse, names, floor):
        cursor.execute(statement.sql)
    if raised:
        cursor.execute(f"DELETE FROM {names.floor}")
        insert(cursor, names, FLOOR, [{"generation": floor.generation, "raised_at": now()}])
    return True


def plan_sweep(warehouse: WarehouseSpec, names: Names, floor: Floor) -> list[Statement]:
    """Whatever is below the floor; then what rows that stay have from below it."""
    below = f"{quote(warehouse.position)} < '{floor.position}'"
    statements = [
        Statement(8, dimension.table, f"DELETE FROM {names.dimension(dimension)} WHERE {below}")
        for dimension in warehouse.dimensions
    ]
    for target in warehouse.targets:
        statements += [
            Statement(8, target.table, f"DELETE FROM {table} WHERE {below}")
            for table in (names.target(target), names.tombstones(target))
        ]
        statements += plan_forgetting(target, warehouse, names, floor.position)
    return statements
