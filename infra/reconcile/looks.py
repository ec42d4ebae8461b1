"""What a look at a side gives: checksums of ranges, digests of keys, positions.

Also the interfaces of both sides, which the protocol works with. The real ones are in `source` and
`warehouse`; the tests have others, in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from infra.reconcile.comparison import Comparison, SourceTable

# Of a range, for each group: rows, and the sums of two slices of their digests.
Checksum = tuple[int, ...]
# Of a row, for each group: its digest, or None where the group changes meanwhile.
Digests = tuple[str | None, ...]
# Of a row, for each group, a digest of each column.
ColumnDigests = tuple[tuple[str, ...], ...]


# By the source's names of columns, the text of each value.
Values = Mapping[str, str | None]
# For each path the text of the key that it leads to.
References = tuple[str | None, ...]
# For each group the position above which it changes meanwhile; empty where nothing says so.
Thresholds = tuple[str, ...]


@dataclass(frozen=True)
class Hot:
    """What has changed since the snapshot began: it is left out of checksums on both sides.

    Attributes:
        thresholds: by which the warehouse leaves it out.
        keys: the texts of keys, for the source.
        path_keys: by group, the texts of dimensions' keys.
    """

    thresholds: Thresholds = ()
    keys: frozenset[str] = frozenset()
    path_keys: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many keys."""
        return len(self.keys) + sum(map(len, self.path_keys.values()))

    def intersect(self, other: Hot) -> Hot:
        """The keys that are in both."""
        path_keys = {
            index: keys & other.path_keys.get(index, frozenset())
            for index, keys in self.path_keys.items()
        }
        return Hot(other.thresholds, self.keys & other.keys, path_keys)


@dataclass(frozen=True)
class Sample:
    """One range of each `every`: those whose number has this remainder."""

    every: int
    remainder: int


@dataclass(frozen=True)
class Since:
    """What was complete at an earlier time.

    Attributes:
        loaded_at: when its cut was loaded, UTC without a zone.
        position: every change up to here was loaded by then, in digits.
    """

    loaded_at: dt.datetime
    position: str


@dataclass(frozen=True)
class Ranges:
    """Which keys, and how they are put together.

    A key's place is the key itself, if it is one integer, or else 32 bits of a hash of it. Places
    with the same quotient by `width`, truncated, are a range.

    Attributes:
        width: of a range.
        intervals: only places between these ends, both included; all where there are none.
        sample: only these ranges.
        only: of the rows in them only groups that this has left out of an earlier look.
    """

    width: int
    intervals: tuple[tuple[int, int], ...] = ()
    sample: Sample | None = None
    only: Hot | None = None

    def interval(self, number: int) -> tuple[int, int]:
        """The places of a range."""
        edge = number * self.width
        if number > 0:
            return edge, edge + self.width - 1
        if number < 0:
            return edge - self.width + 1, edge
        return 1 - self.width, self.width - 1


@dataclass(frozen=True)
class Extent:
    """The rows of the warehouse's table.

    Attributes:
        rows: how many.
        least, greatest: places; 0 where there are no rows.
        newest: for each group the greatest position, in digits; empty where there is none.
    """

    rows: int
    least: int
    greatest: int
    newest: tuple[str, ...]


@dataclass(frozen=True)
class WarehouseRow:
    """A key in the warehouse.

    Attributes:
        digests: of its columns; None where it has no row.
        positions: of each group; of a key without a row that of its tombstone, or nothing.
    """

    digests: ColumnDigests | None
    positions: tuple[str, ...]


class SideLook(Protocol):
    """What both sides answer within one look."""

    def sum_ranges(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[int, Checksum]]:
        """The number of each range that has rows, with its checksum."""

    def read_digests(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[str, Digests]]:
        """Every key of some ranges by its text, with its digests."""

    @property
    def received(self) -> int:
        """How many bytes of answers it has received so far."""


class SourceLook(SideLook, Protocol):
    """A snapshot of the source.

    Attributes:
        start, end: positions of its log: whatever the snapshot has was committed before `end`, and
            most of what was committed before `start` is in it.
    """

    start: int
    end: int

    def read_columns(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, ColumnDigests]:
        """Those of some keys that are there."""

    def find_references(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, References]:
        """What the paths of some keys that are there lead to."""

    def read_values(self, table: SourceTable, keys: Sequence[str]) -> Mapping[str, Values]:
        """Rows of a table by the text of their key: values that nothing has treated."""


class WarehouseLook(SideLook, Protocol):
    """A transaction that reads the warehouse."""

    def find_extent(self, comparison: Comparison) -> Extent:
        """The rows of a table."""

    def find_hot(self, comparison: Comparison, thresholds: Thresholds, limit: int) -> Hot | None:
        """What has changed since; None for more than `limit` keys."""

    def read_rows(self, comparison: Comparison, keys: Sequence[str]) -> Mapping[str, WarehouseRow]:
        """Some keys, those without a row if there is a tombstone of them."""

    def find_positions(
        self, comparison: Comparison, index: int, keys: Sequence[str]
    ) -> Mapping[str, str]:
        """The greatest position of some keys in a group, deletes included, where there is any.

        Of the fact's own group by keys of the table, of a path's by keys of its dimension.
        """

    def is_read_again(self) -> bool:
        """Whether the application may be reading what was loaded before, as after a restore."""

    def find_since(self, instant: dt.datetime) -> Since | None:
        """What the newest cut of those loaded until an instant promises; None where nothing is."""

    def read_newest_arrival(self) -> int | None:
        """When the newest loaded record arrived on the stream, in milliseconds since 1970."""


class Source(Protocol):
    """Opens snapshots of the source."""

    def look(self) -> AbstractContextManager[SourceLook]:
        """A snapshot, between two readings of the log's position."""


class Warehouse(Protocol):
    """Opens reading transactions."""

    def look(self) -> AbstractContextManager[WarehouseLook]:
        """One transaction."""


class Completeness(Protocol):
    """Whether the warehouse has everything."""

    def wait(self, log_position: int) -> str:
        """Returns once every change below a position of the source's log is loaded: why it is.

        Raises NotComparableError where that takes too long.
        """
