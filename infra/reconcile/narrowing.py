"""From checksums of ranges to the keys that differ.

Ranges have about a thousand rows. Those that differ are split in 32, and again, until a piece has
few rows or cannot be split; of these pieces every key is read with a digest of each group. What
is held in memory is checksums, and the digests of a few pieces at a time, never the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from infra.reconcile.comparison import Comparison
from infra.reconcile.looks import (
    Checksum,
    Extent,
    Hot,
    Ranges,
    Sample,
    SideLook,
    SourceLook,
    WarehouseLook,
)

ROWS_OF_A_RANGE: Final = 1_000
# Of a table of any size, so that their checksums take some tens of megabytes at most.
MOST_RANGES: Final = 65_536
_PIECES: Final = 32
# So few that reading their keys costs less than another look at checksums.
_FEW_ROWS: Final = 64
_INTERVALS_OF_A_QUERY: Final = 100
_WIDEST: Final = 2**62  # a width is a BIGINT as well


@dataclass
class Narrowed:
    """What has come of one comparison.

    Attributes:
        ranges: how many have rows.
        different: how many of them differ.
        rows: in the source, as far as they were compared.
        candidates: texts of keys, each with the numbers of its groups that differ; of a key that
            one side lacks, the first group alone.
        is_general: whether not all that differs was narrowed down, because it is too much.
    """

    ranges: int = 0
    different: int = 0
    rows: int = 0
    candidates: dict[str, tuple[int, ...]] = field(default_factory=dict)
    is_general: bool = False


def narrow(  # noqa: PLR0913 - both sides, and what to leave out
    comparison: Comparison,
    source: SourceLook,
    warehouse: WarehouseLook,
    extent: Extent,
    hot: Hot,
    *,
    limit: int,
    sample: Sample | None = None,
    only: Hot | None = None,
) -> Narrowed:
    """The keys that differ between two looks; at most those of `limit` ranges, and `limit` keys.

    `only` restricts it to what an earlier look has left out.
    """
    narrowed = Narrowed()
    ranges = Ranges(_first_width(extent), sample=sample, only=only)
    differing = _compare_ranges(comparison, source, warehouse, ranges, hot, narrowed)
    narrowed.different = len(differing)
    if len(differing) > limit:
        narrowed.is_general = True
        differing = dict(sorted(differing.items())[:limit])
    while differing and max(differing.values()) > _FEW_ROWS and ranges.width > 1:
        width = -(-ranges.width // _PIECES)
        pieces: dict[int, int] = {}
        for part in _parts(ranges, differing):
            finer = replace(part, width=width)
            pieces |= _compare_ranges(comparison, source, warehouse, finer, hot)
        if not pieces:  # the sums of two pieces may differ and cancel out in none of them
            break
        ranges, differing = replace(ranges, width=width), pieces
    for part in _parts(ranges, differing):
        for key, groups in _compare_keys(comparison, source, warehouse, part, hot):
            if len(narrowed.candidates) == limit:
                narrowed.is_general = True
                return narrowed
            narrowed.candidates[key] = groups
    return narrowed


def _first_width(extent: Extent) -> int:
    count = min(max(1, extent.rows // ROWS_OF_A_RANGE), MOST_RANGES)
    return min(max(1, (extent.greatest - extent.least + 1) // count), _WIDEST)


def _compare_ranges(  # noqa: PLR0913, PLR0917 - both sides, and what to leave out
    comparison: Comparison,
    source: SourceLook,
    warehouse: WarehouseLook,
    ranges: Ranges,
    hot: Hot,
    narrowed: Narrowed | None = None,
) -> dict[int, int]:
    """The numbers of ranges whose checksums differ, with the rows of the fuller side."""
    expected = dict(_sums(comparison, source, ranges, hot))
    if narrowed is not None:
        narrowed.rows = sum(checksum[0] for checksum in expected.values())
        narrowed.ranges = len(expected)
    differing = {}
    for number, checksum in _sums(comparison, warehouse, ranges, hot):
        wanted = expected.pop(number, None)
        if narrowed is not None and wanted is None:
            narrowed.ranges += 1
        if checksum != wanted:
            differing[number] = max(_rows(checksum), _rows(wanted or (0,)))
    return differing | {number: _rows(checksum) for number, checksum in expected.items()}


def _sums(
    comparison: Comparison, side: SideLook, ranges: Ranges, hot: Hot
) -> Iterator[tuple[int, Checksum]]:
    """Ranges with something that is compared: in others everything changes meanwhile."""
    for number, checksum in side.sum_ranges(comparison, ranges, hot):
        if any(checksum):
            yield number, checksum


def _rows(checksum: Checksum) -> int:
    """The rows of a range, as far as they are compared: the greatest count of a group."""
    return max(checksum[::3])


def _parts(ranges: Ranges, numbers: dict[int, int]) -> Iterator[Ranges]:
    """Some ranges by their intervals, as many at a time as a query takes."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _INTERVALS_OF_A_QUERY):
        part = ordered[start : start + _INTERVALS_OF_A_QUERY]
        yield replace(ranges, intervals=tuple(map(ranges.interval, part)), sample=None)


def _compare_keys(
    comparison: Comparison,
    source: SourceLook,
    warehouse: WarehouseLook,
    ranges: Ranges,
    hot: Hot,
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Keys that differ, with the groups that do."""
    expected = dict(source.read_digests(comparison, ranges, hot))
    for key, digests in warehouse.read_digests(comparison, ranges, hot):
        wanted = expected.pop(key, None)
        if groups := find_differing(wanted, digests):
            yield key, groups
    for key, wanted in expected.items():
        if groups := find_differing(wanted, None):
            yield key, groups


def find_differing(
    wanted: Sequence[object] | None, present: Sequence[object] | None
) -> tuple[int, ...]:
    """The groups that differ between a key of both sides, which may lack it; not what is hot."""
    if wanted is None or present is None:
        only = wanted if present is None else present
        return (0,) if only is not None and only[0] is not None else ()
    pairs = zip(wanted, present, strict=True)
    return tuple(n for n, (a, b) in enumerate(pairs) if a != b)
