"""A load that goes on for long is looked at once a minute, and what it waits for is said."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from connectors.metrics import LoadMetric, Metric
from connectors.redshift.errors import RetryLoadError
from connectors.redshift.lock_watch import LOOK_SECONDS, LockWatch

LOCKED = 'table "s"."t" is locked by process 7, in a transaction since 10:00'


class Rig:
    """A watch with a clock of its own, and what its looks give."""

    def __init__(self, answer: Callable[[], list[str]]) -> None:
        self.now = 0.0
        self.looks = 0
        self.counts: Counter[Metric] = Counter()
        self._answer = answer
        self.watch = LockWatch(self._look, clock=lambda: self.now, count=self._count)

    def _look(self) -> list[str]:
        self.looks += 1
        return self._answer()

    def _count(self, metric: Metric, number: int) -> None:
        self.counts[metric] += number

    def after(self, seconds: float, *, working: bool = True) -> None:
        """Time passes, and the operator looks after its load until a look that began has ended."""
        self.now += seconds
        self.watch.note(working=working)
        while self.watch._looking.busy:
            self.watch.note(working=working)


def test_a_load_that_waits_is_said_and_counted_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig(lambda: [LOCKED])
    with caplog.at_level(logging.WARNING):
        rig.after(0)
        rig.after(LOOK_SECONDS - 1)
        assert rig.looks == 0, "loads that take less are not looked at"
        rig.after(1)
        rig.after(1)
        assert rig.looks == 1
        rig.after(LOOK_SECONDS)
    assert rig.counts == {LoadMetric.LOCKS_AWAITED: 2}
    assert caplog.text.count(f"The load waits for a lock: {LOCKED}. Commit or roll") == 2


def test_a_load_that_works_is_neither_said_nor_counted(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(list)
    with caplog.at_level(logging.WARNING):
        rig.after(0)
        rig.after(LOOK_SECONDS)
    assert rig.looks == 1
    assert not rig.counts
    assert not caplog.records


def test_each_load_has_its_minute() -> None:
    rig = Rig(lambda: [LOCKED])
    for working in (True, False) * 3:
        rig.after(LOOK_SECONDS / 2, working=working)
    assert rig.looks == 0


def test_a_load_that_has_ended_meanwhile_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    def answer() -> list[str]:
        assert go_on.wait(60)
        return [LOCKED]

    rig = Rig(answer)
    rig.watch.note(working=True)
    rig.now = LOOK_SECONDS
    rig.watch.note(working=True)
    go_on.set()
    rig.after(1, working=False)
    assert not rig.counts
    assert not caplog.records


def test_a_look_that_fails_is_said_and_the_next_one_follows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer() -> list[str]:
        message = "looking for locks: no connection"
        raise RetryLoadError(message)

    rig = Rig(answer)
    with caplog.at_level(logging.WARNING):
        rig.after(0)
        rig.after(LOOK_SECONDS)
        rig.after(LOOK_SECONDS)
    assert rig.looks == 2
    assert not rig.counts
    assert "is waiting for a lock: looking for locks: no connection" in caplog.text
