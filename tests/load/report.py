"""The report as one HTML page that needs nothing else: no script, no network.

Owns what is shown and in which order; `charts` draws, `findings` has the sentences, `markup` the
frame, into which `style.css` is copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from tests.load.charts import Line, bar_chart, histogram_chart, line_chart, small_line
from tests.load.figures import Latency, Process, Report
from tests.load.findings import busiest, how_measured, narrowest
from tests.load.judging import describe_threshold, is_kept
from tests.load.latency import percentiles
from tests.load.markup import (
    document,
    folded,
    in_words,
    percentile_table,
    seconds,
    size,
    table,
    tile,
)
from tests.load.search import describe_search

_VERDICTS: Final = {
    "equal": "The warehouse equals the true table",
    "different": "The warehouse differs from the true table",
    "not compared": "Sent, and not compared",
    "interrupted": "Interrupted: what was measured until then",
    "failed": "Failed",
}


def page(report: Report) -> str:
    """The whole page."""
    length = _find_length(report)
    body = [
        _head(report),
        _tiles(report),
        _search(report),
        _rates(report, length),
        _latency(report, length),
        _checkpoints(report, length),
        _batches(report, length),
        _operators(report, length),
        _processes(report, length),
        _generator(report),
        _comparison(report),
        _how(report),
    ]
    return document(f"Starjoin load test: {describe_asked(report)}", body)


def _find_length(report: Report) -> int:
    """The seconds that all charts show: the last batch may come after the last record."""
    ends = [second.at + 1 for second in report.seconds]
    ends += [math.ceil(batch.at) + 1 for batch in report.batches]
    ends += [math.ceil(checkpoint.at) + 1 for checkpoint in report.checkpoints]
    return max(ends, default=1)


def describe_asked(report: Report) -> str:
    """What was asked for, in a few words."""
    asked = report.parameters
    where = f" to {asked.environment}" if asked.environment else ""
    return f"{asked.rate:,g} records/s for {asked.minutes:g} min{where}"


def _head(report: Report) -> str:
    asked = report.parameters
    details = [f"tables of {asked.declaration}"] if asked.declaration else []
    details += [f"seed {asked.seed}", f"bursts of {asked.burst:g} times the rate"]
    details += [in_words(asked.senders, "sending thread")]
    if asked.parallelism:
        details += [in_words(asked.shards or 0, "shard"), f"parallelism {asked.parallelism}"]
        details += [f"a checkpoint every {asked.checkpoint_interval}"]
    return (
        f"<h1>{escape(describe_asked(report))}</h1>\n"
        f'<p class="note">{escape(describe_version(report))}, load test of '
        f"{escape(report.started_at)}; {escape(', '.join(details))}</p>\n"
        f'<div class="verdict {escape(report.outcome.split()[0])}">'
        f"<strong>{_VERDICTS[report.outcome]}</strong>{escape(report.reason)}</div>"
        f"{_thresholds(report)}"
    )


def describe_version(report: Report) -> str:
    """Which Starjoin it was, as far as the report knows."""
    version = f"Starjoin {report.version}" if report.version else "Starjoin"
    return f"{version} at {report.commit}" if report.commit else version


def _thresholds(report: Report) -> str:
    if not report.thresholds:
        return ""
    kept = is_kept(report)
    listed = "".join(f"<li>{escape(describe_threshold(t))}</li>" for t in report.thresholds)
    said = "All thresholds are kept" if kept else "A threshold is crossed, or cannot be judged"
    return (
        f'<div class="verdict {"equal" if kept else "failed"}"><strong>{said}</strong>'
        f"<ul>{listed}</ul></div>"
    )


def _tiles(report: Report) -> str:
    generator, tiles = report.generator, []
    tiles.append((f"{generator.put / max(report.drive_seconds, 1e-9):,.0f}", "records/s put"))
    if report.latency:
        latency = report.latency.from_arrival
        tiles += [(seconds(latency.p50), "latency p50"), (seconds(latency.p99), "latency p99")]
    if report.checkpoints:
        slowest = max(checkpoint.seconds for checkpoint in report.checkpoints)
        tiles.append((seconds(slowest), "longest checkpoint"))
    if report.batches:
        count = len(report.batches)
        tiles.append((f"{count:,}", "batch loaded" if count == 1 else "batches loaded"))
    tiles.append((seconds(generator.lateness.p99), "generator late, p99"))
    return f'<div class="tiles">{"".join(tile(*shown) for shown in tiles)}</div>'


def _rates(report: Report, length: int) -> str:
    each = report.seconds
    lines = [
        Line("due", [(s.at + 0.5, s.due) for s in each], "s2"),
        Line("put", [(s.at + 0.5, s.put) for s in each], "s1"),
    ]
    loaded = [(s.at + 0.5, float(s.loaded)) for s in each if s.loaded is not None]
    if loaded:
        lines.append(Line("visible in the warehouse, mean of 5 s", _smooth(loaded), "s3"))
    chart = line_chart(lines, x_max=length, unit="records per second", bands=report.bursts)
    return (
        "<h2>Records per second</h2>\n"
        '<p class="note">Shaded: bursts. Batches make records visible all at once, hence the mean.'
        f"</p>\n{chart}"
    )


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found = []
    for n, (at, _) in enumerate(points):
        near = [y for _, y in points[max(0, n - 2) : n + 3]]
        found.append((at, sum(near) / len(near)))
    return found


def _latency(report: Report, length: int) -> str:
    latency = report.latency
    if latency is None:
        return ""
    lines = [
        Line("p50", [(s.at + 0.5, s.p50) for s in latency.over_time], "s1"),
        Line("p99", [(s.at + 0.5, s.p99) for s in latency.over_time], "s2"),
    ]
    rows = [
        ("from arrival in Kinesis to visible", latency.from_arrival),
        ("from due by the schedule to visible", latency.from_due),
        ("generator: from due to put", report.generator.lateness),
        ("error: length of a PutRecords call", latency.put_calls),
        ("error: time between two looks at the warehouse", latency.between_looks),
    ]
    missing = ""
    if latency.not_visible:
        count = in_words(latency.not_visible, "record was", "records were")
        missing = f"<p>{count} never seen to be visible.</p>\n"
    return (
        "<h2>Latency</h2>\n"
        '<p class="note">By the second in which a record was put.</p>\n'
        f"{line_chart(lines, x_max=length, unit='seconds', bands=report.bursts)}\n{missing}"
        f"{percentile_table(rows)}"
        f"{_histogram(latency)}"
    )


def _histogram(latency: Latency) -> str:
    if not latency.histogram:
        return ""
    found = latency.from_arrival
    marks = [(n, v) for n, v in (("p50", found.p50), ("p99", found.p99)) if v is not None]
    rows = [(f"{b.begin:g} to {b.end:g} s", f"{b.count:,}") for b in latency.histogram if b.count]
    return (
        "<h3>Records by latency</h3>\n"
        '<p class="note">From arrival in Kinesis to visible.</p>\n'
        f"{histogram_chart(latency.histogram, marks)}\n{folded(('latency', 'records'), rows)}"
    )


def _checkpoints(report: Report, length: int) -> str:
    if not report.checkpoints:
        return ""
    bars = [(c.at, [c.seconds]) for c in report.checkpoints if c.at >= 0]
    rows = [
        (str(c.number), f"{c.at:.1f} s", c.status.lower(), seconds(c.seconds), size(c.bytes))
        for c in report.checkpoints
    ]
    return (
        "<h2>Checkpoints</h2>\n"
        '<p class="note">From trigger to the last acknowledgement, by when it was triggered.</p>\n'
        f"{bar_chart(bars, ['duration'], x_max=length, unit='seconds')}\n"
        f"{folded(('number', 'triggered', 'status', 'duration', 'size'), rows)}"
    )


def _batches(report: Report, length: int) -> str:
    if not report.batches:
        return ""
    bars = [(b.at, [float(b.fact_rows), float(b.patches)]) for b in report.batches if b.at >= 0]
    rows = [
        (f"{b.at:.1f} s", seconds(b.after_checkpoint), f"{b.first_epoch} to {b.last_epoch}",
         str(b.parts), f"{b.fact_rows:,}", f"{b.patches:,}", f"{b.dead_letters:,}", size(b.bytes))
        for b in report.batches
    ]  # fmt: skip
    waited = percentiles(
        b.after_checkpoint for b in report.batches if b.after_checkpoint is not None
    )
    names = (
        "at",
        "after checkpoint",
        "epochs",
        "parts",
        "fact rows",
        "patches",
        "dead letters",
        "bytes staged",
    )
    return (
        "<h2>Batches</h2>\n"
        '<p class="note">Rows of each load transaction, by the time in its ledger rows. That was '
        f"{seconds(waited.p50)} (p50) to {seconds(waited.max)} (max) after the checkpoint that it "
        "waited for.</p>\n"
        f"{bar_chart(bars, ['fact rows', 'patches'], x_max=length, unit='rows')}\n"
        f"{folded(names, rows)}"
    )


def _operators(report: Report, length: int) -> str:
    if not report.operators:
        return ""
    rows = [
        (
            operator.name,
            str(operator.subtasks),
            f"{operator.busy_mean:.0%}",
            f"{operator.busy_max:.0%}",
            small_line([(s.at, s.busy) for s in operator.samples], x_max=length, y_max=1.0),
            f"{operator.back_pressured_mean:.0%}",
            f"{operator.back_pressured_max:.0%}",
            small_line(
                [(s.at, s.back_pressured) for s in operator.samples], x_max=length, y_max=1.0
            ),
        )
        for operator in report.operators
    ]
    heads = ("operator", "subtasks", "busy, mean", "most", "busy over time", "back-pressured, mean",
             "most", "over time")  # fmt: skip
    return (
        "<h2>Operators</h2>\n"
        f"<p>{escape(narrowest(report))}</p>\n"
        '<p class="note">Shares of time while records were due. Back-pressured: had something to '
        "give, and the next operator did not take it. Mean: over the subtasks; most: of one "
        f"subtask at any time.</p>\n{table(heads, rows, raw=(4, 7))}"
    )


def _search(report: Report) -> str:
    if not report.trials:
        return ""
    rows = [
        (
            f"{trial.rate:,g}",
            "no" if trial.why_not else "yes",
            seconds(trial.p50),
            seconds(trial.p99),
            "-" if trial.growth is None else f"{trial.growth:+.2f} s",
            trial.why_not,
        )
        for trial in report.trials
    ]
    heads = ("records/s", "sustained", "p50", "p99", "growth of latency", "why not")
    return (
        "<h2>The highest sustained rate</h2>\n"
        f"<p>{escape(describe_search(report.trials))}</p>\n"
        '<p class="note">One run at each rate, in this order. The rest of this page is that of '
        f"{escape(describe_asked(report))}.</p>\n{table(heads, rows)}"
    )


def _processes(report: Report, length: int) -> str:
    if not report.processes:
        return ""
    cpu = max(p.cpu_max for p in report.processes)
    memory = max(p.memory_max for p in report.processes)
    rows = [_process(p, length, cpu, memory) for p in report.processes]
    heads = ("process", "count", "CPU, mean", "most", "waited", "CPU over time", "memory, most",
             "over time")  # fmt: skip
    return (
        "<h2>Processes</h2>\n"
        f"<p>{escape(busiest(report))}</p>\n"
        '<p class="note">CPU in cores while records were due. Waited: how many threads, on '
        "average, were ready to run and had no core.</p>\n"
        f"{table(heads, rows, raw=(5, 7))}"
    )


def _process(process: Process, length: int, cpu: float, memory: int) -> tuple[str, ...]:
    used = [(s.at, s.cpu) for s in process.samples if s.at >= 0]
    held = [(s.at, float(s.memory)) for s in process.samples if s.at >= 0]
    return (
        process.name,
        str(process.processes),
        f"{process.cpu_mean:.2f}",
        f"{process.cpu_max:.2f}",
        f"{process.waited_mean:.2f}",
        small_line(used, x_max=length, y_max=cpu),
        size(process.memory_max),
        small_line(held, x_max=length, y_max=memory),
    )


def _generator(report: Report) -> str:
    made, ceiling = report.generator, report.generator.ceiling
    by_itself = f"It chooses and renders {ceiling.rendered_per_second:,.0f} records/s on one core."
    if ceiling.put_per_second is not None:
        records = in_words(ceiling.put_records or 0, "record")
        by_itself += (
            f" It put {records} at {ceiling.put_per_second:,.0f} a second on a stream that nobody "
            f"read, itself using {ceiling.generator_cpu:.2f} cores and moto "
            f"{ceiling.kinesis_cpu:.2f}."
        )
    counts = folded(
        ("operation", "changes"),
        [(n.replace("_", " "), f"{c:,}") for n, c in sorted(made.operations.items())],
        title="Changes by operation",
    )
    return (
        "<h2>The generator</h2>\n"
        f"<p>{in_words(made.full_load, 'record')} of full load before the clock started; then "
        f"{made.due:,} were due and {made.put:,} put in {in_words(made.calls, 'call')}; Kinesis "
        f"refused {made.refused_at_first:,} at first.</p>\n"
        f"<p>Its ceiling, apart from any job: {escape(by_itself)}</p>\n{counts}"
    )


def _comparison(report: Report) -> str:
    found = report.comparison
    if found is None:
        return ""
    rows = [(f"{found.expected_rows:,}", f"{found.found_rows:,}", f"{found.missing:,}",
             f"{found.unexpected:,}", f"{found.different:,}")]  # fmt: skip
    heads = ("rows in truth", "rows in the warehouse", "keys missing", "keys too many", "different")
    listed = "".join(f"<li>{escape(text)}</li>" for text in found.first_differences)
    return (
        "<h2>The final tables</h2>\n"
        + table(heads, rows)
        + (f"<ul>{listed}</ul>" if listed else "")
        + _reconciled(report)
    )


def _reconciled(report: Report) -> str:
    """What the command for users says, beside the generator's own truth."""
    found = report.reconciled
    if found is None:
        return ""
    heads = ("starjoin reconcile", "rows", "ranges", "different keys", "bytes moved", "took")
    row = (
        found.verdict,
        f"{found.rows:,}",
        f"{found.ranges:,}",
        f"{found.different_keys:,}",
        f"{found.bytes_moved:,}",
        seconds(found.seconds),
    )
    return table(heads, [row])


def _how(report: Report) -> str:
    text = "".join(f"<p>{escape(sentence)}</p>" for sentence in how_measured(report))
    return f"<h2>How this was measured</h2>\n{text}"
