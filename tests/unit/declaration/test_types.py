from __future__ import annotations

import pyarrow as pa
import pytest
from pydantic import ValidationError

from flink_app.declaration import ColumnType
from flink_app.declaration.model import Column


@pytest.mark.parametrize(
    ("text", "arrow", "sql"),
    [
        ("smallint", pa.int16(), "SMALLINT"),
        ("integer", pa.int32(), "INTEGER"),
        ("int", pa.int32(), "INTEGER"),
        ("bigint", pa.int64(), "BIGINT"),
        ("double precision", pa.float64(), "DOUBLE PRECISION"),
        ("double", pa.float64(), "DOUBLE PRECISION"),
        ("boolean", pa.bool_(), "BOOLEAN"),
        ("date", pa.date32(), "DATE"),
        ("timestamp", pa.timestamp("us"), "TIMESTAMP"),
        ("timestamptz", pa.timestamp("us", "UTC"), "TIMESTAMPTZ"),
        ("real", pa.float32(), "REAL"),
        ("char(8)", pa.string(), "VARCHAR(8)"),
        ("varbyte(16)", pa.binary(), "VARBYTE(16)"),
        ("varbyte(1024000)", pa.binary(), "VARBYTE(1024000)"),
        ("decimal(12,2)", pa.decimal128(12, 2), "DECIMAL(12,2)"),
        ("numeric( 38 , 10 )", pa.decimal128(38, 10), "DECIMAL(38,10)"),
        ("decimal(5)", pa.decimal128(5, 0), "DECIMAL(5,0)"),
        ("VarChar(65535)", pa.string(), "VARCHAR(65535)"),
        (" varchar (1) ", pa.string(), "VARCHAR(1)"),
    ],
)
def test_a_type_as_it_is_written(text: str, arrow: pa.DataType, sql: str) -> None:
    parsed = ColumnType.parse(text)
    assert (parsed.arrow, parsed.sql) == (arrow, sql)
    assert ColumnType.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "varchar",
        "varchar(0)",
        "varchar(65536)",
        "varchar(10,2)",
        "char",
        "varbyte",
        "varbyte(0)",
        "varbyte(1024001)",
        "decimal",
        "decimal(0)",
        "decimal(39,2)",
        "decimal(5,6)",
        "integer(4)",
        "timestamp(6)",
        "decimal(5,2) x",
    ],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a column type"):
        ColumnType.parse(text)


@pytest.mark.parametrize("text", ["sales.order_state", '"HR"."Rank"'])
def test_a_type_of_the_source_s_own_is_refused_with_what_it_comes_as(text: str) -> None:
    with pytest.raises(ValueError, match=r"an enumeration comes as text: declare varchar"):
        ColumnType.parse(text)


@pytest.mark.parametrize(
    ("text", "instead"), [("super", "JSON_PARSE"), ("time", "varchar"), ("TIMETZ", "varchar")]
)
def test_what_would_lie_is_refused_with_what_to_declare_instead(text: str, instead: str) -> None:
    with pytest.raises(ValueError, match=f"is not supported as a column type: .*{instead}"):
        ColumnType.parse(text)


def test_only_whole_numbers_are_integers() -> None:
    written = ["smallint", "integer", "bigint", "decimal(5,0)", "double precision", "date"]
    assert [text for text in written if ColumnType.parse(text).is_integer] == written[:3]


@pytest.mark.parametrize(
    "written",
    [{"name": "varchar"}, {"name": "varchar", "length": -5}, {"name": "evil"}, 5, ["date"]],
)
def test_a_type_is_text(written: object) -> None:
    with pytest.raises(ValidationError, match="must be text such as varchar"):
        Column.model_validate({"type": written})


@pytest.mark.parametrize("text", ["varchar(２０)", "decimal(٣,١)"])  # noqa: RUF001 - on purpose
def test_digits_of_other_scripts_are_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="is not a column type"):
        ColumnType.parse(text)
