"""From ranges to keys: what is found, and how little is asked for it."""

from __future__ import annotations

import pytest

from infra.reconcile.canonical import Side
from infra.reconcile.looks import Extent, Hot, Ranges, Sample
from infra.reconcile.narrowing import Narrowed, narrow
from infra.reconcile.queries import sum_ranges
from tests.unit.reconcile.histories import SALES, Row, SourceLook, WarehouseLook, World

Rows = dict[int, tuple[Row, int | None]]


class Sides:
    """Two tables, equal but for what is given."""

    def __init__(self, keys: range | list[int], changed: Rows) -> None:
        world = World(0)
        world.go_on = lambda: None  # type: ignore[method-assign]
        rows: Rows = {key: ((key % 7, key % 5), key % 7) for key in keys}
        self.source = SourceLook(1, 2, world, rows, ({}, {}))
        stored = {key: (row, title, "", "") for key, (row, title) in (rows | changed).items()}
        self.warehouse = WarehouseLook(world, stored, {})
        self.extent = Extent(len(stored), min(stored, default=0), max(stored, default=0), ("", ""))

    def narrow(self, limit: int = 1_000, sample: Sample | None = None) -> Narrowed:
        return narrow(
            SALES, self.source, self.warehouse, self.extent, Hot(), limit=limit, sample=sample
        )


@pytest.mark.parametrize(
    "keys",
    [
        range(0),
        range(1, 2),
        range(-3_000, 3_000),
        range(0, 2_000_000_000, 500_000),
        [-(2**63), -1, 0, 1, 2**63 - 1],
    ],
    ids=["none", "one", "both signs", "far apart", "the extremes"],
)
def test_equal_tables_have_no_candidates(keys: range | list[int]) -> None:
    narrowed = Sides(keys, {}).narrow()
    assert (narrowed.different, narrowed.candidates) == (0, {})
    assert narrowed.rows == len(keys)


@pytest.mark.parametrize("key", [-3_000, -1, 0, 1, 17, 2_999])
def test_a_changed_row_is_found_with_its_group(key: int) -> None:
    row, title = (key % 7, key % 5), key % 7
    sides = Sides(range(-3_000, 3_000), {key: ((row[0], row[1] + 1), title)})
    narrowed = sides.narrow()
    assert narrowed.different == 1
    assert narrowed.candidates == {f"{key},": (0,)}


def test_rows_of_one_side_are_found_outside_of_the_others_keys() -> None:
    sides = Sides(range(10), {10**12: ((1, 1), 1)})
    del sides.source._rows[3]  # type: ignore[attr-defined]
    assert sides.narrow().candidates == {f"{10**12},": (0,), "3,": (0,)}


def test_a_path_that_differs_leaves_the_row_alone() -> None:
    assert Sides(range(100), {5: ((5, 0), 99)}).narrow().candidates == {"5,": (1,)}


def test_general_damage_is_said_and_not_narrowed_down() -> None:
    keys = range(5_000)
    narrowed = Sides(keys, {key: ((key % 7, 99), key % 7) for key in keys}).narrow(limit=7)
    assert narrowed.is_general
    assert len(narrowed.candidates) == 7


def test_every_place_is_in_the_interval_of_its_range_and_in_no_other() -> None:
    for width in (1, 2, 3, 10):
        ranges = Ranges(width)
        for place in range(-25, 26):
            inside = [
                number
                for number in range(-30, 31)
                if ranges.interval(number)[0] <= place <= ranges.interval(number)[1]
            ]
            assert inside == [int(place / width)]


def test_a_sum_of_slices_fits_a_bigint_for_two_thousand_million_rows() -> None:
    slices = [sum_ranges(SALES, side, Ranges(1), Hot()) for side in Side]
    assert all(", 1, 8)" in sql and ", 9, 8)" in sql for sql in slices)
    assert 2**31 * 16**8 <= 2**63


def test_a_sample_takes_one_remainder_of_both_signs() -> None:
    sql = sum_ranges(SALES, Side.WAREHOUSE, Ranges(10, sample=Sample(4, 3)), Hot())
    assert "MOD(place / 10, 4) IN (3, -3)" in sql
