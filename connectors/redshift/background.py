"""One piece of work at a time on a thread of its own, looked after by polling.

A COPY takes seconds to minutes, and an operator that waited for it would hold up every checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from connectors.failures import StarjoinError

T = TypeVar("T")


class BusyError(StarjoinError):
    """Work was submitted before the result of the former was taken."""


class Background(Generic[T]):
    """Runs submitted calls one at a time. All methods belong to the caller's one thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._current: Future[T] | None = None

    @property
    def busy(self) -> bool:
        """Whether work has been submitted whose result has not been taken."""
        return self._current is not None

    def submit(self, call: Callable[[], T]) -> None:
        """Starts `call`. The thread is a daemon: a worker that is told to end does not wait.

        Raises BusyError while there is other work.
        """
        if self._current is not None:
            message = f"{self._name} is busy: take its result first"
            raise BusyError(message)
        future: Future[T] = Future()
        self._current = future
        threading.Thread(target=_run, args=(call, future), name=self._name, daemon=True).start()

    def take(self) -> T | None:
        """The result when there is one, None while the work goes on or there is none.

        Raises what the call raised.
        """
        if self._current is None or not self._current.done():
            return None
        future, self._current = self._current, None
        return future.result()


def _run(call: Callable[[], T], future: Future[T]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - handed to the thread that takes the result
        future.set_exception(error)
    else:
        future.set_result(result)
