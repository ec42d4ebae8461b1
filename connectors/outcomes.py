"""Outcomes: what became of the changes, by table and by where they went.

A change is loaded, or superseded by a newer version of its key. For a dimension of the stream the
mirror of the key's owner decides, and what it says travels like an account; for the rows of a
target, and for a dimension that is kept in the warehouse, the load transaction does. All is written
in the transaction of the data, beside the accounts, so that

    read + split = loaded + superseded + dead_lettered + passed_over

holds for each table at each of its destinations, in every batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

DIMENSION: Final = "(dimension)"  # no target can be called so

OUTCOME_SCHEMA: Final = pa.schema(
    [
        ("table", pa.string()),
        ("destination", pa.string()),
        ("loaded", pa.int64()),
        ("superseded", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Outcome:
    """What became of some changes of one table at one destination.

    Attributes:
        table: whose changes they were, as declared.
        destination: the target whose rows they became; DIMENSION where they are a dimension's.
        loaded: changes that were the newest of their key; a delete is loaded as well.
        superseded: changes that were older than what was known, or than another beside them.
    """

    table: str
    destination: str
    loaded: int
    superseded: int

    def plus(self, other: Outcome) -> Outcome:
        """Both outcomes of one table and destination as one."""
        return Outcome(
            self.table,
            self.destination,
            self.loaded + other.loaded,
            self.superseded + other.superseded,
        )


def to_batch(outcomes: Iterable[Outcome]) -> pa.RecordBatch:
    """Outcomes as rows by OUTCOME_SCHEMA."""
    return pa.RecordBatch.from_pylist([asdict(o) for o in outcomes], schema=OUTCOME_SCHEMA)


def from_rows(rows: Iterable[dict[str, Any]]) -> list[Outcome]:
    """Outcomes from rows of OUTCOME_SCHEMA."""
    return [Outcome(**row) for row in rows]


def summed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """One outcome a table and destination."""
    found: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes:
        place = (outcome.table, outcome.destination)
        found[place] = found[place].plus(outcome) if place in found else outcome
    return list(found.values())
