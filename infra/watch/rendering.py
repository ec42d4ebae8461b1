"""A look for people: as a screen of any width, and as one line. Pure functions of the picture."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from connectors.accounts import DIMENSION
from connectors.redshift.cuts import Evidence
from infra.watch.health import Health, Level, judge
from infra.watch.picture import Batch, Job, Loads, Picture
from infra.words import count, write_age, write_clock, write_seconds

_COLOURS: Final = {
    Level.HEALTHY: "green",
    Level.STARTING: "cyan",
    Level.WARNING: "yellow",
    Level.FAILING: "red",
    Level.ENDED: "dim",
}
_LABEL: Final = 13
# From these widths on a table has room for its further columns.
_MEDIUM: Final = 72
_WIDE: Final = 100
_DESTINATIONS: Final = 6
_SHARDS: Final = 6
_KINDS: Final = 5
_UNPROMISED: Final = {
    Evidence.REPLAYING: "shards are read again after a start",
    Evidence.INCOMPLETE: "a shard, or its times, are not known yet",
}


def render(picture: Picture, width: int) -> RenderableType:
    """The screen, for a terminal of this many columns."""
    health = judge(picture)
    parts: list[RenderableType] = [_head(picture, health), *_reasons(health), Text()]
    parts.append(_facts(picture))
    loads = picture.warehouse.value
    if loads is not None and loads.begun:
        parts += [*_destinations(loads), *_shards(picture, loads, width)]
        parts += [*_batches(picture, loads, width), *_letters(picture, loads, width)]
        parts += _gaps(picture, loads)
    return Group(*parts)


def write_screen(picture: Picture, width: int) -> str:
    """The same as lines of text alone, for a pipe."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as printed:
        console.print(render(picture, width))
    return "".join(f"{line.rstrip()}\n" for line in printed.get().splitlines())


def write_line(picture: Picture) -> str:
    """One look in one line, for a pipe."""
    health, loads = judge(picture), picture.warehouse.value
    parts = [f"{write_clock(picture.seen_at)} {health.level}"]
    if loads is not None and loads.begun:
        parts += [f"{count(loads.read, 'record')} read", f"{count(loads.loaded, 'change')} loaded"]
    if (stream := picture.stream.value) is not None and stream.worst is not None:
        parts.append(f"{_lag(stream.worst.seconds)}")
    if picture.job is not None and picture.job.value is not None:
        parts.append(_write_pending(picture.job.value))
    if loads is not None and loads.begun:
        parts += [count(loads.dead_lettered, "dead letter"), count(loads.gap_count, "gap")]
    parts += [reason.text for reason in health.reasons]
    return "; ".join(parts)


def _head(picture: Picture, health: Health) -> RenderableType:
    head = Table.grid(expand=True, padding=(0, 1, 0, 0))
    head.add_column(overflow="fold", ratio=1)
    head.add_column(justify="right", no_wrap=True)
    title = Text.assemble((f"{health.level}", f"bold {_COLOURS[health.level]}"), "  ")
    title.append(picture.watched, style="bold")
    head.add_row(title, Text(f"{write_clock(picture.seen_at)} UTC"))
    return head


def _reasons(health: Health) -> Iterator[RenderableType]:
    if not health.reasons:
        return
    lines = Table.grid(padding=(0, 1, 0, 0))
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    for reason in health.reasons:
        lines.add_row("-", Text(reason.text, style=_COLOURS[reason.level]))
    yield lines


def _facts(picture: Picture) -> RenderableType:
    """What is one line each, under its label."""
    facts = Table.grid(padding=(0, 1, 0, 0))
    facts.add_column(no_wrap=True, min_width=_LABEL)
    facts.add_column(overflow="fold")
    loads = picture.warehouse.value
    if loads is None:
        facts.add_row("warehouse", Text("not read yet"))
    elif loads.begun:
        facts.add_row("complete", Text(_complete(loads, picture.seen_at)))
        facts.add_row("in", Text(_incoming(loads)))
        facts.add_row("out", Text(_outgoing(loads)))
    if picture.job is not None:
        job = picture.job.value
        facts.add_row("pending", Text("unknown" if job is None else _write_pending(job)))
        facts.add_row("job", Text("unknown" if job is None else _job(job, picture.seen_at)))
    if (stream := picture.stream.value) is not None:
        worst = stream.worst
        lag = "no open shards" if worst is None else _lag(worst.seconds)
        facts.add_row("stream", Text(f"{stream.name}: {count(len(stream.lags), 'shard')}, {lag}"))
    return facts


def _complete(loads: Loads, now: dt.datetime) -> str:
    if not loads.evidence:
        return "unknown: no load has said so yet"
    remark = _UNPROMISED.get(Evidence(loads.evidence), "")
    if loads.complete_until is None:
        return f"unknown: {remark}"
    time = f"until {loads.complete_until:%Y-%m-%d %H:%M:%S} UTC"
    if remark:
        return f"{time} and nothing newer: {remark}"
    return f"{time}, {write_age(loads.complete_until, now)} (by {loads.evidence})"


def _incoming(loads: Loads) -> str:
    parts = [f"{count(loads.read, 'record')} read"]
    parts.append(_lately(loads.lately_read, loads.lately_seconds))
    for number, text in ((loads.split, "split"), (loads.passed_over, "passed over")):
        if number:
            parts.append(f"{number:,} {text}")
    return ", ".join(parts)


def _outgoing(loads: Loads) -> str:
    superseded = sum(destination.superseded for destination in loads.destinations)
    parts = [f"{count(loads.loaded, 'change')} loaded"]
    parts.append(_lately(loads.lately_loaded, loads.lately_seconds))
    if superseded:
        parts.append(f"{superseded:,} superseded")
    return ", ".join(parts)


def _lately(number: int, seconds: int) -> str:
    return f"{number:,} in the last {write_seconds(seconds)}"


def _write_pending(job: Job) -> str:
    metrics = job.metrics
    if metrics.pending_epochs is None:
        return "pending epochs unknown"
    text = count(metrics.pending_epochs, "pending epoch")
    if not metrics.pending_epochs or metrics.oldest_pending_seconds is None:
        return text
    oldest = write_seconds(metrics.oldest_pending_seconds)
    return f"{text}, {'for' if metrics.pending_epochs == 1 else 'the oldest for'} {oldest}"


def _job(job: Job, now: dt.datetime) -> str:
    parts = [job.state]
    if job.restarts is not None:
        parts.append(count(job.restarts, "restart"))
    if job.checkpoint_seconds is not None:
        taken = f"checkpoint took {write_seconds(job.checkpoint_seconds)}"
        if job.checkpoint_at is not None:
            taken += f", {write_age(job.checkpoint_at, now)}"
        parts.append(taken)
    if job.checkpoints_failed:
        parts.append(f"{count(job.checkpoints_failed, 'checkpoint')} failed")
    if job.metrics.loads_retried:
        parts.append(f"{count(job.metrics.loads_retried, 'load')} repeated")
    return "; ".join(parts)


def _lag(seconds: float) -> str:
    return f"{write_seconds(seconds)} behind" if seconds > 0 else "nothing waits"


def _table(*columns: str, first_left: int = 1) -> Table:
    """A table without lines; all but its first columns are numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        is_text = number < first_left
        table.add_column(
            column, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text
        )
    return table


def _more(table: Table, hidden: int, thing: str) -> None:
    if hidden > 0:
        table.add_row(f"and {hidden:,} more {thing}{'' if hidden == 1 else 's'}")


def _destinations(loads: Loads) -> Iterator[RenderableType]:
    if not loads.destinations:
        return
    table = _table("destination", "loaded", "superseded")
    for each in loads.destinations[:_DESTINATIONS]:
        name = "dimensions" if each.name == DIMENSION else each.name
        table.add_row(Text(name), f"{each.loaded:,}", f"{each.superseded:,}")
    _more(table, len(loads.destinations) - _DESTINATIONS, "destination")
    yield from (Text(), table)


def _shards(picture: Picture, loads: Loads, width: int) -> Iterator[RenderableType]:
    lags = (
        {}
        if picture.stream.value is None
        else {lag.shard: lag.seconds for lag in picture.stream.value.lags}
    )
    loaded = {shard.shard: shard for shard in loads.shards}
    names = [name for name in {**loaded, **lags} if name in lags or not loaded[name].ended]
    if not names:
        return
    # The worst first, then by name.
    names.sort(key=lambda name: (-lags.get(name, 0.0), name))
    columns = ["shard", "behind", "loaded until"]
    columns += ["complete until"] if width >= _MEDIUM else []
    table = _table(*columns)
    for name in names[:_SHARDS]:
        shard = loaded.get(name)
        row = [write_seconds(lags[name]) if name in lags else "unknown"]
        row.append(write_age(None if shard is None else shard.loaded_until, picture.seen_at))
        row.append(write_age(None if shard is None else shard.complete_until, picture.seen_at))
        table.add_row(Text(name), *row[: len(columns) - 1])
    _more(table, len(names) - _SHARDS, "shard")
    yield from (Text(), table)


def _batches(picture: Picture, loads: Loads, width: int) -> Iterator[RenderableType]:
    if not loads.batches:
        return
    columns = ["last loads", "records", "changes", "delay"]
    columns += ["load", "dead", "epochs"] if width >= _MEDIUM else []
    columns += ["batch"] if width >= _WIDE else []
    table = _table(*columns)
    for batch in loads.batches:
        row = [
            write_age(batch.loaded_at, picture.seen_at),
            f"{batch.records:,}",
            f"{batch.changes:,}",
            _duration(batch.after_arrival),
            _duration(batch.after_checkpoint),
            f"{batch.dead_lettered:,}",
            _epochs(batch),
            batch.name[:12],
        ]
        table.add_row(*row[: len(columns)])
    yield from (Text(), table)


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else write_seconds(seconds)


def _epochs(batch: Batch) -> str:
    if batch.first_epoch is None or batch.last_epoch is None:
        return "-"
    if batch.first_epoch == batch.last_epoch:
        return f"{batch.last_epoch}"
    return f"{batch.first_epoch}-{batch.last_epoch}"


def _letters(picture: Picture, loads: Loads, width: int) -> Iterator[RenderableType]:
    if not loads.dead_lettered:
        return
    reasons = picture.letters.value
    text = count(loads.dead_lettered, "dead letter")
    if loads.replayed:
        text += f", {loads.replayed:,} put back"
    if reasons is not None and 0 < reasons.counted < loads.dead_lettered:
        text += f"; of the newest {reasons.counted:,}:"
    yield from (Text(), Text(text, style="yellow"))
    if reasons is None or not reasons.alike:
        return
    columns = ["reason", "table"] + (["what to do"] if width >= _WIDE else [])
    table = _table("count", *columns, first_left=len(columns) + 1)
    for kind in reasons.alike[:_KINDS]:
        row: Sequence[str] = (kind.reason, kind.table or "-", kind.remedy)
        table.add_row(f"{kind.count:,}", *map(Text, row[: len(columns)]))
    _more(table, len(reasons.alike) - _KINDS, "kind")
    yield table


def _gaps(picture: Picture, loads: Loads) -> Iterator[RenderableType]:
    if not loads.gap_count:
        return
    yield from (Text(), Text(count(loads.gap_count, "gap"), style="yellow"))
    lines = Table.grid(padding=(0, 1, 0, 0))
    lines.add_column(overflow="fold")
    for gap in loads.gaps:
        written = write_age(gap.loaded_at, picture.seen_at)
        lines.add_row(Text(f"{gap.shard}, {written}: {gap.cause}"))
    _more(lines, loads.gap_count - len(loads.gaps), "gap")
    yield lines
