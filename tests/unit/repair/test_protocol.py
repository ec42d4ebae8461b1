"""Repairs while changes go on: no newer change is overwritten, and all is right in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flink_app.positions.position import (
    UNKNOWN,
    make_coarse_position,
    make_position,
)
from flink_app.records.repair_marker import lowest_position, position_above
from infra.reconcile.protocol import DIFFERENT, EXTRA, Difference, Outcome, Reconciliation, Result
from infra.reconcile.protocol import Settings as ReconcileSettings
from infra.repair import protocol
from infra.repair.errors import NotRepairableError
from infra.repair.protocol import Plan, Repair, choose_position, has_changed, is_young
from infra.repair.rows import Declared
from tests.unit.reconcile.histories import (
    GENERATION,
    SALES,
    RunningWarehouse,
    Source,
    WarehouseLook,
)
from tests.unit.repair import histories
from tests.unit.repair.histories import DECLARED, DamagedWorld, run_once, run_until_repaired

HISTORIES = range(400)
NOW_MS = 1_780_000_000_000


def test_no_newer_change_is_overwritten() -> None:
    tally = run_once(HISTORIES)
    assert len(tally.repaired) > len(HISTORIES) // 4
    assert tally.wrong == []


def test_repeated_until_nothing_changes_it_makes_all_of_it_right() -> None:
    tally = run_until_repaired(HISTORIES)
    assert len(tally.left_out) > len(HISTORIES) // 10  # rows that change meanwhile
    assert tally.wrong == []


def _note_worlds(monkeypatch: pytest.MonkeyPatch) -> Callable[[], DamagedWorld]:
    """The history that runs, for rules that look at its log."""
    worlds: list[DamagedWorld] = []
    make = DamagedWorld.__init__

    def make_and_note(world: DamagedWorld, seed: int) -> None:
        make(world, seed)
        worlds.append(world)

    monkeypatch.setattr(histories.DamagedWorld, "__init__", make_and_note)
    return lambda: worlds[-1]


@pytest.mark.parametrize("end", [0, 1], ids=["the log before the snapshot", "the log after it"])
def test_at_a_position_of_the_log_newer_changes_would_be_overwritten(
    end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = _note_worlds(monkeypatch)

    def choose_by_log(greatest: str, generation: int) -> str:
        del greatest
        return make_position(generation, newest().looked[end] << 32, 0)

    monkeypatch.setattr(protocol, "choose_position", choose_by_log)
    assert run_once(HISTORIES).wrong


@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "not waiting"])
def test_if_rows_that_change_meanwhile_were_repaired_newer_changes_would_be_overwritten(
    monkeypatch: pytest.MonkeyPatch, *, waits: bool
) -> None:
    monkeypatch.setattr(protocol, "has_changed", lambda *_: False)
    assert run_once(HISTORIES, waits=waits).wrong


@pytest.mark.parametrize(
    "rule",
    [
        lambda greatest, generation: greatest or lowest_position(generation),
        lambda _, generation: lowest_position(generation),
    ],
    ids=["the same position", "the lowest"],
)
def test_below_the_successor_nothing_would_be_repaired(
    rule: Callable[[str, int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "choose_position", rule)
    assert len(run_once(HISTORIES).wrong) > len(HISTORIES) // 50


def test_the_position_is_the_successor_of_what_is_there() -> None:
    there = make_position(GENERATION, 7 << 32, 3)
    assert choose_position(there, GENERATION + 1) == make_position(GENERATION, (7 << 32) + 1, 0)
    assert choose_position(there, GENERATION) == position_above(there)


@pytest.mark.parametrize("greatest", ["", UNKNOWN])
def test_where_nothing_is_it_is_below_every_change(greatest: str) -> None:
    assert choose_position(greatest, 5) == make_position(5, 1, 0)


def test_a_row_that_was_not_looked_at_before_has_changed() -> None:
    assert has_changed("", None)
    assert not has_changed("", "")


@pytest.mark.parametrize(("seconds", "expected"), [(0, True), (59, True), (61, False), (-5, True)])
def test_a_commit_time_of_the_last_minute_is_young(*, seconds: int, expected: bool) -> None:
    committed = NOW_MS * 1_000 - seconds * 1_000_000
    position = make_coarse_position(GENERATION, committed, "7")
    assert is_young(position, NOW_MS) is expected
    assert is_young(position_above(position), NOW_MS) is expected


@pytest.mark.parametrize("commit", [0, 0x0D51A3C8E0 << 32, (24 << 64) + 373, 98_765_432 << 32])
def test_a_position_of_a_log_is_not_young(commit: int) -> None:
    assert not is_young(make_position(GENERATION, commit, 1), NOW_MS)
    assert not is_young("", NOW_MS)
    assert not is_young(UNKNOWN, NOW_MS)


class _NoStream:
    fault = ""

    def find_fault(self, repair: Any) -> str:
        return self.fault if repair else ""

    def put(self, repairs: Any) -> None:
        raise AssertionError(repairs)


def make_repair(
    world: DamagedWorld,
    warehouse: Any = None,
    limit: int = 10,
    stream: Any = None,
    **declared: Any,
) -> Any:
    sides = Source(world), warehouse or RunningWarehouse(world)
    reconciliation = Reconciliation(*sides, world, world, ReconcileSettings(), lambda _: None)
    known = Declared(**{**vars(DECLARED), **declared})
    options: dict[str, Any] = {"gap": 0, "limit": limit, "say": lambda _: None}
    return Repair(*sides, reconciliation, known, stream or _NoStream(), world, **options)


def differing(*keys: str, kind: str = EXTRA, is_general: bool = False) -> Result:
    outcome = Outcome(SALES)
    outcome.differences += [Difference(key, kind, {}) for key in keys]
    outcome.narrowed.is_general = is_general
    return Result(None, [], [outcome])


def test_where_nothing_differs_nothing_is_looked_at() -> None:
    plan = make_repair(DamagedWorld(1)).plan(differing())
    assert (plan.repairs, plan.left_out, plan.looks.looks) == ([], {}, [])


@pytest.mark.parametrize(
    "result", [differing(*(f"{n}," for n in range(11))), differing("1,", is_general=True)]
)
def test_general_damage_is_not_repaired_row_by_row(result: Result) -> None:
    with pytest.raises(NotRepairableError, match=r"load the tables again \(reload --table"):
        make_repair(DamagedWorld(1)).plan(result)


@pytest.mark.parametrize("answers", [[True, False], [False, True]])
def test_nothing_is_repaired_while_shards_are_read_again(
    answers: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_turn = iter(answers)
    monkeypatch.setattr(WarehouseLook, "is_read_again", lambda _: next(in_turn))
    with pytest.raises(NotRepairableError, match="the application has started again"):
        make_repair(DamagedWorld(1)).plan(differing("1,"))


def test_what_decode_would_refuse_is_left_out() -> None:
    world = DamagedWorld(3)
    world.drain()
    world.go_on = lambda: None  # type: ignore[method-assign] # nothing happens meanwhile
    stream = _NoStream()
    stream.fault = "column amount: a integer cannot be read from a string (wrong_type)"
    plan: Plan = make_repair(world, stream=stream).plan(differing("1,"))
    assert plan.repairs == []
    (reason,) = plan.left_out.values()
    assert reason == f"it would be a dead letter: {stream.fault}"


def test_what_changed_within_the_last_minute_is_left_out_where_only_times_order() -> None:
    world = DamagedWorld(3)
    world.drain()
    (key, *_) = (f"{key}," for key, (_, row) in world.warehouse.sales.items() if row is not None)
    number = int(key[:-1])
    _, row = world.warehouse.sales[number]
    world.warehouse.sales[number] = make_coarse_position(GENERATION, 1_000_000, "7"), row
    world.go_on = lambda: None  # type: ignore[method-assign] # nothing happens meanwhile
    result = differing(key, kind=DIFFERENT)
    plan: Plan = make_repair(world, RunningWarehouse(world), may_be_coarse=True).plan(result)
    assert list(map(str, plan.left_out.values())) == [protocol._YOUNG]
    plan = make_repair(world, RunningWarehouse(world)).plan(result)
    assert len(plan.repairs) == 1
    assert "values" not in repr(plan.repairs[0])
