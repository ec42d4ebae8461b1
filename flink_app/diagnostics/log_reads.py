"""The changes of a block by table, with what says where each stands in the source's log."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.log_points import LogPoint
from flink_app.declaration import POSITION
from flink_app.declaration.dms_records import Positions
from flink_app.positions.position import (
    GENERATION_DIGITS,
    UNKNOWN,
    WIDTH,
    generation_of,
    is_load,
)
from flink_app.records.arrays import Rows, to_mask
from flink_app.records.parsed import Numbers, ParsedRow, RecordColumns
from flink_app.records.plan import RecordPlan
from flink_app.records.values import timestamp_micros

# Which log a MySQL position is of: the base name of its file. The parts behind the offset do not
# say it: the only public form has -1 behind it, which no server's id is, and a number there may be
# that of a row. Anything else is no name: it would be text of whoever wrote the record.
_LOG: Final = r"^(?P<name>[!-9;-~]{1,255})\.[0-9]{1,9}:[0-9]{1,15}(?:$|[^0-9])"
Texts = npt.NDArray[np.bytes_]


@dataclass(frozen=True)
class Changes:
    """Changes of one table, as they were read.

    Attributes:
        rows: their numbers in the block.
        positions: as `flink_app.positions.position` makes them.
        committed: when, microseconds since 1970; 0 if unknown.
        logs: which log each is of, NULL where the position does not say.
    """

    rows: Rows
    positions: Texts
    committed: Numbers
    logs: pa.StringArray

    def point(self, index: int) -> LogPoint:
        """Where one of them stands."""
        position = self.positions[index].decode()
        log = self.logs[index].as_py() or ""
        return LogPoint(generation_of(position), position, int(self.committed[index]), log)

    def split_by_generation(self) -> list[Changes]:
        """Stretches of one generation each: what was read of another shows nothing."""
        heads = self.positions.astype(f"S{GENERATION_DIGITS}")
        bounds = [*(np.flatnonzero(heads[1:] != heads[:-1]) + 1).tolist(), len(heads)]
        if len(bounds) == 1:
            return [self]
        return [self._slice(start, end) for start, end in pairwise([0, *bounds])]

    def _slice(self, start: int, end: int) -> Changes:
        return Changes(
            self.rows[start:end],
            self.positions[start:end],
            self.committed[start:end],
            self.logs.slice(start, end - start),
        )

    def combine(self, other: Changes) -> Changes:
        """Those of both, in the order in which they were read."""
        rows = np.concatenate([self.rows, other.rows])
        order = np.argsort(rows, kind="stable")
        return Changes(
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


class _Alone(NamedTuple):
    """A change that was read by itself."""

    row: int
    position: str
    committed: int
    stream: str | None


@dataclass
class LogReads:
    """The changes of a block, by table."""

    _by_columns: dict[str, Changes] = field(default_factory=dict)
    # Put together at the end: there may be thousands, and each that is added would copy the others.
    _alone: dict[str, list[_Alone]] = field(default_factory=lambda: defaultdict(list))

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
            Changes(
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
        if is_load(position) or position < plan.floors[parsed.table.name]:
            return
        committed = timestamp_micros(metadata.get("commit-timestamp")) or 0
        stream = metadata.get("stream-position")
        names_log = isinstance(stream, str) and stream.isascii() and not parsed.coarse
        names_log = names_log and plan.positions in {Positions.AUTO, Positions.MYSQL}
        self._alone[parsed.table.name].append(
            _Alone(row, position, max(committed, 0), stream if names_log else None)
        )

    def by_table(self) -> dict[str, Changes]:
        """All of them, in the order in which they were read."""
        by_table = dict(self._by_columns)
        for table, changes in self._alone.items():
            known, alone = by_table.get(table), _put_together(changes)
            by_table[table] = alone if known is None else known.combine(alone)
        return by_table

    def points(self) -> list[ReadPoint]:
        """Where each change stands, in no order."""
        return [
            ReadPoint(table, int(row), changes.point(index))
            for table, changes in self.by_table().items()
            for index, row in enumerate(changes.rows)
        ]

    def _add(self, table: str, changes: Changes) -> None:
        known = self._by_columns.get(table)
        self._by_columns[table] = changes if known is None else known.combine(changes)


def _put_together(changes: Sequence[_Alone]) -> Changes:
    rows, positions, committed, streams = zip(*changes, strict=True)
    return Changes(
        np.array(rows, np.int64),
        np.array([position.encode() for position in positions], f"S{WIDTH}"),
        np.array(committed, np.int64),
        _logs(pa.array(streams, pa.string())),
    )


def _texts(positions: pa.StringArray) -> Texts:
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
