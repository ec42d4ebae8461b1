"""The exit code, and what is shown: keys as they are stored, and of all else names."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from infra.reconcile.protocol import DIFFERENT, EXTRA, MISSING, Difference, Look, Outcome, Result
from infra.reconcile.report import Verdict, find_verdict, write_json, write_lines
from tests.unit.reconcile.histories import SALES

LOOK = Look(2**32 + 16, 2**32 + 32, "loaded", 1_700_000_000_000, (1_000, 2_000), 1.5)
CHANGED = Difference("12,", DIFFERENT, {"": ("amount",), "seller": ("title",)})


def outcomes(*differences: Difference, open_keys: int = 0, refusal: str = "") -> Result:
    outcome = Outcome(SALES, refusal=refusal)
    outcome.differences += differences
    outcome.open_keys += [f"{key}," for key in range(open_keys)]
    return Result(None, [LOOK], [outcome])


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (outcomes(), Verdict.EQUAL),
        (outcomes(CHANGED), Verdict.DIFFERENT),
        (outcomes(CHANGED, open_keys=1), Verdict.DIFFERENT),
        (outcomes(refusal="no right"), Verdict.NOT_COMPARABLE),
        (outcomes(open_keys=1), Verdict.OPEN),
        (Result(), Verdict.NOT_COMPARABLE),
    ],
)
def test_the_gravest_finding_is_the_verdict(result: Result, verdict: Verdict) -> None:
    assert find_verdict(result) is verdict
    assert json.loads(write_json(result))["verdict"] == verdict.name.lower()


def test_each_kind_of_difference_is_named_with_its_key() -> None:
    result = outcomes(
        CHANGED,
        Difference("13,", MISSING, {}, deleted=True),
        Difference("14,", MISSING, {}),
        Difference("15,", EXTRA, {}),
    )
    text = "\n".join(write_lines(result))
    assert "different: id 12: amount; path seller: title" in text
    assert "missing: id 13 has a row at the source and none in the warehouse, which has" in text
    assert "extra: id 15" in text
    assert "1/10 to 1/20" in text
    assert "reload --table" in text


def test_many_differences_are_cut_in_the_text_and_whole_in_json() -> None:
    result = outcomes(*(replace(CHANGED, key=f"{key},") for key in range(50)))
    assert "and 30 more" in "\n".join(write_lines(result))
    (table,) = json.loads(write_json(result))["tables"]
    assert len(table["differences"]) == 50
