"""The exit code, and what is shown: keys as they are stored, and of all else names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.reconcile.command_line import parser
from infra.reconcile.looks import Sample
from infra.reconcile.main import write_command
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
    assert "dead letter" not in text
    assert "starjoin repair" not in text


def test_keys_of_dead_letters_are_named() -> None:
    result = outcomes(replace(CHANGED, is_dead_letter=True), Difference("15,", EXTRA, {}))
    text = "\n".join(write_lines(result))
    assert "path seller: title; a dead letter has this key" in text
    assert "extra: id 15 has a row in the warehouse and none at the source\n" in text
    assert "1 of these keys have dead letters" in text
    (table,) = json.loads(write_json(result))["tables"]
    assert [d["dead_letter"] for d in table["differences"]] == [True, False]


def test_the_command_that_repairs_what_was_found_is_printed() -> None:
    command = "starjoin repair --environment shop --dsn ADDRESS"
    expected = f"To repair it: {command} --table sales"
    assert list(write_lines(outcomes(CHANGED), command))[-1] == expected
    assert json.loads(write_json(outcomes(CHANGED), command))["advice"] == expected
    assert json.loads(write_json(outcomes(), command))["advice"] is None
    assert "repair" not in "\n".join(write_lines(outcomes(open_keys=1), command))


def test_general_damage_takes_a_reload() -> None:
    result = outcomes(CHANGED)
    result.outcomes[0].narrowed.is_general = True
    last = list(write_lines(result, "starjoin repair"))[-1]
    assert "reload --table NAME" in last
    assert "starjoin repair" not in last


def test_the_command_leaves_the_address_out(tmp_path: Path) -> None:
    options = parser().parse_args(
        ["--properties", str(tmp_path / "p.json"), "--dsn", "postgresql://u:secret@h/d"]
    )
    assert write_command(options) == (
        f"starjoin repair --properties {tmp_path / 'p.json'} --dsn ADDRESS"
    )


def test_many_differences_are_cut_in_the_text_and_whole_in_json() -> None:
    result = outcomes(*(replace(CHANGED, key=f"{key},") for key in range(50)))
    assert "and 30 more" in "\n".join(write_lines(result))
    (table,) = json.loads(write_json(result))["tables"]
    assert len(table["differences"]) == 50


def test_the_last_sentence_claims_no_more_than_was_compared() -> None:
    def conclude(result: Result, ranges: int = 0) -> str:
        result.outcomes[0].narrowed = replace(result.outcomes[0].narrowed, ranges=ranges)
        lines = list(write_lines(result))
        assert len([line for line in lines if line.startswith("bytes moved")]) == 1
        return lines[-1]

    assert conclude(outcomes()) == "The warehouse equals the source."
    sampled = replace(outcomes(), sample=Sample(100, 3))
    assert conclude(sampled, ranges=2) == "Nothing differs in what was compared."
    assert conclude(sampled).startswith("Nothing was compared: no range has its turn today.")
    refused = outcomes(refusal=f"{SALES.name}: no right")
    assert conclude(refused) == "Nothing could be compared."
    assert f"{SALES.name}: not compared: no right" in list(write_lines(refused))
