"""What loads do with positions, which are VARBYTE: each operation, on the emulator or a cluster.

Redshift's guide documents VARBYTE's comparison operators, MAX, SUBSTRING, CONCAT and COPY of
Parquet. It does not say how values of different lengths compare, that bytes above 127 are greater
than those below, what length a result of CASE has, or how VARBYTE is encoded on disk. Here it says
so itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

import pyarrow as pa
import pytest
from redshift_connector.error import Error

from connectors.positions import POSITION_TYPE, position_field, position_type, with_position_bytes
from connectors.redshift.alter import columns_of
from connectors.redshift.ddl import create_statements
from connectors.redshift.loader import Loader
from connectors.redshift.migrations import COMMIT_TIMES
from connectors.redshift.names import Names
from connectors.redshift.position_sql import (
    from_digits,
    join_parts,
    literal,
    part_of,
    to_digits,
)
from connectors.redshift.spec import DimensionSpec, TargetSpec
from connectors.staging.shape import position_columns
from connectors.staging.store import S3Store
from flink_app.declaration import Star
from flink_app.positions.position import (
    UNKNOWN,
    floor_position,
    make_coarse_position,
    make_position,
)
from flink_app.warehouse import warehouse_spec
from tests.contract.report import SHOWN
from tests.contract.warehouse import Warehouse, rows, run
from tests.simulation.stars import PARTIAL_STARS
from tests.unit.stars import placed_freight

pytestmark = pytest.mark.contract

# Every kind of position, and neighbours that differ in one byte: its last, its first, across 127.
ASCENDING: Final = [
    UNKNOWN,
    floor_position(1),
    make_position(1, 0, 1_700_000_000_000_000),  # full load
    make_position(1, 0x0000_0001_0000_007F << 32, 0),  # PostgreSQL
    make_position(1, 0x0000_0001_0000_0080 << 32, 0),
    make_position(1, (24 << 64) + 373, 1),  # MySQL
    make_position(1, (24 << 64) + 373, 2),
    make_coarse_position(
        1, 1_700_000_000_000_000, "49590338271490256608559692538361571095921575989"
    ),
    make_position(1, 999_999_999_999_999_999 << 32, 0),  # Oracle
    make_position(1, (999_999_999 << 64) + 999_999_999_999_999, 2**63),
    make_position(0x7FFF, 2**96 - 1, 2**64 - 1),
    make_position(0x8000, 0, 0),
    make_position(0xFFFF, 2**96 - 1, 2**64 - 1),
]


@pytest.fixture
def staged(warehouse: Warehouse) -> Warehouse:
    """Table `t` with the positions in a random order, loaded as staging writes them."""
    order = list(range(len(ASCENDING)))
    random.Random(7).shuffle(order)  # noqa: S311 - the same order in every run
    schema = pa.schema([pa.field("n", pa.int64()), position_field("p")])
    rows_ = [{"n": n, "p": ASCENDING[n]} for n in order] + [{"n": -1, "p": None}]
    connection = warehouse.connect()
    run(connection, f"create table t (n bigint, p {POSITION_TYPE})")
    table = with_position_bytes(pa.Table.from_pylist(rows_, schema=schema))
    warehouse.copy(connection, "t", table)
    connection.commit()
    return warehouse


def test_the_positions_ascend() -> None:
    assert all(lower < higher for lower, higher in pairwise(ASCENDING))


def test_copy_brings_all_bytes(staged: Warehouse) -> None:
    found = rows(staged.connect(), f"select {to_digits('p')} from t order by n")
    assert [digits for (digits,) in found] == [None, *ASCENDING]


def test_they_are_ordered_by_bytes(staged: Warehouse) -> None:
    connection = staged.connect()
    known = list(range(len(ASCENDING)))
    found = rows(
        connection,
        "select n, row_number() over (order by p desc) from t where p is not null order by p",
    )
    assert found == [[n, len(known) - n] for n in known]
    found = rows(connection, "select a.n, count(*) from t a join t b on b.p < a.p group by a.n")
    assert sorted(found) == [[n, n] for n in known[1:]]
    found = rows(connection, "select a.n, count(*) from t a join t b on b.p <= a.p group by a.n")
    assert sorted(found) == [[n, n + 1] for n in known]
    assert rows(connection, f"select {to_digits('max(p)')} from t") == [[ASCENDING[-1]]]
    found = rows(
        connection,
        f"select distinct {to_digits('m')}, {to_digits('f')} from (select max(p) over "
        "(partition by n % 1) as m, first_value(p) over (partition by n % 1 order by p "
        "rows between unbounded preceding and unbounded following) as f from t "
        "where p is not null) as w",
    )
    assert found == [[ASCENDING[-1], ASCENDING[0]]]


def test_equality_joins_by_hash(staged: Warehouse) -> None:
    connection = staged.connect()
    assert rows(connection, "select count(*) from t a join t b on b.p = a.p") == [[len(ASCENDING)]]
    plan = rows(connection, "explain select count(*) from t a join t b on b.p = a.p")
    assert "Nested Loop" not in "\n".join(line for (line,) in plan)


def test_a_value_that_is_the_start_of_another_is_less(warehouse: Warehouse) -> None:
    """As a version is that was written before a column could be left out."""
    connection = warehouse.connect()
    run(connection, f"create table v (n int, p {position_type(3)})")
    short, longer = ASCENDING[3], ASCENDING[3] + UNKNOWN
    for n, digits in enumerate((short, longer, longer + UNKNOWN)):
        run(connection, f"insert into v select {n}, " + from_digits(f"'{digits}'"))
    assert rows(connection, "select n from v order by p") == [[0], [1], [2]]
    assert rows(connection, "select count(*) from v a join v b on a.p < b.p") == [[3]]


def test_literals_defaults_and_parts(staged: Warehouse) -> None:
    connection = staged.connect()
    middle = ASCENDING[5]
    found = rows(connection, f"select n from t where p < {literal(middle)} order by n")
    assert found == [[n] for n in range(5)]
    run(connection, f"alter table t add column q {POSITION_TYPE} default {literal(UNKNOWN)}")
    assert rows(connection, f"select distinct {to_digits('q')} from t") == [[UNKNOWN]]
    run(connection, f"update t set q = {literal(middle)} where p = {literal(middle)}")
    joined = join_parts(["p", "q", "p"])
    found = rows(
        connection,
        f"select {to_digits(part_of(joined, 0))}, {to_digits(part_of(joined, 1))}, "
        f"{to_digits(part_of(joined, 2))}, len({part_of('p', 1)}) from t where n = 5",
    )
    assert found == [[middle, middle, middle, 0]]


def test_a_table_that_is_made_of_a_query_has_columns_of_the_same_length(
    staged: Warehouse, record_property: Callable[[str, object], None]
) -> None:
    """As step 5 of a load makes: else a row of it would be as wide as VARBYTE can be."""
    connection = staged.connect()
    run(
        connection,
        "create temp table made diststyle even as select n, "
        f"case when n > 3 then {literal(UNKNOWN)} else p end as chosen, coalesce(p, p) as filled, "
        "max(p) over (partition by n % 1) as newest, "
        "first_value(p) over (partition by n % 1 order by p desc rows between unbounded preceding "
        "and unbounded following) as first from ("
        "select n, p from t union all select n, p from t "
        f"union all select n, {literal(UNKNOWN)} as p from t) as u",
    )
    found = rows(
        connection,
        "select \"column\", type from pg_table_def where tablename = 'made'",
    )
    # PostgreSQL, behind the emulator, gives the results of aggregates no length.
    names = ("chosen", "filled", *(("newest", "first") if staged.emulator is None else ()))
    types = {name: kind for name, kind in found if name in names}
    assert types == dict.fromkeys(names, "binary varying(22)")
    described = rows(
        connection,
        'select "column", type, encoding from pg_table_def '
        f"where schemaname = '{staged.schema}' and tablename = 't'",
    )
    lines = [f"- column {name}: {kind}, encoding {encoding}" for name, kind, encoding in described]
    record_property(SHOWN, "\n".join(["## How positions are kept on disk", "", *lines]))


def test_digits_of_an_earlier_release_become_bytes_in_place(staged: Warehouse) -> None:
    """The statements of an upgrade, in one transaction."""
    connection = staged.connect()
    run(connection, "create table old (n bigint, p varchar(44))")
    run(connection, f"insert into old select n, {to_digits('p')} from t")
    connection.commit()
    run(connection, "lock table old")
    run(connection, f"alter table old add column _bytes_0 {POSITION_TYPE}")
    run(connection, f"update old set _bytes_0 = {from_digits('p')}")
    run(connection, "alter table old drop column p")
    run(connection, "alter table old rename column _bytes_0 to p")
    connection.commit()
    different = "t.p <> old.p or (t.p is null) <> (old.p is null)"
    found = rows(connection, f"select count(*) from t join old on old.n = t.n where {different}")
    assert found == [[0]]


def test_a_start_learns_how_long_a_column_is(warehouse: Warehouse) -> None:
    """If it did not, it would not find that a version has become longer."""
    connection = warehouse.connect()
    run(connection, f"create table v (p {position_type(3)}, q {POSITION_TYPE}, t varchar(5))")
    found = columns_of(connection.cursor(), warehouse.schema, "v")
    types = {name: str(column.type) for name, column in found.items()}
    assert types == {"p": "VARBYTE(66)", "q": "VARBYTE(22)", "t": "VARCHAR(5)"}


@pytest.mark.parametrize("star", [placed_freight(), PARTIAL_STARS[0]], ids=["placed", "versions"])
def test_every_table_of_an_earlier_release_is_converted(warehouse: Warehouse, star: Star) -> None:
    """Dimensions of the warehouse, which are NOT NULL; versions, which are several positions."""
    made = warehouse_spec(star)
    targets = tuple(replace(target, schema=warehouse.schema) for target in made.targets)
    spec, names = replace(made, targets=targets), Names(warehouse.schema)
    connection = warehouse.connect(autocommit=True)
    for sql in create_statements(spec, names):
        as_text = re.sub(r"VARBYTE\((\d+)\)", lambda m: f"VARCHAR({2 * int(m[1])})", sql)
        run(connection, as_text)
    for later in COMMIT_TIMES:
        run(connection, f"alter table {names.account} drop column {later}")
    run(connection, f"insert into {names.schema_version} values (10, '0.2.0', getdate())")
    tables: list[tuple[str, TargetSpec | DimensionSpec]] = [
        (names.base_table(target), target) for target in spec.targets
    ]
    tables += [(names.dimension_table(d), d) for d in spec.dimensions]
    for table, kept in tables:
        positions = position_columns(kept.staged)
        columns = {c.name: c.sql_type for c in kept.columns}
        row = {key: 1 if columns[key] in {"INTEGER", "BIGINT"} else "1" for key in kept.key}
        row |= {name: digits_of(columns[name]) for name in positions}
        row |= {spec.deleted: False} if spec.deleted in columns else {}
        marks = ", ".join(["%s"] * len(row))
        listed = ", ".join(f'"{name}"' for name in row)
        run(connection, f'insert into "{table}" ({listed}) values ({marks})', tuple(row.values()))

    Loader(
        spec,
        application="contract",
        bookkeeping_schema=warehouse.schema,
        copy_role=warehouse.role,
        connect=warehouse.connect,
        manifests=S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}"),
    ).start(1)

    for table, kept in tables:
        present = columns_of(connection.cursor(), warehouse.schema, table)
        positions = position_columns(kept.staged)
        declared = {c.name: c.sql_type for c in kept.columns if c.name in positions}
        assert {name: str(present[name].type) for name in positions} == declared
        shown = ", ".join(to_digits(f'"{name}"') for name in positions)
        expected = [digits_of(declared[name]) for name in positions]
        assert rows(connection, f'select {shown} from "{table}"') == [expected]
    for dimension in spec.dimensions:
        with pytest.raises(Error, match=r"(?i)null value"):
            run(connection, f"update {names.dimension(dimension)} set _pos = null")


def digits_of(sql_type: str) -> str:
    """Digits that fill a column of positions."""
    length = re.fullmatch(r"VARBYTE\((\d+)\)", sql_type)
    return (make_position(1, 1 << 32, 7) * 9)[: 2 * int(length[1])] if length else ""
