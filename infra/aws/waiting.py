"""Waiting for a condition, with a clock that tests can replace."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Clock(Protocol):
    """Time, as far as waiting needs it."""

    def now(self) -> float:
        """Seconds since an arbitrary start."""

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""

    def milliseconds(self) -> int:
        """The time of day as services stamp it, since 1970."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds, unaffected by changes of the wall clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def milliseconds(self) -> int:
        """The machine's wall clock."""
        return int(time.time() * 1_000)


def wait_for(
    look: Callable[[], Result | None],
    *,
    clock: Clock,
    every: float,
    limit: float,
    overdue: Callable[[], Exception],
) -> Result:
    """Calls `look` until it returns something.

    Raises:
        Exception: what `overdue` makes, when nothing was there within `limit` seconds.
    """
    end = clock.now() + limit
    while (result := look()) is None:
        if clock.now() >= end:
            raise overdue()
        clock.sleep(every)
    return result
