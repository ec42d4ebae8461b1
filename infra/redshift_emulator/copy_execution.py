"""Running one COPY.

Owns the steps: the target's columns, the files, the data into PostgreSQL on the client's own
session and so inside its transaction, and the row of `sys_load_error_detail` after a failure.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from infra.redshift_emulator import copy_files, parquet_to_csv, wire
from infra.redshift_emulator.backend import IN_BLOCK, Backend, identifier, literal
from infra.redshift_emulator.client_session import ClientSession, query, refusal
from infra.redshift_emulator.copy_grammar import CopyCommand
from infra.redshift_emulator.errors import (
    UNDEFINED_TABLE,
    BackendError,
    CopyError,
    LoadErrorDetail,
    RedshiftError,
)
from infra.redshift_emulator.faults import Action, CutError, When
from infra.redshift_emulator.parquet_to_csv import Chunk, Column
from infra.redshift_emulator.wire import Message

_BAD_DATA = "22"
_COLUMNS = """
    SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, c.oid, c.relname
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.oid = to_regclass($1)
    ORDER BY a.attnum
"""
# Widths of the CHAR columns of sys_load_error_detail, in bytes.
_WIDTHS = {"file": 256, "column": 127, "type_name": 10, "length": 10, "message": 512}


@dataclass(frozen=True)
class _Target:
    name: str
    number: int
    columns: list[Column]


class Copy:
    """One COPY."""

    def __init__(self, session: ClientSession, command: CopyCommand, text: str) -> None:
        self._session = session
        self._command = command
        self._text = text
        self._id = next(session.shared.query_ids)
        self._started = dt.datetime.now(dt.UTC)
        self._cut: CutError | None = None
        self._struck = False

    async def run(self) -> None:
        """Loads the data. Raises RedshiftError, or CutError to end the client's connection."""
        target = await self._target()
        try:
            rows = await self._load(target)
        except CopyError as error:
            await self._record(target, error.load_error)
            raise
        text = f"Load into table '{target.name}' completed, {rows} record(s) loaded successfully."
        fields = {"S": "INFO", "C": "00000", "M": text}
        self._session.client.send(wire.error_message(fields, notice=True))
        if self._cut is not None:
            raise self._cut

    async def _target(self) -> _Target:
        rows = await query(self._session, _COLUMNS.replace("$1", literal(self._command.table)))
        if not rows:
            text = f"Cannot COPY into nonexistent table {self._command.table}"
            raise RedshiftError(text, sqlstate=UNDEFINED_TABLE)
        columns = {
            str(name): Column(str(name), str(kind), int(modifier or -1), not_null == "t")
            for name, kind, modifier, not_null, _, _ in rows
        }
        name = str(rows[0][5])
        wanted = [column.strip('"').lower() for column in self._command.columns]
        for column in wanted:
            if column not in columns:
                text = f'column "{column}" of relation "{name}" does not exist'
                raise RedshiftError(text, sqlstate="42703")
        chosen = [columns[column] for column in wanted] or list(columns.values())
        return _Target(name, int(rows[0][4] or 0), chosen)

    async def _load(self, target: _Target) -> int:
        s3 = self._session.shared.s3
        has_files = False
        rows = 0
        listed = await asyncio.to_thread(copy_files.entries, s3, self._command)
        names = ", ".join(identifier(column.name) for column in target.columns)
        await self._begin(f"COPY {self._command.table} ({names}) FROM STDIN (FORMAT csv)")
        try:
            for entry in listed:
                data = await asyncio.to_thread(copy_files.read, s3, entry)
                if data is None:
                    continue
                has_files = True
                source = parquet_to_csv.chunks(
                    data, entry.url, target.name, target.columns, self._command
                )
                while (chunk := await asyncio.to_thread(_next_chunk, source)) is not None:
                    rows += chunk.rows
                    await self._send(chunk)
            if not has_files:
                raise copy_files.missing_files_error(self._command)
            await self._strike()
        except RedshiftError as error:
            await self._give_up(str(error))
            raise
        await self._finish(target)
        return rows

    async def _begin(self, sql: str) -> None:
        backend = self._session.backend
        backend.channel.send(wire.query(sql))
        await backend.channel.drain()
        message = await backend.receive()
        while message.kind not in b"GE":
            message = await backend.receive()
        if message.kind == b"E":
            await backend.rest()
            raise refusal(BackendError(wire.error_fields(message.body)))

    async def _send(self, chunk: Chunk) -> None:
        if self._session.client_gone and self._session.backend.status == IN_BLOCK:
            raise CutError(Action.CLOSE)
        self._session.backend.channel.send(Message(b"d", chunk.data))
        await self._session.backend.channel.drain()
        await self._strike()

    async def _strike(self) -> None:
        """Applies faults once: after the first part of the data, or at the end without data."""
        if self._struck:
            return
        self._struck = True
        session = self._session
        try:
            await session.shared.faults.strike(
                When.DURING, self._text, session.transaction, session.statement_limit
            )
        except CutError as cut:
            if session.backend.status == IN_BLOCK:
                raise
            # Outside of a transaction block a COPY goes on after its client is gone.
            session.cut(cut.action)
            self._cut = cut

    async def _give_up(self, reason: str) -> None:
        backend = self._session.backend
        backend.channel.send(wire.copy_fail(reason.replace("\0", "")))
        await backend.channel.drain()
        try:
            await backend.rest()
        except BackendError:
            return  # PostgreSQL repeats the reason

    async def _finish(self, target: _Target) -> None:
        backend = self._session.backend
        backend.channel.send(wire.COPY_DONE)
        await backend.channel.drain()
        try:
            await backend.rest()
        except BackendError as error:
            refused = refusal(error)
            if error.sqlstate.startswith(_BAD_DATA):
                raise parquet_to_csv.from_postgres(target.name, error.sqlstate, refused) from error
            raise refused from error

    async def _record(self, target: _Target, load_error: LoadErrorDetail) -> None:
        """Writes a row of sys_load_error_detail that a ROLLBACK of the client does not remove."""
        process = int.from_bytes(self._session.backend.key[:4], "big")
        values = [
            "100", str(self._id), "0", str(process), literal(self._session.database),
            str(target.number), literal(self._started.replace(tzinfo=None).isoformat(" ")),
            _cut(load_error.file, "file"), str(load_error.line), _cut(load_error.column, "column"),
            _cut(load_error.type_name, "type_name"), _cut(load_error.length, "length"), "0",
            str(load_error.code), _cut(load_error.message, "message"),
        ]  # fmt: skip
        backend = await Backend.login(self._session.shared.address, self._session.database)
        try:
            row = ", ".join(values)
            await backend.query(f"INSERT INTO sys_load_error_detail VALUES ({row})")
        finally:
            backend.close()


def _cut(text: str, width: str) -> str:
    short = text.encode()[: _WIDTHS[width]].decode(errors="ignore")
    return literal(short.replace("\0", " "))


def _next_chunk(source: Iterator[Chunk]) -> Chunk | None:
    return next(source, None)
