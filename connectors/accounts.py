"""Accounts: what became of the records that were read, by shard and table.

Every block of source records has one account for each table that it has records of. Staging sums
them up per epoch, and the load writes them into the warehouse in the transaction of their data: so
the warehouse itself says up to where each shard is loaded, and that no record is unaccounted for.

A table has the name that it is declared under. Records of no declared table are under names that no
table can have, since what stands in such a record may be anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any, Final

import pyarrow as pa

CONTROL: Final = "(control)"  # records of DMS about itself
UNDECLARED: Final = "(undeclared)"  # rows of tables that the declaration does not use
UNREADABLE: Final = "(unreadable)"  # dead letters that do not show their table
UNTOLD: Final = "(untold)"  # records that an earlier version has counted, which told no tables

# read = records that became changes + dead_lettered + passed_over + below_floor
ACCOUNT_SCHEMA: Final = pa.schema(
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
    ]
)


@dataclass(frozen=True)
class Account:
    """The records of one table in one shard between two sequence numbers, both included.

    The sequence numbers are those of the blocks that held them: up to the last one the shard has
    been read.

    Attributes:
        table: as declared, or one of CONTROL, UNDECLARED, UNREADABLE; empty: all of them.
        split: records that became two changes, a delete and an upsert, since the key changed.
        last_arrival_ms: milliseconds since the epoch; None where Kinesis gave none.
        below_floor: changes of a generation that a reload has replaced: superseded.
    """

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

    @property
    def changed(self) -> int:
        """Records that became changes."""
        return self.read - self.dead_lettered - self.passed_over - self.below_floor

    def plus(self, other: Account) -> Account:
        """Both accounts of one shard and table as one."""
        arrivals = [a for a in (self.last_arrival_ms, other.last_arrival_ms) if a is not None]
        return Account(
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
            max(arrivals, default=None),
            self.below_floor + other.below_floor,
        )


def to_batch(accounts: Iterable[Account]) -> pa.RecordBatch:
    """Accounts as rows by ACCOUNT_SCHEMA."""
    return pa.RecordBatch.from_pylist([asdict(a) for a in accounts], schema=ACCOUNT_SCHEMA)


def from_rows(rows: Iterable[dict[str, Any]]) -> list[Account]:
    """Accounts from rows of ACCOUNT_SCHEMA."""
    return [Account(**row) for row in rows]


def summed(accounts: Iterable[Account]) -> list[Account]:
    """One account a shard and table."""
    found: dict[tuple[str, str, str], Account] = {}
    for account in accounts:
        place = (account.stream, account.shard, account.table)
        found[place] = found[place].plus(account) if place in found else account
    return list(found.values())


def whole(accounts: Iterable[Account]) -> Account:
    """The accounts of one shard as one of all tables. Raises TypeError when there are none."""
    return replace(reduce(Account.plus, accounts), table="")
