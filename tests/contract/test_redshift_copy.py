"""What Starjoin relies on in Redshift's COPY of Parquet through a manifest."""

from __future__ import annotations

import datetime as dt
import io
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redshift_connector.core import Connection

from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.preconditions import check_region
from connectors.staging.store import S3Store
from tests.contract.warehouse import Entry, Refusal, Warehouse, refused, rows, run, value

pytestmark = pytest.mark.contract

INTERNAL = "XX000"
COLUMNS = "id bigint, v varchar(10)"


@pytest.fixture
def connection(warehouse: Warehouse) -> Connection:
    """A connection, and an empty table `t` of two columns."""
    connection = warehouse.connect()
    run(connection, f"create table t ({COLUMNS})")
    connection.commit()
    return connection


def table(*ids: int, text: str | None = "a") -> pa.Table:
    return pa.table(
        {"id": pa.array(ids, pa.int64()), "v": pa.array([text] * len(ids), pa.string())}
    )


def count(connection: Connection) -> int:
    return int(value(connection, "select count(*) from t"))


TYPES: list[tuple[str, pa.DataType, list[Any]]] = [
    ("smallint", pa.int16(), [-32768, 32767, None]),
    ("integer", pa.int32(), [-2147483648, None]),
    ("bigint", pa.int64(), [9223372036854775807, -9223372036854775808, None]),
    ("decimal(18,4)", pa.decimal128(18, 4), [Decimal("12345678901234.5678"), None]),
    ("decimal(38,2)", pa.decimal128(38, 2), [Decimal("-" + "9" * 36 + ".99")]),
    ("real", pa.float32(), [0.5, None]),
    ("double precision", pa.float64(), [0.1, 1e300, -5e-324, None]),
    ("boolean", pa.bool_(), [True, False, None]),
    ("date", pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    (
        "timestamp",
        pa.timestamp("us"),
        [dt.datetime(2024, 2, 29, 23, 59, 59, 999999), None],  # noqa: DTZ001 - has no zone
    ),
    (
        "timestamptz",
        pa.timestamp("us", tz="UTC"),
        [dt.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=dt.UTC), None],
    ),
    ("varbyte(4)", pa.binary(), [b"\x00\xff\\x", b"", None]),
    ("char(3)", pa.string(), ["abc", None]),
    (
        "varchar(100)",
        pa.string(),
        ["", "NULL", "\\N", 'a "quote"', "it's", "a\\b", "a\nb\r\nc\td", "☃ é", " ", ",", None],
    ),
]


@pytest.mark.parametrize(
    ("type_name", "arrow_type", "sent"), TYPES, ids=[case[0] for case in TYPES]
)
def test_values_arrive_as_they_were_staged(
    warehouse: Warehouse, type_name: str, arrow_type: pa.DataType, sent: list[Any]
) -> None:
    connection = warehouse.connect()
    run(connection, f"create table t (n bigint, v {type_name})")
    numbers = pa.array(range(len(sent)), pa.int64())
    shown = "v"
    if pa.types.is_binary(arrow_type):  # how bytes are shown is up to the client
        shown = "to_hex(v)"
    warehouse.copy(connection, "t", pa.table({"n": numbers, "v": pa.array(sent, arrow_type)}))
    if pa.types.is_binary(arrow_type):
        sent = [None if value is None else value.hex() for value in sent]

    assert [row[0] for row in rows(connection, f"select {shown} from t order by n")] == sent


def test_thousands_of_awkward_values(warehouse: Warehouse) -> None:
    """Drawn from what separators, quotes, escapes and NULL markers are made of."""
    draw = random.Random(20240229)  # noqa: S311 - the same values in every run
    awkward = ["", "\\", "'", '"', ",", "\n", "\r", "\t", "N", "\\.", "é", "😀", "\x7f", " ", "$"]
    texts = ["".join(draw.choices(awkward, k=draw.randrange(7))) for _ in range(3000)]
    decimals = [Decimal(draw.randrange(-(10**18), 10**18)).scaleb(-4) for _ in texts]
    epoch = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - has no zone
    times = [epoch + dt.timedelta(microseconds=draw.randrange(-(10**16), 10**16)) for _ in texts]
    staged = pa.table(
        {
            "n": pa.array(range(len(texts)), pa.int64()),
            "s": pa.array([text or None if n % 3 else text for n, text in enumerate(texts)]),
            "d": pa.array(decimals, pa.decimal128(18, 4)),
            "t": pa.array(times, pa.timestamp("us")),
        }
    )
    connection = warehouse.connect()
    run(connection, "create table t (n bigint, s varchar(50), d decimal(18,4), t timestamp)")
    warehouse.copy(connection, "t", staged)

    wanted = [list(row.values()) for row in staged.to_pylist()]
    assert rows(connection, "select n, s, d, t from t order by n") == wanted


def test_columns_match_by_position(warehouse: Warehouse, connection: Connection) -> None:
    other_names = table(1).rename_columns(["v", "id"])
    warehouse.copy(connection, "t", other_names)

    assert rows(connection, "select id, v from t") == [[1, "a"]]


def test_a_column_list_gives_the_order(warehouse: Warehouse, connection: Connection) -> None:
    turned = table(1).select(["v", "id"])
    run(connection, warehouse.copy_sql("t (v, id)", warehouse.put(turned)))
    run(connection, warehouse.copy_sql("t (id)", warehouse.put(table(2).select(["id"]))))

    assert rows(connection, "select id, v from t order by id") == [[1, "a"], [2, None]]


def test_a_schema_and_a_temporary_stage(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, "create temp table stage (like t)")
    warehouse.copy(connection, "stage", table(1), table(2))
    warehouse.copy(connection, f"{warehouse.schema}.t", table(3))

    assert value(connection, "select count(*) from stage") == 2
    assert count(connection) == 1


def test_copy_is_part_of_the_transaction(warehouse: Warehouse, connection: Connection) -> None:
    warehouse.copy(connection, "t", table(1))
    assert count(connection) == 1
    connection.rollback()

    assert count(connection) == 0


def test_copy_has_no_memory_of_loaded_files(warehouse: Warehouse, connection: Connection) -> None:
    sql = warehouse.copy_sql("t", warehouse.put(table(1)))
    run(connection, sql)
    connection.commit()
    run(connection, sql)

    assert count(connection) == 2


def test_an_entry_listed_twice_is_loaded_twice(
    warehouse: Warehouse, connection: Connection
) -> None:
    entry = warehouse.put(table(1))
    run(connection, warehouse.copy_sql("t", entry, entry))

    assert count(connection) == 2


def test_an_empty_file(warehouse: Warehouse, connection: Connection) -> None:
    warehouse.copy(connection, "t", table())

    assert count(connection) == 0


@pytest.mark.parametrize("options", [{}, {"compression": "zstd"}, {"compression": "gzip"}])
def test_compression_and_dictionaries(
    warehouse: Warehouse, connection: Connection, options: dict[str, Any]
) -> None:
    encoded = table(*range(1000))
    encoded = encoded.set_column(1, "v", encoded["v"].dictionary_encode())
    run(connection, warehouse.copy_sql("t", warehouse.put(encoded, **options)))

    assert value(connection, "select count(*) from t where v = 'a'") == 1000


@pytest.mark.parametrize("compression", ["lz4", "brotli"])
def test_codecs_that_copy_cannot_read(
    warehouse: Warehouse, connection: Connection, compression: str
) -> None:
    with refused(INTERNAL, "Spectrum Scan Error"):
        run(connection, warehouse.copy_sql("t", warehouse.put(table(1), compression=compression)))


def test_a_missing_mandatory_file(warehouse: Warehouse, connection: Connection) -> None:
    present, missing = warehouse.put(table(1)), warehouse.missing(mandatory=True)
    with refused(INTERNAL, "S3ServiceException", "Status 404"):
        run(connection, warehouse.copy_sql("t", present, missing))
    connection.rollback()

    assert count(connection) == 0


@pytest.mark.parametrize("mandatory", [False, None])
def test_a_missing_file_is_skipped_in_silence(
    warehouse: Warehouse, connection: Connection, mandatory: bool | None
) -> None:
    present, missing = warehouse.put(table(1)), warehouse.missing(mandatory=mandatory)
    run(connection, warehouse.copy_sql("t", present, missing))

    assert count(connection) == 1


def test_no_file_at_all(warehouse: Warehouse, connection: Connection) -> None:
    missing = warehouse.missing(mandatory=False)
    with refused(INTERNAL):
        run(connection, warehouse.copy_sql("t", missing))


def test_a_missing_manifest(warehouse: Warehouse, connection: Connection) -> None:
    sql = warehouse.copy_sql("t", warehouse.put(table(1))).replace(".manifest'", ".nothing'")
    with refused(INTERNAL, "S3ServiceException"):
        run(connection, sql)


def test_parquet_needs_the_content_length(warehouse: Warehouse, connection: Connection) -> None:
    entry = replace(warehouse.put(table(1)), content_length=None)
    with refused(INTERNAL, "File entry does not have 'meta' key."):
        run(connection, warehouse.copy_sql("t", entry))


def test_a_wrong_content_length(warehouse: Warehouse, connection: Connection) -> None:
    entry = warehouse.put(table(1))
    with refused(INTERNAL):
        run(connection, warehouse.copy_sql("t", replace(entry, content_length=7)))


def test_a_file_that_is_no_parquet(warehouse: Warehouse, connection: Connection) -> None:
    with refused(INTERNAL, "Spectrum Scan Error"):
        run(connection, warehouse.copy_sql("t", warehouse.put_bytes(b"id,v\n1,a\n")))


def test_a_damaged_parquet_file(warehouse: Warehouse, connection: Connection) -> None:
    sink = io.BytesIO()
    pq.write_table(table(*range(1000)), sink)
    data = bytearray(sink.getvalue())
    data[20:60] = bytes(40)
    with refused(INTERNAL, "Spectrum Scan Error"):
        run(connection, warehouse.copy_sql("t", warehouse.put_bytes(bytes(data))))
    connection.rollback()

    assert count(connection) == 0


@pytest.mark.parametrize(
    "options",
    [
        "truncatecolumns",
        "maxerror 10",
        "region 'eu-west-1'",
        "compupdate off",
        "timeformat 'auto'",
        "blanksasnull",
        "null as 'x'",
    ],
)
def test_options_that_columnar_formats_do_not_take(
    warehouse: Warehouse, connection: Connection, options: str
) -> None:
    with refused("0A000", "argument is not supported for PARQUET based COPY"):
        run(connection, warehouse.copy_sql("t", warehouse.put(table(1)), options=options))


def test_options_that_columnar_formats_take(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, warehouse.copy_sql("t", warehouse.put(table(1)), options="statupdate off"))

    assert count(connection) == 1


def test_a_table_that_is_not_there(warehouse: Warehouse, connection: Connection) -> None:
    with refused("42P01"):
        run(connection, warehouse.copy_sql("nowhere", warehouse.put(table(1))))


@pytest.mark.parametrize(
    "staged",
    [table(1).select(["id"]), table(1).append_column("x", pa.array(["x"]))],
    ids=["fewer", "more"],
)
def test_a_wrong_number_of_columns(
    warehouse: Warehouse, connection: Connection, staged: pa.Table
) -> None:
    with refused(INTERNAL, "Spectrum Scan Error", "Unmatched number of columns"):
        run(connection, warehouse.copy_sql("t", warehouse.put(staged)))


BAD_TYPES = [
    ("bigint", pa.array([1], pa.int32())),
    ("bigint", pa.array(["1"])),
    ("integer", pa.array([1], pa.int64())),
    ("bigint", pa.array([1], pa.uint64())),
    ("varchar(10)", pa.array([1], pa.int64())),
    ("decimal(8,2)", pa.array([1.5])),
    ("double precision", pa.array([1.5], pa.float32())),
    ("decimal(8,2)", pa.array([Decimal("1.50")], pa.decimal256(40, 2))),
    ("date", pa.array(["2024-01-01"])),
    ("boolean", pa.array([1], pa.int32())),
    ("varbyte(4)", pa.array(["ab"])),
]


@pytest.mark.parametrize(
    ("type_name", "staged"), BAD_TYPES, ids=[f"{c[1].type} to {c[0]}" for c in BAD_TYPES]
)
def test_types_must_fit(warehouse: Warehouse, type_name: str, staged: pa.Array) -> None:
    connection = warehouse.connect()
    run(connection, f"create table t (v {type_name})")
    connection.commit()
    entry = warehouse.put(pa.table({"v": staged}))

    with refused(INTERNAL, "Spectrum Scan Error", "has an incompatible Parquet schema"):
        run(connection, warehouse.copy_sql("t", entry))


def failing(warehouse: Warehouse, connection: Connection, entry: Entry) -> Refusal:
    """Loads, fails, rolls back."""
    with refused(INTERNAL) as refusal:
        run(connection, warehouse.copy_sql("t", entry))
    with refused("25P02"):
        run(connection, "select 1")
    connection.rollback()
    assert count(connection) == 0
    return refusal


@pytest.mark.parametrize("text", ["12345678901", "éééééé"], ids=["characters", "bytes"])
def test_a_value_too_long_by_bytes(warehouse: Warehouse, connection: Connection, text: str) -> None:
    refusal = failing(warehouse, connection, warehouse.put(table(1, 2, text=text)))

    assert "length of the data column v is longer" in refusal.detail


def test_bytes_too_many(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, "drop table t")
    run(connection, "create table t (v varbyte(4))")
    connection.commit()

    refusal = failing(warehouse, connection, warehouse.put(pa.table({"v": pa.array([b"12345"])})))
    assert "length of the data column v is longer" in refusal.detail


def test_null_into_not_null(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, "drop table t")
    run(connection, "create table t (id bigint not null, v varchar(10) not null)")
    connection.commit()

    refusal = failing(warehouse, connection, warehouse.put(table(1, text=None)))
    assert "Load into table 't' failed" in refusal.message


def test_a_bucket_in_another_region_is_refused(
    warehouse: Warehouse, connection: Connection
) -> None:
    if warehouse.emulator is None:
        pytest.skip("it would take a bucket in another Region of the account")
    elsewhere = "elsewhere"
    there = boto3.client(
        "s3",
        region_name="eu-central-1",
        endpoint_url=warehouse.s3.meta.endpoint_url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    there.create_bucket(
        Bucket=elsewhere, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    try:
        with refused(INTERNAL, "S3ServiceException", "is in a different region from this cluster"):
            run(connection, f"copy t from 's3://{elsewhere}/k' iam_role default parquet manifest")
        connection.rollback()
        store = S3Store(warehouse.s3, elsewhere, "staged")
        with pytest.raises(NeedsRepairError, match="bucket elsewhere is in eu-central-1"):
            check_region("c.x.eu-west-1.redshift.amazonaws.com", elsewhere, store.region)
    finally:
        there.delete_bucket(Bucket=elsewhere)


def test_nanoseconds_are_misread(warehouse: Warehouse) -> None:
    """A cluster takes them for microseconds (apache/arrow#38000), so nothing may stage them."""
    connection = warehouse.connect()
    run(connection, "create table t (v timestamp)")
    times = pa.array([dt.datetime(2023, 9, 11), None], pa.timestamp("ns"))  # noqa: DTZ001
    warehouse.copy(connection, "t", pa.table({"v": times}))
    found = rows(connection, "select date_part('year', v) > 50000 from t order by v")
    assert found == [[True], [None]]


def test_nanoseconds_of_int96_are_read_well(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v timestamp)")
    sent = dt.datetime(2023, 9, 11, 10, 39)  # noqa: DTZ001
    entry = warehouse.put(
        pa.table({"v": pa.array([sent], pa.timestamp("ns"))}), use_deprecated_int96_timestamps=True
    )
    run(connection, warehouse.copy_sql("t", entry))
    assert value(connection, "select v from t") == sent


def test_fillrecord_gives_null_to_columns_that_a_file_lacks(
    warehouse: Warehouse, connection: Connection
) -> None:
    entry = warehouse.put(pa.table({"id": pa.array([1, 2], pa.int64())}))
    run(connection, warehouse.copy_sql("t", entry, options="fillrecord"))
    assert rows(connection, "select count(id), count(v) from t") == [[2, 0]]
    connection.commit()
    entry = warehouse.put(table(1).append_column("x", pa.array(["x"])))
    with refused(INTERNAL, "Spectrum Scan Error", "Unmatched number of columns"):
        run(connection, warehouse.copy_sql("t", entry, options="fillrecord"))


def test_characters_of_several_bytes_do_not_fit_char(warehouse: Warehouse) -> None:
    connection = warehouse.connect(autocommit=True)
    run(connection, "create table t (v char(9))")
    entry = warehouse.put(pa.table({"v": ["abc", "dé"]}))
    with refused(INTERNAL, "Load into table 't' failed"):
        run(connection, warehouse.copy_sql("t", entry))
    found = rows(
        connection,
        "select trim(error_message), line_number, error_code from sys_load_error_detail "
        f"where file_name like '%{entry.url.rpartition('/')[2]}%'",
    )
    reason = "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: "
    assert found == [[reason + "c3 a9", 2, 1220]]


def test_acceptinvchars_replaces_what_is_no_utf_8(
    warehouse: Warehouse, connection: Connection
) -> None:
    bad = pa.table({"id": pa.array([1], pa.int64()), "v": pa.array([b"a\xffb"], pa.binary())})
    entry = warehouse.put(bad)
    run(connection, warehouse.copy_sql("t", entry, options="acceptinvchars as '^'"))
    run(connection, warehouse.copy_sql("t", entry, options="acceptinvchars"))
    assert rows(connection, "select v from t order by v") == [["a?b"], ["a^b"]]


@pytest.mark.parametrize(
    ("staged", "loaded"), [("1.239", "1.23"), ("-1.239", "-1.23"), ("5.000", "5.00")]
)
def test_copy_cuts_decimals(warehouse: Warehouse, staged: str, loaded: str) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v decimal(8,2))")
    values = pa.array([Decimal(staged)], pa.decimal128(9, 3))
    warehouse.copy(connection, "t", pa.table({"v": values}))

    assert value(connection, "select v from t") == Decimal(loaded)


def test_a_decimal_out_of_range(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, "drop table t")
    run(connection, "create table t (v decimal(4,2))")
    connection.commit()
    values = pa.array([Decimal("123.45")], pa.decimal128(9, 2))

    failing(warehouse, connection, warehouse.put(pa.table({"v": values})))


def test_a_nul_in_a_text(warehouse: Warehouse, connection: Connection) -> None:
    failing(warehouse, connection, warehouse.put(table(1, text="a\0b")))


def test_duplicate_keys_are_loaded(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint primary key, v varchar(10))")
    warehouse.copy(connection, "t", table(1, 1))

    assert count(connection) == 2


def test_the_error_is_found_after_the_rollback(
    warehouse: Warehouse, connection: Connection
) -> None:
    entry = warehouse.put(table(1, text="12345678901"))
    failing(warehouse, connection, entry)
    ((file, column, type_name, length, code, message),) = rows(
        connection,
        "select file_name, column_name, column_type, column_length, error_code, error_message "
        "from sys_load_error_detail where file_name like %s",
        (entry.url + "%",),
    )

    # The texts are CHAR: they come padded.
    assert file.startswith(entry.url)
    assert (column.strip(), type_name.strip(), length.strip()) == ("v", "varchar", "10")
    assert code == 1204
    assert "length of the data column v" in message


@pytest.mark.parametrize("wide", [50_000])
def test_a_larger_load_in_several_files(
    warehouse: Warehouse, connection: Connection, wide: int
) -> None:
    warehouse.copy(connection, "t", table(*range(wide)), table(*range(wide, 2 * wide)))

    assert count(connection) == 2 * wide
    assert value(connection, "select count(distinct id) from t") == 2 * wide
