"""Histories with changes in flight: no false alarm, every damage found and named."""

from __future__ import annotations

from typing import Any

import pytest

from infra.reconcile import protocol
from tests.unit.reconcile.histories import run_histories

HISTORIES = range(400)


@pytest.mark.parametrize("orders_by_log", [True, False], ids=["hot keys", "none left out"])
def test_no_false_alarm_and_no_damage_missed(*, orders_by_log: bool) -> None:
    tally = run_histories(HISTORIES, orders_by_log=orders_by_log)
    assert tally.damaged > len(HISTORIES) // 10
    assert tally.false_alarms == []
    assert tally.missed == []
    assert tally.misnamed == []
    assert len(tally.left_open) < len(HISTORIES) // 50


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
