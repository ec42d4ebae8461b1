"""Which subtask emits a key's patch, and which key sends a block to which subtask.

Broadcast changes reach every subtask, but a patch must be emitted once: by the key's owner at the
current parallelism. Both functions must give the same answer in every process, so neither uses
Python's own `hash`.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]

_MASK: Final = 0xFFFFFFFF


def owned(keys: list[Hashable], table: str, *, subtask: int, parallelism: int) -> Mask:
    """Where a key of `table` belongs to `subtask`."""
    if parallelism == 1:
        return np.ones(len(keys), np.bool_)
    salt = zlib.crc32(table.encode())
    owners = (zlib.crc32(repr(key).encode(), salt) % parallelism for key in keys)
    return np.fromiter((owner == subtask for owner in owners), np.bool_, len(keys))


def select(batch: pa.RecordBatch, mask: Mask) -> pa.RecordBatch:
    """The rows of `batch` where `mask` is true."""
    return batch if mask.all() else batch.filter(pa.array(mask))


def routes(parallelism: int, max_parallelism: int) -> list[int]:
    """One routing key for each subtask, in the subtasks' order.

    Flink sends a key to the subtask of its key group, by a hash that is uneven for small
    numbers; so for each subtask the first number is taken that lands there.
    """
    found: dict[int, int] = {}
    candidate = 0
    while len(found) < parallelism:
        group = key_group(candidate, max_parallelism)
        found.setdefault(group * parallelism // max_parallelism, candidate)
        candidate += 1
    return [found[subtask] for subtask in range(parallelism)]


def key_group(key: int, max_parallelism: int) -> int:
    """The key group of an INT key as PyFlink keys a stream: a row of one field."""
    return _murmur(_row_hash(key)) % max_parallelism


def _row_hash(field: int) -> int:
    """`Row.hashCode` of a row with one INT field of 0 or more."""
    return (31 + 31 + field) & _MASK


def _murmur(code: int) -> int:
    """`MathUtils.murmurHash`, which key groups are computed with."""
    code = (code * 0xCC9E2D51) & _MASK
    code = ((code << 15) | (code >> 17)) & _MASK
    code = (code * 0x1B873593) & _MASK
    code = ((code << 13) | (code >> 19)) & _MASK
    code = (code * 5 + 0xE6546B64) & _MASK
    code ^= 4
    code ^= code >> 16
    code = (code * 0x85EBCA6B) & _MASK
    code ^= code >> 13
    code = (code * 0xC2B2AE35) & _MASK
    code ^= code >> 16
    if code < 0x80000000:
        return code
    return 0 if code == 0x80000000 else 0x100000000 - code
