"""The report as one HTML page that needs nothing else: no script, no network.

Owns what is shown and in which order; `charts` draws, `findings` has the sentences, `style.css` is
copied into the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from tests.load.charts import Line, bar_chart, line_chart, small_line
from tests.load.figures import Process, Report
from tests.load.findings import busiest, how_measured
from tests.load.latency import percentiles
from tests.load.markup import folded, percentile_table, seconds, size, table

_STYLE: Final = Path(__file__).with_name("style.css")
_VERDICTS: Final = {
    "equal": "The warehouse equals the true table",
    "different": "The warehouse differs from the true table",
    "not compared": "Sent, and not compared",
    "interrupted": "Interrupted: what was measured until then",
    "failed": "Failed",
}


def page(report: Report) -> str:
    """The whole page."""
    length = max([second.at + 1 for second in report.seconds] or [1])
    body = [
        _head(report),
        _tiles(report),
        _rates(report, length),
        _latency(report, length),
        _checkpoints(report, length),
        _batches(report, length),
        _processes(report, length),
        _generator(report),
        _comparison(report),
        _how(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Starjoin load test: {escape(_asked(report))}</title>\n"
        f"<style>\n{_STYLE.read_text()}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, body))
        + "\n</body>\n</html>\n"
    )


def _asked(report: Report) -> str:
    asked = report.parameters
    where = f" to {asked.environment}" if asked.environment else ""
    return f"{asked.rate:,g} records/s for {asked.minutes:g} min{where}"


def _head(report: Report) -> str:
    asked = report.parameters
    details = [f"seed {asked.seed}", f"bursts of {asked.burst:g} times the rate"]
    details += [f"{asked.senders} sending threads"]
    if asked.parallelism:
        details += [f"{asked.shards} shards", f"parallelism {asked.parallelism}"]
        details += [f"a checkpoint every {asked.checkpoint_interval}"]
    return (
        f"<h1>{escape(_asked(report))}</h1>\n"
        f'<p class="note">Starjoin load test of {escape(report.started_at)}; '
        f"{escape(', '.join(details))}</p>\n"
        f'<div class="verdict {escape(report.outcome.split()[0])}">'
        f"<strong>{_VERDICTS[report.outcome]}</strong>{escape(report.reason)}</div>"
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
        tiles.append((f"{len(report.batches)}", "batches loaded"))
    tiles.append((seconds(generator.lateness.p99), "generator late, p99"))
    shown = "".join(f"<div><b>{b}</b><span>{escape(text)}</span></div>" for b, text in tiles)
    return f'<div class="tiles">{shown}</div>'


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
        missing = f"<p>{latency.not_visible:,} records were never seen to be visible.</p>\n"
    return (
        "<h2>Latency</h2>\n"
        '<p class="note">By the second in which a record was put.</p>\n'
        f"{line_chart(lines, x_max=length, unit='seconds', bands=report.bursts)}\n{missing}"
        f"{percentile_table(rows)}"
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
        f'<div class="wide">{table(heads, rows, raw=(5, 7))}</div>'
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
        by_itself += (
            f" It put {ceiling.put_records:,} records at {ceiling.put_per_second:,.0f} a second on "
            f"a stream that nobody read, itself using {ceiling.generator_cpu:.2f} cores and moto "
            f"{ceiling.kinesis_cpu:.2f}."
        )
    counts = folded(
        ("operation", "changes"),
        [(n.replace("_", " "), f"{c:,}") for n, c in sorted(made.operations.items())],
        title="Changes by operation",
    )
    return (
        "<h2>The generator</h2>\n"
        f"<p>{made.full_load:,} records of full load before the clock started; then {made.due:,} "
        f"were due and {made.put:,} were put in {made.calls:,} calls; Kinesis refused "
        f"{made.refused_at_first:,} at first.</p>\n"
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
        "<h2>The final table</h2>\n" + table(heads, rows) + (f"<ul>{listed}</ul>" if listed else "")
    )


def _how(report: Report) -> str:
    text = "".join(f"<p>{escape(sentence)}</p>" for sentence in how_measured(report))
    return f"<h2>How this was measured</h2>\n{text}"
