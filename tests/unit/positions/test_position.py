"""Positions: one order, the same in Python, Arrow and SQL, on both paths."""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.positions import POSITION_TYPE
from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from flink_app.declaration.dms_records import CoarsePositions, Positions
from flink_app.decode.plan import DecodePlan
from flink_app.decode.position_columns import find_positions
from flink_app.positions.generations import Generations
from flink_app.positions.position import (
    MAX_GENERATION,
    UNKNOWN,
    WIDTH,
    PositionError,
    arrival_digits,
    commit_position,
    is_coarse,
    make_coarse_position,
    make_position,
)
from flink_app.records.parsed import Ordering
from infra.simulation.doubles import decode_by_rows
from tests.unit.decode.records import (
    FREIGHT_PLAN,
    decode,
    only_change,
    only_fault,
    plan_of,
    record,
    region,
)
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.decode.twists import twisted
from tests.unit.stars import FREIGHT, freight, star

generations = st.integers(1, MAX_GENERATION)
commits = st.integers(0, 16**24 - 1)
numbers = st.integers(0, 16**16 - 1)
parts = st.tuples(generations, commits, numbers)
int64s = st.integers(0, 2**63 - 1)
lsns = st.integers(1, 2**64 - 1)
mysql_rests = st.sampled_from(["", ":1:x", ":-1:2002:677883278264080:mysql-bin.157832:1876", "#0"])
# Of the form that Kinesis gives: the first of a stream's shard, as its documentation shows one.
FIRST_SEQUENCE = 49590338271490256608559692538361571095921575989136588898
# Of no form: each of these leaves the stream-position unread.
ODD = [
    "",
    " ",
    "\n",
    "0000000D/51A3C8E0",
    "D/51A3C8E0.3.x",
    "0000000G/51A3C8E0.3.x",
    " 0000000D/51A3C8E0.3.x",
    "mysql-bin:373",
    "mysql-bin.1234567890:1",
    "mysql-bin.000024:1234567890123456",
    "mysql-bin.000024.373",
    "mysql-bin.\u0662:1",
    "1234567890123456789",
    "85974\n",
    "-5",
    "+5",
    "1.5",
    "1e5",
    "\u0661",
    "00000000001a9a2c.0100",
    "20260311094502.998",
]
twisted_records = st.sampled_from(
    list(twisted(FREIGHT_PLAN.tables["region"], FREIGHT_PLAN, "update"))
    + list(twisted(FREIGHT_PLAN.tables["region"], FREIGHT_PLAN, "load"))
)


def postgresql(lsn: int, rest: str = "3.0000000D/51A3C8E0") -> str:
    return f"{lsn >> 32:08X}/{lsn & 0xFFFFFFFF:08X}.{rest}"


@given(parts, parts)
def test_text_orders_as_the_parts_do_everywhere(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    texts = make_position(*one), make_position(*other)
    assert (texts[0] < texts[1]) == (one < other)
    assert (texts[0] == texts[1]) == (one == other)
    assert pc.less(pa.scalar(texts[0]), pa.scalar(texts[1])).as_py() == (one < other)
    assert [len(text) for text in texts] == [WIDTH, WIDTH]


def test_sql_orders_by_the_bytes_as_well() -> None:
    edges = [0, 1, 9, 10, 15, 16, 255, 2**32 - 1, 2**32, 2**63, 16**16 - 1]
    built = [(g, c, n) for g in (1, 10, MAX_GENERATION) for c in edges for n in edges]
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE p (pos TEXT)")
    connection.executemany(
        "INSERT INTO p VALUES (?)", [(make_position(*p),) for p in reversed(built)]
    )
    found = [row[0] for row in connection.execute("SELECT pos FROM p ORDER BY pos")]
    connection.close()
    assert found == [make_position(*p) for p in sorted(built)]


def test_the_column_in_the_warehouse_has_the_positions_width() -> None:
    assert f"VARBYTE({WIDTH // 2})" == POSITION_TYPE


@given(parts)
def test_unknown_is_below_everything(some: tuple[int, int, int]) -> None:
    assert make_position(*some) > UNKNOWN
    assert len(UNKNOWN) == WIDTH


@pytest.mark.parametrize(
    "some", [(MAX_GENERATION + 1, 0, 0), (1, 16**24, 0), (1, 0, 16**16), (1, -1, 0), (1, 0, -1)]
)
def test_a_part_that_does_not_fit_is_refused(some: tuple[int, int, int]) -> None:
    with pytest.raises(PositionError, match="does not fit"):
        make_position(*some)


texts = st.one_of(
    lsns.map(postgresql),
    lsns.map(postgresql).map(str.lower),
    st.tuples(st.integers(0, 10**9 - 1), st.integers(0, 10**15 - 1), mysql_rests).map(
        lambda p: f"mysql-bin.{p[0]:06}:{p[1]}{p[2]}"
    ),
    st.integers(0, 10**18 - 1).map(str),
    st.sampled_from(ODD),
    st.text("0a:./ ", max_size=8),
)
changes_of_any_kind = st.lists(
    st.tuples(
        st.one_of(st.none(), texts), st.none() | st.integers(-5, 2**50), int64s, st.booleans()
    ),
    max_size=30,
)


@given(
    changes_of_any_kind,
    generations,
    st.sampled_from(list(Positions)),
    st.sampled_from(list(CoarsePositions)),
)
def test_by_columns_as_one_by_one(
    changes: list[tuple[str | None, int | None, int, bool]],
    generation: int,
    kind: Positions,
    coarse: CoarsePositions,
) -> None:
    def alone(
        place: int, stream: str | None, micros: int | None, number: int, *, is_load: bool
    ) -> str | None:
        if is_load:
            return make_position(generation, 0, number)
        commit = commit_position(stream, micros, kind)
        refused = coarse is CoarsePositions.REFUSE and is_coarse(stream, kind)
        if commit is None or commit < 0 or refused:
            return None
        if is_coarse(stream, kind):
            return make_coarse_position(generation, commit >> 32, str(FIRST_SEQUENCE + place))
        return make_position(generation, commit, number)

    ordering = Ordering(
        streams=pa.array([stream for stream, *_ in changes], pa.string()),
        committed=np.array([micros or 0 for _, micros, _, _ in changes], np.int64),
        built=np.array([number for _, _, number, _ in changes], np.int64),
        numbers=np.array([number for _, _, number, _ in changes], np.int64),
        sequence_numbers=pa.array([str(FIRST_SEQUENCE + n) for n in range(len(changes))]),
        is_load=np.array([is_load for *_, is_load in changes], np.bool_),
    )
    found = find_positions(ordering, generation, kind, coarse)
    found.positions.validate(full=True)
    expected = [
        alone(place, s, m, n, is_load=is_load) for place, (s, m, n, is_load) in enumerate(changes)
    ]
    assert found.positions.to_pylist() == [UNKNOWN if e is None else e for e in expected]
    assert found.known.tolist() == [e is not None for e in expected]
    assert found.coarse.tolist() == [
        e is not None and not is_load and is_coarse(stream, kind)
        for e, (stream, _, _, is_load) in zip(expected, changes, strict=True)
    ]


def test_positions_of_a_slice() -> None:
    streams = pa.array([postgresql(lsn) for lsn in (1, 2, 3)]).slice(1, 1)
    zero = np.zeros(1, np.int64)
    ordering = Ordering(streams, zero, zero, zero, pa.array(["7"]), np.array([False]))
    found = find_positions(ordering, 1, Positions.AUTO, CoarsePositions.WARN)
    assert found.positions.to_pylist() == [make_position(1, 2 << 32, 0)]


@given(generations, int64s, st.one_of(lsns.map(postgresql), st.just("log.000001:4")), int64s)
def test_loads_are_below_every_change_of_their_generation(
    generation: int, built: int, stream: str, number: int
) -> None:
    commit = commit_position(stream, None)
    assert commit is not None
    assert make_position(generation, 0, built) < make_position(generation, commit, number)


@given(st.integers(1, MAX_GENERATION - 1), commits, numbers, int64s)
def test_a_later_generation_is_above_everything_before_it(
    generation: int, commit: int, number: int, built: int
) -> None:
    assert make_position(generation, commit, number) < make_position(generation + 1, 0, built)


@given(int64s, int64s)
def test_a_later_load_is_above_an_earlier_one(one: int, other: int) -> None:
    assert (make_position(1, 0, one) < make_position(1, 0, other)) == (one < other)


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
        # Zero belongs to full loads: no change may have it.
        ("00000000/00000000.1.x", None, None),
        ("mysql-bin.000000:0", None, None),
        (None, 0, None),
    ],
)
def test_what_a_change_is_ordered_by(
    stream: str | None, micros: int | None, expected: int | None
) -> None:
    assert commit_position(stream, micros) == expected


KINDS: dict[Positions, list[tuple[str, int | None]]] = {
    Positions.POSTGRESQL: [
        ("0000000D/51A3C8E0.3.0000000D/51A3C8E0", 0x0000000D51A3C8E0 << 32),
        ("0000000d/51a3c8e0.", 0x0000000D51A3C8E0 << 32),
    ],
    Positions.MYSQL: [
        ("mysql-bin-changelog.000024:373", (24 << 64) + 373),
        ("mysql-bin-changelog.157832:1975:-1:2002:677:mysql-bin-changelog.157832:1876", None),
        ("a.b.000001:4", (1 << 64) + 4),
    ],
    Positions.ORACLE: [("8597446571447", 8597446571447 << 32), ("007", 7 << 32)],
}


@pytest.mark.parametrize("kind", Positions)
@pytest.mark.parametrize(
    ("of", "stream", "commit"),
    [(kind, stream, commit) for kind, cases in KINDS.items() for stream, commit in cases],
)
def test_a_declared_kind_admits_no_other(
    kind: Positions, of: Positions, stream: str, commit: int | None
) -> None:
    expected = (157832 << 64) + 1975 if commit is None else commit
    if kind is Positions.COMMIT_TIMESTAMP:
        expected = 5 << 32
    found = commit_position(stream, 5, kind)
    assert found == (expected if kind in {of, Positions.AUTO, Positions.COMMIT_TIMESTAMP} else None)


@pytest.mark.parametrize("stream", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_no_other_form_is_read(kind: Positions, stream: str) -> None:
    assert commit_position(stream, 5, kind) is None


def plan(**stream: str) -> DecodePlan:
    return plan_of(star(yaml.safe_dump(yaml.safe_load(FREIGHT) | {"stream": stream})))


PLANS = {
    "postgresql": plan(positions="postgresql"),
    "mysql": plan(positions="mysql"),
    "oracle": plan(positions="oracle"),
    "commit-timestamp": plan(positions="commit-timestamp"),
    "refuse": plan(coarse_positions="refuse"),
    "auto": plan(),
}
REGION_ROW = {"country": "NO", "code": "V", "title": None}
AT = "2026-03-11T09:45:02.998107Z"


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        *[(kind.value, stream) for kind, cases in KINDS.items() for stream, _ in cases],
        *[("auto", stream) for cases in KINDS.values() for stream, _ in cases],
        ("commit-timestamp", None),
        ("commit-timestamp", "anything"),
        ("auto", None),
        ("auto", "anything"),
        ("commit-timestamp", "0000009c:00000c8b:0003"),
    ],
)
def test_every_kind_is_read_by_columns(kind: str, stream: str | None) -> None:
    one = record("region", REGION_ROW, stream_position=stream, commit_timestamp=AT)
    decoded = decode([one] * 20, PLANS[kind])
    assert (decoded.by_rows, len(decoded.dead_letters)) == (0, 0)
    assert only_change(one, PLANS[kind])["_pos"] == decoded.changes["region"]["_pos"][0].as_py()


LSNS = ["0000009c:00000c8b:0003", "0000009C:00000C8B:0003.0000009C:00000C8B:0001"]
SQL_SERVER = (
    "the stream-position is a log sequence number of SQL Server, which is not supported: declare "
    "positions: commit-timestamp, under which the time of the commit orders changes, and arrival "
    "in the shard those of one instant"
)
OTHER_KIND = "the stream-position is not of the declared kind, "
UNKNOWN_KIND = (
    "the stream-position is of no known kind (PostgreSQL, MySQL, Oracle), and there is no "
    "commit-timestamp that could be read"
)
NOTHING = "the change has no usable position: set IncludeTransactionDetails on the DMS endpoint"


@pytest.mark.parametrize(
    ("kind", "stream", "at", "detail"),
    [
        *(("auto", stream, AT, SQL_SERVER) for stream in LSNS),
        ("postgresql", "mysql-bin.000024:373", AT, OTHER_KIND + "postgresql"),
        ("postgresql", "00000000/00000000.1.x", AT, OTHER_KIND + "postgresql"),
        ("postgresql", None, AT, NOTHING),
        ("mysql", "0000000D/51A3C8E0.3.x", AT, OTHER_KIND + "mysql"),
        ("mysql", "8597446571447", AT, OTHER_KIND + "mysql"),
        ("oracle", "mysql-bin.000024:373", AT, OTHER_KIND + "oracle"),
        ("oracle", "00c3d2a8", AT, OTHER_KIND + "oracle"),
        ("commit-timestamp", None, None, NOTHING),
        ("auto", None, None, NOTHING),
        (
            "refuse",
            None,
            AT,
            "only a commit timestamp orders the change, which the declaration refuses",
        ),
        ("refuse", "anything", None, UNKNOWN_KIND),
        ("auto", "of another database", None, UNKNOWN_KIND),
        ("auto", None, "yesterday", "metadata 'commit-timestamp' is no time after 1970"),
        ("commit-timestamp", "x", "5", "metadata 'commit-timestamp' is no time after 1970"),
    ],
)
def test_a_change_without_a_position_of_the_kind_is_refused(
    kind: str, stream: str | None, at: str | None, detail: str
) -> None:
    data = record("region", REGION_ROW, stream_position=stream, commit_timestamp=at)
    assert only_fault(data, PLANS[kind])[:2] == ("no_position", detail)


@given(st.lists(twisted_records, max_size=12), st.sampled_from(sorted(PLANS)))
@settings(max_examples=60, deadline=None)
def test_both_paths_agree_for_every_kind(records: list[bytes], kind: str) -> None:
    assert_paths_agree([region(), *records], PLANS[kind])


mysql_places = st.tuples(
    st.integers(0, 10**9 - 1), st.integers(1, 10**15 - 1), st.integers(0, 2**63 - 1)
)


@given(mysql_places, mysql_places, mysql_rests, mysql_rests)
def test_binary_logs_order_by_file_then_offset_then_record(
    one: tuple[int, int, int], other: tuple[int, int, int], rest: str, other_rest: str
) -> None:
    def built(place: tuple[int, int, int], rest: str) -> str:
        commit = commit_position(f"bin.{place[0]:06}:{place[1]}{rest}", None, Positions.MYSQL)
        assert commit is not None
        return make_position(1, commit, place[2])

    assert (built(one, rest) < built(other, other_rest)) == (one < other)
    assert (built(one, rest) == built(other, other_rest)) == (one == other)


@given(
    st.tuples(st.integers(1, 10**18 - 1), st.integers(0, 2**63 - 1)),
    st.tuples(st.integers(1, 10**18 - 1), st.integers(0, 2**63 - 1)),
    st.sampled_from([Positions.ORACLE, Positions.COMMIT_TIMESTAMP]),
)
def test_change_numbers_and_commit_times_order_as_numbers(
    one: tuple[int, int], other: tuple[int, int], kind: Positions
) -> None:
    def built(place: tuple[int, int]) -> str:
        commit = commit_position(str(place[0]), place[0] % 2**60, kind)
        assert commit is not None
        return make_position(1, commit, place[1])

    one, other = ((n % 2**60 or 1, record) for n, record in (one, other))
    assert (built(one) < built(other)) == (one < other)


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
    later = DecodePlan(freight(), Generations(4))
    change = only_change(record("region", data))["_pos"]
    load = only_change(record("region", data, "load"), later)["_pos"]
    assert load > change


# Records that followed each other in one shard, as Kinesis numbered them.
FOLLOWING = (
    "49590338271490256608559692538361571095921575989136588898",
    "49590338271490256608559692540925702759324208523137515618",
)
ONE_APART = (
    "49613477613500310443498447466026193013178848938466770946",
    "49613477613500310443498447466027401938998463567641477122",
)


@pytest.mark.parametrize(("first", "second"), [FOLLOWING, ONE_APART, ("9", "10"), ("1", "9" * 28)])
def test_what_arrived_later_in_a_shard_is_later(first: str, second: str) -> None:
    assert arrival_digits(first) < arrival_digits(second)


@given(st.integers(0, 16**24 - 1), st.integers(1, 2**16))
def test_every_number_of_a_local_stream_is_taken_whole(number: int, more: int) -> None:
    assert int(arrival_digits(str(number)), 16) == number
    assert arrival_digits(str(FIRST_SEQUENCE)) < arrival_digits(
        str(FIRST_SEQUENCE + more % 60_000 + 1)
    )


CREATED = "20{:08x}3{:016x}f01a75bbe3a036788002"


@given(st.integers(1, 2**32 - 2), st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_a_shard_that_was_split_ends_before_its_children(made: int, last: int, first: int) -> None:
    parent, child = CREATED.format(made, last), CREATED.format(made + 1, first)
    assert arrival_digits(str(int(parent, 16))) < arrival_digits(str(int(child, 16)))


@pytest.mark.parametrize("plan_of_kind", ["auto", "commit-timestamp"])
@pytest.mark.parametrize("by_rows", [False, True])
@pytest.mark.parametrize(
    "operations", [("insert", "delete"), ("delete", "insert"), ("insert", "update")]
)
def test_the_later_of_two_changes_of_one_instant_wins(
    plan_of_kind: str, operations: tuple[str, str], *, by_rows: bool
) -> None:
    """Also where the record numbers of their transactions say otherwise."""
    records = [
        record(
            "region",
            REGION_ROW,
            operation,
            stream_position=None,
            commit_timestamp=AT,
            transaction_record_id=number,
        )
        for operation, number in zip(operations, (2, 1), strict=True)
    ]
    with decode_by_rows() if by_rows else nullcontext():
        decoded = decode(records, PLANS[plan_of_kind])
    assert decoded.by_rows == (2 if by_rows else 0)
    rows = decoded.changes["region"].to_pylist()
    first, second = sorted(rows, key=lambda row: str(row["_pos"]))
    assert [first["_deleted"], second["_deleted"]] == [o == "delete" for o in operations]
    assert first["_pos"] < second["_pos"]


def test_a_replayed_change_stands_where_it_first_arrived() -> None:
    one = record("region", REGION_ROW, stream_position=None, commit_timestamp=AT)
    replayed = with_coordinates(one, Coordinates("changes", "shard-0", "999", 1_000_000))
    assert replayed is not None
    later, earlier = (row["_pos"] for row in decode([one, replayed]).changes["region"].to_pylist())
    assert earlier < later
    assert int(earlier[-24:], 16) == 999


def test_records_that_arrival_does_not_order_are_found() -> None:
    zero, at = np.zeros(3, np.int64), np.full(3, 5, np.int64)
    streams = pa.nulls(3, pa.string())
    ordering = Ordering(streams, at, zero, zero, pa.array(["7", "8", "8"]), zero > 0)
    found = find_positions(ordering, 1, Positions.AUTO, CoarsePositions.WARN)
    assert found.disordered.tolist() == [False, False, True]
