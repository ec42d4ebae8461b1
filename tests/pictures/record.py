"""Runs the commands whose output the README shows, and writes down what they print.

Through pipes: then nothing is overwritten, and the lines are those that stay on a terminal.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
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
    """A command at work, and what it has printed so far."""

    def __init__(self, screen: Screen, command: list[str]) -> None:
        self.text = ""
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "COLUMNS": str(screen.columns), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.text += line
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

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


def _record_demo(screen: Screen) -> str:
    return Recorded(screen, [sys.executable, "-m", "infra.cli", "demo"]).end(0)


def _record_run(screen: Screen) -> str:
    """Of a shipped example: one change of a dimension once the full load is there."""
    running = Recorded(screen, [sys.executable, "-m", "infra.cli", "run", "ticket_seller"])
    try:
        address = running.wait_for(r"psql (postgresql://\S+)")[1]
        loaded = running.wait_for(r"the full load is in the warehouse")
        with psycopg.connect(address, autocommit=True) as source:
            source.execute(_CHANGE)
        running.wait_for(r"changed with a dimension", loaded.end())
    finally:
        running.interrupt()
    return running.end(0, 130)


_RECORDERS: Final[Mapping[str, Callable[[Screen], str]]] = MappingProxyType(
    {"demo": _record_demo, "run": _record_run}
)


def record_all(tell: Callable[[str], None], folder: Path) -> None:
    """Runs each and writes down its output; the load test's report as well, by way of `folder`."""
    for screen in SCREENS:
        if record := _RECORDERS.get(screen.name):
            tell(f"Recording {screen.command}")
            screen.recorded.write_text(record(screen), encoding="utf-8")
    tell("Recording a load test")
    code = load_test(["--rate", "500", "--minutes", "1", "--output", str(folder)])
    if code != 0:
        message = f"the load test ended with {code}"
        raise RecordingError(message)
    REPORT.write_bytes((folder / "report.json").read_bytes())
