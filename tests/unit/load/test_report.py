"""The report: a page that needs nothing else, and JSON by a schema."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest

from connectors.version import VERSION
from tests.load.__main__ import write
from tests.load.charts import Line, bar_chart, histogram_chart, line_chart, small_line
from tests.load.clock import RunClock
from tests.load.figures import (
    Batch,
    Bucket,
    Ceiling,
    Checkpoint,
    Comparison,
    Machine,
    Process,
    ProcessSample,
    Reconciled,
    Report,
)
from tests.load.findings import busiest
from tests.load.gather import Gathered
from tests.load.markup import in_words, seconds, size
from tests.load.options import Options
from tests.load.report import page
from tests.support.commit import find_commit
from tests.unit.load.test_latency import SEEN, SENT

VOID = {"meta", "br", "hr", "img", "input", "link"}


def process(name: str, cpu: float, *, single: bool = True) -> Process:
    samples = [ProcessSample(at=at, cpu=cpu, waited=0.1, memory=2**28) for at in (0.5, 1.5)]
    return Process(
        name=name,
        processes=1,
        cpu_mean=cpu,
        cpu_max=cpu,
        waited_mean=0.1,
        memory_max=2**28,
        single_threaded=single,
        samples=samples,
    )


def report(**changes: Any) -> Report:
    options = Options(rate=6, minutes=0.05)
    gathered = Gathered(options, options.schedule(), RunClock())
    gathered.sent, gathered.seen, gathered.due = SENT, SEEN, 6
    gathered.full_load, gathered.settled_at = 100, 7.0
    gathered.operations = {"purchase": 4, "change_event": 2}
    gathered.ceiling = Ceiling(
        rendered_per_second=4e4,
        put_per_second=8e3,
        put_records=15_000,
        generator_cpu=0.4,
        kinesis_cpu=1.0,
    )
    gathered.checkpoints = [
        Checkpoint(number=n, at=2.0 * n, status="COMPLETED", seconds=0.4, bytes=9_000)
        for n in range(1, 4)
    ]
    gathered.batches = [
        Batch(
            at=2.5, after_checkpoint=0.1, first_epoch=1, last_epoch=2, parts=3, fact_rows=40,
            patches=2, dead_letters=0, bytes=5_000,
        )
    ]  # fmt: skip
    gathered.comparison = Comparison(
        equal=False, expected_rows=2, found_rows=1, missing=1, unexpected=0, different=0,
        first_differences=["key 1 <is> missing"],
    )  # fmt: skip
    gathered.reconciled = Reconciled(
        verdict="different", rows=2, ranges=1, different_keys=1, bytes_moved=4_321, seconds=0.5
    )
    made = gathered.report("different", "1 key & more")
    machine = Machine(cores=2, cpu_mean=1.2)
    processes = [process("moto (Kinesis, S3)", 0.97), process("task manager (JVM)", 0.5)]
    return made.model_copy(update={"machine": machine, "processes": processes, **changes})


class Reader(HTMLParser):
    """Checks that what is opened is closed, and collects what could load something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [f"{n}={v}" for n, v in attrs if n in {"src", "href", "srcset", "data"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    text = page(report())
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert reader.references == []
    assert not reader.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?:|@import|url\(", text)
    assert "prefers-color-scheme: dark" in text
    for heading in ("Records per second", "Latency", "Checkpoints", "Batches", "Processes"):
        assert f"<h2>{heading}</h2>" in text


def test_what_reconcile_says_stands_below_the_tables() -> None:
    text = page(report())
    assert text.index("starjoin reconcile") > text.index("The final tables")
    assert "4,321" in text
    assert "starjoin reconcile" not in page(report(reconciled=None))


def test_texts_are_escaped() -> None:
    text = page(report())
    assert "1 key &amp; more" in text
    assert "key 1 &lt;is&gt; missing" in text


@pytest.mark.parametrize("outcome", ["equal", "not compared", "interrupted", "failed"])
def test_a_run_that_ended_early_has_a_page_too(outcome: Any) -> None:
    options = Options()
    empty = Gathered(options, options.schedule(), RunClock()).report(outcome, "why")
    text = page(empty)
    assert "why" in text
    assert "<h2>Latency</h2>" not in text
    assert Report.model_validate_json(empty.model_dump_json()) == empty


def test_the_json_has_the_same_content_by_its_schema(tmp_path: Any) -> None:
    made = report()
    as_page, as_json = write(made, tmp_path / "new")
    assert as_page.read_text() == page(made)
    content = json.loads(as_json.read_text())
    assert content["format"] == "starjoin-load-test-2"
    jsonschema.validate(content, Report.model_json_schema())
    assert Report.model_validate(content) == made


def test_what_was_busiest_is_said() -> None:
    assert busiest(report()) == "moto (Kinesis, S3) used 0.97 of the one core that it can use."
    idle = [process("moto (Kinesis, S3)", 0.4)]
    assert "No single-threaded process" in busiest(report(processes=idle))
    full = report(processes=idle, machine=Machine(cores=2, cpu_mean=1.95))
    assert busiest(full) == (
        "The machine was full: 1.9 of 2 cores were in use, 0.4 of them by this run, of whose "
        "threads 0.1 on average waited for one."
    )
    assert busiest(report(processes=[])) == ""


def test_charts_stay_inside_and_hold_every_value() -> None:
    line = Line("rate", [(0, 0), (5, 80), (10, 99)], "s1")
    drawn = line_chart([line], x_max=10, unit="records", bands=[(4, 6)])
    wide, narrow = re.findall(r'points="([^"]+)"', drawn)
    for points, right, low in ((wide, 904, 220), (narrow, 384, 200)):
        for x, y in re.findall(r"([\d.]+),([\d.]+)", points):
            assert 56 <= float(x) <= right
            assert 26 <= float(y) <= low
    assert drawn.count("<circle") == 2 * 3
    assert ">100<" in drawn, "the axis ends at a round number"
    bars = bar_chart([(1, [3, 1]), (2, [0, 2])], ["a", "b"], x_max=4, unit="rows")
    assert bars.count("<rect") == 2 * 3
    at_the_edges = bar_chart([(0, [1]), (4, [1])], ["a"], x_max=4, unit="rows")
    for place, width in re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', at_the_edges):
        assert 56 <= float(place) <= float(place) + float(width) <= 904.1
    assert "b: 2 rows at 2.0 s" in bars


def test_charts_of_nothing_are_empty_charts() -> None:
    assert "<svg" in line_chart([Line("none", [], "s1")], x_max=0, unit="s")
    assert "<svg" in bar_chart([], ["a"], x_max=1, unit="s")
    assert small_line([], x_max=1, y_max=1) == ""
    assert "<svg" in histogram_chart([])


def test_a_histogram_has_a_bar_for_each_bucket_with_records_and_names_its_marks() -> None:
    buckets = [Bucket(begin=n, end=n + 1, count=count) for n, count in enumerate((5, 0, 80))]
    drawn = histogram_chart(buckets, [("p50", 2.5), ("p99", 2.9)])
    assert drawn.count("<rect") == 2 * 2
    assert "2 to 3 s: 80" in drawn
    for name in ("p50", "p99"):
        assert drawn.count(f">{name}</text>") == 2
    assert 'text-anchor="end">p99<' in drawn, "within the drawing"


def test_the_page_says_which_version_and_commit_it_is_of() -> None:
    text = page(report(version="1.2.3", commit="abc1234"))
    assert "Starjoin 1.2.3 at abc1234, load test of" in text
    made = report()
    assert made.version == VERSION
    assert made.commit == find_commit()


def test_things_are_counted_as_people_do() -> None:
    assert [in_words(count, "record") for count in (0, 1, 2_000)] == [
        "0 records", "1 record", "2,000 records",
    ]  # fmt: skip
    one = report(batches=report().batches[:1])
    assert "<span>batch loaded</span>" in page(one)
    assert "<span>batches loaded</span>" in page(report(batches=report().batches * 2))


def test_durations_and_sizes_read_well() -> None:
    assert [seconds(value) for value in (None, 0.0123, 0.9999, 12.345)] == [
        "-", "12 ms", "1000 ms", "12.35 s",
    ]  # fmt: skip
    assert [size(value) for value in (10, 2_048, 3 * 2**20, 5 * 2**30)] == [
        "10 bytes", "2.0 KiB", "3.0 MiB", "5.00 GiB",
    ]  # fmt: skip
