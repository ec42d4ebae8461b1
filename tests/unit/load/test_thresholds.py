"""Thresholds: how they are written, what is wrong with those that are not, and what they decide."""

from __future__ import annotations

import argparse
from typing import Any

import pytest
from rich.console import Console

from tests.load.__main__ import print_thresholds, read_options
from tests.load.figures import Report
from tests.load.judging import LoadTestCode, exit_code, judge
from tests.load.report import page
from tests.load.thresholds import FIGURES, read_threshold
from tests.unit.load.test_report import report
from tests.unit.stars import ROOT


@pytest.mark.parametrize(
    ("text", "figure", "sign", "limit"),
    [
        ("p99>6s", "p99", ">", 6.0),
        (" p50 >= 250 ms ", "p50", ">=", 0.25),
        ("due-max>1.5min", "due-max", ">", 90.0),
        ("rate<450", "rate", "<", 450.0),
        ("rate<=450.5/s", "rate", "<=", 450.5),
        ("dead-letters>0", "dead-letters", ">", 0.0),
    ],
)
def test_a_threshold_is_a_figure_a_sign_and_a_value(
    text: str, figure: str, sign: str, limit: float
) -> None:
    read = read_threshold(text)
    assert (read.figure, read.sign, read.limit, read.text) == (figure, sign, limit, text.strip())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("p99", "a threshold is a figure, one of > >= < <=, and a value, such as 'p99>6s'"),
        ("p99=6s", "a threshold is a figure"),
        ("p99>", "a threshold is a figure"),
        (">6s", "a threshold is a figure"),
        ("p99>>6s", "a threshold is a figure"),
        ("p98>6s", "there is no figure 'p98'; did you mean p99?"),
        ("Dead_Letters>0", "there is no figure 'Dead_Letters'; did you mean dead-letters?"),
        ("quux>6s", "there is no figure 'quux'; there are p50, p95,"),
        ("p99>6", "p99 is compared with a time with its unit, such as 6s, 250ms or 2min, not"),
        ("p99>6h", "not with '6h'"),
        ("p99>-6s", "not with '-6s'"),
        ("p99>6s or so", "not with '6s or so'"),
        ("rate<5s", "rate is compared with records a second, such as 500 or 500/s, not with '5s'"),
        ("dead-letters>0.5", "is compared with a whole number, such as 0, not with '0.5'"),
        ("p99>1e3s", "not with '1e3s'"),
    ],
)
def test_what_is_none_is_refused_with_what_to_write(text: str, sentence: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        read_threshold(text)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith(repr(text))


def test_the_command_line_takes_several_and_refuses_a_wrong_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = read_options(["--fail-if", "p99>6s", "--fail-if", "rate<450"])
    assert [threshold.text for threshold in options.fail_if] == ["p99>6s", "rate<450"]
    with pytest.raises(SystemExit, match="2"):
        read_options(["--fail-if", "p99>6"])
    assert "argument --fail-if: 'p99>6': p99 is compared with" in capsys.readouterr().err


def judged(*texts: str, **changes: Any) -> Report:
    return judge(report(**changes), [read_threshold(text) for text in texts])


@pytest.mark.parametrize(
    ("text", "crossed"),
    [
        ("p99>6.5s", False),
        ("p99>5.9s", True),
        ("p50<5s", False),
        ("due-p50>5.4s", True),
        ("late-p99>=600ms", False),
        ("checkpoint>399ms", True),
        ("settled>1min", False),
        ("rate<4", True),
        ("backlog>5", True),
        ("dead-letters>0", False),
    ],
)
def test_each_is_judged_by_its_figure(text: str, crossed: bool) -> None:
    (threshold,) = judged(text).thresholds
    assert threshold.crossed is crossed


def test_every_figure_has_a_value_in_a_whole_report() -> None:
    made = report()
    assert [name for name, figure in FIGURES.items() if figure.find(made) is None] == []


@pytest.mark.parametrize(
    ("outcome", "text", "code"),
    [
        ("equal", "p99>10s", LoadTestCode.EQUAL),
        ("equal", "p99>1s", LoadTestCode.THRESHOLD),
        ("not compared", "late-p99>1ms", LoadTestCode.THRESHOLD),
        ("not compared", "late-p99>10s", LoadTestCode.NOT_COMPARED),
        ("different", "p99>1s", LoadTestCode.FAILED),
        ("failed", "p99>1s", LoadTestCode.FAILED),
        ("interrupted", "p99>1s", LoadTestCode.INTERRUPTED),
    ],
)
def test_a_crossed_threshold_has_its_own_exit_code(outcome: str, text: str, code: int) -> None:
    assert exit_code(judged(text, outcome=outcome)) == code


def test_what_cannot_be_judged_does_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    made = judged("p99>6s", outcome="equal", latency=None)
    assert exit_code(made) == LoadTestCode.THRESHOLD
    print_thresholds(Console(soft_wrap=True), made)
    said = "p99>6s cannot be judged: this run has not measured it"
    assert capsys.readouterr().out == f"{said}\n"
    assert said.replace(">", "&gt;") in page(made)


def test_the_page_says_what_became_of_each() -> None:
    text = page(judged("p99>5s", "rate<1"))
    assert "A threshold is crossed, or cannot be judged" in text
    assert "<li>p99&gt;5s: crossed, it was 6.00 s</li>" in text
    assert "<li>rate&lt;1: kept, it was 3/s</li>" in text
    assert "All thresholds are kept" in page(judged("rate<1"))


def test_every_figure_and_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "load-testing.md").read_text()
    for name in FIGURES:
        assert f"`{name}`" in text
    for code in (*LoadTestCode, 2):
        assert f"| {int(code)} |" in text
