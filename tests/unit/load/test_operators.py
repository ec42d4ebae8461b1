"""How busy operators are: read from Flink's answers, gathered over a run, said in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.load.clock import RunClock
from tests.load.figures import Operator, OperatorSample
from tests.load.findings import narrowest
from tests.load.operators import OperatorLoad, OperatorSampler, OperatorSamples, read_loads
from tests.load.report import page
from tests.unit.load.test_report import report

VERTICES = {
    "vertices": [
        {"id": "a1", "name": "source -> split", "parallelism": 2},
        {"id": "b2", "name": "load", "parallelism": 1},
        {"id": "c3", "name": "new", "parallelism": 1},
    ]
}
METRICS: dict[str, Any] = {
    "a1": [
        {"id": "busyTimeMsPerSecond", "avg": 250.0, "max": 400.0},
        {"id": "backPressuredTimeMsPerSecond", "avg": 600.0, "max": 700.0},
    ],
    "b2": [
        {"id": "busyTimeMsPerSecond", "avg": 950.0, "max": 950.0},
        {"id": "backPressuredTimeMsPerSecond", "avg": 0.0, "max": 0.0},
    ],
    "c3": [
        {"id": "busyTimeMsPerSecond", "avg": "NaN", "max": "NaN"},
        {"id": "backPressuredTimeMsPerSecond", "avg": 0.0, "max": 0.0},
    ],
}


def get(path: str) -> Any:
    if path == "/jobs/j":
        return VERTICES
    vertex = path.split("/")[4]
    assert path == (
        f"/jobs/j/vertices/{vertex}/subtasks/metrics"
        "?get=busyTimeMsPerSecond,backPressuredTimeMsPerSecond&agg=avg,max"
    )
    return METRICS[vertex]


def test_flinks_answer_becomes_shares_in_the_order_of_the_graph() -> None:
    assert read_loads(get, "j") == [
        OperatorLoad("source → split", 2, 0.25, 0.4, 0.6, 0.7),
        OperatorLoad("load", 1, 0.95, 0.95, 0.0, 0.0),
    ]


def test_an_operator_without_figures_yet_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "a1", [])
    assert [load.name for load in read_loads(get, "j")] == ["load"]


def test_samples_are_of_the_time_in_which_records_were_due() -> None:
    samples = OperatorSamples(
        loads={
            "load": [
                (-1.0, OperatorLoad("load", 1, 1.0, 1.0, 1.0, 1.0)),
                (1.0, OperatorLoad("load", 1, 0.2, 0.3, 0.0, 0.1)),
                (3.0, OperatorLoad("load", 1, 0.4, 0.9, 0.2, 0.2)),
            ]
        }
    )
    (found,) = samples.figures(0, 10)
    assert (found.busy_max, found.back_pressured_max) == (0.9, 0.2)
    assert found.busy_mean == pytest.approx(0.3)
    assert found.back_pressured_mean == pytest.approx(0.1)
    assert [sample.at for sample in found.samples] == [1.0, 3.0]


def test_the_sampler_gathers_and_does_not_hide_an_error() -> None:
    sampler = OperatorSampler(RunClock(), lambda: read_loads(get, "j"))
    sampler.look()
    assert list(sampler.samples.loads) == ["source → split", "load"]
    sampler.check()

    def broken() -> list[OperatorLoad]:
        message = "a mistake of the sampler"
        raise AssertionError(message)

    failing = OperatorSampler(RunClock(), broken)
    failing._stop.wait = lambda _=None: False  # type: ignore[method-assign,assignment]
    failing._run()
    with pytest.raises(AssertionError, match="a mistake"):
        failing.check()


def operator(name: str, busy: float, waited: float) -> Operator:
    return Operator(
        name=name, subtasks=2, busy_mean=busy, busy_max=busy, back_pressured_mean=waited,
        back_pressured_max=waited, samples=[OperatorSample(at=1, busy=busy, back_pressured=waited)],
    )  # fmt: skip


def test_the_operator_behind_those_that_wait_sets_the_pace() -> None:
    graph = [operator("source", 0.1, 0.8), operator("decode", 0.3, 0.6), operator("join", 0.97, 0)]
    assert narrowest(report(operators=[*graph, operator("load", 0.2, 0.0)])) == (
        "“join” was busy for 97% of its time, and what lies before it waited for up to 80%: it "
        "sets the pace."
    )
    idle = [operator("source", 0.1, 0.02), operator("load", 0.3, 0.0)]
    assert narrowest(report(operators=idle)) == (
        "No operator waited much for the next one: the most, 2% of its time, was “source”."
    )
    chained = [operator("source → split → decode", 0.1, 0.02)]
    assert narrowest(report(operators=chained)).endswith("“source” with what runs in its task.")
    assert narrowest(report()) == ""


def test_the_page_has_a_row_for_each_operator() -> None:
    text = page(report(operators=[operator("source → split", 0.25, 0.6), operator("load", 0.9, 0)]))
    assert "<h2>Operators</h2>" in text
    assert ">source → split</td>" in text
    assert ">60%</td>" in text
    assert "<h2>Operators</h2>" not in page(report())
