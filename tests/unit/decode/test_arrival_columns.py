"""Arrival by columns is arrival record by record, of every form of sequence number."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_app.decode.arrival_columns import find_arrivals
from flink_app.positions.position import arrival_digits

OF_KINESIS = st.integers(10**55, 10**56 - 1)
LONGEST = st.integers(0, 10**63 - 1)
TOO_LONG = st.integers(10**63, 10**129 - 1)
LOCAL = st.integers(0, 2**70)
AROUND_SHORT = st.integers(16**24 - 3, 16**24 + 3)
ZEROS = st.just("0" * 56)


def texts(column: pa.Array) -> list[str]:
    return [row.tobytes().decode() for row in find_arrivals(column)]


@given(
    st.lists(st.one_of(OF_KINESIS, LONGEST, LOCAL, AROUND_SHORT).map(str) | ZEROS, min_size=1),
    st.integers(0, 2),
)
def test_the_digits_are_those_of_a_single_number(numbers: list[str], skipped: int) -> None:
    column = pa.array(["7"] * skipped + numbers)[skipped:]
    assert texts(column) == [arrival_digits(number) for number in numbers]


@given(st.lists(OF_KINESIS | TOO_LONG, min_size=1))
def test_longer_numbers_are_read_one_by_one(numbers: list[int]) -> None:
    column = pa.array(list(map(str, numbers)))
    assert texts(column) == [arrival_digits(str(number)) for number in numbers]


def test_no_record_has_no_arrival() -> None:
    assert texts(pa.array([], pa.string())) == []


@pytest.mark.parametrize("text", ["", "12x", "٣" * 3 + "."])
def test_what_is_no_number_is_refused_as_a_single_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        find_arrivals(pa.array(["7", text]))
