"""Records back to back in one buffer, as the JSON reader takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flink_app.records.arrays import Rows


@dataclass(frozen=True)
class Lines:
    """Records back to back, each followed by a line feed, and their numbers in the block."""

    text: pa.Buffer
    offsets: npt.NDArray[np.int32]
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Rows) -> Lines:
        """The records at `indices`, in that order."""
        if len(indices) == len(self):
            return self
        offsets = pa.py_buffer(self.offsets)
        records = pa.BinaryArray.from_buffers(pa.binary(), len(self), [None, offsets, self.text])
        taken = records.take(pa.array(indices))
        _, new_offsets, data = taken.buffers()
        return Lines(
            data if data is not None else pa.py_buffer(b""),
            np.frombuffer(new_offsets, np.int32, len(indices) + 1),
            self.rows[indices],
        )

    def stretch(self, start: int, stop: int) -> Lines:
        """The records from `start` up to `stop`, without copying."""
        return Lines(self.text, self.offsets[start : stop + 1], self.rows[start:stop])
