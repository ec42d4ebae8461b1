"""The in-memory copy of the dimensions that every subtask joins against.

Of each table: its rows by number, and the number of each key's newest one. A change is appended,
and its key's number moves there; when superseded rows outweigh, they fall away. So a change costs
in proportion to itself, and a look-up never hashes the dimension again.

Deleted rows stay as tombstones with their position: an older record must not revive them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.floors import NO_FLOORS, Floors
from flink_app.declaration.star import DELETED, POSITION, Star
from flink_app.denormalise.column_versions import ColumnVersions, Taken
from flink_app.denormalise.rows import NO_SLOT, Rows, Slots
from flink_app.positions.position import UNKNOWN, floor_position

# The rows of superseded versions may be a quarter of the keys: a rewrite costs a change four rows.
# The floor spares small tables a rewrite at every change.
SUPERSEDED_SHARE: Final = 4
_COMPACT_FLOOR: Final = 1_024
# Superseded rows may also be the large ones of a table: its bytes are kept below this many times
# what they were when nothing was superseded.
SIZE_RATIO: Final = 2
_SIZE_FLOOR: Final = 16 * 1024 * 1024
# Below about this many changes the fixed cost of going by columns is higher than a loop.
_FEW: Final = 32


def key_values(columns: list[pa.Array]) -> list[Hashable]:
    """Keys of rows: plain values for a key of one column, tuples for more."""
    lists = [_values(column) for column in columns]
    return lists[0] if len(lists) == 1 else list(zip(*lists, strict=True))


def _values(column: pa.Array) -> list[Hashable]:
    """As `to_pylist`, which takes several times as long for the usual types of keys."""
    kind = column.type
    plain = pa.types.is_string(kind) or (pa.types.is_integer(kind) and not column.null_count)
    if plain and len(column) > _FEW:
        values: list[Hashable] = column.to_numpy(zero_copy_only=False).tolist()
        return values
    return list(column.to_pylist())


class TableMirror:
    """One dimension, its newest version of each key by position.

    Args:
        schema: `Star.changes_schema` of the table.
        key: the table's key columns.
        unchanged_columns: `Star.unchanged_columns` of the table.
        floor: the least position that counts; also where the state has older ones, of rows or of
            unchanged columns.
    """

    def __init__(
        self,
        schema: pa.Schema,
        key: tuple[str, ...],
        unchanged_columns: tuple[str, ...] = (),
        floor: str = UNKNOWN,
    ) -> None:
        self.schema = schema
        self.key = key
        self._unchanged_columns = unchanged_columns
        self._floor = floor
        self._versions = ColumnVersions(unchanged_columns)
        self._rows = Rows(schema)
        self._slots: dict[Hashable, int] = {}
        self._compact_size = 0  # bytes when nothing was superseded

    def __len__(self) -> int:
        return len(self._slots)

    def without_rows(self) -> TableMirror:
        """An empty mirror of the same dimension."""
        return TableMirror(self.schema, self.key, self._unchanged_columns, self._floor)

    def accept(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        """Takes in the changes that are newer than what is known; gives the rows as they are now.

        Of several changes of one key in the batch only the newest is accepted.
        """
        changes = self._above_floor(changes)
        taken = self._take_newer(changes)
        newest, _ = taken
        if not newest:
            return changes.slice(0, 0)
        accepted = self._versions.rows(changes, taken, self._gather_known)
        start = len(self._rows)
        self._slots.update(zip(newest, range(start, start + len(newest)), strict=True))
        self._rows.append(accepted)
        if self._is_outweighed():
            self._compact()
        return accepted

    def load(self, rows: pa.RecordBatch) -> None:
        """Fills an empty mirror. As `accept`, but the rows are not copied: superseded ones stay."""
        rows = self._above_floor(rows)
        if self._unchanged_columns:
            self.accept(self._versions.forget_below(self._floor, rows))
            return
        keys, sources = self._take_newer(rows)
        self._slots = dict(zip(keys, sources[:, 0].tolist(), strict=True))
        self._rows.append(rows)

    def _above_floor(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        if self._floor == UNKNOWN:
            return changes
        return changes.filter(pc.greater_equal(changes.column(POSITION), self._floor))

    def _take_newer(self, changes: pa.RecordBatch) -> Taken:
        keys = key_values([changes.column(name) for name in self.key])
        if len(keys) <= _FEW:
            return self._versions.take_newer(keys, changes, self._positions)
        return self._versions.take_newer_by_columns(keys, changes, self._position_columns)

    def _positions(self, key: Hashable) -> list[str] | None:
        slot = self._slots.get(key)
        return None if slot is None else self._rows.texts(slot, self._versions.positions)

    def _position_columns(self, keys: list[Hashable]) -> list[pa.Array]:
        return self.gather(self.find(keys), list(self._versions.positions))

    def _gather_known(self, keys: list[Hashable]) -> list[pa.Array]:
        return self.gather(self.find(keys), self.schema.names)

    def find(self, keys: list[Hashable]) -> Slots:
        """The slot of each key, `NO_SLOT` where it is unknown."""
        if not self._slots:
            return np.full(len(keys), NO_SLOT)
        get = self._slots.get
        return np.fromiter((get(key, NO_SLOT) for key in keys), np.int64, len(keys))

    def gather(self, slots: Slots, columns: list[str]) -> list[pa.Array]:
        """The values of `columns` at `slots`, NULL at `NO_SLOT`."""
        return self._rows.gather(slots, columns)

    def rows(self) -> pa.RecordBatch:
        """Every key's newest version, tombstones among them."""
        self._compact()
        return self._rows.to_batch()

    def _is_outweighed(self) -> bool:
        superseded = len(self._rows) - len(self._slots)
        if superseded > max(_COMPACT_FLOOR, len(self._slots) // SUPERSEDED_SHARE):
            return True
        limit = max(_SIZE_FLOOR, SIZE_RATIO * self._compact_size)
        return superseded > 0 and self._rows.size > limit

    def _compact(self) -> None:
        """Lets the rows that no key points to fall away."""
        if len(self._rows) > len(self._slots):
            self._rows.keep(np.fromiter(self._slots.values(), np.int64, len(self._slots)))
            self._slots = dict(zip(self._slots, range(len(self._slots)), strict=True))
        self._compact_size = self._rows.size


class Mirror:
    """All dimensions that are joined in the stream, by table."""

    def __init__(self, star: Star, floors: Floors = NO_FLOORS) -> None:
        self.tables = {
            name: TableMirror(
                star.changes_schema(name),
                tuple(star.tables[name].key),
                star.unchanged_columns(name),
                floor_position(floors.of(name)),
            )
            for name in star.broadcast_dimensions
        }


def find_deleted(slots: Slots, table: TableMirror) -> npt.NDArray[np.bool_]:
    """Where a slot holds a tombstone."""
    flags = pc.fill_null(table.gather(slots, [DELETED])[0], fill_value=False)
    is_deleted: npt.NDArray[np.bool_] = flags.to_numpy(zero_copy_only=False)
    return is_deleted
