"""Between which numbers the keys lie that a batch touches in a target (step 2 of `plan`).

Where only rows of a target are staged, every row that the load reads or deletes there has a staged
key. The range of these is asked for once and written into the statements, so that the warehouse can
leave out the blocks that hold none of them; it changes no result. Where a dimension has changes,
rows all over the target may be touched, and there is no range.

Only integers: they sort as they are written. Statements have nothing of a column whose values a
treatment replaces: it is text by then, whatever the source has.
"""

from __future__ import annotations

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.next_versions import Touching
from connectors.redshift.spec import TargetSpec, WarehouseSpec
from connectors.redshift.statements import KeyRange, StagedBatch
from connectors.sql_types import SqlType


def read_key_ranges(
    cursor: Cursor, warehouse: WarehouseSpec, names: Names, staged: StagedBatch
) -> dict[str, KeyRange]:
    """The ranges by target; targets without any are left out. At most one statement."""
    bounded = find_bounded(warehouse, names, staged)
    if not bounded:
        return {}
    cursor.execute(select_ranges(bounded, names))
    ranges = {}
    for number, least, greatest in cursor.fetchall():
        if least is not None:  # nothing is staged
            target, column = bounded[int(number)]
            ranges[target.table] = KeyRange(column, int(least), int(greatest))
    return ranges


def select_ranges(bounded: list[tuple[TargetSpec, str]], names: Names) -> str:
    """For each target the least and greatest staged value of a column, by its place in the list."""
    return "\nUNION ALL ".join(
        f"SELECT {number} AS target_number, MIN({quote(column)}) AS least,"
        f" MAX({quote(column)}) AS greatest FROM {names.stage(target)}"
        for number, (target, column) in enumerate(bounded)
    )


def find_bounded(
    warehouse: WarehouseSpec, names: Names, staged: StagedBatch
) -> list[tuple[TargetSpec, str]]:
    """Targets that only rows of their own reach, each with a column of its key."""
    bounded = []
    for target in warehouse.targets:
        column = _find_integer(target)
        touching = Touching(warehouse, names, target, rows_staged=True, changed=staged.changed)
        if target.table in staged.rows and column is not None and not touching.searched:
            bounded.append((target, column))
    return bounded


def _find_integer(target: TargetSpec) -> str | None:
    """The first column of the key that is one."""
    types = {column.name: SqlType.parse(column.sql_type) for column in target.columns}
    return next((name for name in target.key if types[name].is_integer), None)
