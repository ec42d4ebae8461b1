"""The screen, as text of a fixed width; each is a committed file.

`STARJOIN_SNAPSHOTS=write .venv/bin/python -m pytest tests/unit/watch/test_rendering.py` writes
them again.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from infra.watch.picture import Loads, Picture, Reading
from infra.watch.rendering import write_line, write_screen
from tests.unit.stars import ROOT
from tests.unit.watch.pictures import LOADS, NOW, WORST, ago, picture, with_loads, with_metrics

FOLDER: Final = ROOT / "tests" / "snapshots" / "watch"
PICTURES: Final = {
    "well": picture(),
    "worst": WORST,
    "begin": picture(
        warehouse=Reading(Loads(begun=False), NOW), stream=Reading(), letters=Reading(), job=None
    ),
}


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", PICTURES)
def test_the_screen_is_as_it_was(name: str, width: int) -> None:
    path = FOLDER / f"{name}-{width}.txt"
    screen = write_screen(PICTURES[name], width)
    if os.environ.get("STARJOIN_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(screen, encoding="utf-8")
    assert screen == path.read_text(encoding="utf-8"), (
        "look at the difference; if it is meant, write it: STARJOIN_SNAPSHOTS=write "
        ".venv/bin/python -m pytest tests/unit/watch/test_rendering.py"
    )


@pytest.mark.parametrize("width", [40, 53, 60, 72, 80, 99, 100, 120, 200])
@pytest.mark.parametrize("shown", PICTURES.values(), ids=PICTURES)
def test_nothing_is_cut_off_whatever_the_width(shown: Picture, width: int) -> None:
    lines = write_screen(shown, width).splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    assert "\x1b" not in "".join(lines)


def test_what_stands_in_brackets_is_text() -> None:
    """Names and faults come from elsewhere: none of them is taken for markup."""
    shown = picture(
        watched="run of [red]shop[/red].yaml",
        stream=Reading(None, None, "no [bold]answer", ago(1)),
    )
    screen = write_screen(shown, 100)
    assert "[red]shop[/red].yaml" in screen
    assert "no [bold]answer" in screen


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (with_metrics(pending_epochs=0), "no pending epochs"),
        (with_metrics(pending_epochs=1, oldest_pending_seconds=1), "1 pending epoch, for 1.0 s"),
        (
            with_metrics(pending_epochs=2, oldest_pending_seconds=61),
            "2 pending epochs, the oldest for 1 min 1 s",
        ),
        (with_metrics(pending_epochs=None), "pending epochs unknown"),
        (with_loads(read=1), "1 record read"),
        (with_loads(read=0), "no records read"),
        (with_loads(dead_lettered=1), "1 dead letter\n"),
        (with_loads(gap_count=1), "1 gap\n"),
        (with_loads(complete_until=None, evidence="incomplete"), "complete      unknown: a shard"),
        (with_loads(complete_until=None, evidence=""), "unknown: no load has said so yet"),
    ],
)
def test_words_and_plurals(shown: Picture, said: str) -> None:
    assert said in write_screen(shown, 80)


def test_a_warehouse_that_is_away_still_shows_what_was_read_last() -> None:
    shown = picture(
        warehouse=Reading(LOADS, ago(40), "connecting to warehouse: no answer", ago(30))
    )
    screen = write_screen(shown, 80)
    assert "- the warehouse: no answer since 09:29:40 UTC (30 s): connecting to warehouse" in screen
    assert "1,207 records read" in screen


def test_a_look_in_one_line() -> None:
    assert write_line(picture()) == (
        "09:30:10 healthy; 1,207 records read; 1,207 changes loaded; 3.2 s behind; "
        "1 pending epoch, for 2.0 s; no dead letters; no gaps"
    )
    worst = write_line(WORST)
    assert worst.startswith("09:30:10 failing; 1,207 records read;")
    assert "the job: no answer since 09:28:55 UTC" in worst
    assert "\n" not in worst
