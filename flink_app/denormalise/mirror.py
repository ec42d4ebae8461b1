"""The in-memory copy of the dimensions that every subtask joins against.

Of each table: its rows by number, and an index of the number of each key's newest one. A change is
appended, and its key's number moves there; when superseded rows outweigh, they fall away. So a
change costs in proportion to itself, and a look-up goes through nothing but the index.

Deleted rows stay as tombstones with their position: an older record must not revive them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.floors import NO_FLOORS, Floors
from flink_app.declaration.star import POSITION, Star
from flink_app.denormalise.column_versions import ColumnVersions, Taken
from flink_app.denormalise.key_index import KeyIndex
from flink_app.denormalise.keys import Keys, are_exact
from flink_app.denormalise.rows import Rows
from flink_app.denormalise.slots import NO_SLOT, Slots
from flink_app.positions.position import UNKNOWN, floor_position
from flink_app.records.arrays import Rows as RowNumbers

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
        self._index = KeyIndex(
            is_exact=are_exact([schema.field(name).type for name in key]),
            read_keys=lambda slots: self.gather(slots, list(self.key)),
            read_key=self._read_key,
        )
        self._compact_size = 0  # bytes when nothing was superseded

    def __len__(self) -> int:
        return len(self._index)

    def without_rows(self) -> TableMirror:
        """An empty mirror of the same dimension."""
        return TableMirror(self.schema, self.key, self._unchanged_columns, self._floor)

    def accept(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        """Takes in the changes that are newer than what is known; gives the rows as they are now.

        Of several changes of one key in the batch only the newest is accepted.
        """
        changes = self._above_floor(changes)
        keys = self.keys(changes)
        known = None
        if len(changes) <= _FEW:
            known = {key: self._index.find_one(key) for key in keys.values}
        taken = self._take_newer(keys, changes, known)
        newest, _ = taken
        if not len(newest):
            return changes.slice(0, 0)
        accepted = self._versions.rows(
            changes, taken, lambda rows: self._gather_known(keys, rows, self.schema.names)
        )
        start = len(self._rows)
        self._rows.append(accepted)
        if known is None:
            self._index.put(_select(keys, newest), np.arange(start, len(self._rows)))
        else:
            for slot, row in enumerate(newest.tolist(), start):
                key = keys.values[row]
                self._index.put_one(key, slot, known[key])
        if self._is_outweighed():
            self._compact()
        return accepted

    def load(self, rows: pa.RecordBatch) -> None:
        """Fills an empty mirror. As `accept`, but the rows are not copied: superseded ones stay."""
        rows = self._above_floor(rows)
        if self._unchanged_columns:
            self.accept(self._versions.forget_below(self._floor, rows))
            return
        keys = self.keys(rows)
        newest, sources = self._take_newer(keys, rows)
        self._rows.append(rows)
        self._index.put(_select(keys, newest), sources[:, 0])

    def _above_floor(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        if self._floor == UNKNOWN:
            return changes
        return changes.filter(pc.greater_equal(changes.column(POSITION), self._floor))

    def keys(self, changes: pa.RecordBatch) -> Keys:
        """The keys of changes of this dimension."""
        return Keys([changes.column(name) for name in self.key])

    def _read_key(self, slot: int) -> Hashable:
        values = self._rows.read(slot, self.key)
        return values[0] if len(values) == 1 else tuple(values)

    def _take_newer(
        self, keys: Keys, changes: pa.RecordBatch, known: dict[Hashable, int] | None = None
    ) -> Taken:
        """What the changes move; of a few the slots that their keys have so far are `known`."""
        if known is not None:
            return self._versions.take_newer(
                keys.values, changes, lambda key: self._positions(known[key])
            )
        return self._versions.take_newer_by_columns(
            keys.number_equal(), changes, lambda rows: self._position_columns(_select(keys, rows))
        )

    def _positions(self, slot: int) -> list[str] | None:
        return None if slot == NO_SLOT else self._rows.read(slot, self._versions.positions)

    def _position_columns(self, keys: Keys) -> list[pa.Array]:
        return self.gather(self.find(keys), list(self._versions.positions))

    def _gather_known(self, keys: Keys, rows: RowNumbers, columns: list[str]) -> list[pa.Array]:
        return self.gather(self.find(keys.take(rows)), columns)

    def find(self, keys: Keys) -> Slots:
        """The slot of each key, `NO_SLOT` where it is unknown."""
        return self._index.find(keys)

    def gather(self, slots: Slots, columns: list[str]) -> list[pa.Array]:
        """The values of `columns` at `slots`, NULL at `NO_SLOT`."""
        return self._rows.gather(slots, columns)

    def rows(self) -> pa.RecordBatch:
        """Every key's newest version, tombstones among them."""
        self._compact()
        return self._rows.to_batch()

    def _is_outweighed(self) -> bool:
        superseded = len(self._rows) - len(self._index)
        if superseded > max(_COMPACT_FLOOR, len(self._index) // SUPERSEDED_SHARE):
            return True
        limit = max(_SIZE_FLOOR, SIZE_RATIO * self._compact_size)
        return superseded > 0 and self._rows.size > limit

    def _compact(self) -> None:
        """Lets the rows that no key points to fall away."""
        if len(self._rows) > len(self._index):
            kept = self._index.slots()
            self._rows.keep(kept)
            self._index.renumber(kept)
        self._compact_size = self._rows.size


def _select(keys: Keys, rows: RowNumbers) -> Keys:
    """The keys at `rows`, which ascend."""
    return keys if len(rows) == len(keys) else keys.take(rows)


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
