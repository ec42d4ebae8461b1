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
from flink_app.positions.position import UNKNOWN

STAYS: Final = -1

# Keys, and for each its versions: the row of the changes that it comes from, or `STAYS`.
Taken = tuple[list[Hashable], npt.NDArray[np.int64]]


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
        for row, key in enumerate(keys):
            positions = newest.get(key)
            if positions is None:
                positions = newest[key] = known(key) or [UNKNOWN] * len(columns)
            for register, column in enumerate(columns):
                if column[row] > positions[register]:
                    positions[register] = column[row]
                    taken.setdefault(key, [STAYS] * len(columns))[register] = row
        sources = np.array([*taken.values()], np.int64).reshape(len(taken), len(columns))
        return [*taken], sources

    def take_newer_by_columns(
        self,
        keys: Sequence[Hashable],
        changes: pa.RecordBatch,
        known: Callable[[list[Hashable]], list[pa.Array]],
    ) -> Taken:
        """As `newer`, for many changes.

        `known` gives a column for each register: its positions by key, NULL for a key that is new.
        """
        distinct, winner = _group(keys)
        stored = known(distinct)
        sources = np.empty((len(distinct), len(self.positions)), np.int64)
        for register, name in enumerate(self.positions):
            column = changes.column(name)
            rows = winner(column)
            floor = pc.fill_null(stored[register], UNKNOWN)
            newer = pc.greater(column.take(pa.array(rows)), floor)
            sources[:, register] = np.where(newer.to_numpy(zero_copy_only=False), rows, STAYS)
        moved = (sources != STAYS).any(axis=1)
        if moved.all():
            return distinct, sources
        return [distinct[n] for n in np.flatnonzero(moved)], sources[moved]

    def rows(
        self,
        changes: pa.RecordBatch,
        taken: Taken,
        known: Callable[[list[Hashable]], list[pa.Array]],
    ) -> pa.RecordBatch:
        """The new rows of the keys in `taken`, by the schema of `changes`.

        `known` gives the columns that are known of some keys, NULL for a key that is new.
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


def _group(
    keys: Sequence[Hashable],
) -> tuple[list[Hashable], Callable[[pa.Array], npt.NDArray[np.int64]]]:
    """The distinct keys, and what gives the row of each with its greatest position."""
    count = len(keys)
    last_of = dict(zip(keys, range(count), strict=True))
    rows = np.arange(count)
    if len(last_of) == count:
        return list(last_of), lambda _: rows
    last_rows = np.fromiter(last_of.values(), np.int64, len(last_of))
    is_earlier = np.ones(count, np.bool_)
    is_earlier[last_rows] = False
    earlier = np.flatnonzero(is_earlier)
    last = rows.copy()
    last[earlier] = [last_of[keys[row]] for row in earlier.tolist()]

    def greatest(positions: pa.Array) -> npt.NDArray[np.int64]:
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

    return list(last_of), greatest
