"""Positions: one order, the same in Python, Arrow and SQL, on both paths."""

from __future__ import annotations

import sqlite3

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redshift.ddl import POSITION_TYPE
from flink_app.decode.plan import DecodePlan
from flink_app.decode.position import (
    MAX_GENERATION,
    UNKNOWN,
    WIDTH,
    commit_position,
    is_postgresql,
    load_positions,
    position,
    postgresql_positions,
)
from tests.unit.decode.records import only_change, record
from tests.unit.stars import freight

generations = st.integers(1, MAX_GENERATION)
commits = st.integers(0, 16**24 - 1)
numbers = st.integers(0, 16**16 - 1)
parts = st.tuples(generations, commits, numbers)
int64s = st.integers(0, 2**63 - 1)
lsns = st.integers(1, 2**64 - 1)


def postgresql(lsn: int, rest: str = "3.0000000D/51A3C8E0") -> str:
    return f"{lsn >> 32:08X}/{lsn & 0xFFFFFFFF:08X}.{rest}"


@given(parts, parts)
def test_text_orders_as_the_parts_do_everywhere(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    texts = position(*one), position(*other)
    assert (texts[0] < texts[1]) == (one < other)
    assert (texts[0] == texts[1]) == (one == other)
    assert pc.less(pa.scalar(texts[0]), pa.scalar(texts[1])).as_py() == (one < other)
    assert [len(text) for text in texts] == [WIDTH, WIDTH]


def test_sql_orders_by_the_bytes_as_well() -> None:
    edges = [0, 1, 9, 10, 15, 16, 255, 2**32 - 1, 2**32, 2**63, 16**16 - 1]
    built = [(g, c, n) for g in (1, 10, MAX_GENERATION) for c in edges for n in edges]
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE p (pos TEXT)")
    connection.executemany("INSERT INTO p VALUES (?)", [(position(*p),) for p in reversed(built)])
    found = [row[0] for row in connection.execute("SELECT pos FROM p ORDER BY pos")]
    connection.close()
    assert found == [position(*p) for p in sorted(built)]


def test_the_column_in_the_warehouse_has_the_positions_width() -> None:
    assert f"VARCHAR({WIDTH})" == POSITION_TYPE


@given(parts)
def test_unknown_is_below_everything(some: tuple[int, int, int]) -> None:
    assert position(*some) > UNKNOWN
    assert len(UNKNOWN) == WIDTH


@pytest.mark.parametrize(
    "some", [(MAX_GENERATION + 1, 0, 0), (1, 16**24, 0), (1, 0, 16**16), (1, -1, 0), (1, 0, -1)]
)
def test_a_part_that_does_not_fit_is_refused(some: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        position(*some)


@given(st.lists(st.tuples(lsns, int64s), max_size=20), generations)
def test_by_columns_as_one_by_one(changes: list[tuple[int, int]], generation: int) -> None:
    texts = [postgresql(lsn) for lsn, _ in changes]
    records = np.array([number for _, number in changes], np.int64)
    found = postgresql_positions(generation, pa.array(texts, pa.string()), records)
    expected = [
        position(generation, commit_position(text, None) or 0, int(number))
        for text, number in zip(texts, records, strict=True)
    ]
    assert found.to_pylist() == expected
    loads = load_positions(generation, records)
    assert loads.to_pylist() == [position(generation, 0, int(number)) for number in records]


def test_positions_of_a_slice() -> None:
    texts = pa.array([postgresql(lsn) for lsn in (1, 2, 3)]).slice(1, 1)
    found = postgresql_positions(1, texts, np.array([0]))
    assert found.to_pylist() == [position(1, 2 << 32, 0)]


@given(generations, int64s, st.one_of(lsns.map(postgresql), st.just("log.000001:4")), int64s)
def test_loads_are_below_every_change_of_their_generation(
    generation: int, built: int, stream: str, number: int
) -> None:
    commit = commit_position(stream, None)
    assert commit is not None
    assert position(generation, 0, built) < position(generation, commit, number)


@given(st.integers(1, MAX_GENERATION - 1), commits, numbers, int64s)
def test_a_later_generation_is_above_everything_before_it(
    generation: int, commit: int, number: int, built: int
) -> None:
    assert position(generation, commit, number) < position(generation + 1, 0, built)


@given(int64s, int64s)
def test_a_later_load_is_above_an_earlier_one(one: int, other: int) -> None:
    found = load_positions(1, np.array([one, other])).to_pylist()
    assert (found[0] < found[1]) == (one < other)


@given(lsns, lsns)
def test_log_positions_order_as_their_numbers_in_either_case(one: int, other: int) -> None:
    found = commit_position(postgresql(one).lower(), None), commit_position(postgresql(other), None)
    assert found[0] is not None
    assert found[1] is not None
    assert (found[0] < found[1]) == (one < other)


@pytest.mark.parametrize(
    ("stream", "micros", "expected"),
    [
        ("0000000D/51A3C8E0.3.0000000D/51A3C8E0", None, 0x0000000D51A3C8E0 << 32),
        ("mysql-bin-changelog.000024:373", None, (24 << 64) + 373),
        ("mysql-bin.000024:373:1:x", 5, (24 << 64) + 373),
        (None, 5, 5 << 32),
        ("of another database", 5, 5 << 32),
        ("of another database", None, None),
        (None, None, None),
        # Nought is the place of full loads: no change may have it.
        ("00000000/00000000.1.x", None, None),
        ("mysql-bin.000000:0", None, None),
        (None, 0, None),
    ],
)
def test_what_a_change_is_ordered_by(
    stream: str | None, micros: int | None, expected: int | None
) -> None:
    assert commit_position(stream, micros) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("0000000D/51A3C8E0.3.0000000D/51A3C8E0", True),
        ("0000000d/51a3c8e0.", True),
        ("0000000D/51A3C8E0", False),
        ("D/51A3C8E0.3.x", False),
        ("0000000G/51A3C8E0.3.x", False),
        ("00000000/00000000.3.x", False),
        ("00000000/00000001.3.x", True),
        ("mysql-bin.000024:373", False),
        (None, False),
    ],
)
def test_which_stream_positions_are_read_by_columns(stream: str | None, *, expected: bool) -> None:
    assert is_postgresql(pa.array([stream], pa.string())).to_pylist() == [expected]


def test_mysql_files_order_before_offsets() -> None:
    names = ["bin.000009:999999", "bin.000010:4", "bin.000010:40", "bin.1000000:4"]
    found = [commit_position(name, None) or 0 for name in names]
    assert found == sorted(found)


def test_the_time_of_building_orders_loads_and_never_changes() -> None:
    early, late = "2026-03-11T09:45:03Z", "2026-03-11T09:45:04Z"

    def at(operation: str, timestamp: str) -> str:
        data = record("region", {"country": "NO", "code": "V"}, operation, timestamp=timestamp)
        return str(only_change(data)["_pos"])

    assert at("load", early) < at("load", late) < at("insert", early) == at("insert", late)


def test_a_reload_in_a_later_generation_outranks_unread_changes() -> None:
    data = {"country": "NO", "code": "V"}
    later = DecodePlan(freight(), 4)
    change = only_change(record("region", data))["_pos"]
    load = only_change(record("region", data, "load"), later)["_pos"]
    assert load > change
