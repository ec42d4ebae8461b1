"""Which blocks of a log of blocks are merged: the rule of a log-structured merge.

A block's share is what part of a full block it is, by rows or by bytes, whichever is more. Shares
fall into tiers, each `FAN` times the one below. A new block takes in the smaller ones right before
it; `FAN` neighbours of one tier become one. So tiers never rise from the first block to the last,
fewer than `FAN` blocks stand in each tier but the last, and a row is rewritten about once a tier.
Full blocks are never merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import pyarrow as pa

BLOCK_ROWS: Final = 50_000
BLOCK_BYTES: Final = 8 * 1024 * 1024  # one read of the state stays short
FAN: Final = 16
_TIERS: Final = 4  # below a full block: the lowest is of some rows, and so are the next three
_FULL: Final = 0.5  # what is cut into equal parts is at least half full


class Entry(NamedTuple):
    """A block in the directory: its number, its rows, and their bytes in memory."""

    number: int
    rows: int
    size: int


def merge_from(entries: Sequence[Entry]) -> int:
    """The index of the first entry at the end that is merged; that of the last one if none are."""
    start = len(entries) - 1
    tier = _tier(entries[-1])
    while start and _tier(entries[start - 1]) < tier:
        start -= 1
    first = start
    while first and tier != _TIERS and _tier(entries[first - 1]) == tier:
        first -= 1
    return first if start - first + 1 >= FAN else start


def cut(rows: pa.RecordBatch) -> list[tuple[pa.RecordBatch, int]]:
    """Rows in equal parts of a full block at most, each with its bytes."""
    size = rows.get_total_buffer_size()  # of a slice that of the whole; `nbytes` takes 30 us
    if len(rows) <= BLOCK_ROWS and size <= BLOCK_BYTES:
        return [(rows, size)]
    parts = max(-(-len(rows) // BLOCK_ROWS), -(-rows.nbytes // BLOCK_BYTES))
    parts = min(parts, len(rows))
    bounds = [len(rows) * part // parts for part in range(parts + 1)]
    slices = [rows.slice(a, b - a) for a, b in pairwise(bounds)]
    return [(part, part.nbytes) for part in slices]


def _tier(entry: Entry) -> int:
    share = max(entry.rows / BLOCK_ROWS, entry.size / BLOCK_BYTES)
    tier, least = _TIERS, _FULL
    while tier and share < least:
        tier, least = tier - 1, least / FAN
    return tier
