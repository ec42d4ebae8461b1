"""Local services as child processes that cannot be left behind.

Owns starting a command below its reaper (see `reaper.py`), waiting until it says that it is ready,
and stopping it with everything that it started.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.failures import StarjoinError
from infra.local import reaper
from infra.local.lifetimes import Lifetime

_REAPER = str(Path(reaper.__file__))
_POLL_SECONDS = 0.05


class ServiceError(StarjoinError, RuntimeError):
    """A local service did not start, or ended by itself."""


class Service(Lifetime):
    """One command, its output in a log file, its descendants ended with it.

    Use it as a context manager, or `stop()` it: both may be repeated. When this process dies
    without either, the reaper stops the service.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # A log may begin with what an earlier service of the same name has said.
            self._begin = output.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-S", _REAPER, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        """The service's own processes: the command and all below it."""
        return reaper.descendants(self._process.pid)

    def command_pid(self) -> int:
        """The process id of the command itself; ServiceError when it has ended."""
        try:
            return self.pids()[0]
        except IndexError:
            message = f"{self.name} has ended with {self.returncode()}: {self.tail()}"
            raise ServiceError(message) from None

    def returncode(self) -> int | None:
        """The command's exit status, 128 + the signal's number if killed; None while it runs."""
        return self._process.poll()

    def wait_for_line(self, pattern: str, *, timeout: float) -> re.Match[str]:
        """Waits until the service has logged a line that matches `pattern`; gives the match.

        Raises ServiceError when the service ends first or `timeout` seconds pass.
        """
        expression = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + timeout
        while True:
            ended = self.returncode() is not None
            if match := expression.search(self._said()):
                return match
            if ended:
                message = f"{self.name} ended with {self.returncode()}: {self.tail()}"
                raise ServiceError(message)
            if time.monotonic() > deadline:
                message = f"{self.name} did not say /{pattern}/ within {timeout} s: {self.tail()}"
                raise ServiceError(message)
            time.sleep(_POLL_SECONDS)

    def _said(self) -> str:
        return self.log.read_bytes()[self._begin :].decode(errors="replace")

    def wait(self, *, timeout: float) -> int:
        """Waits until the command has ended by itself; its exit status."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            message = f"{self.name} still ran after {timeout} s: {self.tail()}"
            raise ServiceError(message) from error

    def tail(self, lines: int = 80) -> str:
        """The log's last lines, for an error message."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return f"the end of {self.log}:\n" + "\n".join(text)

    def stop(self) -> None:
        """Ends the service and everything below it; returns when all of it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
