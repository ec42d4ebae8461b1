"""The source: tables as dictionaries, transactions on them, and the records that DMS makes of it.

A record carries beside its bytes what it means (`Version`), for the oracle. Records leave in the
order of their positions and wait in `wire`; they reach their shards a little out of order and some
of them twice, as PutRecords and DMS do it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from connectors.floors import Floors
from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from flink_app.declaration import Declaration
from flink_app.declaration.dms_records import Positions
from flink_app.positions.generations import Boundary, Generations
from flink_app.positions.position import make_position
from flink_app.records.plan import REPAIR
from flink_app.records.repair_marker import RepairMarker
from infra.simulation.values import Row
from infra.simulation.wire import (
    FIRST_MICROS,
    Commit,
    commit_at,
    source_names,
    timestamp_text,
    with_before_image,
    written_row,
)

Key = tuple[Any, ...]
Position = tuple[int, int, int]  # generation, commit position, number in the transaction

GENERATION: Final = 1  # the first
# The milliseconds that each generation of everything has for itself.
_SPAN: Final = 1_000_000_000
_FIRST_MS: Final = FIRST_MICROS // 1_000
# Before the load of one table begins, and from then until DMS says that it began. Load records are
# built from its true begin on.
_PAUSE_MICROS: Final = 200_000_000
_LATE_MICROS: Final = 2_500_000
# Commits cross the border between the two halves of PostgreSQL's log position.
_FIRST_LSN: Final = (13 << 32) - 40
# Sequence numbers get longer on their way: 98, 99, 100.
FIRST_SEQUENCE: Final = 90
_WIRE: Final = 8  # how far records overtake each other


@dataclass(frozen=True)
class Version:
    """What a key is from a position on; `row` is None where it is deleted.

    Attributes:
        unchanged_columns: columns of the table that changes may leave out.
        unsent: those that this change leaves out; `row` has them all the same.
        set_at: from which change each of them comes, where versions have been merged.
    """

    table: str
    key: Key
    row: Row | None
    position: Position
    unchanged_columns: tuple[str, ...] = ()
    unsent: frozenset[str] = frozenset()
    set_at: dict[str, Position] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, Key, Position]:
        """What tells it from every other version."""
        return self.table, self.key, self.position

    @classmethod
    def merge(cls, versions: Sequence[Version]) -> Version:
        """What is known of a key by these: the newest, and the newest value of each column."""
        newest = max(versions, key=lambda version: version.position)
        row, set_at = newest.row, dict[str, Position]()
        for name in newest.unchanged_columns:
            senders = [version for version in versions if name not in version.unsent]
            last = max(senders, key=lambda version: version.position, default=None)
            set_at[name] = last.position if last else (0, 0, 0)
            if row is not None:
                row = row | {name: (last.row or {}).get(name) if last else None}
        return replace(newest, row=row, set_at=set_at)


def _starts_at(generation: int) -> int:
    """Milliseconds since 1970 of the first arrival in a generation of everything."""
    return _FIRST_MS + generation * _SPAN


@dataclass(frozen=True)
class Record:
    """One record of the stream. A record without versions is passed over, or `dead`."""

    data: bytes
    versions: tuple[Version, ...] = ()
    dead: bool = False
    generation: int = GENERATION
    of_reload: bool = False  # a floor has to wait for it
    sent: int = GENERATION  # in which generation of everything
    arrived: int | None = None  # the same, where it was replayed in a later one
    letter: Record | None = None  # what a dead one is once it can be read
    committed: int | None = (
        None  # when it was, in microseconds; None for a load, and what is no row
    )

    def arrival_ms(self, sequence_number: int) -> int:
        """When it arrives: the later generations after the earlier ones."""
        return _starts_at(self.arrived or self.sent) + sequence_number

    @property
    def instant(self) -> int | None:
        """When it was committed, for a change; None for what else there is."""
        versions = self.known_versions
        return versions[0].position[1] or None if versions else None

    def arrived_at(self, sequence_number: int) -> Record:
        """The same where arrival orders it among those of its instant. A replayed one keeps."""
        if self.arrived is not None or not self.instant:
            return self
        versions = tuple(
            replace(v, position=(*v.position[:2], sequence_number)) for v in self.versions
        )
        letter = self.letter and self.letter.arrived_at(sequence_number)
        return replace(self, versions=versions, letter=letter)

    @property
    def commit(self) -> int | None:
        """When a change was committed that a cut has to have; not of letters, nor once replayed."""
        return None if self.dead or self.arrived is not None else self.committed

    @property
    def known_versions(self) -> tuple[Version, ...]:
        """Its versions, or those that it will have once it is replayed."""
        return self.letter.versions if self.letter else self.versions

    def is_below(self, floors: Floors) -> bool:
        """Whether it is a change of a generation before its table's floor."""
        return bool(self.versions) and self.generation < floors.of(self.versions[0].table)


def dimensions_of(declaration: Declaration) -> set[str]:
    """Tables that some target joins, by itself or on the way to another."""
    dimensions = set()
    for target in declaration.targets.values():
        for dotted in target.columns.values():
            table = target.fact
            for step in dotted.split(".")[:-1]:
                table = declaration.tables[table].references[step].table
                dimensions.add(table)
    return dimensions


def used_tables(declaration: Declaration) -> set[str]:
    """Facts and dimensions; records of the other tables are passed over."""
    return {*(target.fact for target in declaration.targets.values()), *dimensions_of(declaration)}


@dataclass
class Source:
    """Tables, and the shards that their changes go to.

    Args:
        declaration: what tables there are.
        shards: how many.
        by_table: whether a table's records all go to one shard; else a key's do. Always so where
            arrival orders them: an update of a key meets changes that another shard might have.

    Attributes:
        events: what has happened, a line for each record; whoever reads it may empty it.
        gaps: of each shard, the offsets before which records were lost, ascending.
        disorder_seconds: by how much changes overtake each other in a shard; None: without limit.
        kinds: for each of all records: insert, update, key update, delete, full load or repair.
        generation: of everything that DMS sends now, but for tables with a later one of their own;
            the application knows of those up to `announced_generation`, and `reload_generation` is
            the last that began with a load.
        boundaries: where generations begin, oldest first.
        reloaded: for each table that was reloaded alone, the generation that began last with it.
        changed: tables of which the stream has changes that can be read, each with the generation;
            `followed` are those of which some are in the warehouse.
    """

    declaration: Declaration
    shard_count: int = 1
    by_table: bool = False
    shards: list[list[Record]] = field(init=False)
    gaps: list[list[int]] = field(init=False)
    tables: dict[str, dict[Key, Row]] = field(init=False)
    wire: list[tuple[int, Record]] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    letters: list[tuple[int, Record]] = field(default_factory=list)
    generation: int = GENERATION
    _lsn: int = _FIRST_LSN
    events: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    announced_generation: int = GENERATION
    reload_generation: int = GENERATION
    boundaries: list[Boundary] = field(default_factory=list)
    reloaded: dict[str, int] = field(default_factory=dict)
    changed: set[tuple[int, str]] = field(default_factory=set)
    followed: frozenset[tuple[int, str]] = frozenset()
    disorder_seconds: int | None = None
    _micros: int = FIRST_MICROS
    _begun_micros: int = 0
    _number: int = 0
    _seconds: int = 0
    _restarts: int = 0
    _newest: dict[tuple[str, Key], Position] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_table = self.by_table or self._is_coarse
        self.shards = [[] for _ in range(self.shard_count)]
        self.gaps = [[] for _ in range(self.shard_count)]
        self.tables = {name: {} for name in self.declaration.tables}

    def begin(self) -> None:
        """A transaction begins, later than all before it."""
        self._lsn += 7
        self._seconds += 1
        self._number = 0

    def put(
        self,
        table: str,
        row: Row,
        *,
        old: Key | None = None,
        left_out: frozenset[str] = frozenset(),
    ) -> None:
        """Inserts or updates; `old` is the key before, where the update changes it.

        An update leaves the columns in `left_out` as they are, and does not send them; one of the
        key sends them in the before-image. A null is always sent: it is never large. One that puts
        the row into another partition is a delete and an insert.
        """
        key = self.key(table, row)
        was = self.tables[table].get(key if old is None else old)
        is_new = key not in self.tables[table]
        if was is None:
            left_out = frozenset()
        else:
            left_out = frozenset(name for name in left_out if was[name] is not None)
            left_out = self._whole_references(table, left_out)
            row = row | {name: was[name] for name in left_out}
        if was is not None and self._source_name(table, was) != self._source_name(table, row):
            self.delete(table, key if old is None else old)
            old, is_new, left_out = None, True, frozenset()
        if old is not None:
            self.tables[table].pop(old)
        self.tables[table][key] = row
        moved = old is not None and old != key
        version = Version(
            table, key, row, self._take_position(table), self.unchanged_columns(table), left_out
        )
        versions, before = [version], None
        if old is not None and moved:
            versions = [
                replace(version, unsent=frozenset()),
                replace(version, key=old, row=None, unsent=frozenset()),
            ]
            before = dict(zip(self.declaration.tables[table].key, old, strict=True))
            before |= {name: row[name] for name in sorted(left_out)}
        operation = "insert" if is_new and old is None else "update"
        sent = self._compose(table, row, left_out)
        self._send(
            operation,
            table,
            sent,
            tuple(versions),
            before,
            source_name=self._source_name(table, row),
        )

    def _whole_references(self, table: str, left_out: frozenset[str]) -> frozenset[str]:
        """Without the columns of references that would be sent in part."""
        declared = self.declaration.tables[table]
        while True:
            parts = [
                {name for name in reference.columns if declared.columns[name].unchanged}
                for reference in declared.references.values()
            ]
            sent_in_part = [names for names in parts if names & left_out and names - left_out]
            if not sent_in_part:
                return left_out
            left_out = left_out.difference(*sent_in_part)

    def delete(self, table: str, key: Key) -> None:
        """Deletes a row; its record has the key only, as PostgreSQL gives it by default."""
        source_name = self._source_name(table, self.tables[table].pop(key))
        row = dict(zip(self.declaration.tables[table].key, key, strict=True))
        version = Version(
            table, key, None, self._take_position(table), self.unchanged_columns(table)
        )
        self._send("delete", table, row, (version,), source_name=source_name)

    def start_with(self, table: str, row: Row) -> None:
        """A row from before the stream; only a full load tells of it."""
        self.tables[table][self.key(table, row)] = row

    def forget(self, table: str, key: Key) -> None:
        """A row goes, and no record says so."""
        del self.tables[table][key]

    def begin_generation(self) -> None:
        """DMS has stopped, what it sent has arrived; what it sends from now on is a new load."""
        self.arrive_all()
        self._begin_generation()
        self.announced_generation = self.reload_generation = self.generation

    def begin_generation_of(self, table: str) -> None:
        """DMS loads one table again, beside the changes of others; its own wait for the end.

        Its changes from before the load are still under way, or unread.
        """
        self._micros += _PAUSE_MICROS
        self._begun_micros = self._micros + _LATE_MICROS
        number = self.newest + 1
        self.boundaries.append(Boundary(number, self._begun_micros // 1_000, table))
        self.reloaded[table] = self.announced_generation = number

    def _begin_generation(self) -> None:
        self.generation = self.newest + 1
        start_ms = _starts_at(self.generation)
        self._micros = max(self._micros, start_ms * 1_000)
        self.boundaries.append(Boundary(self.generation, start_ms))

    @property
    def newest(self) -> int:
        """The last generation of all."""
        return self.boundaries[-1].generation if self.boundaries else GENERATION

    def generation_of(self, table: str) -> int:
        """That of what DMS sends of a table now."""
        return max(self.generation, self.reloaded.get(table, GENERATION))

    def announced_generation_of(self, table: str) -> int:
        """The same, as far as the application knows of it."""
        known = [
            b.generation
            for b in self.boundaries
            if b.table in {"", table} and b.generation <= self.announced_generation
        ]
        return max(known, default=GENERATION)

    @property
    def log_can_restart(self) -> bool:
        """Whether positions come from a log, of which it is known which one it is."""
        return not self._is_coarse and not self.is_undecided

    @property
    def is_undecided(self) -> bool:
        """Whether the log has started again, and nobody has said what that means."""
        return self.announced_generation < self.generation

    def restart_log(self) -> None:
        """An hour later another server continues, whose log is far lower; all else has arrived.

        What it says is of another generation, once somebody says so.
        """
        self.arrive_all()
        self._begin_generation()
        self._restarts += 1
        self._lsn = 10_000_000 >> (6 * self._restarts)
        self._seconds += 3_600

    def decide(self) -> None:
        """Somebody says that what has arrived since is of another generation."""
        self.announced_generation = self.generation

    @property
    def generations(self) -> Generations:
        """The setting that the application has."""
        known = [b for b in self.boundaries if b.generation <= self.announced_generation]
        return Generations(GENERATION, tuple(known))

    def load(
        self, table: str, keys: Iterable[Key] | None = None, *, of_reload: bool = False
    ) -> None:
        """The full load of a table, or of some of its keys, as it is now."""
        rows = self.tables[table]
        self.loaded.add(table)
        for key in sorted(rows, key=repr) if keys is None else keys:
            self._micros += 1_000_000
            position = (self.generation_of(table), 0, self._micros)
            version = Version(table, key, rows[key], position, self.unchanged_columns(table))
            source_name = self._source_name(table, rows[key])
            self._send(
                "load", table, rows[key], (version,), of_reload=of_reload, source_name=source_name
            )
        self._micros = max(self._micros, self._begun_micros)

    def put_odd(self, *, dead: bool) -> None:
        """A record that is no change: one of control, or one that cannot be read."""
        text = b"not JSON" if dead else b'{"metadata": {"record-type": "control"}}'
        self.wire.append(
            (0, Record(text, dead=dead, generation=self.generation, sent=self.generation))
        )

    def arrive(self, index: int, *, again: bool = False) -> None:
        """One of the first records in `wire` reaches its shard; `again`: it is sent once more."""
        if self._is_coarse and not again:
            index = self._first_of_its_instant(index)
        if self.disorder_seconds is not None:
            index = self._first_to_arrive(index, self.disorder_seconds * 1_000_000)
        shard, record = self.wire[index] if again else self.wire.pop(index)
        number = FIRST_SEQUENCE + len(self.shards[shard])
        if self._is_coarse:
            record = record.arrived_at(number)
        self.shards[shard].append(record)
        if record.letter:
            first = Coordinates("simulation", str(shard), str(number), record.arrival_ms(number))
            data = with_coordinates(record.letter.data, first)
            assert data
            self.letters.append((shard, replace(record.letter, data=data)))

    def _first_of_its_instant(self, index: int) -> int:
        """The record that is to arrive before the one at `index`, or that one: of its shard."""
        shard, record = self.wire[index]
        return next(
            number
            for number, (other, earlier) in enumerate(self.wire)
            if number == index or (other == shard and earlier.instant == record.instant is not None)
        )

    def _first_to_arrive(self, index: int, disorder: int) -> int:
        """The record that may no longer wait for the one at `index`, or that one: of its shard."""
        shard, record = self.wire[index]
        return next(
            number
            for number, (other, earlier) in enumerate(self.wire)
            if number == index
            or (
                other == shard
                and record.commit is not None
                and earlier.commit is not None
                and earlier.commit < record.commit - disorder
            )
        )

    def complete_until(self, shard: int) -> int:
        """All changes that were committed before, in microseconds, have arrived in a shard."""
        waiting = [r.commit for other, r in self.wire if other == shard and r.commit is not None]
        return min(waiting, default=self._committed)

    @property
    def _committed(self) -> int:
        """When the transaction under way is committed, in microseconds."""
        if self._is_coarse:
            return self._commit.position >> 32
        return FIRST_MICROS + self._seconds * 1_000_000

    @property
    def _is_coarse(self) -> bool:
        """Whether there is no more than the commits' times, and arrival, to order changes by."""
        return self.declaration.stream.positions is Positions.COMMIT_TIMESTAMP

    def lose(self, shard: int) -> None:
        """Records that stood between the newest of a shard and those to come are gone unread.

        They are none of this source's: what they said is nowhere else.
        """
        offset = len(self.shards[shard])
        if offset not in self.gaps[shard]:
            self.gaps[shard].append(offset)
            self.kinds.append("gap")

    def spoil(self, index: int) -> None:
        """A record in `wire` cannot be read as it is; its letter can, once it is replayed.

        An update lacks a column that is in every change; any other record has an operation that
        there is not. One that is passed over is not read, whatever it holds.
        """
        shard, record = self.wire[index]
        if record.versions and record.versions[0].table in used_tables(self.declaration):
            envelope = json.loads(record.data)
            if name := self.spoils_partly(index):
                del envelope["data"][name]
            else:
                envelope["metadata"]["operation"] = "refresh"
            data = json.dumps(envelope).encode()
            dead = replace(record, data=data, versions=(), dead=True, letter=record)
            self.changed.discard((record.generation, record.versions[0].table))
            self.wire[index] = (shard, dead)

    def spoils_partly(self, index: int) -> str | None:
        """The column that a record in `wire`, an update, would lack; None for any other record."""
        record = self.wire[index][1]
        name = self._column_of_every_change(record.versions[0].table) if record.versions else None
        if name is None:
            return None
        envelope = json.loads(record.data)
        is_update = envelope["metadata"]["operation"] == "update"
        return name if is_update and name in envelope["data"] else None

    def _column_of_every_change(self, table: str) -> str | None:
        """By its name in the source, one that is read, is no part of the key, and always sent."""
        declared = self.declaration.tables[table]
        always = {
            name: column.source or name
            for name, column in declared.columns.items()
            if (table, name) in self._read and name not in declared.key
        }
        kept = {
            column.source or name for name, column in declared.columns.items() if column.unchanged
        }
        keys = {declared.columns[name].source or name for name in declared.key}
        return next((name for name in always.values() if name not in kept | keys), None)

    def replay(self, index: int) -> None:
        """A dead letter's original goes back on the stream, for the shard where it stood."""
        shard, record = self.letters.pop(index)
        self.wire.append((shard, replace(record, arrived=self.generation)))

    def can_repair(self) -> bool:
        """Whether positions leave room for a repair, and the application knows their generation."""
        return not self._is_coarse and not self.is_undecided

    def repair(self, table: str, key: Key) -> None:
        """A row as it is now, or that it is gone, right above the newest change of its key.

        That is what a repair finds once everything is loaded; the record may arrive before that.
        """
        nothing = (self.announced_generation_of(table), 0, 0)
        generation, commit, number = self._newest.get((table, key), nothing)
        row = self.tables[table].get(key)
        position = (generation, commit + 1, 0)
        if commit and not number:
            return  # the newest is a repair
        declared = self.declaration.tables[table]
        schema, source = self.declaration.source_of(table)
        data = row if row is not None else dict(zip(declared.key, key, strict=True))
        envelope = {
            REPAIR: RepairMarker(make_position(*position)).as_member(),
            "data": written_row(declared, data, zlib.crc32(repr(position).encode())),
            "metadata": {
                "timestamp": timestamp_text(self._micros),
                "record-type": "data",
                "operation": "delete" if row is None else "insert",
                "schema-name": schema,
                "table-name": source,
            },
        }
        version = Version(table, key, row, position, self.unchanged_columns(table))
        self._newest[table, key] = position
        record = Record(
            json.dumps(envelope).encode(),
            (version,),
            generation=generation,
            sent=self.generation,
        )
        shard = zlib.crc32(f"repair {table} {key}".encode()) % self.shard_count
        self.wire.append((shard, record))
        self.events.append(f"repair of {table} {data}{'' if row else ', which is gone'}")
        self.kinds.append("repair")

    @property
    def near(self) -> int:
        """How many records could arrive next."""
        return min(len(self.wire), _WIRE)

    def arrive_all(self, choose: Callable[[int], int] = lambda _: 0) -> None:
        """Everything that waits reaches its shard."""
        while self.wire:
            self.arrive(choose(self.near))

    def unchanged_columns(self, table: str) -> tuple[str, ...]:
        """Those that some target reads, of the columns that an update may leave out."""
        columns = self.declaration.tables[table].columns
        return tuple(
            n for n, declared in columns.items() if declared.unchanged and (table, n) in self._read
        )

    @cached_property
    def _read(self) -> frozenset[tuple[str, str]]:
        """Tables and columns that targets show, or follow as references."""
        read: set[tuple[str, str]] = set()
        for target in self.declaration.targets.values():
            for dotted in target.columns.values():
                *steps, column = dotted.split(".")
                table = target.fact
                for step in steps:
                    reference = self.declaration.tables[table].references[step]
                    read |= {(table, name) for name in reference.columns}
                    table = reference.table
                read.add((table, column))
        return frozenset(read)

    def _compose(self, table: str, row: Row, left_out: frozenset[str]) -> Row:
        """The row as an update sends it: what it leaves out is missing, or null."""
        columns = self.declaration.tables[table].columns
        return {
            name: None if name in left_out else value
            for name, value in row.items()
            if name not in left_out or columns[name].unchanged == "sent_as_null"
        }

    def key(self, table: str, row: Row) -> Key:
        return tuple(row[name] for name in self.declaration.tables[table].key)

    def _source_name(self, table: str, row: Row) -> tuple[str, str]:
        """The schema and table in the source that have the row: by its values, a partition."""
        names = source_names(self.declaration, table)
        return names[zlib.crc32(repr(sorted(row.items())).encode()) % len(names)]

    def _take_position(self, table: str) -> Position:
        self._number += 1
        return (self.generation_of(table), self._commit.position, self._number)

    @property
    def _commit(self) -> Commit:
        """The transaction under way."""
        kind = self.declaration.stream.positions
        return commit_at(kind, self._lsn, _FIRST_LSN, self._seconds, self._restarts)

    def _send(
        self,
        operation: str,
        table: str,
        row: Row,
        versions: tuple[Version, ...],
        before: Row | None = None,
        *,
        source_name: tuple[str, str],
        of_reload: bool = False,
    ) -> None:
        declared = self.declaration.tables[table]
        schema, source = source_name
        metadata: Row = {
            "timestamp": timestamp_text(self._micros),
            "record-type": "data",
            "operation": operation,
            "schema-name": schema,
            "table-name": source,
        }
        if operation != "load":
            self.changed.add((self.generation_of(table), table))
            metadata |= self._commit.metadata
            metadata["transaction-record-id"] = self._number
        way = zlib.crc32(f"{len(self.kinds)} {operation}".encode())
        envelope: Row = {"data": written_row(declared, row, way), "metadata": metadata}
        if before is not None:
            was = written_row(declared, before, way >> 1)
            envelope = with_before_image(self.declaration, envelope, was)
        # The partition key is the row's: a key update goes where the new key belongs.
        named = f"{schema}.{source}" if declared.partitions else table
        partition_key = named if self.by_table else f"{table} {versions[0].key}"
        shard = zlib.crc32(partition_key.encode()) % self.shard_count
        data = json.dumps(envelope).encode()
        record = Record(
            data,
            versions,
            generation=self.generation_of(table),
            of_reload=of_reload,
            sent=self.generation,
            committed=None if operation == "load" else self._committed,
        )
        self.wire.append((shard, record))
        for version in versions:
            known = self._newest.get((table, version.key), version.position)
            self._newest[table, version.key] = max(known, version.position)
        earlier = "" if before is None else f", before: {before}"
        verb = "full load of" if operation == "load" else operation
        self.events.append(f"{verb} {table} {row}{earlier}")
        kind = "key update" if len(versions) > 1 else operation
        self.kinds.append("full load" if kind == "load" else kind)
