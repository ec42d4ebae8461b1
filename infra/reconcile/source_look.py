"""What the looks at sources have in common: which questions are asked, and in what portions.

The session, its errors and the side's SQL are those of `source` and `mysql_source`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from infra.reconcile import queries
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison, SourceTable
from infra.reconcile.looks import Checksum, ColumnDigests, Digests, Hot, Ranges, References
from infra.reconcile.rows import column_digests, read_checksum

_KEYS_OF_A_QUERY: Final = 1_000


class SourceSession(ABC):
    """Most of a `SourceLook`: what one snapshot has.

    Attributes:
        start, end: positions of the source's log, before and after the snapshot began.
    """

    side: ClassVar[Side]

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self._received = 0

    @abstractmethod
    def _ask(
        self, sql: str, parameters: Mapping[str, list[str]], asked: Comparison | SourceTable
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query. Raises NotComparableError."""

    @property
    def received(self) -> int:
        """How many bytes of answers it has received, as text."""
        return self._received

    def sum_ranges(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[int, Checksum]]:
        """The number of each range that has rows, with its checksum."""
        sql = queries.sum_ranges(comparison, self.side, ranges, hot)
        for number, *sums in self._rows(sql, queries.hot_parameters(ranges, hot), comparison):
            yield int(number), read_checksum(sums)

    def read_digests(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[str, Digests]]:
        """Every key of some ranges, with its digests."""
        sql = queries.read_digests(comparison, self.side, ranges, hot)
        for key, *digests in self._rows(sql, queries.hot_parameters(ranges, hot), comparison):
            yield str(key), tuple(digests)

    def read_columns(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, ColumnDigests]:
        """Those of some keys that are there."""
        wanted = queries.is_among("k", queries.WANTED_KEYS, self.side)
        sql = queries.read_columns(comparison, self.side, wanted)
        return {
            str(key): column_digests(comparison, digests)
            for key, *digests in self._of_keys(sql, keys, comparison)
        }

    def find_references(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, References]:
        """What the paths of some keys that are there lead to."""
        sql = queries.find_references(comparison, self.side)
        return {str(key): tuple(paths) for key, *paths in self._of_keys(sql, keys, comparison)}

    def _of_keys(
        self, sql: str, keys: Sequence[str], asked: Comparison | SourceTable
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query for some keys, so many of them at a time."""
        for start in range(0, len(keys), _KEYS_OF_A_QUERY):
            wanted = list(keys[start : start + _KEYS_OF_A_QUERY])
            yield from self._rows(sql, {queries.WANTED_KEYS: wanted}, asked)

    def _rows(
        self, sql: str, parameters: Mapping[str, list[str]], asked: Comparison | SourceTable
    ) -> Iterator[tuple[Any, ...]]:
        for row in self._ask(sql, parameters, asked):
            self._received += sum(len(str(value)) for value in row)
            yield row
