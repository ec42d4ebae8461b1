"""What a load test puts, as its parts see it: changes one after the other, and the true tables.

Two make them: `traffic`, the ticket seller's business, and `declared`, of any declaration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# By the declared name of a table, rows with its declared columns in order.
SourceTables = Mapping[str, Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class TrueTable:
    """What a target must hold.

    Attributes:
        schema, name: of the target's view.
        columns: what it shows, in their order.
        key: the places of the columns that tell rows apart.
        rows: in no order.
    """

    schema: str
    name: str
    columns: Sequence[str]
    key: Sequence[int]
    rows: Sequence[tuple[Any, ...]]


class Changes(Protocol):
    """A source at work. Every change is made in the true tables as it is chosen."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each operation has happened."""

    @property
    def key_range(self) -> tuple[int, int]:
        """The smallest and the largest key, where a shared table has others as well."""

    def full_load(self) -> Iterator[tuple[str, bytes]]:
        """Partition key and record of every row that is there before the changes begin."""

    def next(self, seconds: float) -> tuple[str, bytes]:
        """Partition key and record of the next change, so many seconds after the first."""

    def source_tables(self) -> SourceTables | None:
        """Rows by table, as a source database would have them; None where it keeps none."""

    def compute_true_tables(self, token_key: bytes) -> list[TrueTable]:
        """What the warehouse must hold once everything is loaded."""


class ChangesSettings(Protocol):
    """What determines every byte of the changes."""

    def open(self) -> Changes:
        """A source at its beginning."""
