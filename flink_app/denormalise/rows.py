"""Rows of one dimension in memory, numbered in the order in which they came.

Batches wait in a tail, untouched. When the tail is full, or somebody reads from it, it becomes one
chunk, together with the chunks before it that are small beside it. So there are few chunks, and an
appended row is copied a few times in all, however many rows there are.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final

import numpy as np
import pyarrow as pa

from flink_app.denormalise.slots import NO_SLOT, Slots
from flink_app.records.arrays import concatenate

# A chunk is merged with what follows once that has grown to a quarter of it: about ten chunks for a
# million rows, and each row is copied some five times for every factor of five.
_CHUNK_RATIO: Final = 4
_TAIL_BATCHES: Final = 256  # a fold has a fixed cost of some 50 us


class Rows:
    """Column batches of one schema, addressed by row numbers."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._chunks: list[pa.RecordBatch] = []
        self._starts: list[int] = []
        self._tail: list[pa.RecordBatch] = []
        self._tail_starts: list[int] = []
        self._count = 0
        self.size = 0  # bytes

    def __len__(self) -> int:
        return self._count

    def append(self, batch: pa.RecordBatch) -> None:
        """Adds rows behind the last one."""
        self._tail.append(batch)
        self._tail_starts.append(self._count)
        self._count += len(batch)
        self.size += batch.get_total_buffer_size()
        if len(self._tail) > _TAIL_BATCHES:
            self._fold()

    def read(self, slot: int, columns: tuple[str, ...]) -> list[Any]:
        """The values of columns in one row."""
        if self._tail and slot >= self._tail_starts[0]:
            starts, batches = self._tail_starts, self._tail
        else:
            starts, batches = self._starts, self._chunks
        number = bisect_right(starts, slot) - 1
        row = slot - starts[number]
        return [batches[number].column(name)[row].as_py() for name in columns]

    def gather(self, slots: Slots, columns: list[str]) -> list[pa.Array]:
        """The values of `columns` at `slots`, NULL at `NO_SLOT`."""
        if self._tail and slots.max(initial=NO_SLOT) >= self._tail_starts[0]:
            self._fold()
        if len(self._chunks) == 1:
            chunk, is_unknown = self._chunks[0], slots < 0
            rows = pa.array(slots, mask=is_unknown if is_unknown.any() else None)
            return [chunk.column(name).take(rows) for name in columns]
        chunk_of = np.searchsorted(self._starts, slots, "right") - 1
        used = np.flatnonzero(np.bincount(chunk_of + 1, minlength=1)[1:])
        if not len(used):
            return [pa.nulls(len(slots), self._schema.field(name).type) for name in columns]
        if len(used) == 1:
            chunk, start = self._chunks[used[0]], self._starts[used[0]]
            rows = pa.array(slots - start, mask=slots < 0)
            return [chunk.column(name).take(rows) for name in columns]
        rows_by_chunk = [np.flatnonzero(chunk_of == chunk) for chunk in used]
        indices = np.full(len(slots), NO_SLOT)
        indices[np.concatenate(rows_by_chunk)] = np.arange(sum(map(len, rows_by_chunk)))
        in_order = pa.array(indices, mask=indices < 0)
        taken = [
            (self._chunks[chunk], pa.array(slots[chunk_rows] - self._starts[chunk]))
            for chunk, chunk_rows in zip(used, rows_by_chunk, strict=True)
        ]
        return [
            pa.concat_arrays([c.column(name).take(rows) for c, rows in taken]).take(in_order)
            for name in columns
        ]

    def to_batch(self) -> pa.RecordBatch:
        """All rows as one batch."""
        if len(self._chunks) + len(self._tail) != 1:
            self._become(
                concatenate([*self._chunks, *self._tail]) if self._count else self._empty()
            )
        return self._chunks[0] if self._chunks else self._tail[0]

    def keep(self, slots: Slots) -> None:
        """Leaves only the rows at `slots`, which get the numbers 0, 1, and so on in this order."""
        self._become(self.to_batch().take(pa.array(slots)))

    def _become(self, batch: pa.RecordBatch) -> None:
        self._chunks, self._starts, self._tail, self._tail_starts = [batch], [0], [], []
        self._count, self.size = len(batch), batch.get_total_buffer_size()

    def _fold(self) -> None:
        start = self._tail_starts[0]
        run: list[pa.RecordBatch] = []
        while self._chunks and len(self._chunks[-1]) <= _CHUNK_RATIO * (self._count - start):
            run.append(self._chunks.pop())
            start = self._starts.pop()
        self._chunks.append(concatenate([*reversed(run), *self._tail]))
        self._starts.append(start)
        self._tail, self._tail_starts = [], []

    def _empty(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays(
            [pa.array([], kind) for kind in self._schema.types], schema=self._schema
        )
