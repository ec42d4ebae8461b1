"""Fault control: JSON commands and answers, one per line, over a loopback port of its own.

Owns the commands. `Control` is the server's side, `Faults` the client's.

    {"do": "add", "rule": {...}}             -> {"number": 1}      the fields of `faults.Rule`
    {"do": "wait", "number": 1, "count": 1}  -> {}                 answers when it has struck
    {"do": "status", "number": 1}            -> {"struck": 1, "hanging": 0}
    {"do": "release", "number": 1}           -> {}
    {"do": "refuse", "on": true}             -> {}                 new connections are reset
    {"do": "cut"}                            -> {"sessions": 2}    resets all connections
    {"do": "clear"}                          -> {}                 removes all faults
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
from typing import Any

from infra.redshift_emulator.errors import EmulatorError, UnknownCommandError
from infra.redshift_emulator.faults import Action, Rule, When
from infra.redshift_emulator.server import Server

# Longer than any statement of a test takes. A fault that never strikes becomes an error instead of
# a test that hangs.
_WAIT_SECONDS = 60.0
_COMMIT = r"^\s*(commit|end)\b"
_COPY = r"^\s*copy\b"


class RefusedCommandError(EmulatorError):
    """The emulator did not carry out a command about faults; the message has its answer."""


class Control:
    """The server's side."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers commands until the other side closes."""
        while line := await reader.readline():
            try:
                answer = await self._do(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _do(self, command: dict[str, Any]) -> dict[str, Any]:
        faults = self._server.shared.faults
        answer: dict[str, Any] = {}
        match command["do"]:
            case "add":
                fields = command["rule"]
                rule = Rule(
                    **fields | {"when": When(fields["when"]), "action": Action(fields["action"])}
                )
                answer = {"number": faults.add(rule)}
            case "wait":
                await faults.wait(command["number"], command["count"])
            case "status":
                answer = dict(faults.status(command["number"]))
            case "release":
                faults.release(command["number"])
            case "refuse":
                faults.refusing = bool(command["on"])
            case "cut":
                answer = {"sessions": self._server.cut_all()}
            case "clear":
                faults.clear()
            case other:
                text = f"there is no command {other!r}"
                raise UnknownCommandError(text)
        return answer


class Faults:
    """The client's side: injects faults into a running emulator."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    def add(self, rule: Rule) -> Fault:
        """Adds a rule."""
        return Fault(self, self.command(do="add", rule=dataclasses.asdict(rule))["number"])

    def cut_before_commit(self, *, action: Action = Action.CLOSE, **rule: Any) -> Fault:
        """The connection ends, the COMMIT never arrives: nothing is committed."""
        return self.add(Rule(_COMMIT, When.BEFORE, action, **rule))

    def lose_commit_reply(self, *, action: Action = Action.CLOSE, **rule: Any) -> Fault:
        """The COMMIT is done, but the connection ends before its reply."""
        return self.add(Rule(_COMMIT, When.AFTER, action, **rule))

    def hang_commit(self, *, when: When = When.BEFORE, **rule: Any) -> Fault:
        """The COMMIT hangs until released, whether the client stays or not."""
        return self.add(Rule(_COMMIT, when, Action.HANG, **rule))

    def cut_in_copy(self, *, action: Action = Action.CLOSE, **rule: Any) -> Fault:
        """The connection ends when part of a COPY's data is loaded."""
        return self.add(Rule(_COPY, When.DURING, action, **rule))

    def fail_copy(self, message: str = "fault on purpose", **rule: Any) -> Fault:
        """The next COPY is answered with an error."""
        return self.add(Rule(_COPY, When.BEFORE, Action.FAIL, message=message, **rule))

    def refuse_connections(self) -> None:
        """Resets new connections from now on; open ones stay."""
        self.command(do="refuse", on=True)

    def accept_connections(self) -> None:
        """Accepts new connections again."""
        self.command(do="refuse", on=False)

    def cut_all(self) -> int:
        """Resets all connections, as in a failover; returns how many there were."""
        return int(self.command(do="cut")["sessions"])

    def clear(self) -> None:
        """Removes all faults and releases what hangs."""
        self.command(do="clear")

    def command(self, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns the answer. Raises RefusedCommandError."""
        with socket.create_connection(self._address, timeout=_WAIT_SECONDS) as connection:
            connection.sendall(json.dumps(fields).encode() + b"\n")
            with connection.makefile() as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        if "error" in answer:
            text = f"the emulator refused the command {fields}: {answer['error']}"
            raise RefusedCommandError(text)
        return answer


class Fault:
    """A rule in force."""

    def __init__(self, faults: Faults, number: int) -> None:
        self._faults = faults
        self._number = number

    def wait(self, count: int = 1) -> None:
        """Waits until it has struck `count` times; a session that it hangs is then on hold."""
        self._faults.command(do="wait", number=self._number, count=count)

    def release(self) -> None:
        """Releases the sessions that hang."""
        self._faults.command(do="release", number=self._number)

    @property
    def struck(self) -> int:
        """How often it has struck."""
        return int(self._faults.command(do="status", number=self._number)["struck"])

    @property
    def hanging(self) -> int:
        """How many sessions it holds."""
        return int(self._faults.command(do="status", number=self._number)["hanging"])
