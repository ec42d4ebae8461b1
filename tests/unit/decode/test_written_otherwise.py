"""Booleans and whole numbers in every JSON type in which sources write them, by columns."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.decode.records import decode, only_change, plan_of
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.decode.test_values import EVERY_TYPE, written

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("yes", ["true", "false", "null"]),
        ("yes", ['"true"', '"false"', "null"]),  # PostgreSQL without MapBooleanAsBoolean
        ("yes", ['"t"', '"F"', '"true "']),
        ("yes", ["1", "0", "null"]),  # MySQL's tinyint(1)
        ("number", ['"1"', '"-7"', '"0012"', "null"]),
        ("small", ['"32767"', '"-32768"']),
        ("big", ['"123456789012345678"', "null"]),
        ("money", ["1.5", '"1.50"', "2", '"3"']),
        ("exact", ['"0.1"', "0.1"]),
        # Zeros behind the digits that the column keeps.
        ("money", ["46.570000", "1.5", '"2.000"', "-0.0000000000", "null"]),
        ("exact", ["1234567890123456789012345678.01234567890000", "0.1", "null"]),
        ("number", ["127.0000000000", "-7", "null"]),  # Oracle's NUMBER
        ("big", ["9223372036854775807.0", "-9223372036854775808.0000000000000000000"]),
        # Oracle and SQL Server.
        ("at", ['"2026-03-11 09:45:02.123456789"', '"2026-03-11T09:45:02Z"', '"2026-03-11"']),
        ("at", ['"2026-03-11 09:45:02.1234567 +02:00"', '"2026-03-11 09:45"', "null"]),
        ("zoned", ['"2026-03-11 09:45:02 -0230"', '"2026-03-11T09:45:02.123456000 Z"']),
        ("text", ['"8e-471ab"', "null"]),
        ("real", ['"0.1"', '"-2"', '"1.5E7"', "null"]),
        ("single", ['"0.1"', "null"]),
        ("day", ['"2024-02-29T00:00:00Z"', '"2024-03-01"', "null"]),  # Oracle's DATE
        ("bytes", ['"0x00ff"', '"00FF"', '""', "null"]),
    ],
)
def test_either_way_of_writing_is_read_by_columns(column: str, texts: list[str]) -> None:
    records = [written(column, text) for text in texts * 20]
    decoded = decode(records, plan_of(EVERY_TYPE.star))  # a plan that knows no other forms yet
    assert (decoded.by_rows, len(decoded.dead_letters)) == (0, 0)
    assert decoded.changes["t"][column].to_pylist() == [
        only_change(data, EVERY_TYPE)[column] for data in records
    ]


BOOLEANS: Final = st.sampled_from(
    ["true", "false", '"true"', '"F"', "1", "0", "null", "2", '"x"', "1.0"]
)
NUMBERS: Final = st.sampled_from(["1", "-2", '"3"', '"4 "', "null", "5.0", "40000", '"40000"'])


@given(st.lists(st.tuples(BOOLEANS, NUMBERS, st.integers(1, 20)), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_the_way_of_writing_may_change_at_any_record(runs: list[tuple[str, str, int]]) -> None:
    records = [
        written("yes", boolean).replace(b'"id"', b'"small": ' + number.encode() + b', "id"')
        for boolean, number, count in runs
        for _ in range(count)
    ]
    assert_paths_agree(records, EVERY_TYPE)


@pytest.mark.parametrize(
    ("common", "rare", "refused"),
    [("true", '"true"', 0), ('"true"', '"maybe"', 2), ('"true"', "true", 0), ("1", "7", 2)],
)
@pytest.mark.parametrize("at", [0, 50, 199])
def test_few_records_written_otherwise_cost_the_others_nothing(
    common: str, rare: str, refused: int, at: int
) -> None:
    records = [written("yes", common)] * 200
    records[at] = records[150] = written("yes", rare)
    for _ in range(2):
        decoded = decode(records, EVERY_TYPE)
        assert decoded.by_rows <= 4
        assert len(decoded.dead_letters) == refused
