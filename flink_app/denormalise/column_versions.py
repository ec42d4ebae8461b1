"""Which of some changes of a dimension are newer than what is known, and what the rows become.

The newest change of a key is its row. An unchanged column, which changes may leave out, has the
value of the newest change that sent it. So a key has several versions, of the row and of each such
column, and each has a position that only ever rises: last-writer-wins registers, in the words of
the literature. The order of arrival does not matter, and a change that is older than the row may
still bring a column. A table without such columns has one version per key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.star import POSITION, unchanged_position_column
from flink_app.denormalise.keys import Codes
from flink_app.denormalise.slots import is_close
from flink_app.positions.position import UNKNOWN
from flink_app.records.arrays import Rows

STAYS: Final = -1

# Of each key a row of the changes that has it, and its versions: the row of the changes that each
# comes from, or `STAYS`.
Taken = tuple[Rows, npt.NDArray[np.int64]]


class ColumnVersions:
    """The versions of one table's keys.

    Args:
        unchanged_columns: the columns that changes may leave out, `Star.unchanged_columns`.
    """

    def __init__(self, unchanged_columns: Sequence[str]) -> None:
        self.unchanged_columns = tuple(unchanged_columns)
        self.positions = (
            POSITION,
            *(unchanged_position_column(column) for column in self.unchanged_columns),
        )

    def forget_below(self, floor: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The rows, where an unchanged column from a change below the floor is unknown.

        A row above the floor may have one, from state: newer changes have left the column out.
        """
        columns = dict(zip(rows.schema.names, rows.columns, strict=True))
        for name in self.unchanged_columns:
            position = unchanged_position_column(name)
            stays = pc.greater_equal(columns[position], floor)
            columns[position] = pc.if_else(stays, columns[position], UNKNOWN)
            columns[name] = pc.if_else(stays, columns[name], pa.scalar(None, columns[name].type))
        return pa.RecordBatch.from_arrays([*columns.values()], schema=rows.schema)

    def take_newer(
        self,
        keys: Sequence[Hashable],
        changes: pa.RecordBatch,
        known: Callable[[Hashable], list[str] | None],
    ) -> Taken:
        """What the changes move; keys of which everything stays are left out. For a few changes.

        Of changes with equal positions the first counts.

        Args:
            keys: of the changes.
            changes: by `Star.changes_schema`.
            known: gives the positions of a key's registers, None for a key that is new.
        """
        columns = [changes.column(name).to_pylist() for name in self.positions]
        newest: dict[Hashable, list[str]] = {}
        taken: dict[Hashable, list[int]] = {}
        row_of: dict[Hashable, int] = {}
        for row, key in enumerate(keys):
            positions = newest.get(key)
            if positions is None:
                positions = newest[key] = known(key) or [UNKNOWN] * len(columns)
            for register, column in enumerate(columns):
                if column[row] > positions[register]:
                    positions[register] = column[row]
                    taken.setdefault(key, [STAYS] * len(columns))[register] = row
                    row_of[key] = row
        sources = np.array([*taken.values()], np.int64).reshape(len(taken), len(columns))
        return np.array([row_of[key] for key in taken], np.int64), sources

    def take_newer_by_columns(
        self,
        keys: Codes,
        changes: pa.RecordBatch,
        known: Callable[[Rows], list[pa.Array]],
    ) -> Taken:
        """As `take_newer`, for many changes.

        Args:
            keys: numbers that are equal where the changes' keys are.
            changes: by `Star.changes_schema`.
            known: gives a column for each register: its positions by key, of the keys at some rows
                of the changes, NULL for a key that is new.
        """
        distinct, winner = _group(keys)
        stored = known(distinct)
        sources = np.empty((len(distinct), len(self.positions)), np.int64)
        for register, name in enumerate(self.positions):
            column = changes.column(name)
            rows = winner(column)
            known_positions = stored[register]
            floor = (
                UNKNOWN
                if known_positions.null_count == len(known_positions)
                else pc.fill_null(known_positions, UNKNOWN)
            )
            brought = column if len(rows) == len(column) else column.take(pa.array(rows))
            newer = pc.greater(brought, floor)
            sources[:, register] = np.where(newer.to_numpy(zero_copy_only=False), rows, STAYS)
        moved = (sources != STAYS).any(axis=1)
        if moved.all():
            return distinct, sources
        return distinct[moved], sources[moved]

    def rows(
        self,
        changes: pa.RecordBatch,
        taken: Taken,
        known: Callable[[Rows], list[pa.Array]],
    ) -> pa.RecordBatch:
        """The new rows of the keys in `taken`, by the schema of `changes`.

        `known` gives the columns that are known of the keys at some rows of the changes, NULL for a
        key that is new.
        """
        keys, sources = taken
        row = sources[:, 0]
        if not self.unchanged_columns or (sources == row[:, None]).all():
            every = len(row) == len(changes)  # each once, and so in their order
            return changes if every else changes.take(pa.array(row))
        registers = dict.fromkeys(changes.schema.names, 0)
        for number, column in enumerate(self.unchanged_columns, 1):
            registers[column] = registers[unchanged_position_column(column)] = number
        stays = np.arange(len(changes), len(changes) + len(keys))
        columns = []
        for (name, register), stored in zip(registers.items(), known(keys), strict=True):
            source = sources[:, register]
            values = pa.concat_arrays([changes.column(name), stored]).take(
                pa.array(np.where(source == STAYS, stays, source))
            )
            columns.append(pc.fill_null(values, UNKNOWN) if name in self.positions else values)
        return pa.RecordBatch.from_arrays(columns, schema=changes.schema)


def _group(keys: Codes) -> tuple[Rows, Callable[[pa.Array], Rows]]:
    """The last row of each distinct key, and what gives that with its greatest position."""
    rows = np.arange(len(keys))
    last = _find_last(keys)
    is_last = last == rows
    if is_last.all():
        return rows, lambda _: rows
    earlier, last_rows = np.flatnonzero(~is_last), np.flatnonzero(is_last)

    def greatest(positions: pa.Array) -> Rows:
        ends = positions.take(pa.array(last[earlier]))
        if pc.all(pc.less(positions.take(pa.array(earlier)), ends)).as_py():
            return last_rows  # as the state has them: they need no sort
        # Backwards, so that after a stable sort the first of equal positions stands last.
        repeated = np.union1d(earlier, last[earlier])[::-1]
        order = pc.sort_indices(positions.take(pa.array(repeated)))
        ascending = repeated[order.to_numpy()]
        winner = rows.copy()
        winner[last[ascending]] = ascending  # of several for one key the last is assigned
        return winner[last_rows]

    return last_rows, greatest


def _find_last(keys: Codes) -> Rows:
    """Of each row the last one of its key."""
    rows = np.arange(len(keys))
    low, high = int(keys.min(initial=0)), int(keys.max(initial=0))
    if is_close(low, high, len(keys)):
        places = keys - low
        last_at = np.empty(high - low + 1, np.int64)
        last_at[places] = rows  # of several for one place the last is assigned
        last: Rows = last_at[places]
        return last
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    ends = np.append(np.flatnonzero(in_order[1:] != in_order[:-1]), len(keys) - 1)
    last = np.empty(len(keys), np.int64)
    last[order] = order[np.repeat(ends, np.diff(ends, prepend=-1))]
    return last
