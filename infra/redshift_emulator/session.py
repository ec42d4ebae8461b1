"""One client's session: passes its messages to PostgreSQL, one at a time, and the answers back.

Owns the extended and the simple protocol as Redshift's drivers use them. A message is passed on,
flushed and answered before the next is read. This keeps the answers in order when some come from
PostgreSQL and some from the emulator; it costs a round trip on a Unix socket per message.
"""

from __future__ import annotations

import asyncio
import re

from infra.redshift_emulator import emulation, results, wire
from infra.redshift_emulator.backend import FAILED, IDLE, Backend, BackendGoneError
from infra.redshift_emulator.client_session import Shared, refusal
from infra.redshift_emulator.dialect import EMULATED, Statement, read_statement
from infra.redshift_emulator.errors import ABORTED, BackendError, RedshiftError, from_backend
from infra.redshift_emulator.faults import Action, CutError, When
from infra.redshift_emulator.lexer import tokens
from infra.redshift_emulator.results import Field, Result
from infra.redshift_emulator.wire import Channel, Message

_EXECUTED = b"CIs"
# PostgreSQL enforces the limit itself, but does not see a statement that a fault hangs.
_STATEMENT_TIMEOUT = re.compile(r"\s*SET\s+statement_timeout\s*(?:TO|=)\s*(\d+)", re.IGNORECASE)
_READY = b"Z"


class Session:
    """A logged-in client and its PostgreSQL session; `version` is the protocol's."""

    def __init__(
        self, shared: Shared, client: Channel, backend: Backend, database: str, version: int
    ) -> None:
        self.shared = shared
        self.client = client
        self.backend = backend
        self.database = database
        self.transaction: list[str] = []
        self.client_gone = False
        self.statement_limit: float | None = None
        self._statements: dict[str, Statement] = {}
        self._portals: dict[str, Statement] = {}
        self._version = version
        # Of statements that were described, and of portals whose statement or self was.
        self._described: dict[str, Result] = {}
        self._bound: dict[str, Result] = {}
        # Statements that PostgreSQL has accepted and the emulator has not, until the next Sync.
        self._rejected: set[str] = set()
        # Of the statement that is running; None where nobody has asked what it is like.
        self._result: Result | None = None
        self._skipping = False
        self._incoming: asyncio.Queue[Message | None] = asyncio.Queue()

    async def run(self) -> None:
        """Serves the client until it leaves or is cut; then rolls an open transaction back."""
        reading = asyncio.create_task(self._read_client())
        try:
            while (message := await self._incoming.get()) is not None:
                if message.kind == wire.TERMINATE.kind:
                    return
                await self._handle(message)
                await self.client.drain()
        except CutError as cut:
            self.cut(cut.action)
        except BackendGoneError:
            return  # PostgreSQL's last message has been passed on
        finally:
            reading.cancel()
            self.client.close()
            self.backend.close()

    def cut(self, action: Action) -> None:
        """Closes or resets the client's connection."""
        if action is Action.RESET:
            self.client.reset()
        else:
            self.client.close()

    async def _read_client(self) -> None:
        while (message := await self.client.receive()) is not None:
            self._incoming.put_nowait(message)
        self.client_gone = True
        self._incoming.put_nowait(None)

    async def _handle(self, message: Message) -> None:
        if message.kind == wire.SYNC.kind:
            self._skipping = False
            await self._sync()
        elif message.kind == b"Q":
            await self._simple(message)
        elif message.kind != wire.FLUSH.kind and not self._skipping:
            try:
                await self._handle_extended(message)
            except RedshiftError as error:
                self._skipping = True
                await self._refuse(error)

    async def _handle_extended(self, message: Message) -> None:
        match message.kind:
            case b"P":
                await self._parse(message)
            case b"B":
                await self._bind(message)
            case b"D":
                await self._describe(message)
            case b"E":
                await self._execute(message)
            case b"C":
                await self._close(message)
            case _:
                text = f"protocol message {message.kind!r} is not emulated"
                raise RedshiftError(text)

    async def _parse(self, message: Message) -> None:
        name, rest = wire.split_string(message.body)
        sql, types = wire.split_string(rest)
        statement = read_statement(sql)
        if statement.kind in EMULATED:
            self.client.send(wire.PARSE_COMPLETE)
        elif not await self._pass(Message(b"P", wire.strings(name, statement.sql) + types), b"1"):
            return
        self._statements[name] = statement
        self._described.pop(name, None)

    async def _bind(self, message: Message) -> None:
        portal, rest = wire.split_string(message.body)
        name = wire.split_string(rest)[0]
        statement = self._find_known(self._statements, name)
        self._portals[portal] = statement
        self._bound.pop(portal, None)
        if statement.kind in EMULATED:
            self.client.send(wire.BIND_COMPLETE)
        elif await self._pass(message, b"2") and name in self._described:
            formats = wire.result_formats(message.body)
            self._bound[portal] = self._described[name].with_formats(formats)

    async def _describe(self, message: Message) -> None:
        of_statement = message.body[:1] == b"S"
        known = self._statements if of_statement else self._portals
        name = wire.split_string(message.body[1:])[0]
        statement = self._find_known(known, name)
        if statement.kind not in EMULATED:
            last = await self._relay(message, b"Tn")
            if last is not None and last.kind == b"T":
                if of_statement:
                    self._rejected.add(name)
                result = await self._result_of(statement, results.read_fields(last.body))
                self._rejected.discard(name)
                (self._described if of_statement else self._bound)[name] = result
                last = result.description()
            if last is not None:
                self.client.send(last)
        elif of_statement:
            self.client.send(wire.NO_PARAMETERS, wire.NO_DATA)
        else:
            self.client.send(wire.NO_DATA)

    async def _result_of(self, statement: Statement, fields: list[Field]) -> Result:
        results.check_width(fields)
        if self._version >= results.BINARY and any(field.has_no_scale for field in fields):
            fields = await self._with_scales(statement, fields)
        return Result(tuple(fields), self._version, self.shared.varbyte)

    async def _with_scales(self, statement: Statement, fields: list[Field]) -> list[Field]:
        """Numbers with the scale that they have in this result.

        A driver must know it before the first row, and PostgreSQL decides it row by row. So the
        query is asked for its scales first: in the same transaction, it sees the same rows.
        """
        scales: list[str | None]
        if not any(token.kind == "param" for token in tokens(statement.sql)):
            names = ", ".join(f"c{number}" for number in range(len(fields)))
            wanted = ", ".join(
                f"max(scale(c{number}))" if field.has_no_scale else "NULL"
                for number, field in enumerate(fields)
            )
            try:
                scales = await self.backend.probe(
                    f"SELECT {wanted} FROM ({statement.sql}\n) AS probe ({names})"
                )
            except BackendError as error:
                raise refusal(error) from error
        else:
            scales = [str(results.UNKNOWN_SCALE)] * len(fields)
        return [
            field.with_scale(int(scale or 0)) if field.has_no_scale else field
            for field, scale in zip(fields, scales, strict=True)
        ]

    async def _close(self, message: Message) -> None:
        known = self._statements if message.body[:1] == b"S" else self._portals
        statement = known.pop(wire.split_string(message.body[1:])[0], None)
        if statement is not None and statement.kind in EMULATED:
            self.client.send(wire.CLOSE_COMPLETE)
        else:
            await self._pass(message, b"3")

    async def _execute(self, message: Message) -> None:
        portal = wire.split_string(message.body)[0]
        statement = self._find_known(self._portals, portal)
        self._result = self._bound.get(portal)
        await self._strike_before(statement)
        if statement.kind in EMULATED:
            done: Message | None = await self._emulate(statement)
        else:
            done = await self._relay(message, _EXECUTED)
            if done is not None and self.shared.faults.armed and self.backend.status == IDLE:
                # Without a transaction block PostgreSQL commits at Sync, so a fault "after" the
                # statement must strike after that.
                self.backend.channel.send(wire.SYNC)
                done = done if await self._await_ready() else None
        if done is not None:
            await self.shared.faults.strike(When.AFTER, statement.text, self.transaction)
            self.client.send(done)

    async def _simple(self, message: Message) -> None:
        try:
            statement = read_statement(wire.split_string(message.body)[0])
            await self._strike_before(statement)
            if statement.kind in EMULATED:
                done: Message | None = await self._emulate(statement)
            else:
                done = await self._relay(wire.query(statement.sql), _EXECUTED)
                done = done if await self._await_ready() else None
            if done is not None:
                await self.shared.faults.strike(When.AFTER, statement.text, self.transaction)
                self.client.send(done)
        except RedshiftError as error:
            await self._refuse(error)
        await self._sync()

    async def _emulate(self, statement: Statement) -> Message:
        if self.backend.status == FAILED:
            text = "current transaction is aborted, commands ignored until end of transaction block"
            raise RedshiftError(text, sqlstate=ABORTED)
        return await emulation.run(self, statement)

    async def _strike_before(self, statement: Statement) -> None:
        faults = self.shared.faults
        await faults.strike(When.BEFORE, statement.text, self.transaction, self.statement_limit)
        self.transaction.append(statement.text)
        if limited := _STATEMENT_TIMEOUT.match(statement.text):
            self.statement_limit = int(limited[1]) / 1_000 or None

    async def _sync(self) -> None:
        """Ends a batch of messages and reports the state of the transaction."""
        self.backend.channel.send(wire.SYNC)
        await self._await_ready()
        if self._rejected:  # the client uses their names again
            await self.backend.forget(self._rejected)
            self._rejected.clear()
        self.client.send(Message(_READY, self.backend.status))
        if self.backend.status == IDLE:
            self.transaction.clear()

    async def _await_ready(self) -> bool:
        """Reads until PostgreSQL is ready. False after an error: a commit may fail here."""
        succeeded = True
        while await self._pass_answers(_READY) is None:
            succeeded = False
        return succeeded

    async def _refuse(self, error: RedshiftError) -> None:
        """Answers with the emulator's own error, which fails an open transaction like any other."""
        await self.backend.fail_transaction()
        self.client.send(wire.error_message(error.fields()))

    async def _pass(self, message: Message, ends: bytes) -> bool:
        """Passes a message and all its answers on; returns whether it succeeded."""
        last = await self._relay(message, ends)
        if last is not None:
            self.client.send(last)
        return last is not None

    async def _relay(self, message: Message, ends: bytes) -> Message | None:
        """As `_pass`, but returns the last answer instead of sending it; None after an error."""
        self.backend.channel.send(message)
        if message.kind != b"Q":
            self.backend.channel.send(wire.FLUSH)
        last = await self._pass_answers(ends)
        if last is None and message.kind != b"Q":
            self._skipping = True
        return last

    async def _pass_answers(self, ends: bytes) -> Message | None:
        """Passes answers on until one of these kinds; returns it as it is, None after an error."""
        await self.backend.channel.drain()
        while (answer := await self.backend.receive()).kind not in ends:
            if answer.kind == b"E":
                fields = from_backend(wire.error_fields(answer.body))
                self.client.send(wire.error_message(fields))
                return None
            self.client.send(self._as_redshift(answer))
            if answer.kind == b"D":
                await self.client.drain()
        return answer

    def _as_redshift(self, answer: Message) -> Message:
        if answer.kind == b"T":  # of the simple protocol, which describes without being asked
            fields = tuple(results.read_fields(answer.body))
            self._result = Result(fields, self._version, self.shared.varbyte)
            return self._result.description()
        if answer.kind == b"D" and self._result is not None:
            return self._result.row(answer)
        return results.as_redshift(answer)

    def _find_known(self, known: dict[str, Statement], name: str) -> Statement:
        if name not in known:
            text = f'prepared statement or portal "{name}" does not exist'
            raise RedshiftError(text, sqlstate="26000")
        return known[name]
