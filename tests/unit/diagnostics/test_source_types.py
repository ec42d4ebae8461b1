"""Which announced types a declared type can hold."""

from __future__ import annotations

from typing import Any, Final

import pytest

from flink_app.declaration.types import ColumnType
from flink_app.diagnostics.source_types import SourceType

DECLARED: Final = (
    "smallint", "integer", "bigint", "decimal(12,2)", "decimal(38,0)", "real", "double", "boolean",
    "date", "timestamp", "timestamptz", "varchar(20)", "char(40)", "varbyte(10)",
)  # fmt: skip
NUMBERS: Final = "decimal(12,2) decimal(38,0) real double"
TEXT: Final = "varchar(20) char(40)"

CASES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "INT1": ({}, f"smallint integer bigint {NUMBERS} boolean"),
    "UINT1": ({}, f"smallint integer bigint {NUMBERS}"),
    "INT2": ({}, f"smallint integer bigint {NUMBERS}"),
    "INT16": ({}, f"smallint integer bigint {NUMBERS}"),
    "UINT2": ({}, f"integer bigint {NUMBERS}"),
    "INT4": ({}, f"integer bigint {NUMBERS}"),
    "INT32": ({}, f"integer bigint {NUMBERS}"),
    "UINT32": ({}, f"bigint {NUMBERS}"),
    "INT64": ({}, "bigint decimal(38,0) real double"),
    "UINT64": ({}, "decimal(38,0) real double"),
    "INT8": ({}, f"smallint integer bigint {NUMBERS}"),
    "NUMERIC": ({}, f"smallint integer bigint {NUMBERS}"),
    "numeric": ({"precision": 4}, f"smallint integer bigint {NUMBERS}"),
    "Numeric": ({"precision": 28, "scale": 6}, "real double"),
    "NUMERIC ": ({"precision": 12, "scale": 2}, " ".join(DECLARED)),  # an unknown name
    "NUMERiC": ({"precision": 10}, "bigint decimal(12,2) decimal(38,0) real double"),
    "REAL4": ({}, "real double"),
    "REAL8": ({}, "double"),
    "STRING": ({}, f"{TEXT} boolean decimal(12,2) decimal(38,0)"),
    "WSTRING": ({"length": 20}, f"{TEXT} boolean decimal(12,2) decimal(38,0)"),
    "string": ({"length": 21}, "char(40) boolean decimal(12,2) decimal(38,0)"),
    "String": ({"length": "21"}, f"{TEXT} boolean decimal(12,2) decimal(38,0)"),
    "NCLOB": ({}, TEXT),
    "CLOB": ({"length": 0}, TEXT),
    "BLOB": ({}, f"{TEXT} varbyte(10)"),
    "BYTES": ({"length": 10}, "char(40) varbyte(10)"),
    "Bytes": ({"length": 9}, f"{TEXT} varbyte(10)"),
    "BOOLEAN": ({}, "boolean"),
    "DATE": ({}, f"date timestamp timestamptz {TEXT}"),
    "TIME": ({"length": 99}, TEXT),
    "DATETIME": ({}, f"timestamp timestamptz {TEXT}"),
    "TIMESTAMP": ({"length": 99}, f"timestamp timestamptz {TEXT}"),
    "GEOMETRY": ({}, " ".join(DECLARED)),
}


@pytest.mark.parametrize("name", CASES)
def test_which_declared_types_hold_every_value(name: str) -> None:
    sizes, expected = CASES[name]
    source = SourceType.read({"type": name, **sizes})
    assert source is not None
    held = {declared for declared in DECLARED if source.fits(ColumnType.parse(declared))}
    assert held == set(expected.split())


def test_only_names_that_dms_has_are_known() -> None:
    known = {name for name in CASES if SourceType(name.upper()).is_known}
    assert set(CASES) - known == {"NUMERIC ", "GEOMETRY"}


@pytest.mark.parametrize("column", [{}, {"type": 4}, {"type": None}, {"nullable": True}])
def test_a_column_without_a_type_has_none(column: dict[str, Any]) -> None:
    assert SourceType.read(column) is None


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ({"type": "int4"}, "INT4"),
        ({"type": "STRING", "length": 9}, "STRING(9)"),
        ({"type": "NUMERIC", "precision": 9, "scale": 2}, "NUMERIC(9,2)"),
        ({"type": "STRING", "length": True}, "STRING"),
    ],
)
def test_a_type_is_written_with_its_size(column: dict[str, Any], text: str) -> None:
    assert str(SourceType.read(column)) == text
