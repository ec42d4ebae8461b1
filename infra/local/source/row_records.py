"""Records of a task from rows of PostgreSQL: values, what was before, partition keys."""

from __future__ import annotations

import datetime as dt
from typing import Final

from infra.local.source import records
from infra.local.source.pgoutput import NotSent, Row
from infra.local.source.records import InTransaction, RowRecord, TableRecord, Values
from infra.local.source.settings import TaskSettings
from infra.local.source.tables import SourceTable

Entry = tuple[str, bytes]  # partition key, record
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class RecordWriter:
    """Writes entries of the stream.

    Args:
        settings: of the task.
        task: its name, by which control records are keyed.
    """

    def __init__(self, settings: TaskSettings, task: str) -> None:
        self._settings = settings
        self._task = task

    def write_table(self, operation: str, table: SourceTable) -> Entry:
        """A control record with the table's whole definition, whatever was done to it."""
        columns = {
            column.name: {
                **column.type.announce(self._settings),
                "nullable": column.is_nullable,
            }
            for column in table.columns
        }
        record = records.write_table(
            TableRecord(
                operation, table.schema, table.name, columns, table.key, now_text(), self._task
            ),
            self._settings,
        )
        return self._task, records.to_bytes(record, self._settings)

    def write_load(self, table: SourceTable, row: Row) -> Entry:
        """A row of a full load."""
        return self._write(table, "load", row, None, None)

    def write_insert(self, table: SourceTable, new: Row, transaction: InTransaction) -> Entry:
        """A new row."""
        return self._write(table, "insert", new, None, transaction)

    def write_update(
        self, table: SourceTable, old: Row | None, new: Row, transaction: InTransaction
    ) -> Entry:
        """A row that has changed. Large values that the update did not touch are left out."""
        if old is not None:
            # Of a large part of the key that did not change, the log has the former value.
            new = tuple(
                former if value is NotSent.UNCHANGED and column.name in table.key else value
                for column, value, former in zip(table.columns, new, old, strict=True)
            )
        former = {} if old is None else self._read_identity(table, old)
        lobs = {column.name for column in table.columns if column.type.is_lob}
        values = self._read(table, new)
        before = records.choose_before(former, values, table.key, self._settings, lobs)
        return self._write(table, "update", new, before, transaction)

    def write_delete(self, table: SourceTable, old: Row, transaction: InTransaction) -> Entry:
        """A row that is gone: its key, or all of it where the log has that; else null."""
        identity: Row = tuple(
            value if column.name in table.identity_columns else None
            for column, value in zip(table.columns, old, strict=True)
        )
        return self._write(table, "delete", identity, None, transaction)

    def _write(
        self,
        table: SourceTable,
        operation: str,
        row: Row,
        before: Values | None,
        transaction: InTransaction | None,
    ) -> Entry:
        texts = {c.name: v for c, v in zip(table.columns, row, strict=True) if isinstance(v, str)}
        row_record = RowRecord(
            table.schema,
            table.name,
            operation,
            self._read(table, row),
            before,
            ".".join(texts.get(name, "") for name in table.key),
            now_text(),
            transaction,
        )
        record = records.write_row(row_record, self._settings)
        key = records.partition_key(row_record, self._settings)
        return key, records.to_bytes(record, self._settings)

    def _read(self, table: SourceTable, row: Row) -> dict[str, str | None]:
        settings = self._settings
        return {
            column.name: None if value is None else column.type.write(value, settings)
            for column, value in zip(table.columns, row, strict=True)
            if value is not NotSent.UNCHANGED
        }

    def _read_identity(self, table: SourceTable, old: Row) -> dict[str, str | None]:
        values = self._read(table, old)
        return {name: value for name, value in values.items() if name in table.identity_columns}


def now_text() -> str:
    """The present time, as metadata have it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def time_text(micros: int) -> str:
    """A time in microseconds since 1970, as metadata have it."""
    time = _EPOCH + dt.timedelta(microseconds=micros)
    return time.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def position_text(log_position: int, number: int) -> str:
    """The position of a change: that of its transaction's commit, and its number in it."""
    log = f"{log_position >> 32:08X}/{log_position & 0xFFFFFFFF:08X}"
    return f"{log}.{number}.{log}"
