"""What the bookkeeping tables must say of the records of a cut: counts by table and destination.

Computed from the meaning of the records and from the declaration itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from flink_app.declaration import Declaration
from infra.simulation.source import Record, dimensions_of, used_tables

_CONTROL: Final = "(control)"
_UNDECLARED: Final = "(undeclared)"


class Counts(NamedTuple):
    """Sums of the bookkeeping tables; `changes` are those loaded and those superseded."""

    read: int
    split: int
    dead_lettered: int
    passed_over: int
    changes: int


def expected_counts(
    declaration: Declaration, records: Iterable[tuple[Record, bool]]
) -> dict[tuple[str, str], Counts]:
    """By table and destination, as the balance has them; with each record, if it was below a floor.

    Such a record is superseded as a whole, before anyone asks whether it is two changes.
    """
    used = used_tables(declaration)
    read: Counter[str] = Counter()
    below: Counter[str] = Counter()
    dead: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    for record, is_below in records:
        table = _counted_as(record, used)
        read[table] += 1
        dead[table] += record.dead
        if table in used:
            below[table] += is_below
            changes[table] += 0 if is_below else len(record.versions)
    expected = {}
    for table, count in read.items():
        counts = Counts(
            read=count,
            split=changes[table] - (count - below[table] - dead[table]) if table in used else 0,
            dead_lettered=dead[table],
            passed_over=count if table in {_CONTROL, _UNDECLARED} else 0,
            changes=changes[table] + below[table],
        )
        for destination in _destinations(declaration, table) if changes[table] else [""]:
            expected[table, destination] = counts
    return expected


def _counted_as(record: Record, used: set[str]) -> str:
    """The table that the accounts name; one that no target uses is as good as undeclared."""
    if versions := (record.letter or record).versions:
        return versions[0].table if versions[0].table in used else _UNDECLARED
    return "(unreadable)" if record.dead else _CONTROL


def _destinations(declaration: Declaration, table: str) -> list[str]:
    """Where the changes of a table go."""
    targets = [name for name, target in declaration.targets.items() if target.fact == table]
    return [*targets, "(dimension)"] if table in dimensions_of(declaration) else targets
