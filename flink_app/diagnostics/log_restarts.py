"""The source's log that starts again: noticed in the records of each table, before they are lost.

`connectors.log_points` says what shows it. Each subtask judges by the records that it has read, and
by what the warehouse's accounts knew when the job was started; what only other subtasks have read,
or what was read before a failure, the load compares (`connectors.redshift.log_gate`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.failures import StarjoinError
from connectors.kinesis.frame import RecordBlock
from connectors.log_points import LogPoint, LogRule, Points
from flink_app.declaration import POSITION
from flink_app.declaration.dms_records import Positions
from flink_app.positions.generations import time_text
from flink_app.positions.position import (
    GENERATION_DIGITS,
    UNKNOWN,
    WIDTH,
    generation_of,
    is_load,
)
from flink_app.records.arrays import Mask, Rows, to_mask
from flink_app.records.parsed import Numbers, ParsedRow, RecordColumns
from flink_app.records.plan import RecordPlan
from flink_app.records.values import ValueFaultError, timestamp_micros

# Which log a MySQL position is of: the base name of its file. The parts behind the offset do not
# say it: the only public form has -1 behind it, which no server's id is, and a number there may be
# that of a row. Anything else is no name: it would be text of whoever wrote the record.
_LOG: Final = r"^(?P<name>[!-9;-~]{1,255})\.[0-9]{1,9}:[0-9]{1,15}(?:$|[^0-9])"
_Texts = npt.NDArray[np.bytes_]


class LogRestartedError(StarjoinError, RuntimeError):
    """The source's log has started again, and the rule is to stop there."""


@dataclass(frozen=True)
class _Changes:
    """Changes of one table, as they were read.

    Attributes:
        rows: their numbers in the block.
        positions: as `flink_app.positions.position` makes them.
        committed: when, microseconds since 1970; 0 if unknown.
        logs: which log each is of, NULL where the position does not say.
    """

    rows: Rows
    positions: _Texts
    committed: Numbers
    logs: pa.StringArray

    def point(self, index: int) -> LogPoint:
        """Where one of them stands."""
        position = self.positions[index].decode()
        log = self.logs[index].as_py() or ""
        return LogPoint(generation_of(position), position, int(self.committed[index]), log)

    def split_by_generation(self) -> list[_Changes]:
        """Stretches of one generation each: what was read of another shows nothing."""
        heads = self.positions.astype(f"S{GENERATION_DIGITS}")
        bounds = [*(np.flatnonzero(heads[1:] != heads[:-1]) + 1).tolist(), len(heads)]
        if len(bounds) == 1:
            return [self]
        return [self._slice(start, end) for start, end in pairwise([0, *bounds])]

    def _slice(self, start: int, end: int) -> _Changes:
        return _Changes(
            self.rows[start:end],
            self.positions[start:end],
            self.committed[start:end],
            self.logs.slice(start, end - start),
        )

    def combine(self, other: _Changes) -> _Changes:
        """Those of both, in the order in which they were read."""
        rows = np.concatenate([self.rows, other.rows])
        order = np.argsort(rows, kind="stable")
        return _Changes(
            rows[order],
            np.concatenate([self.positions, other.positions])[order],
            np.concatenate([self.committed, other.committed])[order],
            pa.concat_arrays([self.logs, other.logs]).take(pa.array(order)),
        )


class ReadPoint(NamedTuple):
    """Where a change of a block stands."""

    table: str
    row: int
    point: LogPoint


@dataclass
class LogReads:
    """The changes of a block, by table."""

    changes: dict[str, _Changes] = field(default_factory=dict)

    def note_columns(self, columns: RecordColumns, floor: str) -> None:
        """Takes note of the good records of a table that are no loads, from the floor on."""
        ordering = columns.ordering
        chosen = columns.good & ~ordering.is_load
        if floor > UNKNOWN:
            chosen &= to_mask(pc.greater_equal(columns.positioned.positions, floor))
        if not chosen.any():
            return
        numbers = np.flatnonzero(chosen)
        taken = pa.array(numbers)
        positions = columns.positioned.positions.take(taken)
        logs = pa.nulls(len(numbers), pa.string())
        if Positions.MYSQL in columns.positioned.kinds:
            logs = _logs(ordering.streams.take(taken))
            coarse = columns.positioned.coarse[numbers]
            if coarse.any():  # what is not read orders nothing
                logs = pc.if_else(pa.array(coarse), pa.scalar(None, pa.string()), logs)
        self._add(
            columns.table.name,
            _Changes(
                columns.rows[numbers],
                _texts(positions),
                np.maximum(ordering.committed[numbers], 0),
                logs,
            ),
        )

    def note_row(
        self, row: int, parsed: ParsedRow, metadata: Mapping[str, Any], plan: RecordPlan
    ) -> None:
        """Takes note of a record that was read by itself."""
        position = parsed.values[POSITION]
        if is_load(position) or position < plan.floor:
            return
        try:
            committed = timestamp_micros(metadata.get("commit-timestamp")) or 0
        except ValueFaultError:
            committed = 0
        stream = metadata.get("stream-position")
        names_log = isinstance(stream, str) and stream.isascii() and not parsed.coarse
        names_log = names_log and plan.positions in {Positions.AUTO, Positions.MYSQL}
        streams = pa.array([stream if names_log else None], pa.string())
        self._add(
            parsed.table.name,
            _Changes(
                np.array([row], np.int64),
                np.array([position.encode()], f"S{WIDTH}"),
                np.array([max(committed, 0)], np.int64),
                _logs(streams),
            ),
        )

    def points(self) -> list[ReadPoint]:
        """Where each change stands, in no order."""
        return [
            ReadPoint(table, int(row), changes.point(index))
            for table, changes in self.changes.items()
            for index, row in enumerate(changes.rows)
        ]

    def _add(self, table: str, changes: _Changes) -> None:
        known = self.changes.get(table)
        self.changes[table] = changes if known is None else known.combine(changes)


def _texts(positions: pa.StringArray) -> _Texts:
    """Positions, which are all of one width, in one buffer."""
    fresh = pa.concat_arrays([positions])  # its offset is zero
    return np.frombuffer(fresh.buffers()[2], f"S{WIDTH}", len(fresh))


def _logs(streams: pa.StringArray) -> pa.StringArray:
    """Which log each position is of; where all are alike, without reading each apart."""
    alike = _log_of_all(streams)
    if alike is not None:
        return pa.repeat(pa.scalar(alike), len(streams))
    return pc.struct_field(pc.extract_regex(streams, _LOG), "name")


def _log_of_all(streams: pa.StringArray) -> str | None:
    """The name of the log that all positions are of; None where that takes a closer look."""
    first = re.match(_LOG, streams[0].as_py() or "")
    if first is None or streams.null_count:
        return None
    of_log = rf"^{re.escape(first['name'])}\.[0-9]{{1,9}}:[0-9]{{1,15}}(?:$|[^0-9])"
    return first["name"] if pc.all(pc.match_substring_regex(streams, of_log)).as_py() else None


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
        for table, every in reads.changes.items():
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

    def __init__(self, before: _Following, changes: _Changes, rule: LogRule) -> None:
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


def _ranks(known: str, positions: _Texts) -> tuple[int, Numbers]:
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
