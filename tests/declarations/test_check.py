"""The check holds for declarations of strangers, sees faults, and refuses wrong usage."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from connectors.redshift import ledger
from flink_app.declaration import Declaration, DeclarationError, Star
from flink_app.denormalise import join, joiner
from infra.simulate.main import main
from infra.simulation import ArgumentError, HistoryError, ValuesError, check
from infra.simulation.choices import Choices
from infra.simulation.profile import Profile
from infra.simulation.shrink import run
from tests.declarations.strangers import STRANGERS
from tests.unit.stars import ORDER_BOOK_FILE, ROOT, TICKET_SELLER_FILE

_DOCUMENT = ROOT / "docs" / "testing-a-declaration.md"

_ALWAYS = ("insert", "delete", "key update", "full load", "re-delivery", "crash", "older restore")


def declared(name: str) -> Declaration:
    return Declaration.model_validate(yaml.safe_load(STRANGERS[name]))


@pytest.mark.parametrize("name", STRANGERS)
def test_a_declaration_of_a_stranger_holds(name: str) -> None:
    report = check(declared(name), histories=15)
    assert report.histories == 15
    assert report.commits > 30
    assert report.never_filled == ()
    assert {*_ALWAYS} <= {*+report.happened}


@pytest.mark.parametrize("path", [TICKET_SELLER_FILE, ORDER_BOOK_FILE], ids=lambda path: path.stem)
def test_a_shipped_declaration_holds(path: Path) -> None:
    assert check(path, histories=30).never_filled == ()


def test_the_same_seed_is_the_same_history() -> None:
    first, again = (check(declared("names"), histories=3, seed=5) for _ in range(2))
    assert first == again


def break_join(monkeypatch: pytest.MonkeyPatch, column: str) -> None:
    """Every value that the join gives to `column` is wrong from now on."""
    rows = join.wide_rows

    def broken(*args: Any) -> pa.RecordBatch:
        made = rows(*args)
        place = made.schema.get_field_index(column)
        wrong = ["wrong" if value else None for value in made.column(place).to_pylist()]
        return made.set_column(place, made.schema.field(place), pa.array(wrong, pa.string()))

    monkeypatch.setattr(joiner, "wide_rows", broken)


def test_a_broken_join_is_reported_with_a_small_history(monkeypatch: pytest.MonkeyPatch) -> None:
    break_join(monkeypatch, "name")
    with pytest.raises(HistoryError) as caught:
        check(declared("names"), histories=20, shrink_runs=100)
    found = caught.value
    assert found.check == "rows"
    assert len(found.steps) < 12
    # The smallest form needs a client and a bill that refers to it, and no crash.
    for table in ("client", "bill"):
        assert any(re.search(f"^source: .*{table} {{.*'k0'", step) for step in found.steps)
    assert "crash" not in str(found)
    assert re.search(r"rows: bills: missing \{'bill': \d, 'name': '\w \d+',", str(found))
    assert re.search(r"unexpected \{'bill': \d, 'name': 'wrong',", str(found))
    assert all(step in str(found) for step in found.steps)


def test_what_happens_in_the_final_load_is_reported_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_join(monkeypatch, "text")
    only_the_end = Profile(stars=(Star(declared("alone")),), steps=(0, 1))
    outcomes = (run(Choices(seed), only_the_end) for seed in range(20))
    failed = next(outcome for outcome in outcomes if outcome.failed_check)
    first, *loads = HistoryError("alone", 0, failed).steps
    assert first == "the rest is read and loaded"
    assert loads
    assert all(step.startswith("source: full load of entry {") for step in loads)


def test_a_load_that_forgets_its_ledger_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "known_parts", lambda *_: set())
    with pytest.raises(HistoryError, match="counts"):
        check(declared("alone"), histories=60, shrink_runs=30)


def test_values_that_are_given_reach_the_target_and_the_references() -> None:
    seen: list[str] = []

    def text(number: int) -> str:
        seen.append(f"text {number}")
        return seen[-1]

    check(declared("alone"), histories=2, values={"entry.text": text, "entry.entry": ["7.5", -1]})
    assert seen
    report = check(
        declared("names"), histories=10, values={"client.client": ["somebody"], "bill.bill": [1, 2]}
    )
    assert report.never_filled == ()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"entri.text": ["a"]}, "there is no table 'entri'; there are entry"),
        ({"entry.txt": ["a"]}, "table entry has no column 'txt'; there are entry, text"),
        ({"entry.text": "abc"}, "give a list"),
        ({"entry.text": []}, "'entry.text': the list is empty: give at least one value"),
        ({"entry": ["a"]}, r"'entry': write table\.column; there are entry"),
        ({"owner": ["a"]}, r"'owner': write table\.column; there are entry"),
        ({"entry.text": [7]}, r"entry.text, varchar\(20\): 7 is not text"),
        ({"entry.text": ["x" * 21]}, "has 21 bytes, more than 20"),
        ({"entry.entry": ["1.25"]}, "has more digits than the type"),
        ({"entry.entry": [None]}, "never null"),
        ({"entry.text": lambda _: 1}, "is not text"),
        (
            {"entry.text": lambda _: 1 / 0},
            r"entry\.text: the given function raised ZeroDivisionError .* 1: division by zero",
        ),
        (
            {"entry.entry": lambda number: [7][number]},
            r"entry\.entry: the given function raised IndexError for the number 1: list index",
        ),
        ({"entry.text": lambda: "a"}, r"entry\.text: the given function raised TypeError"),
    ],
)
def test_values_that_do_not_fit_are_refused(values: Any, message: str) -> None:
    with pytest.raises(ValuesError, match=message):
        check(declared("alone"), histories=5, values=values)


def test_other_wrong_usage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="histories: at least 1, not 0"):
        check(declared("alone"), histories=0)
    with pytest.raises(ArgumentError, match="shrink_runs: at least 0, not -1"):
        check(declared("alone"), shrink_runs=-1)
    with pytest.raises(DeclarationError, match="there is no such declaration file"):
        check(tmp_path / "nowhere.yaml")


def test_the_command_reports_and_its_exit_code_says_how_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "alone.yaml"
    path.write_text(STRANGERS["alone"])
    arguments = [str(path), "--histories", "3", "--seed", "4"]
    assert main(arguments) == 0
    assert "alone: each target equals the SQL join" in capsys.readouterr().out
    with monkeypatch.context() as broken:
        broken.setattr("infra.simulation.oracle.NOTHING", "wrong")
        broken.setattr("infra.simulation.oracle.position_text", lambda _: "wrong")
        assert main(arguments) == 1
        assert "Smallest history found" in capsys.readouterr().out
    path.write_text("name: alone")
    assert main(arguments) == 2
    assert "has 2 errors:" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([str(path), "--histories", "0"])


def test_the_example_of_the_document_passes_as_it_stands(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", _DOCUMENT.read_text(), re.DOTALL)
    assert sum(1 for line in example.splitlines() if line.strip()) <= 22
    path = tmp_path / "test_example.py"
    path.write_text(example)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
