"""Histories with changes in flight: no false alarm, every damage found and named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from infra.reconcile import protocol
from infra.reconcile.errors import NotComparableError
from tests.unit.reconcile import histories
from tests.unit.reconcile.histories import WarehouseLook, World, reconcile, run_histories

HISTORIES = range(400)


@pytest.mark.parametrize("orders_by_log", [True, False], ids=["hot keys", "none left out"])
def test_no_false_alarm_and_no_damage_missed(*, orders_by_log: bool) -> None:
    tally = run_histories(HISTORIES, orders_by_log=orders_by_log)
    assert tally.damaged > len(HISTORIES) // 10
    assert tally.false_alarms == []
    assert tally.missed == []
    assert tally.misnamed == []
    assert len(tally.left_open) < len(HISTORIES) // 50


def test_of_what_has_changed_since_a_cut_every_damage_is_found() -> None:
    found = left_alone = 0
    for seed in HISTORIES:
        world = World(seed, damaged=seed % 2 == 1, goes_on=True, disorder=3 * (seed % 4 < 2))
        has_changed = {key: world.has_changed(key) for key in world.damage}
        result = reconcile(world, since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        (outcome,) = result.outcomes
        assert result.since is not None
        world.stands()
        reported = {int(difference.key.rstrip(",")) for difference in outcome.differences}
        assert reported <= world.was_damaged, seed
        for key, (kind, _, row) in world.damage.items():
            # A row that is gone, or that no change has made, has no newer position.
            if kind in {"missing", "extra"} or not has_changed[key]:
                left_alone += key not in reported
            else:
                is_open = bool(outcome.open_keys or outcome.unjudged.count)
                assert key in reported or is_open, (seed, kind, row)
                found += key in reported
    assert found > len(HISTORIES) // 40
    assert left_alone > len(HISTORIES) // 40


def test_without_a_cut_nothing_is_known_to_have_changed() -> None:
    with pytest.raises(NotComparableError, match="until 2026-01-01T00:00:00Z no cut was loaded"):
        reconcile(World(1), since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize("case", ["too many", "another generation"])
def test_what_cannot_be_told_apart_is_compared_whole(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(1, goes_on=True)
    if case == "too many":
        monkeypatch.setattr(WarehouseLook, "find_hot", lambda *_: None)
    else:
        monkeypatch.setattr(histories, "GENERATION", histories.GENERATION - 1)
    result = reconcile(world, since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert [outcome.changed for outcome in result.outcomes] == [None]


def test_without_the_wait_there_are_false_alarms() -> None:
    assert run_histories(HISTORIES, waits=False).false_alarms


def test_without_the_second_look_there_are_false_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = protocol._judge_key

    def judge_at_once(
        comparison: Any, candidate: Any, wanted: Any, row: Any, start: int | None
    ) -> None:
        judge(comparison, candidate, wanted, row, start)
        judge(comparison, candidate, wanted, row, start)

    monkeypatch.setattr(protocol, "_judge_key", judge_at_once)
    assert run_histories(HISTORIES).false_alarms


def test_if_positions_did_not_count_there_would_be_false_alarms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "_positions", lambda *_: ("",))
    assert run_histories(HISTORIES, orders_by_log=False).false_alarms
