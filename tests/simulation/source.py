"""The source: tables as dictionaries, transactions on them, and the records that DMS makes of it.

A record carries beside its bytes what it means (`Version`), for the oracle. Records leave in the
order of their positions and wait in `wire`; they reach their shards a little out of order and some
of them twice, as PutRecords and DMS do it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from flink_app.declaration import Declaration
from flink_app.decode.generations import Generations

Key = tuple[Any, ...]
Row = dict[str, Any]
Position = tuple[int, int, int]  # generation, commit position, number in the transaction

GENERATION: Final = 1  # the first
# The milliseconds of arrival that each generation has for itself.
_SPAN: Final = 1_000_000_000
# Commits cross the border between the two halves of PostgreSQL's log position.
_FIRST_LSN: Final = (13 << 32) - 40
_FIRST_MICROS: Final = 1_767_225_600_000_000  # 2026-01-01
# Sequence numbers get longer on their way: 98, 99, 100.
FIRST_SEQUENCE: Final = 90
_WIRE: Final = 8  # how far records overtake each other


@dataclass(frozen=True)
class Version:
    """What a key is from a position on; `row` is None where it is deleted."""

    table: str
    key: Key
    row: Row | None
    position: Position


@dataclass(frozen=True)
class Record:
    """One record of the stream. A record without versions is passed over, or `dead`."""

    data: bytes
    versions: tuple[Version, ...] = ()
    dead: bool = False
    generation: int = GENERATION
    of_reload: bool = False  # a floor has to wait for it

    def arrival_ms(self, sequence_number: int) -> int:
        """When it arrives: the later generations after the earlier ones."""
        return self.generation * _SPAN + sequence_number

    def is_below(self, floor: int) -> bool:
        """Whether it is a change of a generation before the floor."""
        return bool(self.versions) and self.generation < floor


@dataclass
class Source:
    """Tables, and the shards that their changes go to.

    Args:
        declaration: what tables there are.
        shards: how many.
        by_table: whether a table's records all go to one shard; else a key's do.
    """

    declaration: Declaration
    shard_count: int = 1
    by_table: bool = False
    shards: list[list[Record]] = field(init=False)
    tables: dict[str, dict[Key, Row]] = field(init=False)
    wire: list[tuple[int, Record]] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    generation: int = GENERATION
    _lsn: int = _FIRST_LSN
    _micros: int = _FIRST_MICROS
    _number: int = 0

    def __post_init__(self) -> None:
        self.shards = [[] for _ in range(self.shard_count)]
        self.tables = {name: {} for name in self.declaration.tables}

    def begin(self) -> None:
        """A transaction begins, later than all before it."""
        self._lsn += 7
        self._number = 0

    def put(self, table: str, row: Row, *, old: Key | None = None) -> None:
        """Inserts or updates; `old` is the key before, where the update changes it."""
        key = self.key(table, row)
        is_new = key not in self.tables[table]
        if old is not None:
            self.tables[table].pop(old)
        self.tables[table][key] = row
        versions = [Version(table, key, row, self._next())]
        before = None
        if old is not None and old != key:
            versions.append(Version(table, old, None, versions[0].position))
            before = dict(zip(self.declaration.tables[table].key, old, strict=True))
        operation = "insert" if is_new and old is None else "update"
        self._send(operation, table, row, tuple(versions), before)

    def delete(self, table: str, key: Key) -> None:
        """Deletes a row; its record has the key only, as PostgreSQL gives it by default."""
        del self.tables[table][key]
        row = dict(zip(self.declaration.tables[table].key, key, strict=True))
        self._send("delete", table, row, (Version(table, key, None, self._next()),))

    def start_with(self, table: str, row: Row) -> None:
        """A row from before the stream; only a full load tells of it."""
        self.tables[table][self.key(table, row)] = row

    def forget(self, table: str, key: Key) -> None:
        """A row goes, and no record says so."""
        del self.tables[table][key]

    def begin_generation(self) -> None:
        """DMS has stopped, what it sent has arrived; what it sends from now on is a new load."""
        self.arrive_all()
        self.generation += 1

    @property
    def generations(self) -> Generations:
        """As the application is told of them."""
        later = range(GENERATION + 1, self.generation + 1)
        return Generations(GENERATION, tuple((g, g * _SPAN) for g in later))

    def load(
        self, table: str, keys: Iterable[Key] | None = None, *, of_reload: bool = False
    ) -> None:
        """The full load of a table, or of some of its keys, as it is now."""
        rows = self.tables[table]
        self.loaded.add(table)
        for key in sorted(rows, key=repr) if keys is None else keys:
            self._micros += 1_000_000
            version = Version(table, key, rows[key], (self.generation, 0, self._micros))
            self._send("load", table, rows[key], (version,), of_reload=of_reload)

    def odd(self, *, dead: bool) -> None:
        """A record that is no change: one of control, or one that cannot be read."""
        text = b"not JSON" if dead else b'{"metadata": {"record-type": "control"}}'
        self.wire.append((0, Record(text, dead=dead, generation=self.generation)))

    def arrive(self, place: int, *, again: bool = False) -> None:
        """One of the first records in `wire` reaches its shard; `again`: it is sent once more."""
        shard, record = self.wire[place] if again else self.wire.pop(place)
        self.shards[shard].append(record)

    @property
    def near(self) -> int:
        """How many records could arrive next."""
        return min(len(self.wire), _WIRE)

    def arrive_all(self, choose: Callable[[int], int] = lambda _: 0) -> None:
        """Everything that waits reaches its shard."""
        while self.wire:
            self.arrive(choose(self.near))

    def key(self, table: str, row: Row) -> Key:
        return tuple(row[name] for name in self.declaration.tables[table].key)

    def _next(self) -> Position:
        self._number += 1
        return (self.generation, self._lsn << 32, self._number)

    def _send(
        self,
        operation: str,
        table: str,
        row: Row,
        versions: tuple[Version, ...],
        before: Row | None = None,
        *,
        of_reload: bool = False,
    ) -> None:
        seconds, micros = divmod(self._micros - _FIRST_MICROS, 1_000_000)
        hours, seconds = divmod(seconds, 3600)
        metadata: Row = {
            "timestamp": f"2026-01-01T{hours:02}:{seconds // 60:02}:{seconds % 60:02}.{micros:06}Z",
            "record-type": "data",
            "operation": operation,
            "schema-name": self.declaration.source_schema,
            "table-name": table,
        }
        if operation != "load":
            lsn = f"{self._lsn >> 32:08X}/{self._lsn & 0xFFFFFFFF:08X}"
            metadata["stream-position"] = f"{lsn}.3.{lsn}"
            metadata["transaction-record-id"] = self._number
        envelope = {"data": row, "metadata": metadata}
        if before is not None:
            envelope["before-image"] = before
        # The partition key is the row's: a key update goes where the new key belongs.
        place = table if self.by_table else f"{table} {versions[0].key}"
        shard = zlib.crc32(place.encode()) % self.shard_count
        data = json.dumps(envelope).encode()
        record = Record(data, versions, generation=self.generation, of_reload=of_reload)
        self.wire.append((shard, record))
