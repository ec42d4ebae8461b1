"""What a load transaction did with the rows that it staged (step 8 of `plan`).

Counted where the rows are, after steps 3 and 4 and before COMMIT: the stage holds what COPY
brought, the table of the newest what is left of it. So the books say of a batch what was done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from connectors.accounts import DIMENSION, Outcome
from connectors.blocks import Kind
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from connectors.redshift.spec import DimensionSpec, TargetSpec, WarehouseSpec
from connectors.staging.part import Part

Counted = TargetSpec | DimensionSpec


def count_outcomes(
    cursor: Cursor, warehouse: WarehouseSpec, names: Names, parts: Sequence[Part]
) -> list[Outcome]:
    """The outcome at each target that `parts` have rows of, and of each dimension that is kept.

    Raises NeedsRepairError when COPY brought another number of rows than the files hold.
    """
    rows: Counter[tuple[Kind, str]] = Counter()
    for part in parts:
        rows[part.kind, part.table] += part.rows
    counted: list[Counted] = [t for t in warehouse.targets if (Kind.ROWS, t.table) in rows]
    counted += [d for d in warehouse.dimensions if (Kind.DIMENSION, d.table) in rows]
    if not counted:
        return []
    cursor.execute(count_statement(counted, names))
    counts = {int(place): int(found) for place, found in cursor.fetchall()}
    found = []
    for place, spec in enumerate(counted):
        kind, table, destination = _journey(spec)
        staged, newest = counts[2 * place], counts[2 * place + 1]
        if staged != rows[kind, spec.table]:
            message = (
                f"COPY brought {staged} rows of {spec.table}, and the staged files hold "
                f"{rows[kind, spec.table]}: nothing was loaded. Look in SYS_LOAD_DETAIL for the "
                "files that were read, and put back those that were changed or cut short"
            )
            raise NeedsRepairError(message)
        found.append(Outcome(table, destination, newest, staged - newest))
    return found


def _journey(spec: Counted) -> tuple[Kind, str, str]:
    """The kind of the parts, whose changes their rows are, and where these go."""
    if isinstance(spec, TargetSpec):
        return Kind.ROWS, spec.fact, spec.table
    return Kind.DIMENSION, spec.table, DIMENSION


def count_statement(counted: Sequence[Counted], names: Names) -> str:
    """One row a temporary table: for each of `counted` in turn the stage and the newest."""
    tables = [table for spec in counted for table in (names.stage(spec), names.newest(spec))]
    # Numbers tell the tables apart: Redshift gives text in a UNION no type.
    return "\nUNION ALL ".join(
        f"SELECT {place} AS place, COUNT(*) AS found FROM {table}"
        for place, table in enumerate(tables)
    )
