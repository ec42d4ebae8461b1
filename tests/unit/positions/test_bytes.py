"""Positions as bytes: what staging makes of a block's digits, value by value and in order."""

from __future__ import annotations

import os
import random
from itertools import pairwise
from typing import Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.positions import (
    POSITION_BYTES,
    DigitsError,
    position_field,
    position_type,
    with_position_bytes,
)
from connectors.redshift.spec import StagedSpec
from connectors.staging.shape import find_misfit, has_digits, position_columns, shape_of
from flink_app.declaration import Star
from flink_app.positions.position import (
    UNKNOWN,
    WIDTH,
    floor_position,
    make_coarse_position,
    make_position,
)
from flink_app.warehouse import warehouse_spec
from tests.simulation.stars import PARTIAL_STARS
from tests.unit.stars import freight, order_book, placed_freight, ticket_seller

ORDINARY: Final = st.builds(
    make_position,
    st.integers(0, 2**16 - 1),
    st.one_of(
        st.just(0), st.integers(0, 2**96 - 1), st.integers(0, 2**64 - 1).map(lambda n: n << 32)
    ),
    st.integers(0, 2**64 - 1),
)
COARSE: Final = st.builds(
    make_coarse_position,
    st.integers(1, 2**16 - 1),
    st.integers(1, 2**60),
    st.integers(0, 10**56).map(str),
)
POSITIONS: Final = st.one_of(
    ORDINARY, COARSE, st.just(UNKNOWN), st.builds(floor_position, st.integers(0, 9))
)
VERSIONS: Final = st.lists(POSITIONS, min_size=1, max_size=3).map("".join)


def to_bytes(
    digits: list[str | None], first: int = 0, count: int | None = None
) -> list[bytes | None]:
    batch = pa.RecordBatch.from_arrays(
        [pa.array(digits, pa.string())], schema=pa.schema([position_field("p")])
    ).slice(first, count)
    (column,) = with_position_bytes(pa.Table.from_batches([batch])).columns
    column.validate(full=True)
    found: list[bytes | None] = column.to_pylist()
    return found


@given(st.lists(VERSIONS, max_size=30))
def test_bytes_are_the_digits_in_half_the_room_and_in_the_same_order(digits: list[str]) -> None:
    made = to_bytes(list(digits))
    assert [value and value.hex() for value in made] == digits
    assert all(
        len(value or b"") == len(text) // 2 for value, text in zip(made, digits, strict=True)
    )
    by_text, by_bytes = sorted(digits), sorted(filter(None, made))
    assert [value.hex() for value in by_bytes] == by_text
    for (a, b), (x, y) in zip(pairwise(digits), pairwise(made), strict=True):
        assert (a < b, a == b) == ((x or b"") < (y or b""), x == y)


@given(st.lists(st.one_of(st.none(), VERSIONS), max_size=40), st.data())
def test_any_slice_of_a_block_with_nulls(digits: list[str | None], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(digits)))
    count = data.draw(st.integers(0, len(digits) - first))
    expected = [text and bytes.fromhex(text) for text in digits[first : first + count]]
    assert to_bytes(digits, first, count) == expected


def test_what_stands_behind_a_null_does_not_count() -> None:
    values, offsets = (
        pa.py_buffer(b"not digits" + b"00" * 22),
        pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 10, 54))),
    )
    digits = pa.StringArray.from_buffers(2, offsets, values, pa.py_buffer(b"\x02"))
    table = pa.Table.from_arrays([digits], schema=pa.schema([position_field("p")]))
    assert with_position_bytes(table)["p"].to_pylist() == [None, bytes(22)]


@pytest.mark.parametrize("text", ["0", "xy", "00 ", "0g" * 22, "é0"])
def test_something_else_than_digits_is_refused_by_its_column(text: str) -> None:
    with pytest.raises(DigitsError, match="column p of a block holds something else") as caught:
        to_bytes([UNKNOWN, text])
    assert text not in str(caught.value)


def test_two_odd_values_do_not_pass_for_two_even_ones() -> None:
    with pytest.raises(DigitsError):
        to_bytes(["0", "000"])


def test_a_column_of_bytes_or_text_that_is_no_position_stays() -> None:
    table = pa.table({"text": ["00ff"], "bytes": pa.array([b"00"])})
    assert with_position_bytes(table) == table


def test_a_position_in_the_warehouse_has_half_of_its_digits() -> None:
    assert 2 * POSITION_BYTES == WIDTH
    assert position_type(3) == f"VARBYTE({3 * WIDTH // 2})"


STARS: Final = [ticket_seller(), freight(), placed_freight(), order_book(), *PARTIAL_STARS]


@pytest.mark.parametrize("star", STARS, ids=range(len(STARS)))
def test_every_hidden_position_is_staged_as_bytes_and_nothing_else(star: Star) -> None:
    spec = warehouse_spec(star)
    every: tuple[StagedSpec, ...] = (*spec.targets, *spec.patches, *spec.dimensions)
    for staged in every:
        positions = [c.name for c in staged.columns if c.name.startswith(("_pos", "_set_"))]
        assert position_columns(staged.staged) == positions
        types = {c.name: c.sql_type for c in staged.columns}
        made = dict(staged.staged)
        for name in positions:
            assert made[name] == f"position {types[name]}"


def test_a_part_says_in_which_form_it_has_its_positions() -> None:
    today = shape_of(ticket_seller().wide_schema("sport_event_activity"))
    earlier = tuple((n, "string" if made.startswith("position ") else made) for n, made in today)
    assert (has_digits(today), has_digits(earlier), has_digits(())) == (False, True, True)
    assert find_misfit(earlier, today) is None
    # A release before takes no bytes for text.
    assert find_misfit(today, earlier) == (
        "column _pos was made as position VARBYTE(22), and is string today"
    )
    text = tuple((n, "keep VARCHAR(9)" if n == "_pos" else made) for n, made in today)
    assert find_misfit(text, today) is not None


def test_a_large_block_is_converted_as_a_small_one() -> None:
    draw = random.Random(3)  # noqa: S311 - the same values in every run
    digits = [os.urandom(22).hex() if draw.random() < 0.9 else None for _ in range(20_000)]
    assert to_bytes(digits) == [text and bytes.fromhex(text) for text in digits]
