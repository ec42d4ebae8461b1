"""Which subtask emits a key's patch.

Broadcast changes reach every subtask, but a patch must be emitted once: by the key's owner at the
current parallelism. Every process must give the same answer, so Python's own `hash` is not used.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable

import numpy as np
import pyarrow as pa

from flink_app.records.arrays import Mask


def find_owned(keys: list[Hashable], table: str, *, subtask: int, parallelism: int) -> Mask:
    """Where a key of `table` belongs to `subtask`."""
    if parallelism == 1:
        return np.ones(len(keys), np.bool_)
    salt = zlib.crc32(table.encode())
    owners = (zlib.crc32(repr(key).encode(), salt) % parallelism for key in keys)
    return np.fromiter((owner == subtask for owner in owners), np.bool_, len(keys))


def select(batch: pa.RecordBatch, mask: Mask) -> pa.RecordBatch:
    """The rows of `batch` where `mask` is true."""
    return batch if mask.all() else batch.filter(pa.array(mask))
