"""Follows a PostgreSQL as a DMS task does: a full load, then the changes of each transaction.

1. Start: look whether the source can be followed; publish the tables, make the slot with a snapshot
   of its start. A start that finds its slot, with the full load finished, goes on from there.
2. Full load: a create-table record for each table, then each row of the snapshot.
3. Changes: read what the slot has, put it on the stream, confirm it, again and again. What was put
   and not confirmed comes once more after a restart, as DMS sends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from psycopg import sql

from infra.catalogue.model import TableName
from infra.local.source import refusals
from infra.local.source.pgoutput import (
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    MessageError,
    Relation,
    Truncate,
    Update,
)
from infra.local.source.records import InTransaction
from infra.local.source.refusals import SourceRefusedError
from infra.local.source.row_records import Entry, RecordWriter, position_text, time_text
from infra.local.source.settings import PROFILE, TaskSettings
from infra.local.source.slot import Slot
from infra.local.source.table_changes import list_operations
from infra.local.source.tables import Asked, Session, SourceCatalogue, SourceTable

# Messages at a time; a transaction with more is read whole.
_MESSAGES: Final = 10_000


@dataclass(frozen=True)
class _Sent:
    """What records have said so far.

    Attributes:
        tables: by number, as the last record about it had it; None if only announced.
        last: numbers of the last change's transaction and of the change in it.
    """

    tables: dict[int, SourceTable | None] = field(default_factory=dict)
    last: tuple[int, int] | None = None


@dataclass(frozen=True)
class Changes:
    """Changes that were read and are not confirmed.

    Attributes:
        entries: partition keys and records, in order.
        truncated: tables that were emptied, of which DMS sends no record.
        has_more: whether the log had more when this was read.
    """

    entries: list[Entry]
    truncated: tuple[TableName, ...]
    has_more: bool
    end: int
    sent: _Sent


class ReplicationTask(AbstractContextManager["ReplicationTask"]):
    """One task, from its start to its stop; the slot stays in the source unless it is temporary.

    Args:
        address: of the database, as libpq takes it.
        tables: to capture, by schema and name; a partitioned table is its partitions.
        name: of the slot, and of the task in control records.
        settings: of task and end points.
        is_temporary: whether the slot ends with the session that made it, also if it is killed.

    Attributes:
        is_loaded: whether this goes on where an earlier start has stopped, after its full load.
    """

    def __init__(
        self,
        address: str,
        tables: Sequence[TableName],
        *,
        name: str = "starjoin",
        settings: TaskSettings = PROFILE,
        is_temporary: bool = False,
    ) -> None:
        self.is_loaded = False
        self._names = list(dict.fromkeys(tables))
        self._slot = Slot(address, name, is_temporary=is_temporary)
        self._writer = RecordWriter(settings, name)
        self._confirmed = -1
        self._sent = _Sent()

    def start(self) -> None:
        """Raises SourceRefusedError where the source cannot be followed; then nothing is made."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._slot.check_server()
        with self._slot.explain():
            self._catalogue = SourceCatalogue(self._slot.session)
            asked = self._catalogue.read(self._names)
        self._check_tables(asked, self._names)
        self._slot.claim()
        self.is_loaded = self._slot.is_loaded(self._names)
        if self.is_loaded:
            self._tables = asked.tables
            self._sent = _Sent({table.oid: None for table in asked.tables})
            return
        self._slot.create(asked.named)
        with self._slot.explain():
            # A table may have been altered since.
            self._tables = self._catalogue.read(self._names, self._slot.snapshot).tables
        self._sent = _Sent({table.oid: table for table in self._tables})

    def stop(self) -> None:
        """Ends the sessions. A slot that is not temporary stays, and keeps the source's log."""
        self._slot.close()

    def announce(self) -> list[Entry]:
        """What a task says when it goes on: a create-table record for each table as it is now."""
        with self._slot.explain():
            tables = self._catalogue.read(self._names).tables
        return self._announce(tables)

    def full_load(self) -> Iterator[Entry]:
        """The tables, then their rows as they were when the slot began."""
        yield from self._announce(self._tables)
        yield from self._load(self._slot.snapshot, self._tables)

    def finish_load(self) -> None:
        """The full load is on the stream: later starts go on with changes."""
        self._slot.finish_load()

    def load_again(self) -> Iterator[Entry]:
        """Every row as it is now, as DMS reloads tables; changes go on beside it."""
        with self._slot.take_snapshot() as session:
            with self._slot.explain():
                tables = self._catalogue.read(self._names, session).tables
            yield from self._load(session, tables)

    def read_changes(self) -> Changes:
        """What was committed and not confirmed, of some transactions. Raises SourceRefusedError."""
        end = self._slot.find_end()
        if end <= self._confirmed:
            return Changes([], (), has_more=False, end=self._confirmed, sent=self._sent)
        messages = self._slot.read(end, _MESSAGES)
        has_more = len(messages) >= _MESSAGES
        reading = _Reading(self._catalogue, self._writer, self._sent)
        with self._slot.explain():
            entries = list(reading.read(messages))
        return Changes(
            entries,
            tuple(dict.fromkeys(reading.truncated)),
            has_more,
            reading.end if has_more else end,
            _Sent(reading.tables, reading.last),
        )

    def confirm(self, changes: Changes) -> None:
        """They are on the stream: they are not read again."""
        if changes.end > self._confirmed:
            self._slot.confirm(changes.end)
            self._confirmed = changes.end
        self._sent = changes.sent

    def remove(self) -> None:
        """Takes slot and publication out of the source: no later start goes on from here."""
        self._slot.remove()

    def _announce(self, tables: Sequence[SourceTable]) -> list[Entry]:
        return [self._writer.write_table("create-table", table) for table in tables]

    def _load(self, session: Session, tables: Sequence[SourceTable]) -> Iterator[Entry]:
        for table in tables:
            columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
            query = sql.SQL("COPY {} ({}) TO STDOUT").format(
                sql.Identifier(*table.full_name), columns
            )
            with self._slot.explain(), session.cursor().copy(query) as rows:
                for row in rows.rows():
                    yield self._writer.write_load(table, row)

    @staticmethod
    def _check_tables(asked: Asked, names: Sequence[TableName]) -> None:
        missing = [name for name in names if name not in asked.named]
        if missing or not names:
            raise SourceRefusedError(refusals.NO_TABLE.format(tables=_list_names(missing)))
        for name, kind in asked.others.items():
            raise SourceRefusedError(refusals.NO_ROWS.format(table=_list_names([name]), kind=kind))
        without = [table.full_name for table in asked.tables if not table.identity_columns]
        if without:
            raise SourceRefusedError(refusals.NO_KEY.format(tables=_list_names(without)))


class _Reading:
    """Makes entries of messages.

    Attributes:
        tables: as the last record about each had it.
        last: numbers of the last change.
        truncated: tables that were emptied.
        end: of the last transaction.
    """

    def __init__(self, catalogue: SourceCatalogue, writer: RecordWriter, sent: _Sent) -> None:
        self.tables = dict(sent.tables)
        self.last = sent.last
        self.truncated: list[TableName] = []
        self.end = 0
        self._catalogue = catalogue
        self._writer = writer
        self._begin = Begin(0, 0, 0)
        self._number = 0

    def read(self, messages: Iterable[Message]) -> Iterator[Entry]:
        """The records of some transactions."""
        for message in messages:
            match message:
                case Begin():
                    self._begin, self._number = message, 0
                case Commit():
                    self.end = message.end
                case Relation():
                    yield from self._describe(message)
                case Insert():
                    table = self._table(message.relation)
                    yield self._writer.write_insert(table, message.new, self._count())
                case Update():
                    table = self._table(message.relation)
                    yield self._writer.write_update(table, message.old, message.new, self._count())
                case Delete():
                    table = self._table(message.relation)
                    yield self._writer.write_delete(table, message.old, self._count())
                case Truncate():
                    self.truncated += [
                        self._table(relation).full_name for relation in message.relations
                    ]

    def _describe(self, relation: Relation) -> Iterator[Entry]:
        """Control records, if the table is another than the last record about it said."""
        is_announced = relation.oid in self.tables
        before = self.tables.get(relation.oid)
        table = self._catalogue.describe(relation, before)
        self.tables[relation.oid] = table
        if not is_announced:
            yield self._writer.write_table("create-table", table)
        elif before is not None:
            for operation in list_operations(before, table):
                yield self._writer.write_table(operation, table)

    def _table(self, number: int) -> SourceTable:
        table = self.tables.get(number)
        if table is None:
            message = f"a change names relation {number}, which no message has described"
            raise MessageError(message)
        return table

    def _count(self) -> InTransaction:
        """Counts the next change of the transaction; where it stands."""
        self._number += 1
        previous, begin = self.last, self._begin
        self.last = (begin.transaction, self._number)
        return InTransaction(
            begin.transaction,
            self._number,
            time_text(begin.committed_micros),
            position_text(begin.log_position, self._number),
            previous,
        )


def _list_names(names: Sequence[TableName]) -> str:
    return " and ".join(f"{schema}.{table}" for schema, table in names) or "of that name"
