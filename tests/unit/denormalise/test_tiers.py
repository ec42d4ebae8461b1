"""Which blocks are merged: few blocks stand, and no row is rewritten often."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.denormalise import tiers
from flink_app.denormalise.tiers import Entry, cut, merge_from

# Blocks of one row, of some, of almost a full one, full ones.
SIZES = st.sampled_from([1, 1, 1, 5, 100, 2_000, 7_500, 24_999, 25_000, 50_000])


def appended(entries: list[Entry], rows: int) -> int:
    """Appends a block of new keys as the durable copy does; gives how many rows were written."""
    entries.append(Entry(entries[-1].number + 1 if entries else 0, rows, 0))
    while (first := merge_from(entries)) < len(entries) - 1:
        rows = sum(entry.rows for entry in entries[first:])
        entries[first:] = [Entry(entries[-1].number, rows, 0)]
    written = entries.pop()
    parts = -(-written.rows // tiers.BLOCK_ROWS)
    bounds = [written.rows * part // parts for part in range(parts + 1)]
    entries += [Entry(written.number + n, b - a, 0) for n, (a, b) in enumerate(pairwise(bounds))]
    return written.rows


def standing(entries: list[Entry]) -> list[int]:
    return [tiers._tier(entry) for entry in entries]


@given(st.lists(SIZES, max_size=400))
@settings(max_examples=100, deadline=None)
def test_tiers_never_rise_and_each_is_smaller_than_the_fan(sizes: list[int]) -> None:
    entries: list[Entry] = []
    for rows in sizes:
        appended(entries, rows)
        found = standing(entries)
        assert found == sorted(found, reverse=True)
        assert all(found.count(tier) < tiers.FAN for tier in range(tiers._TIERS))
    assert sum(entry.rows for entry in entries) == sum(sizes)


def test_a_hundred_thousand_single_rows_stand_in_few_blocks_and_are_rewritten_once_a_tier() -> None:
    entries: list[Entry] = []
    written = sum(appended(entries, 1) for _ in range(100_000))
    assert len(entries) < 4 * tiers.FAN
    assert written < (tiers._TIERS + 2) * 100_000


def test_a_single_row_never_rewrites_a_full_block() -> None:
    entries = [Entry(number, 40_000, 0) for number in range(40)]
    before = list(entries)
    for _ in range(1_000):
        assert appended(entries, 1) < 1_000
    assert entries[:40] == before


@pytest.mark.parametrize(("rows", "size", "parts"), [(0, 9, 1), (10, 9, 1), (100_001, 9, 3)])
def test_blocks_are_cut_by_rows(rows: int, size: int, parts: int) -> None:
    found = cut(pa.RecordBatch.from_pydict({"a": ["x" * size] * rows}))
    assert len(found) == parts
    assert sum(len(part) for part, _ in found) == rows
    assert max(len(part) for part, _ in found) <= tiers.BLOCK_ROWS


def test_blocks_are_cut_by_bytes() -> None:
    rows = pa.RecordBatch.from_pydict({"a": ["x" * 1024 * 1024] * 20})
    found = cut(rows)
    assert [len(part) for part, _ in found] == [6, 7, 7]
    assert all(size <= tiers.BLOCK_BYTES for _, size in found)
    assert pa.Table.from_batches([part for part, _ in found]).to_pydict() == rows.to_pydict()


def test_a_row_that_is_larger_than_a_block_is_a_block() -> None:
    rows = pa.RecordBatch.from_pydict({"a": ["x" * 3 * tiers.BLOCK_BYTES]})
    assert len(cut(rows)) == 1
