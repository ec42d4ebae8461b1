"""The pages of the load test in a real browser: nothing is complained of, nothing is cut off.

No load test is run: the reports are made up, with numbers and texts as long as they can become.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser

from tests.load.figures import (
    Batch,
    Bucket,
    Checkpoint,
    JudgedThreshold,
    Latency,
    LatencySecond,
    Percentiles,
    Report,
    Second,
    Trial,
)
from tests.load.report import page
from tests.load.side_by_side import page as page_of_two
from tests.pictures.report import read_recorded
from tests.support.browser import HOW_TO_GET_ONE, Scheme, find_chromium, look_at, open_browser
from tests.unit.load.test_operators import operator
from tests.unit.load.test_report import process, report
from tests.unit.stars import ROOT

pytestmark = pytest.mark.integration

WIDTHS = (400, 1400)
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
MINUTES = 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        # Only where no one relies on it: CI installs a browser.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_ONE)
    with open_browser(program) as opened:
        yield opened


def long_run() -> Report:
    """A report with everything in it, and much of it."""
    length = MINUTES * 60
    times = [2.0 + math.sin(at / 9) for at in range(length)]
    latency = Latency(
        from_arrival=Percentiles(count=5_700_000, p50=2.1, p95=12.25, p99=119.06, max=1_199.06),
        from_due=Percentiles(count=5_700_000, p50=2.2, p95=12.35, p99=119.16, max=1_199.16),
        over_time=[LatencySecond(at=at, count=9, p50=t, p99=2 * t) for at, t in enumerate(times)],
        histogram=[Bucket(begin=n / 10, end=n / 10 + 0.1, count=n * 7_919) for n in range(40)],
        put_calls=Percentiles(count=57_000, p50=0.01, p95=0.02, p99=0.9, max=10.5),
        between_looks=Percentiles(count=1_200, p50=0.1, p95=0.11, p99=0.12, max=1.5),
        not_visible=12_345,
    )
    return report(
        reason="12,345 keys are missing, 1 should not be there, 2 have other rows.",
        latency=latency,
        seconds=[
            Second(at=at, due=47_500, put=47_311, loaded=95_000 * (at % 2)) for at in range(length)
        ],
        bursts=[(9.0, 11.0), (29.0, 31.0), (49.0, 51.0), (111.0, 113.0)],
        checkpoints=[
            Checkpoint(number=n, at=2.0 * n, status="COMPLETED", seconds=0.4, bytes=9_876_543_210)
            for n in range(1, length // 2)
        ],
        batches=[
            Batch(
                at=2.0 * n, after_checkpoint=0.1, first_epoch=n, last_epoch=n + 1, parts=1_234,
                fact_rows=1_234_567, patches=234_567, dead_letters=45_678, bytes=9_876_543_210,
            )
            for n in range(1, length // 2)
        ],
        processes=[
            process(name, 1.9)
            for name in ("warehouse (PostgreSQL)", "source (PostgreSQL, idle)", "Python worker 12")
        ],
        operators=[
            operator("Source: Read the change stream → Split facts from the rest → Decode", 1, 0.9),
            operator("Load", 0.05, 0.0),
        ],
        trials=[
            Trial(rate=500, why_not="", p50=2.1, p99=119.06, growth=-0.2),
            Trial(
                rate=12_800,
                why_not="the generator itself was late by 3.20 s (p99)",
                p50=None,
                p99=None,
                growth=None,
            ),
        ],
        thresholds=[
            JudgedThreshold(text="p99>6s", figure="p99", found=119.06, crossed=True),
            JudgedThreshold(text="due-max>20min", figure="due-max", found=None, crossed=None),
        ],
    )  # fmt: skip


def failed() -> Report:
    """A run with nothing but a long reason, whose one word is longer than a telephone is wide."""
    word = "org.apache.flink.runtime.taskmanager." * 4
    return report(
        outcome="failed", reason=f"the job is FAILED: {word}Exception", latency=None, batches=[],
        checkpoints=[], processes=[], comparison=None,
    )  # fmt: skip


PAGES = {
    "report": lambda: page(long_run()),
    "small report": lambda: page(report()),
    "recorded report": lambda: page(read_recorded()),
    "failed": lambda: page(failed()),
    "comparison": lambda: page_of_two(
        long_run(), report(), [Path("build/load-test/before/report.json"), Path("after.json")]
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_complained_of_and_nothing_is_cut_off(
    browser: Browser, name: str, width: int, scheme: Scheme, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGES[name](), encoding="utf-8")
    looked = look_at(browser, file, width, scheme)
    assert looked.complaints == ()
    assert looked.faults == ()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_drawing_of_the_data_path_can_be_read(
    browser: Browser, scheme: Scheme, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    drawing = (ROOT / "docs" / "pictures" / "data-path.svg").read_text(encoding="utf-8")
    page_of_readme = {"light": "#ffffff", "dark": "#0d1117"}[scheme]
    file.write_text(
        f'<!doctype html><title>x</title><body style="background: {page_of_readme}">{drawing}',
        encoding="utf-8",
    )
    looked = look_at(browser, file, 900, scheme)
    assert looked.complaints == ()
    assert looked.faults == ()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<p style="width: 900px">wide</p>', "the page is 908 px wide in a window of 400 px"),
        ('<p style="width: 60px; overflow: hidden">aaaaaaaaaaaaaaaaaaaaaaaa</p>', "holds"),
        ('<p style="color: #ccc; background: #fff">pale</p>', "has a contrast of 1.6"),
        ('<p style="position: relative; left: -90px">left</p>', "lies from -82"),
        (
            '<svg viewBox="0 0 100 50" width="100"><text x="80" y="20">outside</text></svg>',
            "lies outside of its drawing",
        ),
        (
            (
                '<svg width="300" height="90"><rect x="10" y="10" width="60" height="60"/>'
                '<text class="name" x="8" y="40">too long for it</text></svg>'
            ),
            "does not fit its box",
        ),
        (
            '<p style="width: 40px; overflow-wrap: anywhere">subtasks</p>',
            '"subtasks" is broken in',
        ),
        (
            (
                "<style>td::before { content: attr(data-head); overflow-wrap: anywhere }"
                "td { display: flex; width: 300px } p { margin: 0 }</style>"
                '<table><tr><td data-head="operator"><p>'
                "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k</table>"
            ),
            '"operator" is broken before',
        ),
        (
            '<svg viewBox="0 0 900 50" width="300"><text x="1" y="20">small</text></svg>',
            "has letters of 5.3 px",
        ),
        (
            (
                '<svg width="300" height="50"><text x="1" y="20">one</text>'
                '<text x="9" y="20">two</text></svg>'
            ),
            "covers",
        ),
    ],
)
def test_what_is_cut_off_is_seen(browser: Browser, body: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><title>x</title><body>{body}</body>")
    assert any(fault in found for found in look_at(browser, file, 400, "light").faults)


def test_what_the_browser_complains_of_is_seen(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        '<!doctype html><title>x</title><img src="none.png" alt="">'
        "<script>console.error('no'); nothing();</script>"
    )
    complaints = look_at(browser, file, 400, "light").complaints
    assert any(said.startswith("request: ") for said in complaints)
    assert "error: no" in complaints
    assert any("nothing is not defined" in said for said in complaints)
