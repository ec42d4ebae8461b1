"""The run's clock: seconds since its start, which every part of a run measures by."""

from __future__ import annotations

import threading
import time


class RunClock:
    """Monotonic seconds since `start`, and what they are in the world's time.

    `stop` ends every `wait`, now and later: it is how a run ends.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.start()

    def start(self) -> None:
        """Makes now the zero of all that is measured."""
        self._zero = time.monotonic()
        self.epoch = time.time()

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._zero

    def since_start(self, epoch_seconds: float) -> float:
        """A time that another process gave, in seconds since the start."""
        return epoch_seconds - self.epoch

    def wait(self, seconds: float) -> bool:
        """Waits; True, and at once, when the run is to end."""
        return self._stop.wait(seconds)

    def stop(self) -> None:
        """Tells everything that waits here to end."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stop.is_set()
