"""Whether the warehouse has every change below a position of the source's log.

1. DMS has passed the position: the replication slots that decode the log are confirmed up to it.
2. What DMS has read by then is on the stream a little later.
3. No shard has a record from before that time which the warehouse's accounts do not have.

Where the source has no slot, or shows none, the first step says nothing, and the second has to be
long enough for DMS's lag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from infra.aws.waiting import Clock, wait_for
from infra.aws.warehouse import Shard
from infra.reconcile.errors import NotComparableError
from infra.reconcile.log_positions import show_log_position

WAIT_SECONDS: Final = 600.0
LAG_SECONDS: Final = 60.0
_EVERY: Final = 2.0


class Slots(Protocol):
    """What the source says of its replication slots."""

    def slots(self) -> Mapping[str, int]:
        """By name, up to where each is confirmed."""


class Unloaded(Protocol):
    """What the stream has."""

    def find_unloaded(self, loaded: Mapping[Shard, str], until_ms: int) -> list[str]:
        """The shards with a record that arrived up to a time and is not loaded."""


@dataclass(frozen=True)
class StreamCompleteness:
    """A `Completeness` by slots, stream and accounts.

    Attributes:
        source: with the slots.
        stream: that DMS writes to.
        read_loaded: the last sequence number of each shard that is loaded.
        clock: for waiting, and for the time of day.
        slot: the only slot that counts; all of the database where it is empty.
        lag_seconds: how long after DMS has read a change it is on the stream.
        wait_seconds: the limit of all three steps together.
        every: seconds between two looks.
    """

    source: Slots
    stream: Unloaded
    read_loaded: Callable[[], Mapping[Shard, str]]
    clock: Clock
    slot: str = ""
    lag_seconds: float = LAG_SECONDS
    wait_seconds: float = WAIT_SECONDS
    every: float = _EVERY

    def wait(self, log_position: int) -> str:
        """Returns once everything below it is loaded: why it is. Raises NotComparableError."""
        started = self.clock.now()
        passed = self._wait_for_slots(log_position)
        until_ms = self.clock.milliseconds() + int(1_000 * self.lag_seconds)
        self._wait_for_accounts(until_ms, self.clock.now() - started)
        names = f"slots {', '.join(passed)} are past it" if passed else "no slot was asked"
        return (
            f"{names}; {self.lag_seconds:g} s later the accounts reached every record that had "
            "arrived on the stream"
        )

    def _wait_for_slots(self, log_position: int) -> list[str]:
        """Step 1: the slots that have passed."""

        def find_passed() -> list[str] | None:
            slots = self._slots()
            return None if any(p < log_position for p in slots.values()) else sorted(slots)

        return wait_for(
            find_passed,
            clock=self.clock,
            every=self.every,
            limit=self.wait_seconds,
            overdue=lambda: NotComparableError(
                f"DMS has not passed log position {show_log_position(log_position)} within "
                f"{self.wait_seconds:g} s: {_show(self._slots(), log_position)}. Look whether the "
                "task runs; if a slot is not that of DMS, name the one that is (--slot)"
            ),
        )

    def _wait_for_accounts(self, until_ms: int, waited: float) -> None:
        """Steps 2 and 3."""
        behind: list[str] = []

        def are_complete() -> bool | None:
            if self.clock.milliseconds() < until_ms:
                return None
            behind[:] = self.stream.find_unloaded(self.read_loaded(), until_ms)
            return None if behind else True

        wait_for(
            are_complete,
            clock=self.clock,
            every=self.every,
            limit=max(0.0, self.wait_seconds - waited) + self.lag_seconds,
            overdue=lambda: NotComparableError(
                f"the warehouse was not complete within {self.wait_seconds:g} s: "
                + (
                    f"shards {', '.join(behind)} have records that are not loaded. Look whether "
                    "the application runs and loads, or wait for longer (--wait)"
                    if behind
                    else "the clock has not reached the time asked for; wait for longer (--wait)"
                )
            ),
        )

    def _slots(self) -> Mapping[str, int]:
        slots = self.source.slots()
        if not self.slot:
            return slots
        if self.slot not in slots:
            known = ", ".join(sorted(slots)) or "none"
            message = f"the source has no replication slot {self.slot!r} (there are: {known})"
            raise NotComparableError(message)
        return {self.slot: slots[self.slot]}


def _show(slots: Mapping[str, int], log_position: int) -> str:
    late = {name: position for name, position in slots.items() if position < log_position}
    return ", ".join(f"slot {n} is at {show_log_position(p)}" for n, p in sorted(late.items()))
