"""A thread that looks at something again and again, beside the run."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from infra.local.lifetimes import Lifetime


class Repeating(Lifetime, ABC):
    """Looks every so many seconds until it is stopped; a context manager.

    Args:
        name: of the thread.
        every: seconds from one look to the next.
    """

    def __init__(self, name: str, every: float) -> None:
        self._every = every
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def look(self) -> None:
        """Looks once."""

    def check(self) -> None:
        """Raises what ended the thread, if it has ended."""
        if self._error is not None:
            raise self._error

    def _start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._every):
                self.look()
        except BaseException as error:  # noqa: BLE001 - raised again by `check`
            self._error = error
