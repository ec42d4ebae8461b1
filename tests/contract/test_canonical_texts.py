"""The text of a value is the same at a PostgreSQL as in the warehouse, for each type and treatment.

Extreme and random values go through the real decode, join, Parquet and COPY; on the other side the
source's SQL computes the same from what stands in its tables.
"""

from __future__ import annotations

import datetime as dt
import random
import struct
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import psycopg
import pytest
import yaml

from connectors.blocks import Block, Kind
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.declaration import ColumnType, Star
from flink_app.declaration.model import Treatment
from flink_app.declaration.types import _PLAIN as FIXED_TYPES
from flink_app.decode.plan import DecodePlan
from flink_app.denormalise.join import wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.positions.position import UNKNOWN, WIDTH
from flink_app.records.repair_marker import lowest_position
from flink_app.warehouse import warehouse_spec
from infra.local.postgres import EmbeddedPostgres
from infra.reconcile import canonical, comparison, queries
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison, comparisons, source_table
from infra.reconcile.looks import Hot, Ranges
from infra.reconcile.source import PostgresSource
from infra.reconcile.warehouse import RedshiftWarehouse
from infra.repair.protocol import RowRepair
from infra.repair.records import make_record
from infra.repair.rows import RowKey
from tests.contract.warehouse import Warehouse, rows, run, value
from tests.unit.decode.records import GENERATION, KEYS, decode, plan_of, record
from tests.unit.stars import star

pytestmark = pytest.mark.contract

ROWS: Final = 300
EVERYTHING: Final = Ranges(2**62)
FIRST_TIME: Final = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
LAST_TIME: Final = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, dt.UTC)
LETTERS: Final = [
    *"aZ09 ,:|'\"\\%*_-", "\t", "\n", "\x01", "\x85", "\xa0", "é", "e\u0301", "ß", "Ж",
    "٣", "९", "\U0001d7d7", "½", "²", "Ⅷ", "漢", "«", "\u2013", "$", "€", "😀",
    "\u200d", "\uffff", "\U0010ffff", "K",
]  # fmt: skip


def real(bits: int) -> float:
    return float(struct.unpack("<f", struct.pack("<I", bits))[0])


def double(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def text(choice: random.Random, most: int) -> str:
    letters = "".join(choice.choices(LETTERS, k=choice.randint(0, most)))
    while len(letters.encode()) > most:
        letters = letters[:-1]
    return letters


def decimal(choice: random.Random, digits: int, scale: int) -> Decimal:
    number = choice.randint(0, 10 ** choice.randint(1, digits) - 1)
    return Decimal(f"{choice.choice(['', '-'])}{number}E-{scale}")


def time(choice: random.Random) -> dt.datetime:
    microseconds = choice.randint(0, (LAST_TIME - FIRST_TIME) // dt.timedelta(microseconds=1))
    return FIRST_TIME + dt.timedelta(microseconds=microseconds)


def plain_time(choice: random.Random) -> dt.datetime:
    return time(choice).replace(tzinfo=None)


FLOATS: Final = [0.0, -0.0, 1.0, -1.0, 0.1, 2.0**53, 2.0**53 - 1, 2.0**-53, 1e-6, 14526433009.55706]
DECIMALS: Final = [Decimal(0), Decimal("0.000001"), Decimal("-0.5"), Decimal(1)]
# Of each type: the source's type, extremes, and how a random value is made.
TYPES: Final[dict[str, tuple[str, list[Any], Any]]] = {
    "smallint": ("smallint", [-32768, 32767, 0], lambda c: c.randint(-32768, 32767)),
    "integer": ("integer", [-(2**31), 2**31 - 1], lambda c: c.randint(-(2**31), 2**31 - 1)),
    "bigint": ("bigint", [-(2**63), 2**63 - 1], lambda c: c.randint(-(2**63), 2**63 - 1)),
    "decimal(12,6)": ("numeric(12,6)", DECIMALS, lambda c: decimal(c, 12, 6)),
    "decimal(38,10)": (
        "numeric",
        [Decimal("9" * 28 + "." + "9" * 10)],
        lambda c: decimal(c, 38, 10),
    ),
    "decimal(38,0)": ("numeric", [Decimal("-" + "9" * 38)], lambda c: decimal(c, 38, 0)),
    "real": (
        "real",
        [0.0, -0.0, real(1), real(0x7F7FFFFF), real(0x00800000), 1.5],
        lambda c: real(c.choice([0, 1 << 31]) | c.randrange(0x7F800000)),
    ),
    "double precision": (
        "double precision",
        [*FLOATS, double(1), double(0x7FEFFFFFFFFFFFFF), 2.0**-1022, 2.0**-1007, 2.0**-1060],
        lambda c: double((c.getrandbits(1) << 63) | c.randrange(0x7FF0000000000000)),
    ),
    "boolean": ("boolean", [True, False], lambda c: c.random() < 0.5),
    "date": ("date", [dt.date(1, 1, 1), dt.date(9999, 12, 31)], lambda c: time(c).date()),
    "timestamp": (
        "timestamp",
        [FIRST_TIME.replace(tzinfo=None), LAST_TIME.replace(tzinfo=None)],
        plain_time,
    ),
    "timestamptz": ("timestamptz", [FIRST_TIME, LAST_TIME], time),
    "varchar(60)": ("varchar(60)", ["", " ", "a ", "a"], lambda c: text(c, 60)),
    "char(12)": ("char(12)", ["", "ab  "], lambda c: text(c, 12)),
    "varbyte(40)": ("bytea", [b"", b"\x00", b"\\"], lambda c: c.randbytes(c.randint(0, 40))),
    "varbyte(70000)": (
        "bytea",
        [b"x" * 70_000, b"x" * 30_000],
        lambda c: c.randbytes(c.randint(0, 9)),
    ),
}
TREATED: Final = {
    "tokenise": [
        "smallint", "bigint", "decimal(12,6)", "decimal(38,0)", "boolean", "date", "timestamp",
        "timestamptz", "varchar(60)", "char(12)", "varbyte(40)",
    ],
    "sha256": ["integer", "boolean", "timestamptz", "varchar(60)"],
    "mask": ["varchar(60)", "char(12)"],
    "mask_text": ["varchar(60)", "char(12)"],
    "redact": ["varchar(60)"],
}  # fmt: skip
TRIMMED: Final = "varchar(60)"


def columns() -> dict[str, tuple[str, dict[str, str]]]:
    """Each column of the fact with its type and its declaration."""
    declared = {f"k{n}": (kind, {"type": kind}) for n, kind in enumerate(TYPES)}
    treated = [(treatment, kind) for treatment, kinds in TREATED.items() for kind in kinds]
    declared |= {
        f"t{n}": (kind, {"type": kind, "treatment": treatment})
        for n, (treatment, kind) in enumerate(treated)
    }
    trimmed = {"type": TRIMMED, "trailing_blanks": "trim"}
    declared["trimmed"] = (TRIMMED, trimmed)
    declared["trimmed_token"] = (TRIMMED, {**trimmed, "treatment": "tokenise"})
    return declared


COLUMNS: Final = columns()


def every_column(schema: str) -> Star:
    return star(
        yaml.safe_dump(
            {
                "name": "texts",
                "source_schema": "Texts",
                "stream": {"positions": "postgresql"},
                "tables": {
                    "dimension": {
                        "key": ["code"],
                        "columns": {
                            "code": {"type": "varchar(20)", "trailing_blanks": "trim"},
                            "title": {"type": "varchar(60)", "source": 'Ti"t%le'},
                        },
                    },
                    "fact": {
                        "source": "odd % fact",
                        "key": ["id", "word"],
                        "columns": {
                            "id": "integer",
                            "word": {"type": "varchar(20)", "treatment": "tokenise"},
                            "code": {"type": "char(20)"},
                            **{name: written for name, (_, written) in COLUMNS.items()},
                        },
                        "references": {"other": {"table": "dimension", "columns": ["code"]}},
                    },
                },
                "targets": {
                    "wide": {
                        "fact": "fact",
                        "schema": schema,
                        "columns": {name: name for name in ("id", "word", "code", *COLUMNS)}
                        | {"title": "other.title"},
                    }
                },
            }
        )
    )


def sent(value: Any) -> Any:
    """A value as a record has it."""
    match value:
        case bytes():
            return value.hex()
        case dt.datetime():
            return value.replace(tzinfo=None).isoformat() + "Z"
        case dt.date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return value


def make_rows(seed: int) -> list[dict[str, Any]]:
    choice = random.Random(seed)  # noqa: S311 - the same in every run
    made = []
    for number in range(ROWS):
        row = {
            "id": number,
            "word": text(choice, 20),
            "code": choice.choice(["a", "b", "c ", None]),
        }
        for name, (kind, _) in COLUMNS.items():
            _, extremes, make = TYPES[kind]
            row[name] = extremes[number] if number < len(extremes) else make(choice)
            if number % 17 == 16:
                row[name] = None
        made.append(row)
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("source")) as postgres:
        yield postgres


DIMENSIONS: Final = [("a", "first"), ("b ", "seco%nd "), ("x", None)]


@pytest.fixture
def source(server: EmbeddedPostgres) -> str:
    """The source's tables, filled."""
    listed = ", ".join(f'"{name}" {TYPES[kind][0]}' for name, (kind, _) in COLUMNS.items())
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute('DROP SCHEMA IF EXISTS "Texts" CASCADE')
        connection.execute('CREATE SCHEMA "Texts"')
        connection.execute(
            'CREATE TABLE "Texts".dimension (code varchar(20) PRIMARY KEY, "Ti""t%le" varchar(60))'
        )
        connection.execute(
            (
                'CREATE TABLE "Texts"."odd % fact" '
                f"(id integer, word varchar(20), code char(20), {listed})"
            ).encode()
        )
        with connection.cursor() as cursor:
            cursor.executemany('INSERT INTO "Texts".dimension VALUES (%s, %s)', DIMENSIONS)
            marks = ", ".join(["%s"] * (3 + len(COLUMNS)))
            cursor.executemany(
                f'INSERT INTO "Texts"."odd %% fact" VALUES ({marks})'.encode(),
                [list(row.values()) for row in make_rows(1)],
            )
    return server.dsn()


def load(warehouse: Warehouse) -> tuple[Comparison, RedshiftWarehouse]:
    """The same rows, by way of their records."""
    of = every_column(warehouse.schema)
    records = [
        record("odd % fact", {name: sent(value) for name, value in row.items()}, schema="Texts")
        for row in make_rows(1)
    ]
    records += [
        record("dimension", {"code": code, 'Ti"t%le': title}, schema="Texts")
        for code, title in DIMENSIONS
    ]
    (compared,) = comparisons(of, Names(warehouse.schema))
    return compared, load_records(warehouse, of, records)


def load_records(warehouse: Warehouse, of: Star, records: list[bytes]) -> RedshiftWarehouse:
    """Records of a fact and its dimension by way of decode, join, Parquet and COPY."""
    decoded = decode(records, plan_of(of))
    assert decoded.dead_letters.to_pylist() == []
    mirror, plan = Mirror(of), JoinPlan(of)
    mirror.tables["dimension"].accept(decoded.changes["dimension"])
    store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    writer = PartWriter(store)
    facts = wide_rows(decoded.changes["fact"], plan.targets["wide"], mirror)
    writer.add(Block(Kind.ROWS, "wide", facts))
    loader = Loader(
        warehouse_spec(of),
        application="texts",
        bookkeeping_schema=warehouse.schema,
        copy_role=warehouse.role,
        connect=warehouse.connect,
        manifests=store,
    )
    loader.start(1)
    loader.load(writer.close(epoch=1), 1)
    return RedshiftWarehouse(warehouse.connect, Names(warehouse.schema))


def test_no_type_and_no_treatment_is_left_out() -> None:
    names = {ColumnType.parse(kind).name for kind in TYPES}
    assert names == {*FIXED_TYPES, "decimal", "varchar", "char", "varbyte"}
    assert set(TREATED) == set(Treatment) - {Treatment.KEEP, Treatment.DROP}


def test_every_type_and_treatment_has_one_text_on_both_sides(
    warehouse: Warehouse, source: str
) -> None:
    compared, redshift = load(warehouse)
    postgres = PostgresSource(source, KEYS.tokens)
    try:
        with postgres.look() as there, redshift.look() as stored:
            assert there.start <= there.end
            expected = dict(there.read_digests(compared, EVERYTHING, Hot()))
            keys = sorted(expected)
            digests = there.read_columns(compared, keys)
            present = stored.read_rows(compared, keys)
            assert len(expected) == ROWS
            assert present.keys() == digests.keys()
            names = [[column.name for column in group.compared] for group in compared.groups]
            for key, row in present.items():
                assert row.digests is not None
                for group, columns in enumerate(names):
                    for number, name in enumerate(columns):
                        assert row.digests[group][number] == digests[key][group][number], (
                            name, compared.show_key(key)["id"],
                        )  # fmt: skip
            assert dict(stored.read_digests(compared, EVERYTHING, Hot())) == expected
            ranges = Ranges(2**27)
            sums = dict(there.sum_ranges(compared, ranges, Hot()))
            assert len(sums) > 10
            assert dict(stored.sum_ranges(compared, ranges, Hot())) == sums
    finally:
        postgres.close()


def test_positions_and_what_paths_lead_to_are_found_by_the_texts_of_keys(
    warehouse: Warehouse, source: str
) -> None:
    compared, redshift = load(warehouse)
    postgres = PostgresSource(source, KEYS.tokens)
    try:
        with postgres.look() as there, redshift.look() as stored:
            keys = sorted(dict(there.read_digests(compared, EVERYTHING, Hot())))
            positions = stored.find_positions(compared, 0, [*keys, "1,=none,"])
            assert positions.keys() == set(keys)
            assert {len(position) for position in positions.values()} == {WIDTH}
            references = there.find_references(compared, keys)
            led_to = {key for (key,) in references.values() if key is not None}
            assert led_to == {"1:a", "1:b", "1:c"}
            assert None in {key for (key,) in references.values()}
            of_path = stored.find_positions(compared, 1, sorted(led_to))
            assert {key: position > UNKNOWN for key, position in of_path.items()} == {
                "1:a": True,
                "1:b": True,
                "1:c": False,
            }
            assert stored.is_read_again()  # no load has said how far shards were read
    finally:
        postgres.close()


def test_a_row_that_is_read_for_a_repair_is_the_row_that_came(source: str) -> None:
    of = every_column("public")
    table, plan = source_table(of, "fact"), plan_of(of)
    came = [
        record("odd % fact", {name: sent(value) for name, value in row.items()}, schema="Texts")
        for row in make_rows(1)
    ]
    gone = [
        record("odd % fact", {"id": row["id"], "word": row["word"]}, "delete", schema="Texts")
        for row in make_rows(1)
    ]
    postgres = PostgresSource(source, KEYS.tokens)
    try:
        with postgres.look() as look:
            keys = sorted(dict(look.read_digests(texts(), EVERYTHING, Hot())))
            rows = look.read_values(table, [*keys, "1,=none,"])
    finally:
        postgres.close()
    assert rows.keys() == set(keys)
    for expected, values in ((came, rows), (gone, dict.fromkeys(keys))):
        repairs = [
            RowRepair(RowKey("fact", key), lowest_position(GENERATION), of_key)
            for key, of_key in values.items()
        ]
        records = [make_record(repair, table, of, FIRST_TIME).payload for repair in repairs]
        assert changed(records, plan) == changed(expected, plan)


def changed(records: list[bytes], plan: DecodePlan) -> list[str]:
    """The changes without their positions, as text that tells 0.0 from -0.0."""
    decoded = decode(records, plan)
    assert decoded.dead_letters.to_pylist() == []
    return sorted(repr(row | {"_pos": ""}) for row in decoded.changes["fact"].to_pylist())


def test_the_key_of_tokens_is_in_no_log_of_the_source(
    server: EmbeddedPostgres, source: str, warehouse: Warehouse
) -> None:
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("ALTER SYSTEM SET log_min_duration_statement = 0")
        connection.execute("SELECT pg_reload_conf()")
    (compared,) = comparisons(every_column(warehouse.schema), Names(warehouse.schema))
    postgres = PostgresSource(source, KEYS.tokens)
    try:
        with postgres.look() as look:
            assert len(list(look.read_digests(compared, EVERYTHING, Hot()))) == ROWS
    finally:
        postgres.close()
    log = (server._folder / "postgres.log").read_text()
    assert "COPY pg_temp.starjoin_key FROM STDIN" in log
    for block in (*canonical_blocks(), KEYS.tokens):
        assert block.hex() not in log
        assert block.decode("latin-1") not in log


def canonical_blocks() -> tuple[bytes, bytes]:
    from flink_app.privacy.treatments import hmac_blocks

    return hmac_blocks(KEYS.tokens)


REFUSED: Final = [
    ("k3", "'NaN'"), ("k4", "'NaN'"), ("k4", "'Infinity'"), ("k4", "0.00000000001"),
    ("k5", "0.5"), ("k6", "'NaN'"), ("k6", "'-Infinity'"), ("k7", "'NaN'"), ("k7", "'Infinity'"),
    ("k9", "'0001-01-01 BC'"), ("k9", "'infinity'"), ("k9", "'10000-01-01'"),
    ("k10", "'0001-01-01 BC'"), ("k10", "'-infinity'"), ("k11", "'0001-01-01 BC'"),
    ("k11", "'infinity'"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "written"), REFUSED)
def test_what_decode_refuses_fails_no_query_and_is_no_stored_value(
    source: str, column: str, written: str
) -> None:
    by_name = {c.name: c for group in texts().groups for c in group.compared}
    shown = by_name[column].frame(Side.SOURCE)
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(
            f'INSERT INTO "Texts"."odd % fact" (id, "{column}") VALUES (-1, {written})'.encode()
        )
        query = f'SELECT {shown} FROM "Texts"."odd %% fact" AS t0 WHERE id = -1'
        ((made,),) = connection.execute(query.encode(), ()).fetchall()
    assert "not" in str(made) or "NaN" in str(made) or "Infinity" in str(made)


def texts() -> Comparison:
    (compared,) = comparisons(every_column("public"), Names("starjoin"))
    return compared


def group_digests(source: str) -> list[str]:
    """The digests of the rows without a number of their own."""
    sql = queries.read_digests(texts(), Side.SOURCE, EVERYTHING, Hot())
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute('DELETE FROM "Texts"."odd % fact"')
        for pair in [("a", "bc"), ("ab", "c"), (None, ""), ("", None), ("1:a", "")]:
            connection.execute(
                'INSERT INTO "Texts"."odd %% fact" (id, word, "k12", trimmed) '
                "VALUES (1, '', %s, %s)",
                pair,
            )
        connection.execute(
            f"CREATE TEMP TABLE {canonical.KEY_TABLE.partition('.')[2]} AS "
            f"SELECT ''::bytea AS inner_block, ''::bytea AS outer_block".encode()
        )
        return [row[1] for row in connection.execute(sql.encode(), ()).fetchall()]


def test_frames_tell_columns_apart(source: str) -> None:
    assert len(set(group_digests(source))) == 5


def test_without_frames_they_would_not(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "frame", lambda _, text, *_side, **__: f"COALESCE({text}, '')")
    assert len(set(group_digests(source))) < 5


@pytest.mark.parametrize("guarded", [True, False])
def test_the_guard_tells_years_before_christ_apart(
    source: str, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    if not guarded:
        unguarded = "TO_CHAR({}, '{}')".format
        monkeypatch.setattr(
            canonical, "_time_text", lambda v, _word, _last, form: unguarded(v, form)
        )
    column = next(c for group in texts().groups for c in group.compared if c.name == "k9")
    query = f'SELECT {column.frame(Side.SOURCE)} FROM "Texts"."odd %% fact" AS t0 WHERE id < 0'
    with psycopg.connect(source, autocommit=True) as connection:
        for day in ("0001-01-01", "0001-01-01 BC"):
            connection.execute('INSERT INTO "Texts"."odd %% fact" (id, k9) VALUES (-1, %s)', [day])
        made = {text for (text,) in connection.execute(query.encode(), ()).fetchall()}
    assert len(made) == (2 if guarded else 1)


def test_strtol_reads_digits_of_a_table_as_numbers(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v varchar(40))")
    written = ["ffffffff", "0x10", "-7b", "", None, "7fffffffffffffff", " +1A"]
    for digits in written:
        run(connection, "insert into t values (%s)", (digits,))
    numbers = {row[0]: row[1] for row in rows(connection, "select v, strtol(v, 16) from t")}
    assert numbers == dict(zip(written, [2**32 - 1, 16, -123, 0, None, 2**63 - 1, 26], strict=True))
    sums = rows(connection, "select sum(strtol(substring(md5(v), 1, 8), 16)) from t where v = ''")
    assert sums == [[0xD41D8CD9]]
    assert value(connection, "select strtol('zz', 36)") == 35 * 37


def test_sha2_has_the_digits_of_the_bits_that_are_asked_for(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    lengths = [
        len(value(connection, f"select sha2('a', {bits})")) for bits in (0, 224, 256, 384, 512, 1)
    ]
    assert lengths == [64, 56, 64, 96, 128, 0]
    assert value(connection, "select sha2('', 256)").startswith("e3b0c44298fc1c14")


def test_digests_count_blanks_at_the_end_and_joined_texts_may_be_long(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v varchar(10), w varchar(60000))")
    run(connection, "insert into t values ('a ', %s)", ("x" * 59_000,))
    assert rows(connection, "select octet_length(v), octet_length(v || w) from t") == [[2, 59_002]]
