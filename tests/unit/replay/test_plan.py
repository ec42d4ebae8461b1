"""Which dead letters are put back, in which order, and what is said of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from connectors.redshift.replay_marks import RecordId
from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from infra.replay.plan import ReplayPlan, Selection, plan_replay
from tests.support.bad_records import aggregate
from tests.unit.decode.records import port, record
from tests.unit.replay.staged import BROKEN, SOUND, TOO_LONG, Files

EVERYTHING = Selection()
LEFT_OUT = (
    "  left out: 1 for not_json, which no declaration fixes; --reason not_json puts them back "
    "anyway"
)
BARE = (
    "1 are not JSON objects: they are put back without their first coordinates, so their new "
    "arrival determines their generation"
)


def numbers(plan: ReplayPlan) -> list[tuple[str, int]]:
    return [(x.coordinates.shard, int(x.coordinates.sequence_number)) for x in plan.letters]


def second(number: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(number, dt.UTC)


@pytest.fixture
def files() -> Files:
    found = Files()
    found.stage([TOO_LONG, SOUND, TOO_LONG], shard="shard-1")  # 8, 10
    found.stage([port(depth="x"), TOO_LONG, BROKEN], shard="shard-0")  # 11, 12, 13
    found.stage([TOO_LONG], shard="shard-1")  # 14
    return found


def test_order_is_that_of_each_shard(files: Files) -> None:
    plan = plan_replay(reversed(files.letters()), set(), EVERYTHING)
    assert numbers(plan) == [
        *(("shard-0", 11), ("shard-0", 12)),
        *(("shard-1", 8), ("shard-1", 10), ("shard-1", 14)),
    ]


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        ({"table": "port"}, [11]),
        ({"table": "company"}, []),
        ({"reason": "too_long"}, [12, 8, 10, 14]),
        ({"reason": "not_json"}, [13]),
        ({"since": second(4)}, [12, 14]),
        ({"until": second(4)}, [11, 8, 10]),
        ({"since": second(2), "until": second(3)}, [10]),
        ({"limit": 3}, [11, 12, 8]),
        ({"limit": 1, "reason": "too_long"}, [12]),
    ],
)
def test_a_selection_takes(files: Files, selection: dict[str, Any], taken: list[int]) -> None:
    plan = plan_replay(files.letters(), set(), Selection(**selection))
    assert [number for _, number in numbers(plan)] == taken
    assert plan.in_ledger == 6
    assert plan.in_ledger == (
        len(plan.letters) + plan.not_selected + plan.unfixable.total() + plan.behind_limit
    )


def test_aggregates_are_left_out_unless_they_are_named(files: Files) -> None:
    files.stage([aggregate(TOO_LONG)], shard="shard-2")
    plan = plan_replay(files.letters(), set(), EVERYTHING)
    assert "shard-2" not in {shard for shard, _ in numbers(plan)}
    left_out = [line for line in plan.lines() if "left out" in line]
    assert left_out == [LEFT_OUT.replace("not_json", "kpl_aggregate"), LEFT_OUT]
    named = plan_replay(files.letters(), set(), Selection(reason="kpl_aggregate"))
    assert [shard for shard, _ in numbers(named)] == ["shard-2"]


def test_what_was_replayed_is_left_out(files: Files) -> None:
    already: set[RecordId] = {
        ("changes", "shard-0", "11"),
        ("changes", "shard-1", "8"),
        ("x", "y", "1"),
    }
    plan = plan_replay(files.letters(), already, EVERYTHING)
    assert [number for _, number in numbers(plan)] == [12, 10, 14]
    assert plan.already == 2


def test_a_record_in_two_parts_is_put_back_once_by_the_newer() -> None:
    older, newer = Files(), Files()
    older.stage([TOO_LONG])
    newer.stage([port(depth="x")])
    plan = plan_replay([*older.letters(), *newer.letters()], set(), EVERYTHING)
    assert [letter.reason for letter in plan.letters] == ["wrong_type"]


def test_the_plan_is_shown_without_values(files: Files) -> None:
    files.stage([b'["Zq7"]', TOO_LONG], shard="shard-0")
    plan = plan_replay(files.letters(), {("changes", "shard-1", "8")}, EVERYTHING)
    lines = list(plan.lines())
    assert lines == [
        "dead letters in the ledger's parts: 8",
        "  replayed already: 1",
        "  not selected: 0",
        LEFT_OUT,
        "to be put back: 6",
        "          1  -  not_a_change  shard-0",
        "          1  port  wrong_type  shard-0",
        "          2  region  too_long  shard-0",
        "          2  region  too_long  shard-1",
        "in this order, each shard's by sequence number:",
        "  shard-0: 11 (1970-01-01T00:00:03+00:00) to 16 (1970-01-01T00:00:08+00:00)",
        "  shard-1: 10 (1970-01-01T00:00:02+00:00) to 14 (1970-01-01T00:00:06+00:00)",
        BARE,
        "  shard-0 15 (not_a_change)",
    ]


def test_what_was_replayed_before_and_is_bad_again_is_said() -> None:
    files = Files()
    data = with_coordinates(TOO_LONG, Coordinates("changes", "shard-9", "3", 5))
    assert data is not None
    files.stage([data])
    plan = plan_replay(files.letters(), set(), EVERYTHING)
    assert "1 had been replayed before and became dead letters again" in list(plan.lines())


def test_what_first_arrived_before_deletes_are_remembered_is_left_out_and_said(
    files: Files,
) -> None:
    replayed = with_coordinates(TOO_LONG, Coordinates("changes", "shard-9", "3", 5))
    assert replayed is not None
    files.stage([replayed], shard="shard-2")  # 15, which is young by its own arrival
    plan = plan_replay(files.letters(), set(), EVERYTHING, lambda arrival_ms: arrival_ms >= 2_000)
    assert numbers(plan) == [("shard-0", 11), ("shard-0", 12), ("shard-1", 10), ("shard-1", 14)]
    assert plan.too_old == 2
    (line,) = [line for line in plan.lines() if "bookkeeping.days" in line]
    assert line.startswith("  left out: 2 whose records reached the stream more than")


def test_nothing_to_do_is_said() -> None:
    plan = plan_replay([], set(), EVERYTHING)
    assert list(plan.lines())[-1] == "to be put back: 0"


def test_what_has_no_table_is_counted() -> None:
    files = Files()
    files.stage([record("region", None, record_type="Zq7")])
    text = "\n".join(plan_replay(files.letters(), set(), EVERYTHING).lines())
    assert "1  -  not_a_change  shard-0" in text
    assert "Zq7" not in text
