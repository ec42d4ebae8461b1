"""The server: prepares the database, accepts connections and logs clients in.

Owns the start-up of a session: the password, the version of the protocol, and the parameters that
PostgreSQL would refuse, which are dropped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from infra.redshift_emulator import results, wire
from infra.redshift_emulator.backend import (
    Address,
    Backend,
    BackendGoneError,
    cancel,
    identifier,
    literal,
)
from infra.redshift_emulator.client_session import Shared
from infra.redshift_emulator.dialect import FOREIGN_SETTINGS
from infra.redshift_emulator.errors import from_backend
from infra.redshift_emulator.session import Session
from infra.redshift_emulator.wire import Channel

_FOLDER = Path(__file__).parent
# Run in this order in a new database; the last for a case-insensitive one only.
_OBJECTS = ("objects.sql", "catalogue.sql", "views.sql")
_CASE_INSENSITIVE = "case_insensitive.sql"
# The start-up parameters that PostgreSQL accepts. redshift_connector sends others as well, and for
# those PostgreSQL would end the session.
_KNOWN_PARAMETERS = {"user", "database", "application_name", "client_encoding"}
_SESSION_TIMEOUT = 1_800_000
_ISOLATION = {"snapshot": "repeatable read", "serializable": "serializable"}


@dataclass(frozen=True)
class Database:
    """What is created: a database, its owner, and how it isolates and compares."""

    name: str
    user: str
    isolation: str
    collation: str


async def prepare(address: Address, wanted: Database) -> int:
    """Creates user and database, unless an earlier emulator has done so.

    Returns the number of the type VARBYTE in PostgreSQL.
    """
    admin = await Backend.login(address, "postgres")
    try:
        if [wanted.name] not in await admin.query("SELECT datname FROM pg_database"):
            await _create(admin, address, wanted)
    finally:
        admin.close()
    backend = await Backend.login(address, wanted.name)
    try:
        ((number,),) = await backend.query("SELECT 'varbyte'::regtype::oid")
    finally:
        backend.close()
    return int(number or 0)


async def _create(admin: Backend, address: Address, wanted: Database) -> None:
    owner, name = identifier(wanted.user), identifier(wanted.name)
    await admin.query(f"CREATE ROLE {owner} LOGIN CREATEROLE")
    # The session timeout that an administrator gives a loader's user.
    await admin.query(f"ALTER ROLE {owner} SET idle_session_timeout TO {_SESSION_TIMEOUT}")
    await admin.query(f"CREATE DATABASE {name} OWNER {owner}")
    for setting, value in _settings(wanted.isolation).items():
        await admin.query(f"ALTER DATABASE {name} SET {setting} TO {literal(value)}")
    backend = await Backend.login(address, wanted.name)
    try:
        await backend.query(f"ALTER SCHEMA public OWNER TO {owner}")
        for file in _OBJECTS:
            await backend.query((_FOLDER / file).read_text())
        if wanted.collation == "case_insensitive":
            await backend.query((_FOLDER / _CASE_INSENSITIVE).read_text())
    finally:
        backend.close()


def _settings(isolation: str) -> dict[str, str]:
    return {
        # The first query of a transaction takes its snapshot, and LOCK is not a query: a session
        # that locks first and then reads sees what the previous holder of the lock committed.
        "default_transaction_isolation": _ISOLATION[isolation],
        # A backslash in a string literal is an escape, as in Redshift.
        "standard_conforming_strings": "off",
        "escape_string_warning": "off",
        "backslash_quote": "on",
        "deadlock_timeout": "200ms",
        "client_min_messages": "warning",
    }


class Server:
    """All sessions."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self._sessions: set[Session] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until it ends."""
        client = Channel(reader, writer)
        if self.shared.faults.refusing:
            client.reset()
            return
        packet = await self._first_packet(client)
        if packet is None:
            client.close()
        elif wire.packet_code(packet) == wire.CANCEL_REQUEST:
            await cancel(self.shared.address, packet[4:])
            client.close()
        else:
            await self._session(client, wire.startup_parameters(packet))

    def cut_all(self) -> int:
        """Resets all connections, as in a failover; returns how many there were."""
        sessions = list(self._sessions)
        for session in sessions:
            session.client.reset()
        return len(sessions)

    async def _first_packet(self, client: Channel) -> bytes | None:
        while (packet := await client.receive_untyped()) is not None:
            if wire.packet_code(packet) not in {wire.SSL_REQUEST, wire.GSS_REQUEST}:
                return packet
            tls = self.shared.tls if wire.packet_code(packet) == wire.SSL_REQUEST else None
            client.send_raw(b"N" if tls is None else b"S")
            await client.drain()
            if tls is not None:
                try:
                    await client.start_tls(tls)
                except OSError:
                    return None  # the client does not trust the certificate and left
        return None

    async def _session(self, client: Channel, parameters: dict[str, str]) -> None:
        client.send(wire.ASK_PASSWORD)
        await client.drain()
        answer = await client.receive()
        if answer is None:
            client.close()
            return
        if wire.split_string(answer.body)[0] != self.shared.password:
            await self._refuse_password(client, parameters.get("user", ""))
            return
        known = {name: parameters[name] for name in _KNOWN_PARAMETERS & parameters.keys()}
        known["options"] = f"-c {FOREIGN_SETTINGS}query_group=unset"
        backend = await Backend.connect(self.shared.address, known)
        asked = parameters.get("client_protocol_version", "0")
        version = min(int(asked) if asked.isdecimal() else 0, results.BINARY)
        if not await self._login(client, backend, version):
            await client.drain()
            client.close()
            backend.close()
            return
        database = parameters.get("database", parameters.get("user", ""))
        session = Session(self.shared, client, backend, database, version)
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)

    async def _refuse_password(self, client: Channel, user: str) -> None:
        text = f'password authentication failed for user "{user}"'
        client.send(wire.error_message({"S": "FATAL", "C": "28000", "M": text}))
        await client.drain()
        client.close()

    async def _login(self, client: Channel, backend: Backend, version: int) -> bool:
        try:
            while (answer := await backend.receive()).kind not in b"ZE":
                client.send(results.as_redshift(answer))
        except BackendGoneError:
            return False
        if answer.kind == b"E":
            client.send(wire.error_message(from_backend(wire.error_fields(answer.body))))
            return False
        if version:
            client.send(wire.parameter_status("server_protocol_version", str(version)))
        client.send(answer)
        return True
