"""Open loop: when each record is due follows from the schedule alone.

A generator that waits for the system under test sends less when that system is slow, and so never
sees how long real clients would have waited ("coordinated omission"). Here a slow sender makes a
queue grow and nothing else; by how much each record left late is measured and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

# A PutRecords call is made up of what fell due in this time: DMS gathers records as well, and a
# call for each record would measure HTTP. It is part of every record's lateness.
TICK_SECONDS: Final = 0.05
_PERIOD_SECONDS: Final = 20.0
_BURST_SHARE: Final = 0.1


@dataclass(frozen=True)
class Schedule:
    """A constant rate with bursts, `rate` on average.

    Whole periods of about twenty seconds. Each has one burst in its middle, a tenth of it long, in
    which the rate is `burst` times the average; the rest is so much slower that the average holds.

    Attributes:
        rate: records per second, on average.
        seconds: length of the whole.
        burst: factor; 1 is none.
    """

    rate: float
    seconds: float
    burst: float = 3.0

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.seconds <= 0:
            message = "a schedule needs a rate and a length above 0"
            raise ValueError(message)
        if not 1 <= self.burst < 1 / _BURST_SHARE:
            message = (
                f"a burst is at least 1 and below {1 / _BURST_SHARE:g} times the rate, "
                "or nothing is left for the time between"
            )
            raise ValueError(message)

    @property
    def _period(self) -> float:
        return self.seconds / max(1, round(self.seconds / _PERIOD_SECONDS))

    @property
    def _burst_seconds(self) -> float:
        return self._period * _BURST_SHARE

    @property
    def count(self) -> int:
        """How many records the whole has."""
        return round(self.rate * self.seconds)

    def due(self, number: int) -> float:
        """When record `number`, from 0, is due, in seconds from the start."""
        per_period = self.rate * self._period
        periods, rest = divmod(number, per_period)
        quiet = (self._period - self._burst_seconds) / 2
        high = self.rate * self.burst
        low = (per_period - high * self._burst_seconds) / (2 * quiet)
        if rest < low * quiet:
            within = rest / low
        elif rest < low * quiet + high * self._burst_seconds:
            within = quiet + (rest - low * quiet) / high
        else:
            within = self._period - (per_period - rest) / low
        return float(periods) * self._period + within

    def due_by(self, seconds: float) -> int:
        """How many records are due by then: the smallest number that is not."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.due(middle) <= seconds else (low, middle)
        return low

    def bursts(self) -> list[tuple[float, float]]:
        """When each burst begins and ends."""
        if self.burst == 1:
            return []
        begin = (self._period - self._burst_seconds) / 2
        starts = (begin + n * self._period for n in range(round(self.seconds / self._period)))
        return [(start, start + self._burst_seconds) for start in starts]


class Clock(Protocol):
    """Time as the pacing needs it; a test brings its own."""

    def now(self) -> float:
        """Seconds since the start."""

    def wait(self, seconds: float) -> bool:
        """Waits; True when stopped meanwhile."""


def pace(schedule: Schedule, emit: Callable[[float], None], clock: Clock) -> int:
    """Calls `emit` with each record's due time, never before it; gives how many it emitted.

    `emit` must not wait for the system under test. Ends early when the clock says stop. What
    falls behind is made up for at once, and no record is left out.
    """
    emitted = 0
    while emitted < schedule.count:
        due = schedule.due_by(clock.now())
        for number in range(emitted, due):
            emit(schedule.due(number))
        emitted = max(emitted, due)
        # The one place where time itself is waited for: the next records are not due yet.
        if clock.wait(TICK_SECONDS):
            break
    return emitted
