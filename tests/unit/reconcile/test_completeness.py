"""What counts as complete, and what is said where the warehouse does not get there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from infra.aws.warehouse import Shard
from infra.reconcile.completeness import StreamCompleteness
from infra.reconcile.errors import NotComparableError


class World:
    """Slots and accounts that move with the clock, a second at a time."""

    def __init__(self, slots: Mapping[str, int], loaded_at: float = 0.0) -> None:
        self.time = 0.0
        self.slot_positions = slots
        self.loaded_at = loaded_at
        self.asked_until: list[int] = []

    def now(self) -> float:
        return self.time

    def milliseconds(self) -> int:
        return int(1_000 * self.time)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def slots(self) -> Mapping[str, int]:
        return {name: position + int(self.time) for name, position in self.slot_positions.items()}

    def find_unloaded(self, loaded: Mapping[Shard, str], until_ms: int) -> list[str]:
        assert loaded == {("changes", "shard-0"): "1"}
        self.asked_until.append(until_ms)
        return ["shard-0"] if self.time < self.loaded_at else []

    def read_loaded(self) -> Mapping[Shard, str]:
        return {("changes", "shard-0"): "1"}

    def completeness(self, slot: str = "", wait: float = 100.0) -> StreamCompleteness:
        return StreamCompleteness(
            self, self, self.read_loaded, self, slot, lag_seconds=10, wait_seconds=wait, every=1
        )


def test_the_stream_is_asked_for_what_came_after_dms_had_passed() -> None:
    world = World({"dms": 95}, loaded_at=40)
    evidence = world.completeness().wait(100)
    assert world.asked_until[0] == 15_000, "passed at 5 s, and 10 s of lag"
    assert world.time == 40
    assert "slots dms" in evidence


def test_without_a_slot_the_lag_alone_counts() -> None:
    world = World({})
    assert "no slot" in world.completeness().wait(100)
    assert world.time == 10


def test_another_slot_that_stands_still_is_named_with_the_way_out() -> None:
    world = World({"dms": 200, "forgotten": -10_000})
    with pytest.raises(NotComparableError, match=r"slot forgotten is at .*--slot"):
        world.completeness().wait(100)
    assert world.asked_until == []
    assert World({"dms": 200, "forgotten": -10_000}).completeness("dms").wait(100)


def test_a_slot_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotComparableError, match=r"no replication slot 'dsm' \(there are: dms\)"):
        World({"dms": 200}).completeness("dsm").wait(100)


def test_a_shard_that_is_not_loaded_in_time_is_named() -> None:
    with pytest.raises(NotComparableError, match=r"shards shard-0 have records"):
        World({"dms": 200}, loaded_at=1e9).completeness(wait=20).wait(100)
