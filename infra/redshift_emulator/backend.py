"""A session of the PostgreSQL behind the emulator.

Owns logging in over the Unix socket and running the emulator's own statements; `session.py` passes
a client's messages on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.redshift_emulator import wire
from infra.redshift_emulator.errors import BackendError, EmulatorError
from infra.redshift_emulator.wire import Channel, Message

IDLE = b"I"
IN_BLOCK = b"T"
FAILED = b"E"
# The name of the emulator's own prepared statement on a client's session.
_PROBE = "redshift_probe"


class BackendGoneError(EmulatorError):
    """PostgreSQL ended the session."""


@dataclass(frozen=True)
class Address:
    """The address of the PostgreSQL, and the name of its superuser."""

    folder: Path
    port: int
    superuser: str

    @property
    def path(self) -> str:
        """The path of the Unix socket."""
        return str(self.folder / f".s.PGSQL.{self.port}")


class Backend:
    """One session. `status` is the transaction's: IDLE, IN_BLOCK or FAILED."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.status = IDLE
        self.key = b""

    @classmethod
    async def connect(cls, address: Address, parameters: dict[str, str]) -> Self:
        """Opens the connection and sends the start-up packet; the answers are still to be read."""
        reader, writer = await asyncio.open_unix_connection(address.path)
        backend = cls(Channel(reader, writer))
        backend.channel.send_raw(wire.startup_packet(parameters))
        await backend.channel.drain()
        return backend

    @classmethod
    async def login(cls, address: Address, database: str) -> Self:
        """Opens a session for the emulator itself, as the superuser."""
        parameters = {"user": address.superuser, "database": database}
        backend = await cls.connect(address, parameters)
        await backend.rest()
        return backend

    async def receive(self) -> Message:
        """The next message. Raises BackendGoneError at the end of the session."""
        message = await self.channel.receive()
        if message is None:
            raise BackendGoneError
        if message.kind == b"Z":
            self.status = message.body
        elif message.kind == b"K":
            self.key = message.body
        return message

    async def rest(self) -> list[list[str | None]]:
        """Reads until PostgreSQL is ready again; returns the rows it sent. Raises BackendError."""
        rows: list[list[str | None]] = []
        error: BackendError | None = None
        while (message := await self.receive()).kind != b"Z":
            if message.kind == b"D":
                rows.append(wire.data_row(message.body))
            elif message.kind == b"E":
                error = BackendError(wire.error_fields(message.body))
                if error.fields.get("S") in {"FATAL", "PANIC"}:
                    break
        if error is not None:
            raise error
        return rows

    async def query(self, sql: str) -> list[list[str | None]]:
        """Runs the emulator's own statements; returns the rows as texts. Raises BackendError."""
        self.channel.send(wire.query(sql))
        await self.channel.drain()
        return await self.rest()

    async def probe(self, sql: str) -> list[str | None]:
        """Runs a query of one row between the messages of a client. Raises BackendError."""
        self.channel.send(*wire.run_once(_PROBE, sql))
        await self.channel.drain()
        row: list[str | None] = []
        open_things = 2  # portal and statement
        while open_things:
            message = await self.receive()
            if message.kind == b"E":  # and PostgreSQL ignores everything until a Sync
                self.channel.send(wire.SYNC)
                await self.channel.drain()
                await self.rest()
                await self.forget([_PROBE])
                raise BackendError(wire.error_fields(message.body))
            if message.kind == b"D":
                row = wire.data_row(message.body)
            open_things -= message.kind == b"3"
        return row

    async def forget(self, statements: Iterable[str]) -> None:
        """Closes prepared statements."""
        self.channel.send(*(wire.close_statement(name) for name in statements), wire.SYNC)
        await self.channel.drain()
        await self.rest()

    async def fail_transaction(self) -> None:
        """Brings an open transaction block into the failed state, as an error would."""
        if self.status != IN_BLOCK:
            return
        try:
            await self.query("DO 'BEGIN RAISE EXCEPTION USING MESSAGE = ''by the emulator''; END'")
        except BackendError:
            return  # the error is intended

    def close(self) -> None:
        """Ends the session; PostgreSQL rolls an open transaction back."""
        self.channel.send(wire.TERMINATE)
        self.channel.close()


async def cancel(address: Address, key: bytes) -> None:
    """Passes a client's cancel request on."""
    reader, writer = await asyncio.open_unix_connection(address.path)
    channel = Channel(reader, writer)
    channel.send_raw(wire.cancel_packet(key))
    await channel.drain()
    await channel.receive()  # PostgreSQL closes when it has dealt with it
    channel.close()


def literal(text: str) -> str:
    """A text as an SQL literal that means the same whatever `standard_conforming_strings` is."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
