from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.aws.errors import DeployError
from infra.aws.waiting import SystemClock, wait_for
from tests.aws.clock import FakeClock


def overdue() -> Exception:
    return DeployError("too late")


def test_it_ends_with_what_was_found() -> None:
    clock, answers = FakeClock(), iter([None, None, "here"])
    found = wait_for(lambda: next(answers), clock=clock, every=5, limit=60, overdue=overdue)
    assert (found, clock.now()) == ("here", 1_010.0)


def test_it_looks_once_more_at_the_limit() -> None:
    clock = FakeClock()

    def answers() -> Iterator[str | None]:
        yield from [None] * 12
        yield "at the limit"

    looks = answers()
    found = wait_for(lambda: next(looks), clock=clock, every=5, limit=60, overdue=overdue)
    assert found == "at the limit"


def test_it_gives_up() -> None:
    clock = FakeClock()
    with pytest.raises(DeployError, match="too late"):
        wait_for(lambda: None, clock=clock, every=5, limit=60, overdue=overdue)
    assert clock.now() == 1_060.0


def test_the_machines_clock() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0)
    assert clock.now() >= before
    assert clock.milliseconds() > 1_700_000_000_000
