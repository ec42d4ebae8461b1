"""A record's arrival time determines its generation; what is below the floor is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.floors import Floors
from flink_app.declaration import POSITION
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_record
from flink_app.positions.generations import (
    LOAD_MARGIN_MS,
    UNKNOWN_GENERATION,
    Boundary,
    Generations,
)
from flink_app.positions.position import GENERATION_DIGITS, MAX_GENERATION
from flink_app.records.rejected import Reason, Rejected
from infra.simulation.doubles import decode_by_rows
from tests.support.decoding import DecodedBlock, decode_fully
from tests.unit.decode.records import (
    FREIGHT_PLAN,
    KEYS,
    REGION,
    block,
    decode,
    line,
    record,
    region,
)
from tests.unit.stars import freight

THREE: Final = Generations(1, (Boundary(2, 1_000), Boundary(7, 2_000)))
# From before the epoch to the year 9999.
times = st.integers(-(10**12), 253_402_300_799_999)


@st.composite
def generations(draw: st.DrawFn) -> Generations:
    starts = sorted(draw(st.sets(times, max_size=4)))
    size = len(starts) + 1
    first, *numbers = sorted(
        draw(st.sets(st.integers(1, MAX_GENERATION), min_size=size, max_size=size))
    )
    tables = [draw(st.sampled_from(["", "", "region", "consignment"])) for _ in numbers]
    return Generations(first, tuple(map(Boundary, numbers, starts, tables)))


@given(generations())
@example(Generations())
def test_the_text_form_comes_back(found: Generations) -> None:
    assert Generations.parse(str(found)) == found


def test_the_text_form() -> None:
    assert Generations.parse(" 1,2 from 1970-01-01T00:00:01Z , 7  from 1970-01-01T01:00:02+01:00 ")
    text = "1, 2 from 1970-01-01T00:00:01Z, 7 from 1970-01-01T00:00:02Z"
    assert str(THREE) == text
    assert Generations.parse(text) == THREE
    assert THREE.newest == 7
    of_table = THREE.extend(8, 3_500, "region")
    assert str(of_table) == f"{text}, 8 from 1970-01-01T00:00:03.500Z of region"
    assert (of_table.newest, of_table.newest_of_all, of_table.tables) == (
        8,
        7,
        frozenset({"region"}),
    )
    assert (of_table.newest_of("region"), of_table.newest_of("carrier")) == (8, 7)
    assert of_table.extend(9, 4_000).tables == frozenset()
    assert THREE.extend(8, 3_500) == Generations.parse(f"{text}, 8 from 1970-01-01T00:00:03.5Z")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "'' is not a generation"),
        ("one", "'one' is not a generation: write 1, or 2 from 2026-11-23T10:00:00Z"),
        ("0", "generation 0 is not between 1 and 65535"),
        ("1, 65536 from 1970-01-01Z", "'1970-01-01Z' is not a time"),
        ("1, 65536 from 1970-01-01T00:00:00Z", "generation 65536 is not between 1 and 65535"),
        ("1 from 1970-01-01T00:00:01Z", "the first generation, 1, has no start: write 1 alone"),
        ("1, 2", "generation 2 needs a start: 2 from <time>"),
        ("1, 2 of region", "for one table 3 from 2026-11-23T10:00:00Z of invoice"),
        ("1, 2 from 1970-01-01T00:00:01", "'1970-01-01T00:00:01' has no time zone: end it with Z"),
        ("2, 2 from 1970-01-01T00:00:01Z", "generations must ascend: give the oldest first"),
        (
            "1, 2 from 1970-01-01T00:00:02Z, 3 from 1970-01-01T00:00:02Z",
            "each generation must start later than the one before it",
        ),
    ],
)
def test_a_fault_is_named(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        Generations.parse(text)


def test_a_boundary_belongs_to_what_it_starts() -> None:
    assert [at(THREE, ms) for ms in (0, 999, 1_000, 1_999, 2_000)] == [1, 1, 2, 2, 7]
    assert at(THREE, None) == UNKNOWN_GENERATION
    assert at(Generations(5), None) == 5


def at(
    found: Generations,
    arrival_ms: int | None,
    table: str = "region",
    built: int | None = None,
    *,
    is_load: bool = False,
) -> int:
    return found.generation_at(arrival_ms, table, built, is_load=is_load)


def test_a_table_alone_is_divided_by_when_its_changes_were_built() -> None:
    of_region = THREE.extend(8, 200_000, "region")
    begun = 200_000_000
    assert [at(of_region, 3_000, built=begun + step) for step in (-1, 0)] == [7, 8]
    assert [at(of_region, 1_500, built=begun + step) for step in (-1, 0)] == [2, 8]
    assert at(of_region, 3_000, "consignment", begun) == 7
    assert at(of_region, 3_000, "consignment") == 7
    assert at(of_region, 3_000) == UNKNOWN_GENERATION
    assert at(of_region, None, built=begun) == UNKNOWN_GENERATION
    later = of_region.extend(9, 300_000)
    assert [at(later, ms, built=begun) for ms in (299_999, 300_000)] == [8, 9]


def test_its_load_counts_from_a_minute_earlier() -> None:
    of_region = Generations().extend(2, 200_000, "region")
    earlier = (200_000 - LOAD_MARGIN_MS) * 1_000
    assert [at(of_region, 0, built=earlier + n, is_load=True) for n in (-1, 0)] == [1, 2]
    assert at(of_region, 0, built=earlier) == 1


@given(generations(), st.lists(st.tuples(st.none() | times, st.none() | times, st.booleans())))
def test_by_columns_as_one_by_one(
    found: Generations, records: list[tuple[int | None, int | None, bool]]
) -> None:
    near = [b.start_ms + step for b in found.later for step in (-LOAD_MARGIN_MS, -1, 0, 1)]
    every = [*records, *((ms, max(ms, 0), ms % 2 == 0) for ms in near)]
    arrivals = pa.array([ms for ms, _, _ in every], pa.timestamp("ms", tz="UTC"))
    built = [None if ms is None or ms < 0 else ms * 1_000 for _, ms, _ in every]
    is_load = np.array([loads for *_, loads in every], np.bool_)
    by_arrival = found.generations_at(arrivals)
    for table in ("region", "consignment", "carrier"):
        column = found.generations_of(
            table, by_arrival, np.array([-1 if b is None else b for b in built], np.int64), is_load
        )
        expected = [
            at(found, ms, table, micros, is_load=loads)
            for (ms, _, loads), micros in zip(every, built, strict=True)
        ]
        assert np.broadcast_to(column, len(every)).tolist() == expected


def decoded(
    records: Sequence[bytes], arrivals: Sequence[int | None], plan: DecodePlan
) -> DecodedBlock:
    return decode_fully(block(records, arrivals), plan, KEYS)


def found_generations(of: DecodedBlock, table: str = "region") -> list[int]:
    positions = of.changes[table].column(POSITION).to_pylist()
    return sorted(int(text[:GENERATION_DIGITS], 16) for text in positions)


RECORDS: Final = [
    region(),
    line(),
    region("load"),
    record("region", REGION, stream_position="odd", commit_timestamp="2026-03-11T09:45:03.1Z"),
    b"{",
]


BUILT_MS: Final = 1_773_222_303_000  # about when the records say that they were built


@given(
    st.lists(st.tuples(st.sampled_from(RECORDS), st.none() | st.integers(990, 2_010))),
    st.integers(BUILT_MS - 70_000, BUILT_MS + 70_000),
)
def test_both_paths_agree(given_records: list[tuple[bytes, int | None]], of_region_ms: int) -> None:
    records = [data for data, _ in given_records] or [region()]
    arrivals = [at for _, at in given_records] or [1_000]
    generations = THREE.extend(8, of_region_ms, "region")
    plan = DecodePlan(freight(), generations, Floors(2).raise_to(8, "region"))
    by_columns = decoded(records, arrivals, plan)
    with decode_by_rows():
        by_rows = decoded(records, arrivals, plan)
    assert by_columns.account == by_rows.account

    def of(one: DecodedBlock) -> dict[str, list[Any]]:
        return {t: sorted(batch.to_pylist(), key=repr) for t, batch in one.changes.items()}

    assert of(by_columns) == of(by_rows)
    reasons = [one.dead_letters.column("reason").to_pylist() for one in (by_columns, by_rows)]
    assert reasons[0] == reasons[1]


def test_a_record_keeps_its_generation_whenever_it_is_read() -> None:
    before, after = (
        DecodePlan(freight(), Generations(1)),
        DecodePlan(freight(), Generations(1, (Boundary(2, 5_000),))),
    )
    assert found_generations(decoded([region()] * 2, [4_999, 4_000], after)) == [1, 1]
    assert found_generations(decoded([region()], [4_999], before)) == [1]
    assert found_generations(decoded([region(), region()], [4_999, 5_000], after)) == [1, 2]


def test_a_record_without_arrival_has_no_position_where_generations_differ() -> None:
    plan = DecodePlan(freight(), THREE)
    found = decoded([region(), region()], [None, 1_000], plan)
    assert found_generations(found) == [2]
    (letter,) = found.dead_letters.to_pylist()
    assert (letter["reason"], letter["table"]) == (Reason.NO_POSITION, "region")
    alone = parse_record(region(), plan)
    assert isinstance(alone, Rejected)
    assert alone.detail == letter["detail"]
    assert found_generations(decoded([region()], [None], FREIGHT_PLAN)) == [3]


def test_what_is_below_the_floor_is_dropped_and_counted() -> None:
    plan = DecodePlan(freight(), THREE, Floors(2))
    records = [region(), line(), region("load"), b"{", region("delete")]
    found = decoded(records, [999, 0, 1_000, 0, 2_000], plan)
    assert found_generations(found) == [2, 7]
    assert "consignment" not in found.changes
    account = found.account
    assert (account.read, account.dead_lettered, account.below_floor) == (5, 1, 2)
    assert account.changed == 2


def test_without_a_floor_nothing_is_dropped() -> None:
    assert decode([region(), line()]).account.below_floor == 0
