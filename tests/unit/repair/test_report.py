"""What a repair prints, and its exit code."""

from __future__ import annotations

import json
from typing import Final

import pytest

from flink_app.records.repair_marker import lowest_position
from infra.reconcile.protocol import DIFFERENT, EXTRA, Difference, Outcome, Result
from infra.reconcile.report import Verdict
from infra.repair.main import Done
from infra.repair.protocol import Plan, RowRepair
from infra.repair.report import write_json, write_text
from infra.repair.rows import RowKey
from tests.unit.reconcile.histories import SALES
from tests.unit.repair.histories import DECLARED

CHANGED: Final = Difference("12,", DIFFERENT, {"seller": ("title",)})
POSITION: Final = lowest_position(2)


def compared(*differences: Difference, open_keys: int = 0, refusal: str = "") -> Result:
    outcome = Outcome(SALES, refusal=refusal)
    outcome.differences += differences
    outcome.open_keys += [f"{key}," for key in range(open_keys)]
    return Result(None, [], [outcome])


def plan_for(*keys: int, left_out: int | None = None) -> Plan:
    repairs = [RowRepair(RowKey("sale", f"{key},"), POSITION, {"id": "secret"}) for key in keys]
    plan = Plan([*repairs, RowRepair(RowKey("seller", "5,"), POSITION, None)])
    if left_out is not None:
        plan.left_out[RowKey("sale", f"{left_out},")] = "it has changed meanwhile"
    return plan


def test_a_plan_names_rows_by_their_keys_and_says_that_nothing_was_put() -> None:
    text = "\n".join(write_text(compared(CHANGED), plan_for(12, left_out=7), None, DECLARED))
    assert "records to be put onto the stream: 2" in text
    assert f"upsert sale id 12 at position {POSITION}" in text
    assert f"delete seller id 5 at position {POSITION}" in text
    assert "left out: sale id 7: it has changed meanwhile" in text
    assert text.endswith("nothing was put; give --apply to do it")
    assert "secret" not in text


def test_after_a_repair_the_second_comparison_is_shown() -> None:
    text = "\n".join(write_text(compared(CHANGED), plan_for(12), compared(), DECLARED))
    assert "after the repair, of the keys that differed:" in text
    assert "records put onto the stream: 2" in text
    assert "nothing was put" not in text
    assert text.endswith("The warehouse equals the source.")


def test_where_nothing_differs_there_is_no_plan() -> None:
    text = "\n".join(write_text(compared(), Plan(), None, DECLARED))
    assert "records" not in text


def test_json_has_every_record() -> None:
    plan = plan_for(*range(30), left_out=7)
    found = json.loads(write_json(compared(CHANGED), plan, compared(), DECLARED))
    assert len(found["records"]) == 31
    assert found["records"][-1] == {
        "operation": "delete",
        "position": POSITION,
        "table": "seller",
        "key": {"id": "5"},
    }
    assert found["left_out"] == [
        {"table": "sale", "key": {"id": "7"}, "reason": "it has changed meanwhile"}
    ]
    assert (found["before"]["verdict"], found["after"]["verdict"]) == ("different", "equal")
    assert found["applied"]
    assert "secret" not in json.dumps(found)
    text = "\n".join(write_text(compared(CHANGED), plan, None, DECLARED))
    assert "and 11 more (--json" in text


@pytest.mark.parametrize(
    ("before", "plan", "after", "verdict"),
    [
        (compared(), Plan(), None, Verdict.EQUAL),
        (compared(CHANGED), plan_for(12), None, Verdict.DIFFERENT),
        (compared(CHANGED), plan_for(12), compared(), Verdict.EQUAL),
        (compared(CHANGED), plan_for(12), compared(CHANGED), Verdict.DIFFERENT),
        (compared(CHANGED), plan_for(12, left_out=7), compared(), Verdict.DIFFERENT),
        (compared(CHANGED, open_keys=1), plan_for(12), compared(), Verdict.OPEN),
        (compared(CHANGED), plan_for(12), compared(open_keys=1), Verdict.OPEN),
        (compared(CHANGED, open_keys=1), plan_for(12), compared(CHANGED), Verdict.DIFFERENT),
        (compared(refusal="no right"), Plan(), None, Verdict.NOT_COMPARABLE),
        (
            compared(Difference("1,", EXTRA, {}), refusal="no right"),
            plan_for(1),
            compared(),
            Verdict.NOT_COMPARABLE,
        ),
    ],
)
def test_the_exit_code_is_what_is_left(
    before: Result, plan: Plan, after: Result | None, verdict: Verdict
) -> None:
    assert Done(before, plan, after, DECLARED).verdict is verdict
