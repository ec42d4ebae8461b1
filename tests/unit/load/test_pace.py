"""The schedule, and that nothing but the schedule decides when a record is due."""

from __future__ import annotations

import itertools

import pytest

from tests.load.pace import Schedule, pace


class ManualClock:
    """Time that only waiting and the test move."""

    def __init__(self) -> None:
        self.time = 0.0
        self.stop_at = float("inf")

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.time += seconds
        return self.time >= self.stop_at


@pytest.mark.parametrize(("rate", "seconds"), [(100, 60), (333.3, 47), (50, 3), (1_000, 30)])
@pytest.mark.parametrize("burst", [1, 2, 3, 9.5])
def test_the_average_holds_and_dues_rise(rate: float, seconds: float, burst: float) -> None:
    schedule = Schedule(rate, seconds, burst=burst)
    dues = [schedule.due(number) for number in range(schedule.count)]
    assert schedule.count == round(rate * seconds)
    assert dues[0] == 0
    assert all(a <= b for a, b in itertools.pairwise(dues))
    assert seconds - 0.4 < dues[-1] <= seconds


def test_a_burst_has_its_rate_and_its_place() -> None:
    schedule = Schedule(100, 60, burst=3)
    assert schedule.bursts() == [(9, 11), (29, 31), (49, 51)]
    dues = [schedule.due(number) for number in range(schedule.count)]
    for begin, end in schedule.bursts():
        assert sum(begin <= due < end for due in dues) == pytest.approx(600, abs=2)
    assert sum(0 <= due < 9 for due in dues) == pytest.approx(700, abs=2)
    assert Schedule(100, 60, burst=1).bursts() == []
    assert len(Schedule(100, 47).bursts()) == 2, "periods are whole"


def test_due_by_counts_what_is_due() -> None:
    schedule = Schedule(10, 4, burst=1)
    assert [schedule.due_by(at) for at in (-1, 0, 0.05, 0.1, 3.95, 4, 99)] == [
        0, 1, 1, 2, 40, 40, 40,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 0, "seconds": 5}, "above 0"),
        ({"rate": 5, "seconds": 0}, "above 0"),
        ({"rate": 5, "seconds": 5, "burst": 0.5}, "a burst is at least 1"),
        ({"rate": 5, "seconds": 5, "burst": 10}, "below 10 times"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule(**arguments)


def test_no_record_is_emitted_before_it_is_due() -> None:
    clock, schedule = ManualClock(), Schedule(200, 5)
    emitted: list[tuple[float, float]] = []
    count = pace(schedule, lambda due: emitted.append((due, clock.now())), clock)
    assert count == len(emitted) == 1_000
    assert all(due <= at < due + 0.06 for due, at in emitted)


def test_a_stall_does_not_slow_the_schedule() -> None:
    """Two seconds are lost in the middle; every due time stays what it was, and none is missing."""
    undisturbed = [Schedule(100, 10).due(number) for number in range(1_000)]
    clock = ManualClock()
    dues: list[float] = []
    lateness: list[float] = []

    def emit(due: float) -> None:
        if len(dues) == 400:
            clock.time += 2
        dues.append(due)
        lateness.append(clock.now() - due)

    pace(Schedule(100, 10), emit, clock)
    assert dues == undisturbed
    assert max(lateness) >= 2
    assert lateness[-1] < 0.1, "what fell behind is made up for at once"
    assert clock.now() < 10.2


def test_it_ends_when_the_clock_stops() -> None:
    clock = ManualClock()
    clock.stop_at = 2
    emitted: list[float] = []
    count = pace(Schedule(100, 10, burst=1), emitted.append, clock)
    assert count == len(emitted)
    assert 150 < count <= 201
