"""Which routing key sends a block to which subtask: Flink's key groups, computed in Python.

Every process must give the same answer, so Python's own `hash` is not used.
"""

from __future__ import annotations

from typing import Final

_MASK: Final = 0xFFFFFFFF


def routes(parallelism: int, max_parallelism: int) -> list[int]:
    """One routing key for each subtask, in the subtasks' order.

    Flink sends a key to the subtask of its key group, by a hash that is uneven for small
    numbers; so for each subtask the first number is taken that lands there.
    """
    key_of_subtask: dict[int, int] = {}
    candidate = 0
    while len(key_of_subtask) < parallelism:
        group = key_group(candidate, max_parallelism)
        key_of_subtask.setdefault(group * parallelism // max_parallelism, candidate)
        candidate += 1
    return [key_of_subtask[subtask] for subtask in range(parallelism)]


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
