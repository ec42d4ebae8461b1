"""What DMS announces for PostgreSQL's types, and how it writes their values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from flink_app.diagnostics.source_types import SourceType
from infra.catalogue.postgresql_types import PostgresType, propose_type
from infra.local.source.column_types import DmsType
from infra.local.source.settings import PROFILE, Engine


def of(name: str, modifier: int = -1, kind: str = "b", *, array: bool = False) -> DmsType:
    return DmsType(PostgresType(name, kind, array, modifier, "pg_catalog"))


def numeric(precision: int, scale: int) -> DmsType:
    return of("numeric", (precision << 16 | scale & 0x7FF) + 4)


# A type, what is announced for it, a value in PostgreSQL's text, and what DMS writes.
TYPES: list[tuple[DmsType, dict[str, Any], str, str]] = [
    (of("int2"), {"type": "INT16"}, "-32768", "-32768"),
    (of("int4"), {"type": "INT32"}, "7", "7"),
    (of("int8"), {"type": "INT64"}, "9223372036854775807", "9223372036854775807"),
    (of("oid"), {"type": "INT64"}, "4294967295", "4294967295"),
    (of("float4"), {"type": "REAL4"}, "1e-30", "1e-30"),
    (of("float8"), {"type": "REAL8"}, "-0", "-0"),
    (of("float8"), {"type": "REAL8"}, "NaN", '"NaN"'),
    (of("float8"), {"type": "REAL8"}, "-Infinity", '"-Infinity"'),
    (of("bool"), {"type": "BOOLEAN"}, "t", "true"),
    (of("bool"), {"type": "BOOLEAN"}, "f", "false"),
    (numeric(12, 2), {"type": "NUMERIC", "precision": 12, "scale": 2}, "1.50", "1.50"),
    (numeric(2, 5), {"type": "NUMERIC", "precision": 5, "scale": 5}, "0.00012", "0.00012"),
    (numeric(12, 2), {"type": "NUMERIC", "precision": 12, "scale": 2}, "NaN", '"NaN"'),
    (numeric(40, 0), {"type": "STRING", "length": 43}, "12", '"12"'),
    (of("numeric"), {"type": "NUMERIC", "precision": 28, "scale": 6}, "1.50", "1.50"),
    (of("numeric"), {"type": "NUMERIC", "precision": 28, "scale": 6}, "0.0000005", "0.000001"),
    (of("numeric"), {"type": "NUMERIC", "precision": 28, "scale": 6}, "-9e20", "-9" + "0" * 20),
    (of("numeric"), {"type": "NUMERIC", "precision": 28, "scale": 6}, "NaN", '"NaN"'),
    (of("money"), {"type": "NUMERIC", "precision": 38, "scale": 4}, "-$1,234.56", "-1234.56"),
    (of("date"), {"type": "DATE"}, "2024-02-29", '"2024-02-29"'),
    (of("date"), {"type": "DATE"}, "infinity", '"9999-12-31"'),
    (of("date"), {"type": "DATE"}, "-infinity", '"4713-01-01 BC"'),
    (
        of("timestamp"),
        {"type": "TIMESTAMP"},
        "2024-02-29 01:02:03.5",
        '"2024-02-29T01:02:03.500000Z"',
    ),
    (
        of("timestamptz"),
        {"type": "TIMESTAMP"},
        "2024-02-29 01:02:03+00",
        '"2024-02-29T01:02:03.000000Z"',
    ),
    (of("timestamp"), {"type": "TIMESTAMP"}, "infinity", '"9999-12-31T00:00:00.000000Z"'),
    (of("timestamptz"), {"type": "TIMESTAMP"}, "-infinity", '"4713-01-01T00:00:00Z BC"'),
    (of("timestamp"), {"type": "TIMESTAMP"}, "0044-03-15 10:00:00 BC", '"0044-03-15T10:00:00Z BC"'),
    (of("time"), {"type": "TIME"}, "04:05:06.7", '"04:05:06.7"'),
    (of("timetz"), {"type": "TIME"}, "04:05:06+02", '"04:05:06+02"'),
    (of("interval"), {"type": "STRING", "length": 128}, "1 mon", '"1 mon"'),
    (of("varchar", 24), {"type": "STRING", "length": 20}, 'q"\\é', '"q\\"\\\\é"'),
    (of("varchar"), {"type": "NCLOB"}, "x", '"x"'),
    (of("bpchar", 7), {"type": "STRING", "length": 3}, "a  ", '"a  "'),
    (of("text"), {"type": "NCLOB"}, "\n", '"\\n"'),
    (of("bytea"), {"type": "BLOB"}, "\\xDEad", '"0xdead"'),
    (of("bytea"), {"type": "BLOB"}, "\\x", '"0x"'),
    (of("uuid"), {"type": "STRING", "length": 36}, "a-b", '"a-b"'),
    (of("jsonb"), {"type": "NCLOB"}, '{"a": 1}', '"{\\"a\\": 1}"'),
    (of("mood", kind="e"), {"type": "STRING", "length": 64}, "good", '"good"'),
    (of("int4range", kind="r"), {"type": "STRING", "length": 255}, "[1,2)", '"[1,2)"'),
    (of("address", kind="c"), {"type": "NCLOB"}, "(a,)", '"(a,)"'),
    (of("_int4", array=True), {"type": "NCLOB"}, "{1,NULL}", '"{1,NULL}"'),
    (of("_bool", array=True), {"type": "NCLOB"}, "{t}", '"{t}"'),
    (of("bit", 8), {"type": "STRING", "length": 8}, "10101010", '"10101010"'),
    (of("inet"), {"type": "STRING", "length": 50}, "::1", '"::1"'),
    (of("nobody_knows_it"), {"type": "NCLOB"}, "1", '"1"'),
]


@pytest.mark.parametrize(("kind", "announced", "text", "written"), TYPES)
def test_a_type_and_its_values(
    kind: DmsType, announced: dict[str, Any], text: str, written: str
) -> None:
    assert kind.announce(PROFILE) == announced
    assert kind.write(text, PROFILE) == written
    json.loads(written)


@pytest.mark.parametrize(("kind", "announced"), [each[:2] for each in TYPES])
def test_what_init_declares_can_hold_what_is_announced(
    kind: DmsType, announced: dict[str, Any]
) -> None:
    declared = propose_type(kind.source, None).type
    source = SourceType.read(announced)
    assert source is not None
    assert source.is_known
    assert declared is None or source.fits(declared)


def test_settings_of_the_task_change_how_values_are_written() -> None:
    plain = replace(PROFILE, booleans_as_booleans=False, large_integers=False, no_hex_prefix=True)
    assert of("bool").announce(plain) == {"type": "STRING", "length": 5}
    assert of("bool").write("t", plain) == '"true"'
    assert of("bool").write("t", replace(plain, engine=Engine.MYSQL)) == "1"
    assert of("int8").write("12345678901234567", plain) == "1.234567890123457E+16"
    assert of("bytea").write("\\xab", plain) == '"ab"'
    assert of("timestamp").write("2024-02-29 01:02:03.5", replace(plain, fraction_digits=0)) == (
        '"2024-02-29T01:02:03Z"'
    )
