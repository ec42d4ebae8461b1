"""The in-memory copy of the dimensions that every subtask joins against.

A table's rows live in two column batches: `base`, large, and `recent`, small. A change is appended
to `recent` and the key's slot moves there; when `recent` has grown to a fraction of `base`, both
are merged and rows that no key points to any more fall away. So a change costs in proportion to
itself, and a look-up never hashes the dimension anew.

Deleted rows stay as tombstones with their position: an older record must not revive them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.star import DELETED, POSITION, Star
from flink_app.decode.position import UNKNOWN
from flink_app.denormalise.registers import Registers

Slots = npt.NDArray[np.int64]

NO_SLOT: Final = -1
# Merging at an eighth keeps what a change pays for merges to about eight copies of itself,
# and the floor spares small tables a merge at every change.
_MERGE_FRACTION: Final = 8
_MERGE_FLOOR: Final = 1_024


def key_values(columns: list[pa.Array]) -> list[Hashable]:
    """Keys of rows: plain values for a key of one column, tuples for more."""
    lists = [column.to_pylist() for column in columns]
    return lists[0] if len(lists) == 1 else list(zip(*lists, strict=True))


class TableMirror:
    """One dimension, its newest version of each key by position.

    Args:
        schema: `Star.changes_schema` of the table.
        key: the table's key columns.
        sparse: `Star.sparse` of the table.
        floor: the least position that counts; also where the state has older ones.
    """

    def __init__(
        self,
        schema: pa.Schema,
        key: tuple[str, ...],
        sparse: tuple[str, ...] = (),
        floor: str = UNKNOWN,
    ) -> None:
        self.schema = schema
        self.key = key
        self._floor = floor
        self._base = _empty(schema)
        self._recent = _empty(schema)
        self._slots: dict[Hashable, int] = {}
        self._positions: dict[Hashable, str] = {}
        self._registers = Registers(sparse)

    def __len__(self) -> int:
        return len(self._slots)

    def accept(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        """Takes in the changes that are newer than what is known; gives exactly these.

        Of several changes of one key in the batch only the newest is accepted.
        """
        if self._floor > UNKNOWN:
            changes = changes.filter(pc.greater_equal(changes.column(POSITION), self._floor))
        keys = key_values([changes.column(name) for name in self.key])
        if self._registers.sparse:
            return self._accept_registers(keys, changes)
        positions = changes.column(POSITION).to_pylist()
        newest: dict[Hashable, int] = {}
        for row, key in enumerate(keys):
            known = self._positions.get(key)
            if known is None or positions[row] > known:
                self._positions[key] = positions[row]
                newest[key] = row
        if not newest:
            return changes.slice(0, 0)
        return self._keep(list(newest), changes.take(pa.array(list(newest.values()), pa.int64())))

    def _accept_registers(self, keys: list[Hashable], changes: pa.RecordBatch) -> pa.RecordBatch:
        """As `accept`, where a change may leave columns out, or bring one that is newer."""
        taken = self._registers.newer(keys, changes)
        if not taken:
            return changes.slice(0, 0)
        stored = self.gather(self.find(list(taken)), self.schema.names)
        known = pa.RecordBatch.from_arrays(stored, schema=self.schema)
        return self._keep(list(taken), self._registers.merged(changes, known, taken))

    def _keep(self, newest: list[Hashable], accepted: pa.RecordBatch) -> pa.RecordBatch:
        """Makes the accepted rows the versions of their keys."""
        start = len(self._base) + len(self._recent)
        self._slots.update(zip(newest, range(start, start + len(newest)), strict=True))
        self._recent = _concat([self._recent, accepted])
        if len(self._recent) > max(_MERGE_FLOOR, len(self._base) // _MERGE_FRACTION):
            self._merge()
        return accepted

    def find(self, keys: list[Hashable]) -> Slots:
        """The slot of each key, `NO_SLOT` where it is unknown."""
        get = self._slots.get
        return np.fromiter((get(key, NO_SLOT) for key in keys), np.int64, len(keys))

    def gather(self, slots: Slots, columns: list[str]) -> list[pa.Array]:
        """The values of `columns` at `slots`, NULL at `NO_SLOT`."""
        in_base = (slots >= 0) & (slots < len(self._base))
        in_recent = slots >= len(self._base)
        base_places = pa.array(slots, mask=~in_base)
        if not in_recent.any():
            return [self._base.column(name).take(base_places) for name in columns]
        recent_places = pa.array(slots - len(self._base), mask=~in_recent)
        if not in_base.any():
            return [self._recent.column(name).take(recent_places) for name in columns]
        where = pa.array(in_recent)
        return [
            pc.if_else(
                where,
                self._recent.column(name).take(recent_places),
                self._base.column(name).take(base_places),
            )
            for name in columns
        ]

    def rows(self) -> pa.RecordBatch:
        """Every key's newest version, tombstones among them."""
        self._merge()
        return self._base

    def _merge(self) -> None:
        """Makes one batch of both, without the rows that no key points to."""
        if not len(self._recent):
            return
        slots = np.fromiter(self._slots.values(), np.int64, len(self._slots))
        self._base = _concat([self._base, self._recent]).take(pa.array(slots))
        self._recent = _empty(self.schema)
        self._slots = dict(zip(self._slots, range(len(self._slots)), strict=True))


class Mirror:
    """All dimensions that are joined in the stream, by table."""

    def __init__(self, star: Star, floor: str = UNKNOWN) -> None:
        self.tables = {
            name: TableMirror(
                star.changes_schema(name), tuple(star.tables[name].key), star.sparse(name), floor
            )
            for name in star.stream_dimensions
        }


def deleted_at(slots: Slots, table: TableMirror) -> npt.NDArray[np.bool_]:
    """Where a slot holds a tombstone."""
    flags = pc.fill_null(table.gather(slots, [DELETED])[0], fill_value=False)
    found: npt.NDArray[np.bool_] = flags.to_numpy(zero_copy_only=False)
    return found


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], t) for t in schema.types], schema=schema)


def _concat(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """One contiguous batch of several."""
    columns = [
        pa.concat_arrays([batch.column(i) for batch in batches])
        for i in range(batches[0].num_columns)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batches[0].schema)
