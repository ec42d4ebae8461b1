"""Waiting for a condition: shows progress, looks at the job, and ends when nothing moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

from tests.load.clock import RunClock
from tests.load.destination import LoadTestError, Target

# A loaded machine may take a minute to start the workers; three without any progress is a fault.
STALLED_SECONDS: Final = 180.0
_LOOK_SECONDS: Final = 0.25
_CHECK_SECONDS: Final = 2.0


class Progress(Protocol):
    """Where a run says how far it is."""

    def note(self, text: str) -> None:
        """A step that begins; to be kept."""

    def show(self, text: str) -> None:
        """How far it is; comes several times a second."""


class Waiting:
    """Waits for the steps of one run."""

    def __init__(self, clock: RunClock, tell: Progress) -> None:
        self._clock = clock
        self._tell = tell

    def until(
        self,
        target: Target,
        reached: Callable[[], bool],
        *,
        moved: Callable[[], object],
        line: Callable[[], str],
    ) -> None:
        """Returns when `reached`. LoadTestError: the job fails, or nothing has moved for long.

        `moved` gives something that changes with every progress, `line` what to show.
        """
        last, moved_at, checked_at = moved(), time.monotonic(), 0.0
        while not reached():
            now = time.monotonic()
            if (current := moved()) != last:
                last, moved_at = current, now
            if now - moved_at > STALLED_SECONDS:
                message = f"nothing moved for {STALLED_SECONDS:.0f} s; the last was: {line()}"
                raise LoadTestError(message)
            if now - checked_at > _CHECK_SECONDS:
                target.check()
                checked_at = now
            self._tell.show(line())
            self._clock.wait(_LOOK_SECONDS)
