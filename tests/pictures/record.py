"""Runs the commands whose output the README shows, and writes down what they print.

Through pipes: then nothing is overwritten, and the lines are those that stay on a terminal. A look
of `watch` is one screen, so it is given a terminal, and has its colours.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psycopg

from connectors.failures import StarjoinError
from infra.bootstrap import ROOT
from tests.load.__main__ import main as load_test
from tests.pictures.screens import REPORT, SCREENS, Screen

_LONGEST_SECONDS: Final = 600.0
_CHANGE: Final = """
UPDATE ticket_seller.sport_event SET location = 'Stadion Letzigrund, Zürich'
WHERE event_id = (
    SELECT t.event_id
    FROM ticket_seller.ticket t JOIN ticket_seller.ticket_activity a USING (ticket_id)
    GROUP BY t.event_id ORDER BY count(*) DESC, t.event_id LIMIT 1)
"""


class RecordingError(StarjoinError, RuntimeError):
    """A command that was to be recorded has failed; the message has what it printed."""


class Recorded:
    """A command of `starjoin` at work, and what it has printed so far."""

    def __init__(self, screen: Screen, arguments: list[str], *, on_terminal: bool = False) -> None:
        self.text = ""
        self._changed = threading.Condition()
        read, write = pty.openpty() if on_terminal else os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.cli", *arguments],
                cwd=ROOT,
                env={
                    **os.environ,
                    "COLUMNS": str(screen.columns),
                    "PYTHONPATH": str(ROOT),
                    "TERM": "xterm-256color",
                },
                stdout=write,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(write)
        self._output = os.fdopen(read, encoding="utf-8")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with self._output, suppress(OSError):  # how a terminal ends when nobody writes to it
            for line in self._output:
                with self._changed:
                    self.text += line
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        """Of the command's process."""
        return self._process.pid

    def wait_for(self, pattern: str, start: int = 0) -> re.Match[str]:
        """What matches in the output behind `start`, as soon as it is there."""
        compiled = re.compile(pattern, re.MULTILINE)

        def ended() -> bool:
            return compiled.search(self.text, start) is not None or not self._reader.is_alive()

        with self._changed:
            self._changed.wait_for(ended, timeout=_LONGEST_SECONDS)
            found = compiled.search(self.text, start)
        if found is None:
            message = f"the output has no {pattern!r}:\n{self.text}"
            raise RecordingError(message)
        return found

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self, *codes: int) -> str:
        """What it has printed, once it has ended with one of these exit codes.

        Files of the repository are named as somebody who stands in it would.
        """
        code = self._process.wait(timeout=_LONGEST_SECONDS)
        self._reader.join()
        if code not in codes:
            message = f"it ended with {code}:\n{self.text}"
            raise RecordingError(message)
        return self.text.replace(f"{ROOT}/", "")


def record_demo() -> None:
    """The demo, from beginning to end."""
    screen = SCREENS["demo"]
    _write(screen, Recorded(screen, ["demo"]).end(0))


def record_run() -> None:
    """Of a shipped example: a change of a dimension once the full load is there, then a look.

    The look is that of `watch`, with the colours that it has on a terminal.
    """
    screen, watching = SCREENS["run"], SCREENS["watch"]
    running = Recorded(screen, ["run", "ticket_seller"])
    try:
        address = running.wait_for(r"psql (postgresql://\S+)")[1]
        loaded = running.wait_for(r"the full load is in the warehouse")
        with psycopg.connect(address, autocommit=True) as source:
            source.execute(_CHANGE)
        running.wait_for(r"changed with a dimension", loaded.end())
        look = ["watch", "--once", "--run", str(running.pid)]
        _write(watching, Recorded(watching, look, on_terminal=True).end(0))
    finally:
        running.interrupt()
    _write(screen, running.end(0))


def _write(screen: Screen, text: str) -> None:
    screen.recorded.write_text(text, encoding="utf-8")


def record_all(tell: Callable[[str], None], folder: Path) -> None:
    """Runs each and writes down its output; the load test's report as well, by way of `folder`."""
    # First: its report says whether files differ from the commit, as the other recordings do.
    tell("Recording a load test")
    code = load_test(["--rate", "500", "--minutes", "1", "--output", str(folder)])
    if code != 0:
        message = f"the load test ended with {code}"
        raise RecordingError(message)
    REPORT.write_bytes((folder / "report.json").read_bytes())
    tell("Recording the demo")
    record_demo()
    tell("Recording a run, and a look at it")
    record_run()
