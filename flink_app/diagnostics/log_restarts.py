"""The source's log that starts again: noticed in the records of each table, before they are lost.

`connectors.log_points` says what shows it. Each subtask judges by the records that it has read, and
by what the warehouse's accounts knew when the job was started; what only other subtasks have read,
or what was read before a failure, the load compares (`connectors.redshift.log_gate`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow.compute as pc

from connectors.failures import StarjoinError
from connectors.kinesis.frame import RecordBlock
from connectors.log_points import LogPoint, LogRule, Points
from flink_app.diagnostics.log_reads import Changes, LogReads, Texts
from flink_app.positions.generations import time_text
from flink_app.positions.position import UNKNOWN, generation_of
from flink_app.records.arrays import Mask
from flink_app.records.parsed import Numbers


class LogRestartedError(StarjoinError, RuntimeError):
    """The source's log has started again, and the rule is to stop there."""


@dataclass(frozen=True)
class _Following:
    """How far one table has been read.

    Attributes:
        point: None before the first change.
        behind_since: arrival of the first change that is committed later than the point and stands
            below it, milliseconds since 1970; None if there is none or its arrival is unknown.
    """

    point: LogPoint | None = None
    behind_since: int | None = None


@dataclass(frozen=True)
class LogRestart:
    """A change of another log than those before it, as a block shows it first.

    Attributes:
        row: its number in the block.
        known: how far the log was read before.
        seen: where this change stands.
        since: when the first record of the new log arrived, as far as it is known.
    """

    table: str
    row: int
    known: LogPoint
    seen: LogPoint
    since: int | None


class LogWatch:
    """Follows the log of each table, block by block.

    Args:
        rule: what is a restart.
        known: how far the log had been read when the job was started, by table.
    """

    def __init__(self, rule: LogRule, known: Mapping[str, LogPoint]) -> None:
        self._rule = rule
        self._following = {table: _Following(point) for table, point in known.items()}

    def add(self, block: RecordBlock, reads: LogReads) -> tuple[list[LogRestart], Points]:
        """The restarts that a block shows, at most one a table; and where its changes lead to."""
        restarts: dict[str, LogRestart] = {}
        points: Points = {}
        for table, every in reads.by_table().items():
            for changes in every.split_by_generation():
                step = _Step(self._following.get(table, _Following()), changes, self._rule)
                point = step.point_of_block()
                points[table] = points.get(table, point).combine(point)
                self._following[table] = step.after(block)
                if (row := step.restart()) is not None:
                    restarts.setdefault(table, step.describe(table, row, block))
        return list(restarts.values()), points


class _Step:
    """Changes of one table and one generation, compared with what was read before each of them."""

    def __init__(self, before: _Following, changes: Changes, rule: LogRule) -> None:
        self._before = before
        self._changes = changes
        known = before.point
        generation = generation_of(changes.positions[0].decode())
        self._is_late = known is not None and known.generation > generation
        self._known = known if known is not None and known.generation == generation else None
        base, ranks = _ranks(known.position if known else UNKNOWN, changes.positions)
        top = np.maximum.accumulate(np.concatenate([[base], ranks]))
        self._leads = ranks >= top[:-1]
        committed = changes.committed
        reached = np.where(self._leads, committed, 0)
        start = self._known.committed if self._known else 0
        latest = np.maximum.accumulate(np.concatenate([[start], reached]))
        self._last_committed = int(latest[-1])
        since = latest[:-1]
        self._behind = (since > 0) & ~self._leads & (committed > since)
        restarted = self._behind & (committed > since + rule.tolerance)
        logs = changes.logs
        self._log = self._known.log if self._known else ""
        if not self._log and logs.null_count < len(logs):
            self._log = next(log for log in logs.unique().to_pylist() if log)
        self._restarted = restarted | self._of_other_log(since)

    def _of_other_log(self, since: Numbers) -> Mask:
        """Where a change is of another log than the first one that is known."""
        logs = self._changes.logs
        if self._is_late or logs.null_count == len(logs):
            return np.zeros(len(logs), np.bool_)
        other = pc.fill_null(pc.not_equal(logs, self._log), fill_value=False)
        committed = self._changes.committed
        goes_on = (committed == 0) | (committed >= since)
        different: Mask = other.to_numpy(zero_copy_only=False) & goes_on
        return different

    def restart(self) -> int | None:
        """The first change of another log, by its index among the changes."""
        return int(np.argmax(self._restarted)) if self._restarted.any() else None

    def point_of_block(self) -> LogPoint:
        """Where the changes of the block lead to, whatever was read before it."""
        index = int(np.argmax(self._changes.positions))
        point = self._changes.point(index)
        return replace(point, committed=self._last_committed) if self._leads[index] else point

    def after(self, block: RecordBlock) -> _Following:
        """How far the table has been read with these changes."""
        leads = np.flatnonzero(self._leads)
        if not len(leads):
            since = self._before.behind_since
            return replace(self._before, behind_since=since or self._behind_since(0, block))
        last = int(leads[-1])
        point = self._changes.point(last)
        point = replace(point, committed=self._last_committed, log=self._log)
        return _Following(point, self._behind_since(last, block))

    def describe(self, table: str, index: int, block: RecordBlock) -> LogRestart:
        """The restart that the change at `index` shows."""
        leads = np.flatnonzero(self._leads[:index])
        before = int(leads[-1]) if len(leads) else None
        index_before = 0 if before is None else before  # nothing restarts that has not begun
        known = self._before.point if before is None else None
        known = known or self._changes.point(index_before)
        since = self._before.behind_since if before is None else None
        if since is None:
            since = self._behind_since(before or 0, block)
        return LogRestart(
            table,
            int(self._changes.rows[index]),
            known,
            self._changes.point(index),
            since if since is not None else block.arrival[int(self._changes.rows[index])].value,
        )

    def _behind_since(self, index: int, block: RecordBlock) -> int | None:
        """When the first change from `index` on arrived that is behind."""
        behind = np.flatnonzero(self._behind[index:])
        if not len(behind):
            return None
        row = int(self._changes.rows[index + behind[0]])
        arrival: int | None = block.arrival[row].value
        return arrival


def _ranks(known: str, positions: Texts) -> tuple[int, Numbers]:
    """Numbers that compare as a known position and those of records do."""
    known_text = np.array(known.encode(), positions.dtype)
    if np.greater_equal(
        positions[1:], positions[:-1]
    ).all():  # as a shard has them: they need no sort
        below = int(np.searchsorted(positions, known_text))
        return 2 * below + 1, 2 * np.arange(len(positions), dtype=np.int64) + 2
    values, ranks = np.unique(positions, return_inverse=True)
    below = int(np.searchsorted(values, known_text))
    return 2 * below + 1, 2 * ranks.astype(np.int64) + 2


def describe_restart(restart: LogRestart, block: RecordBlock) -> str:
    """What happened and where, for the log and for an error: no value of a row."""
    known, seen = restart.known, restart.seen
    number = block.sequence_numbers[restart.row].as_py()
    if seen.log and known.log and seen.log != known.log:
        happened = f"a change is of log {seen.log}, and those before it are of log {known.log}"
    else:
        happened = (
            f"a change was committed at {_time(seen.committed)} and stands in the source's log "
            f"below changes that were committed up to {_time(known.committed)}"
        )
    since = "at an unknown time" if restart.since is None else f"at {time_text(restart.since)}"
    return (
        f"table {restart.table}: the source's log has started again: {happened} "
        f"(shard {block.shard}, sequence number {number}; position {seen.position}, before "
        f"{known.position}). The first record of the new log arrived {since}"
    )


def _time(micros: int) -> str:
    committed = dt.datetime.fromtimestamp(micros / 1_000_000, dt.UTC)
    return committed.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


REMEDY: Final = (
    "operations.md, The source's log starts again, says how to go on: a new generation from that "
    "time, or a reload. If the source is the same server and its log was not reset, this was a "
    "transaction longer than log.restart.seconds: set that higher"
)
