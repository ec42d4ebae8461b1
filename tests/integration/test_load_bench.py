"""`build.py bench load` compares like with like, and its counts say what a load does.

Small targets: nothing here is about time.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console

from connectors.redshift.statements import Statement
from tests.bench.loads import run, warehouse
from tests.bench.loads.plans import FORMER, PRESENT, plan_former_load
from tests.bench.loads.run import Choice, measure_loads
from tests.bench.loads.shapes import Shape

pytestmark = pytest.mark.integration

TARGETS: Final = (2_000, 6_000)
BATCH: Final = 400
BLOCK_ROWS: Final = 500
CONSOLE: Final = Console(quiet=True)


def test_work_grows_with_the_batch_and_reading_as_far_as_keys_lie_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "BLOCK_ROWS", BLOCK_ROWS)
    output = tmp_path / "loads.json"
    choice = Choice(TARGETS, (BATCH,), repeats=1)
    measured = measure_loads(CONSOLE, choice, output)
    assert len(measured.figures) == len(TARGETS) * len(Shape) * 2
    by_case = {(f.case.shape, f.plan, f.case.target_rows): f for f in measured.figures}
    small, large = TARGETS
    for shape in Shape:
        for plan in (FORMER.name, PRESENT.name):
            low, high = by_case[shape, plan, small], by_case[shape, plan, large]
            assert (low.statements, low.scans) == (high.statements, high.scans)
            if plan == PRESENT.name and shape in {Shape.NEW, Shape.RECENT}:
                assert max(low.read, high.read) <= 2 * (BATCH + 2 * BLOCK_ROWS)
                assert high.scans == 0
            else:
                assert high.read == pytest.approx(large * high.scans, rel=0.2)
        former, present = (by_case[shape, plan.name, large] for plan in (FORMER, PRESENT))
        assert present.written <= former.written
        assert present.removed <= former.removed
        assert present.scans <= 3
    written = json.loads(output.read_text())
    assert [f["case"]["shape"] for f in written["figures"][:2]] == ["new", "new"]
    assert [target["target_rows"] for target in written["targets"]] == list(TARGETS)


def test_plans_that_leave_different_rows_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget_customers(*args: Any, **staged: Any) -> list[Statement]:
        statements = plan_former_load(*args, **staged)
        return [s for s in statements if 'FROM "newest_patches_customer" AS q' not in s.sql]

    forgetful = replace(FORMER, plan_load=forget_customers)
    monkeypatch.setattr(run, "_PLANS", (forgetful, PRESENT))
    choice = Choice(TARGETS[:1], (BATCH,), 1, (Shape.ONE_PATH,))
    with pytest.raises(AssertionError, match="the plans leave different rows"):
        measure_loads(CONSOLE, choice)


def test_a_batch_that_changes_nothing_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = [replace(plan, plan_load=lambda *_, **__: []) for plan in (FORMER, PRESENT)]
    monkeypatch.setattr(run, "_PLANS", idle)
    choice = Choice(TARGETS[:1], (BATCH,), 1, (Shape.PATCHES,))
    with pytest.raises(AssertionError, match="a batch changed 0 and 0 rows"):
        measure_loads(CONSOLE, choice)
