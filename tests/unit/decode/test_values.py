"""One JSON text to one column value, on both paths at once."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.decode.records import decode, only_change, only_fault, plan_of, record
from tests.unit.stars import star

EVERY_TYPE = plan_of(
    star(
        """
name: types
source_schema: types
tables:
  t:
    key: [id]
    columns:
      id: integer
      small: smallint
      number: integer
      big: bigint
      exact: decimal(38,10)
      money: decimal(12,2)
      real: double precision
      single: real
      zoned: timestamptz
      padded: char(4)
      yes: boolean
      day: date
      at: timestamp
      text: varchar(8)
      bytes: varbyte(4)
targets:
  w:
    fact: t
    columns:
      {id: id, small: small, number: number, big: big, exact: exact, money: money, real: real,
       single: single, zoned: zoned, padded: padded,
       "yes": "yes", day: day, at: at, text: text, bytes: bytes}
""".replace("      yes:", '      "yes":')
    )
)


def written(column: str, text: str) -> bytes:
    """A record whose `column` holds the JSON text."""
    data = record("t", {"id": 1, column: "@"}, schema="types")
    return data.replace(b'"@"', text.encode())


AT_UTC = dt.datetime(2026, 3, 11, 4, 15, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("small", "-32768", -32768),
        ("number", "2147483647", 2**31 - 1),
        ("number", "1.0", 1),
        ("number", "12e1", 120),
        ("number", '"-7"', -7),
        ("big", "9007199254740993", 2**53 + 1),  # a float would give ...992
        ("big", "9223372036854775807", 2**63 - 1),
        ("big", "-9223372036854775808", -(2**63)),
        # No double is written with so many digits.
        ("big", "1.23456789012345678e+17", 123456789012345678),
        ("big", "-9.99999999999999e+14", -999999999999999),
        ("exact", "9.9999e4", Decimal(99999)),
        ("exact", "1.23456789012345678e10", Decimal("12345678901.2345678")),
        ("exact", "0.1", Decimal("0.1")),
        ("exact", "1234567890123456789012345678.0123456789", None),
        ("exact", '"-9999999999999999999999999999.9999999999"', None),
        ("money", "12.30", Decimal("12.3")),
        ("money", '"12.30"', Decimal("12.3")),
        ("money", "12.300", Decimal("12.3")),
        ("money", "1e3", Decimal(1000)),
        ("money", "-0.0", Decimal(0)),
        ("real", "0.1", 0.1),
        ("real", "1", 1.0),
        ("real", "1e308", 1e308),
        ("real", '"0.1"', 0.1),
        ("real", '"-1.5e-300"', -1.5e-300),
        ("single", "0.1", 0.10000000149011612),
        ("single", '"0.1"', 0.10000000149011612),
        ("single", "3.4028235e38", 3.4028234663852886e38),
        ("zoned", '"2026-03-11T09:45:02+05:30"', AT_UTC),
        ("zoned", '"2026-03-11T04:15:02Z"', AT_UTC),
        ("padded", '"ab  "', "ab"),
        ("padded", '"ab        "', "ab"),
        ("padded", '"    "', ""),
        ("yes", "true", True),
        ("yes", '"true"', True),
        ("yes", '"T"', True),
        ("yes", '"true "', True),  # CHAR(5)
        ("yes", "1", True),
        ("yes", '"false"', False),
        ("yes", '"0"', False),
        ("yes", "0", False),
        ("day", '"2024-02-29"', dt.date(2024, 2, 29)),
        ("day", '"2024-02-29T00:00:00Z"', dt.date(2024, 2, 29)),
        ("day", '"2024-02-29 00:00:00.000000000"', dt.date(2024, 2, 29)),  # Oracle's DATE
        ("day", '"0001-01-01"', dt.date(1, 1, 1)),
        ("day", '"9999-12-31"', dt.date(9999, 12, 31)),  # PostgreSQL's infinity
        ("at", '"9999-12-31T00:00:00Z"', dt.datetime(9999, 12, 31)),  # noqa: DTZ001
        ("text", '"09:45:02"', "09:45:02"),  # a MySQL time
        ("text", '"a b "', "a b "),
        ("at", '"2026-03-11"', dt.datetime(2026, 3, 11)),  # noqa: DTZ001
        ("at", '"2026-03-11T09:45"', dt.datetime(2026, 3, 11, 9, 45)),  # noqa: DTZ001
        ("at", '"2026-03-11 09:45:02"', dt.datetime(2026, 3, 11, 9, 45, 2)),  # noqa: DTZ001
        ("at", '"2026-03-11T09:45:02+05:30"', dt.datetime(2026, 3, 11, 4, 15, 2)),  # noqa: DTZ001
        ("at", '"2026-03-11 09:45:02 +05:30"', dt.datetime(2026, 3, 11, 4, 15, 2)),  # noqa: DTZ001
        ("zoned", '"2026-03-11 09:45:02.0000000 +05:30"', AT_UTC),  # SQL Server
        ("zoned", '"2026-03-11 04:15:02.000000000 Z"', AT_UTC),
        ("text", '"a b"', "a b"),
        ("text", '""', ""),
        ("bytes", '"0x00ff"', b"\x00\xff"),
        ("bytes", '"00FF0a0B"', b"\x00\xff\n\x0b"),  # with NoHexPrefix
        ("bytes", '"0x"', b""),
        ("bytes", '""', b""),
        ("text", '"\\u00e6\\ud83d\\ude00"', "æ😀"),
        ("text", '"ææææ"', "ææææ"),  # 8 bytes
    ],
)
def test_a_value_is_read_exactly(column: str, text: str, value: object) -> None:
    expected = Decimal(text.strip('"')) if value is None else value
    found = only_change(written(column, text), EVERY_TYPE)[column]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("digits", range(10))
@pytest.mark.parametrize("zone", ["", "Z"])
def test_a_timestamp_keeps_six_digits_of_its_fraction(digits: int, zone: str) -> None:
    fraction = "." + "123456789"[:digits] if digits else ""
    found = only_change(written("at", f'"2026-03-11T09:45:02{fraction}{zone}"'), EVERY_TYPE)["at"]
    assert found.microsecond == int("123456789"[: min(digits, 6)].ljust(6, "0") if digits else "0")
    assert found.replace(microsecond=0) == dt.datetime(2026, 3, 11, 9, 45, 2)  # noqa: DTZ001


COLUMNS = ["small", "number", "big", "exact", "money", "real", "yes", "day", "at", "text"]
COLUMNS += ["single", "zoned", "padded", "bytes"]


@pytest.mark.parametrize("column", COLUMNS)
def test_null_and_a_missing_name_are_both_null(column: str) -> None:
    assert only_change(written(column, "null"), EVERY_TYPE)[column] is None
    assert only_change(record("t", {"id": 1}, schema="types"), EVERY_TYPE)[column] is None


WRONG, RANGE, LONG = "wrong_type", "out_of_range", "too_long"
ZERO, PRECISE, ROUNDED = "zero_date", "too_precise", "rounded_number"


@pytest.mark.parametrize(
    ("column", "text", "reason", "detail"),
    [
        ("small", "32768", RANGE, "the number does not fit smallint"),
        ("number", "-2147483649", RANGE, "the number does not fit integer"),
        ("big", "9223372036854775808", RANGE, "the number does not fit bigint"),
        ("big", "1e999999999", RANGE, "the number does not fit bigint"),
        ("big", "1" * 5000, RANGE, "the number does not fit bigint"),
        ("big", "1.5", WRONG, "the number has a fraction and bigint has none"),
        ("big", "1e-999999999", WRONG, "the number has a fraction and bigint has none"),
        ("big", "true", WRONG, "a bigint cannot be read from a boolean"),
        ("big", '"twelve"', WRONG, "a bigint cannot be read from a string"),
        ("big", '"\\u0661"', WRONG, "a bigint cannot be read from a string"),
        ("big", '"1\\n"', WRONG, "a bigint cannot be read from a string"),
        ("big", "[1]", WRONG, "a bigint cannot be read from a array"),
        ("big", "{}", WRONG, "a bigint cannot be read from a object"),
        ("big", "1.2345678901234568e+18", ROUNDED, "the number has more than 15 digits and is in"),
        ("big", "-1e15", ROUNDED, "the number has more than 15 digits and is in scientific"),
        ("big", '"1.2345678901234568E18"', ROUNDED, "the number has more than 15 digits and is"),
        ("exact", "1.2345678901234568e+11", ROUNDED, "the number has more than 15 digits and is"),
        (
            "exact",
            '"1.2345e+6"',
            ROUNDED,
            "the number has more than 15 digits and is in scientific",
        ),
        ("money", "10000000000", RANGE, "the number does not fit decimal(12,2)"),
        ("money", "1e999999999", RANGE, "the number does not fit decimal(12,2)"),
        ("money", "0.001", RANGE, "the number has more fraction digits than decimal(12,2)"),
        ("money", "1e-999999999", RANGE, "the number has more fraction digits than decimal(12,2)"),
        ("exact", "1" + "0" * 28, RANGE, "the number does not fit decimal(38,10)"),
        (
            "exact",
            "0.00000000001",
            RANGE,
            "the number has more fraction digits than decimal(38,10)",
        ),
        ("money", "NaN", WRONG, "a decimal(12,2) cannot be read from a number that is not finite"),
        ("real", "1e309", RANGE, "the number does not fit double precision"),
        ("real", "-Infinity", WRONG, "a double precision cannot be read from a number that is not"),
        ("real", '"1e309"', RANGE, "the number does not fit double precision"),
        ("real", '"Infinity"', WRONG, "a double precision cannot be read from a string"),
        ("single", "3.5e38", RANGE, "the number does not fit real"),
        ("single", '"3.5e38"', RANGE, "the number does not fit real"),
        ("single", '"x"', WRONG, "a real cannot be read from a string"),
        ("zoned", '"yesterday"', WRONG, "a timestamptz cannot be read from a string"),
        ("padded", '"æææ"', LONG, "the text has 6 bytes and char(4) holds 4"),
        ("yes", "2", WRONG, "a boolean cannot be read from a number"),
        ("yes", '"maybe"', WRONG, "a boolean cannot be read from a string"),
        ("yes", "1.0", WRONG, "a boolean cannot be read from a number"),
        ("day", '"2023-02-29"', RANGE, "there is no such day"),
        ("day", '"0000-01-01"', RANGE, "there is no such day"),
        ("day", '"-4712-01-01"', RANGE, "it lies before year 1, as PostgreSQL's -infinity does"),
        ("day", '"4713-01-01 BC"', RANGE, "it lies before year 1, as PostgreSQL's -infinity does"),
        ("at", '"-4712-01-01T00:00:00Z"', RANGE, "it lies before year 1, as PostgreSQL's -inf"),
        ("at", '"4713-01-01T00:00:00Z BC"', RANGE, "it lies before year 1, as PostgreSQL's -inf"),
        ("text", '"a\\u0000b"', WRONG, "the text holds a NUL, which Redshift cannot"),
        ("day", '"0000-00-00"', ZERO, "a zero month or day, as MySQL may have, is no date"),
        ("day", '"2024-00-17"', ZERO, "a zero month or day, as MySQL may have, is no date"),
        ("at", '"0000-00-00 00:00:00"', ZERO, "a zero month or day, as MySQL may have, is no date"),
        ("zoned", '"2024-07-00T01:02:03Z"', ZERO, "a zero month or day, as MySQL may have"),
        ("at", '"2026-03-11T09:45:02.1234567891Z"', PRECISE, "the time has more than 9 digits"),
        ("at", '"2026-03-11 09:45:02 Europe/Oslo"', WRONG, "the time's zone is named"),
        ("day", '"2024-02-29T01:00:00Z"', WRONG, "the date has a time of day, as Oracle's may"),
        ("day", '"2024-02-29\\n"', WRONG, "a date cannot be read from a string"),
        ("day", "20240229", WRONG, "a date cannot be read from a number"),
        ("at", '"2026-02-30T00:00:00Z"', RANGE, "there is no such time"),
        ("at", '"0000-01-01T00:00:00Z"', RANGE, "there is no such time"),
        ("at", '"0001-01-01T00:00:00+01:00"', RANGE, "there is no such time"),
        ("at", '"9999-12-31T23:59:59-01:00"', RANGE, "there is no such time"),
        ("at", '"yesterday"', WRONG, "a timestamp cannot be read from a string"),
        ("at", "1773222302", WRONG, "a timestamp cannot be read from a number"),
        ("bytes", '"0x1"', WRONG, "the text is not pairs of hexadecimal digits, as a varbyte(4)"),
        ("bytes", '"0xgg"', WRONG, "the text is not pairs of hexadecimal digits, as a varbyte(4)"),
        ("bytes", "12", WRONG, "a varbyte(4) cannot be read from a number"),
        ("bytes", '"0x0102030405"', LONG, "the value has 5 bytes and varbyte(4) holds 4"),
        ("text", "5", WRONG, "a varchar(8) cannot be read from a number"),
        ("text", '"\\ud800"', WRONG, "the text has half of a surrogate pair"),
        ("text", '"æææææ"', LONG, "the text has 10 bytes and varchar(8) holds 8"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    column: str, text: str, reason: str, detail: str
) -> None:
    found = only_fault(written(column, text), EVERY_TYPE)
    assert found[0] == reason
    assert found[1].startswith(f"column {column}: {detail}")
    assert found[2] == "t"


@pytest.mark.parametrize("text", ["0e5", "0e-5", "0e999999999", "0e-999999999"])
def test_zero_never_has_too_many_digits(text: str) -> None:
    assert only_change(written("money", text), EVERY_TYPE)["money"] == 0


def test_what_is_not_declared_is_not_judged() -> None:
    odd: dict[str, Any] = {"id": 1, "other": float("nan"), "more": [{"x": None}]}
    data = record("t", odd, schema="types")
    assert json.loads(data)["data"].keys() == odd.keys()
    twice = data.replace(b'"other"', b'"more"')
    decoded = decode([data, twice], EVERY_TYPE)
    assert len(decoded.changes["t"]) == 2
