"""Descriptions and values of results, as each version of the protocol has them."""

from __future__ import annotations

import struct

import pytest

from infra.redshift_emulator import wire
from infra.redshift_emulator.errors import RedshiftError
from infra.redshift_emulator.results import (
    BINARY,
    Field,
    Result,
    as_redshift,
    check_width,
    read_fields,
)
from infra.redshift_emulator.wire import Message

VARBYTE = 16_400


def field(type_number: int, *, modifier: int = -1, size: int = -1, form: int = 0) -> Field:
    return Field("a", 0, 0, type_number, size, modifier, form)


def decimal_field(precision: int, scale: int) -> Field:
    return field(1700, modifier=(precision << 16 | scale) + 4, form=1)


def row(*values: bytes | None) -> Message:
    parts = [struct.pack("!H", len(values))]
    parts += [wire.NULL if v is None else struct.pack("!i", len(v)) + v for v in values]
    return Message(b"D", b"".join(parts))


def test_the_version_that_drivers_see() -> None:
    answer = as_redshift(Message(b"S", wire.strings("server_version", "18.6")))

    assert answer == Message(b"S", wire.strings("server_version", "8.0.2"))
    other = Message(b"S", wire.strings("client_encoding", "UTF8"))
    assert as_redshift(other) == other


@pytest.mark.parametrize(("number", "sent"), [(3802, 4000), (VARBYTE, 6551), (1043, 1043)])
def test_types_have_the_numbers_of_redshift(number: int, sent: int) -> None:
    described = Result((field(23), field(number)), 0, VARBYTE).description()
    assert [one.type for one in read_fields(described.body)] == [23, sent]


def test_varbyte_is_bare_digits() -> None:
    result = Result((field(VARBYTE), field(25)), 0, VARBYTE)
    assert result.row(row(b"\\x00ff", b"\\x00ff")) == row(b"00ff", b"\\x00ff")
    assert result.row(row(None, None)) == row(None, None)


@pytest.mark.parametrize(
    ("digits", "weight", "sign", "precision", "scale", "number"),
    [
        ((), 0, 0, 18, 4, 0),
        ((1, 2500), 0, 0, 8, 2, 125),
        ((1, 2345, 6000), 1, 0x4000, 18, 1, -123456),
        ((9999,) * 9 + (9900,), 8, 0, 38, 2, int("9" * 38)),
        ((1,), 2, 0, 38, 0, 10**8),
        ((1, 2399), 0, 0, 8, 2, 124),
    ],
)
def test_decimals_are_whole_numbers(  # noqa: PLR0917 - the parts of PostgreSQL's number
    digits: tuple[int, ...], weight: int, sign: int, precision: int, scale: int, number: int
) -> None:
    value = struct.pack(f"!hhHh{len(digits)}h", len(digits), weight, sign, scale, *digits)
    result = Result((decimal_field(precision, scale),), BINARY, VARBYTE)
    size = 8 if precision <= 19 else 16
    assert result.row(row(value)) == row(number.to_bytes(size, "big", signed=True))


def test_decimals_of_the_first_protocol_are_left_alone() -> None:
    result = Result((decimal_field(8, 2),), 1, VARBYTE)
    assert result.row(row(b"anything")) == row(b"anything")


def test_formats_are_for_all_or_for_each() -> None:
    result = Result((field(23), field(25)), 0, VARBYTE)
    for formats, expected in (((), [0, 0]), ((1,), [1, 1]), ((1, 0), [1, 0])):
        assert [one.format for one in result.with_formats(formats).fields] == expected


def test_rows_that_are_too_wide() -> None:
    check_width([field(1042, modifier=65_535 - 8 + 4), field(20, size=8), field(1043, modifier=9)])
    with pytest.raises(RedshiftError, match="8001"):
        check_width([field(1042, modifier=65_535 - 8 + 5), field(20, size=8)])
