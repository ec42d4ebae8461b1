"""Whether what is watched is well, and why not, judged from one look alone."""

from __future__ import annotations

import enum
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from infra.watch.picture import Job, JobMetrics, Limits, Loads, Picture, Reading
from infra.words import count, write_clock, write_seconds, write_whole_seconds

# A load that needs repair is tried again every five minutes; an epoch that waits as long as this
# is not one that has just been completed.
_REPAIR_SECONDS: Final = 60
_LONGEST_FAULT: Final = 240
_WELL: Final = "RUNNING"
# States that pass by themselves.
_ON_THE_WAY: Final = frozenset(
    {
        "CREATED",
        "INITIALIZING",
        "NOT SUBMITTED",
        "STARTING",
        "UPDATING",
        "AUTOSCALING",
        "RECONCILING",
    }
)


class Level(enum.StrEnum):
    """How well it is; the later is the worse."""

    HEALTHY = "healthy"
    STARTING = "starting"  # nothing has been loaded yet
    WARNING = "warning"  # it works, and somebody should look
    FAILING = "failing"  # it does not work, or nobody can tell
    ENDED = "ended"  # and so nothing else is to be said


_ORDER: Final = tuple(Level)


@dataclass(frozen=True)
class Reason:
    """One thing that is not as it should be."""

    level: Level
    text: str


@dataclass(frozen=True)
class Health:
    """The judgement.

    Attributes:
        level: of the worst reason.
        reasons: the worst first.
    """

    level: Level
    reasons: tuple[Reason, ...]


def judge(picture: Picture) -> Health:
    """How well it is."""
    if picture.ended:
        return Health(Level.ENDED, (Reason(Level.ENDED, "what was watched has ended"),))
    reasons = sorted(_find_reasons(picture), key=lambda reason: -_ORDER.index(reason.level))
    level = reasons[0].level if reasons else Level.HEALTHY
    return Health(level, tuple(reasons))


def _find_reasons(picture: Picture) -> Iterator[Reason]:
    yield from _away("the warehouse", picture.warehouse, picture, Level.FAILING)
    if picture.job is not None:
        yield from _away("the job", picture.job, picture, Level.FAILING)
        if picture.job.value is not None:
            yield from _of_job(picture.job.value, picture.limits)
    yield from _away("the stream", picture.stream, picture, Level.WARNING)
    yield from _away("the files of dead letters", picture.letters, picture, Level.WARNING)
    stream = picture.stream.value
    worst = None if stream is None else stream.worst
    if worst is not None and worst.seconds >= picture.limits.lag:
        text = f"shard {worst.shard} is {write_seconds(worst.seconds)} behind"
        yield Reason(Level.WARNING, text)
    if picture.warehouse.value is not None:
        yield from _of_loads(picture.warehouse.value)


def _away(name: str, reading: Reading[Any], picture: Picture, level: Level) -> Iterator[Reason]:
    if reading.fault:
        since = reading.away_since or picture.seen_at
        away = write_whole_seconds(max((picture.seen_at - since).total_seconds(), 0.0))
        # A refused query is repeated in its fault; `--json` has all of it.
        fault = textwrap.shorten(reading.fault, _LONGEST_FAULT, placeholder=" ...")
        text = f"{name}: no answer since {write_clock(since)} UTC ({away}): {fault}"
        yield Reason(level, text)


def _of_job(job: Job, limits: Limits) -> Iterator[Reason]:
    if job.state in _ON_THE_WAY:
        yield Reason(Level.STARTING, f"the job is {job.state}")
    elif job.state != _WELL:
        yield Reason(Level.FAILING, f"the job is {job.state}")
    yield from _of_metrics(job.metrics, limits)
    for alarm in job.alarms:
        yield Reason(Level.WARNING, f"alarm {alarm} is raised")


def _of_metrics(metrics: JobMetrics, limits: Limits) -> Iterator[Reason]:
    oldest = metrics.oldest_pending_seconds or 0
    if metrics.loads_need_repair and oldest >= _REPAIR_SECONDS:
        text = "a load cannot succeed until somebody repairs something: the job's log says what"
        yield Reason(Level.FAILING, text)
    if oldest >= limits.pending:
        yield Reason(Level.FAILING, f"nothing was loaded for {write_seconds(oldest)}")
    if metrics.records_unaccounted:
        yield Reason(
            Level.FAILING,
            f"{count(metrics.records_unaccounted, 'record')} unaccounted for: the balance differs",
        )
    if metrics.shards_held:
        held = count(metrics.shards_held, "shard")
        yield Reason(Level.FAILING, f"{held} held at a gap: nothing more of them is read")
    if metrics.hash_range_holes:
        text = "the stream's list of shards is incomplete: nothing new is read until it is whole"
        yield Reason(Level.WARNING, text)
    if metrics.tables_never_read:
        declared = count(metrics.tables_never_read, "declared table")
        yield Reason(Level.WARNING, f"{declared} without any record so far")


def _of_loads(loads: Loads) -> Iterator[Reason]:
    if not loads.begun:
        yield Reason(Level.STARTING, "the application has not made its tables yet")
    elif not loads.batches and not loads.read:
        yield Reason(Level.STARTING, "nothing has been loaded yet")
    if loads.gap_count:
        text = f"{count(loads.gap_count, 'gap')} in the stream: records are lost there"
        yield Reason(Level.WARNING, text)
    if loads.lately_dead_lettered:
        letters = count(loads.lately_dead_lettered, "dead letter")
        yield Reason(Level.WARNING, f"{letters} in the last hour")
