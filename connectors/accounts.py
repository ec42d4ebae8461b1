"""Accounts and outcomes: what became of the records that were read, and of the changes in them.

Every block of source records has one account for each table that it has records of. A change is
loaded, or superseded by a newer version of its key: the mirror of the key's owner decides that for
a dimension of the stream, the load transaction for the rows of a target and for a dimension that is
kept in the warehouse. Staging sums both up per epoch, and the load writes them into the warehouse
in the transaction of their data. So the warehouse itself says up to where each shard is loaded, and

    read + split = loaded + superseded + dead_lettered + passed_over

holds for each table at each of its destinations, in every batch; changes below the floor of a
reload count as superseded.

A table has the name that it is declared under. Records of no declared table are under names that no
table can have, since what stands in such a record may be anything.

A gap says which records of a shard were lost before they were read. They are in no account, and the
equation does not count them. A tip says until when everything of a shard was read, so that one to
which nothing is written is known to have been read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import ClassVar, Final, Protocol, Self, TypeVar

import pyarrow as pa

from connectors.log_points import LogPoint

CONTROL: Final = "(control)"  # records of DMS about itself
UNDECLARED: Final = "(undeclared)"  # rows of tables that the declaration does not use
UNREADABLE: Final = "(unreadable)"  # dead letters that do not show their table
UNKNOWN_TABLE: Final = "(untold)"  # counted by a version that did not record the table
DIMENSION: Final = "(dimension)"  # as a destination; no target can have this name


@dataclass(frozen=True)
class _Rows:
    """Values that travel as the rows of a record batch, all of one class."""

    SCHEMA: ClassVar[pa.Schema]

    @classmethod
    def to_batch(cls, items: Iterable[Self]) -> pa.RecordBatch:
        """One row per item, by SCHEMA."""
        return pa.RecordBatch.from_pylist([asdict(item) for item in items], schema=cls.SCHEMA)

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> list[Self]:
        """Reads what `to_batch` made."""
        return [cls(**row) for row in batch.to_pylist()]


@dataclass(frozen=True)
class Account(_Rows):
    """The records of one table in one shard between two sequence numbers, both included.

    read = records that became changes + dead_lettered + passed_over + below_floor. The sequence
    numbers are those of the blocks that held the records: the shard has been read up to the last.

    Attributes:
        stream: the Kinesis stream, and `shard` one of its shards.
        table: as declared, or one of CONTROL, UNDECLARED, UNREADABLE; empty: all of them.
        split: records that became two changes, a delete and an upsert, since the key changed.
        last_arrival_ms: milliseconds since the epoch; None where Kinesis gave none.
        below_floor: changes of a generation that a reload has replaced: superseded.
        log_generation: with the next three the `LogPoint` that the table's changes lead to; None
            where there were none, or where an earlier version counted.
        first_committed: the earliest commit time among the table's records, microseconds since
            1970; None where none says any, or where an earlier version counted.
        last_committed: the latest; never later than the newest record of its block arrived.
        commit_lag_ms: how long after the latest commit of its block the newest record of it
            arrived; of several blocks that of the newest.
    """

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            ("stream", pa.string()),
            ("shard", pa.string()),
            ("table", pa.string()),
            ("first_sequence_number", pa.string()),
            ("last_sequence_number", pa.string()),
            ("read", pa.int64()),
            ("split", pa.int64()),
            ("dead_lettered", pa.int64()),
            ("passed_over", pa.int64()),
            ("last_arrival_ms", pa.int64()),
            ("below_floor", pa.int64()),
            ("log_generation", pa.int64()),
            ("log_position", pa.string()),
            ("log_committed", pa.int64()),
            ("log_name", pa.string()),
            ("first_committed", pa.int64()),
            ("last_committed", pa.int64()),
            ("commit_lag_ms", pa.int64()),
        ]
    )

    stream: str
    shard: str
    table: str
    first_sequence_number: str
    last_sequence_number: str
    read: int
    split: int
    dead_lettered: int
    passed_over: int
    last_arrival_ms: int | None
    below_floor: int = 0
    log_generation: int | None = None
    log_position: str | None = None
    log_committed: int | None = None
    log_name: str | None = None
    first_committed: int | None = None
    last_committed: int | None = None
    commit_lag_ms: int | None = None

    @property
    def log_point(self) -> LogPoint | None:
        """How far the table's changes lead in the source's log; None where that is not known."""
        if self.log_generation is None or self.log_position is None:
            return None
        return LogPoint(
            self.log_generation, self.log_position, self.log_committed or 0, self.log_name or ""
        )

    def with_log_point(self, point: LogPoint | None) -> Account:
        """This, with how far its changes lead in the source's log."""
        if point is None:
            return self
        return replace(
            self,
            log_generation=point.generation,
            log_position=point.position,
            log_committed=point.committed,
            log_name=point.log,
        )

    @property
    def changed(self) -> int:
        """Records that became changes."""
        return self.read - self.dead_lettered - self.passed_over - self.below_floor

    @property
    def group(self) -> tuple[str, str, str]:
        """What accounts are summed by."""
        return self.stream, self.shard, self.table

    def combine(self, other: Account) -> Account:
        """The sum of two accounts of one shard and table."""
        points = [p for p in (self.log_point, other.log_point) if p is not None]
        older, newer = sorted((self, other), key=lambda account: int(account.last_sequence_number))
        counted = Account(
            self.stream,
            self.shard,
            self.table,
            # Sequence numbers are numbers of up to 129 digits without leading zeros.
            min(self.first_sequence_number, other.first_sequence_number, key=int),
            max(self.last_sequence_number, other.last_sequence_number, key=int),
            self.read + other.read,
            self.split + other.split,
            self.dead_lettered + other.dead_lettered,
            self.passed_over + other.passed_over,
            _find_extreme(max, self.last_arrival_ms, other.last_arrival_ms),
            self.below_floor + other.below_floor,
            first_committed=_find_extreme(min, self.first_committed, other.first_committed),
            last_committed=_find_extreme(max, self.last_committed, other.last_committed),
            commit_lag_ms=(
                older.commit_lag_ms if newer.commit_lag_ms is None else newer.commit_lag_ms
            ),
        )
        return counted.with_log_point(reduce(LogPoint.combine, points) if points else None)


@dataclass(frozen=True)
class Outcome(_Rows):
    """What became of some changes of one table at one destination.

    Attributes:
        table: whose changes they were, as declared.
        destination: the target whose rows they became; DIMENSION where they are a dimension's.
        loaded: changes that were the newest of their key; a delete is loaded as well.
        superseded: changes that were older than what was known, or than another beside them.
        older_keys: keys of which all changes were older than what was known: what is superseded
            beyond what stands beside it.
    """

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            ("table", pa.string()),
            ("destination", pa.string()),
            ("loaded", pa.int64()),
            ("superseded", pa.int64()),
            ("older_keys", pa.int64()),
        ]
    )

    table: str
    destination: str
    loaded: int
    superseded: int
    older_keys: int = 0

    @property
    def group(self) -> tuple[str, str]:
        """What outcomes are summed by."""
        return self.table, self.destination

    def combine(self, other: Outcome) -> Outcome:
        """The sum of two outcomes of one table and destination."""
        return Outcome(
            self.table,
            self.destination,
            self.loaded + other.loaded,
            self.superseded + other.superseded,
            self.older_keys + other.older_keys,
        )


@dataclass(frozen=True)
class Gap(_Rows):
    """Records of one shard that Kinesis no longer had when they were to be read.

    Attributes:
        stream: the Kinesis stream, and `shard` one of its shards.
        last_sequence_number: of the last record read before the gap; None if none was read.
        first_sequence_number: of the first record after it; None if it reaches to the end of the
            shard.
        read_until_ms: until when everything of the shard is known to have been read, milliseconds
            since the epoch; None if unknown.
        first_arrival_ms: when Kinesis received the first record after the gap, milliseconds since
            the epoch; None if unknown.
        cause: a sentence for people.
    """

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            ("stream", pa.string()),
            ("shard", pa.string()),
            ("last_sequence_number", pa.string()),
            ("first_sequence_number", pa.string()),
            ("read_until_ms", pa.int64()),
            ("first_arrival_ms", pa.int64()),
            ("cause", pa.string()),
        ]
    )

    stream: str
    shard: str
    last_sequence_number: str | None
    first_sequence_number: str | None
    read_until_ms: int | None
    first_arrival_ms: int | None
    cause: str

    def __str__(self) -> str:
        """Where it is, for a log: shard, both positions and both times."""
        last = self.last_sequence_number or "the beginning of the shard"
        first = self.first_sequence_number or "its end"
        return f"{self.stream}/{self.shard} between {last} and {first}"


@dataclass(frozen=True)
class Tip(_Rows):
    """Until when everything of one shard was read, whether or not there was anything to read.

    Attributes:
        stream: the Kinesis stream, and `shard` one of its shards.
        read_until_ms: every record of the shard that arrived before was read, milliseconds since
            1970 by Kinesis' clock; None if nothing is known.
        ended: whether the shard was read to its end: nothing will follow.
        first_hash_key: with `last_hash_key` what the shard holds, both included, as decimal numbers
            from 0 to 2^128 - 1; None if that is not known.
    """

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            ("stream", pa.string()),
            ("shard", pa.string()),
            ("read_until_ms", pa.int64()),
            ("ended", pa.bool_()),
            ("first_hash_key", pa.string()),
            ("last_hash_key", pa.string()),
        ]
    )

    stream: str
    shard: str
    read_until_ms: int | None
    ended: bool = False
    first_hash_key: str | None = None
    last_hash_key: str | None = None

    @property
    def group(self) -> tuple[str, str]:
        """What tips are summed by."""
        return self.stream, self.shard

    def combine(self, other: Tip) -> Tip:
        """What two tips of one shard say together."""
        return Tip(
            self.stream,
            self.shard,
            _find_extreme(max, self.read_until_ms, other.read_until_ms),
            self.ended or other.ended,
            self.first_hash_key or other.first_hash_key,
            self.last_hash_key or other.last_hash_key,
        )


def _find_extreme(
    choose: Callable[[Iterable[int]], int], first: int | None, second: int | None
) -> int | None:
    """The smaller or larger of two numbers, one of which, or both, may be unknown."""
    known = [number for number in (first, second) if number is not None]
    return choose(known) if known else None


class Summable(Protocol):
    """An account, an outcome or a tip."""

    @property
    def group(self) -> tuple[str, ...]:
        """What it is summed by."""

    def combine(self, other: Self) -> Self:
        """The sum of two of one group."""


S = TypeVar("S", bound=Summable)


def sum_by_group(items: Iterable[S]) -> list[S]:
    """One account per shard and table, one outcome per table and destination, one tip per shard."""
    sums: dict[tuple[str, ...], S] = {}
    for item in items:
        known = sums.get(item.group)
        sums[item.group] = item if known is None else known.combine(item)
    return list(sums.values())


def sum_tables(accounts: Iterable[Account]) -> Account:
    """The accounts of one shard, of which there is at least one, as one of all its tables."""
    counted = [replace(a, log_generation=None, log_position=None) for a in accounts]
    return replace(reduce(Account.combine, counted), table="")
