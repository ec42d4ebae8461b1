"""Progress: at a terminal with what remains, and nothing of it in a pipe."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from rich.text import Text

from infra.progress import HowFar, Steps, console_on, narrate, show


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return Text.from_ansi(console.file.getvalue().replace("\r", "\n")).plain


def test_steps_say_which_of_how_many_and_how_far_they_are() -> None:
    console = terminal()
    steps = Steps(console, 2)
    with steps.step("the source"):
        pass
    with steps.step("the first load") as how_far:
        how_far.count(1_200, 5_000, "records loaded")
    shown = said(console)
    assert "1 of 2: the source" in shown
    assert "2 of 2: the first load, 1,200 of 5,000 records loaded" in shown


def test_what_remains_is_said_where_the_end_is_known() -> None:
    console = terminal(120)
    seconds = 0.0
    with show("loading", console, lambda: seconds) as how_far:
        for done in range(0, 60, 10):
            how_far.count(done, 100)
            seconds += 3.0
    assert re.search(r"loading, 50 of 100 \S+ +0:00:\d\d 15 s left", said(console))
    console = terminal(120)
    with show("loading", console) as how_far:
        how_far.count(50, None, "records")
    assert "loading, 50 records" in said(console)
    assert "left" not in said(console)


def test_it_fits_a_narrow_terminal_and_brackets_are_text() -> None:
    console = terminal(40)
    with show("reading [bold]tables", console) as how_far:
        how_far.say("a great many words, more than there is room for")
    shown = said(console)
    assert "reading [bold]tables" in shown
    assert max(map(len, shown.splitlines())) <= 40


@pytest.mark.parametrize("forced", ["", "1"])
def test_nothing_of_it_goes_into_a_pipe(
    forced: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", forced)
    pipe = console_on(io.StringIO(), width=80)

    def use(how_far: HowFar) -> None:
        how_far.say("half of it")
        how_far.count(1, 2)
        how_far.replace("all of it")
        how_far.rename("another")

    with show("waiting", pipe) as how_far:
        use(how_far)
    with Steps(pipe, 1).step("waiting") as how_far:
        use(how_far)
    assert said(pipe) == ""
    with show("waiting") as how_far:
        use(how_far)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_a_narration_in_a_pipe_is_its_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with narrate("deploy of shop") as narration:
        narration.say("environment [shop], arn:key:" + " x" * 100)
        narration.count(1, 2, "per cent")
        narration.say("done")
    assert capsys.readouterr().out == f"environment [shop], arn:key:{' x' * 100}\ndone\n"
