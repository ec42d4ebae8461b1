"""The values of each column type: made up of a number, or taken from whoever gives them.

They are logical values: text without the padding of `char`, decimals in their scale, `real` as the
nearest 32-bit number. `wire` says how DMS writes them.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, Final

from connectors.failures import StarjoinError
from flink_app.declaration import ColumnType

_FIRST_DAY: Final = dt.date(2026, 1, 1)
_FIRST_TIME: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_DAYS: Final = 3650
_KEY_DAYS: Final = 1_000_000  # until the year 4763
_BITS: Final = {"smallint": 16, "integer": 32, "bigint": 64}


class MisfitError(StarjoinError, ValueError):
    """A value is none of a type; the message says why, and whoever catches it names the value."""


def key_value(kind: ColumnType, number: int, length: int | None) -> Any:  # noqa: PLR0911 - one for each type
    """The key that has this number; those of small numbers differ (booleans: two of them)."""
    match kind.name:
        case "smallint" | "integer" | "bigint":
            return number
        case "decimal":
            return Decimal(number).scaleb(-(kind.scale or 0))
        case "real" | "double precision":
            return number + 0.5
        case "boolean":
            return number % 2 == 1
        case "date":
            return _FIRST_DAY + dt.timedelta(days=number)
        case "timestamp":
            return (_FIRST_TIME + dt.timedelta(days=number)).replace(tzinfo=None)
        case "timestamptz":
            return _FIRST_TIME + dt.timedelta(days=number)
        case "varbyte":
            return bytes([number])
    return f"k{number}" if length is None or length > 1 else str(number)


def count_keys(kind: ColumnType) -> int:  # noqa: PLR0911 - one for each type
    """For how many numbers, from 0, `key_value` gives values that differ and fit; boolean: two."""
    match kind.name:
        case "smallint" | "integer" | "bigint":
            return 1 << (_BITS[kind.name] - 1)
        case "decimal":
            return int(10 ** (kind.precision or 1))
        case "real" | "double precision":
            return 2**20
        case "boolean":
            return 2
        case "date" | "timestamp" | "timestamptz":
            return _KEY_DAYS
        case "varbyte":
            return 256
    return int(10 ** min(max((kind.length or 9) - 1, 1), 9))


def fresh_value(kind: ColumnType, number: int, length: int | None) -> Any:  # noqa: PLR0911 - one for each type
    """A value that few others of the column equal; `length` is in bytes."""
    sign = -1 if number % 2 else 1
    match kind.name:
        case "smallint" | "integer" | "bigint":
            most = 2 ** (_BITS[kind.name] - 1) - 1
            return sign * (most - number % most)
        case "decimal":
            digits = (10 ** (kind.precision or 1) - 1 - number) % 10 ** (kind.precision or 1)
            return Decimal(f"{'-' if number % 2 and digits else ''}{digits}E-{kind.scale or 0}")
        case "real" | "double precision":
            return sign * (number % 4096 + 0.25)
        case "boolean":
            return number % 2 == 1
        case "date":
            return _FIRST_DAY + dt.timedelta(days=number % _DAYS)
        case "timestamp":
            past = dt.timedelta(days=number % _DAYS, microseconds=number)
            return (_FIRST_TIME + past).replace(tzinfo=None)
        case "timestamptz":
            return _FIRST_TIME + dt.timedelta(days=number % _DAYS, microseconds=number)
        case "varbyte":
            return number.to_bytes(8, "big")[-(length or 8) :]
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return f"{letters} {number}"[-(length or 1) :]


def logical_value(kind: ColumnType, value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """The value as rows hold it. Raises ValueError: why it is none of this type."""
    match kind.name:
        case "smallint" | "integer" | "bigint":
            return _integer(kind, value)
        case "decimal":
            return _decimal(kind, value)
        case "real" | "double precision":
            return _floating(kind, value)
        case "boolean":
            return value if isinstance(value, bool) else _refuse("is not True or False")
        case "date":
            return _date(value)
        case "timestamp" | "timestamptz":
            return _timestamp(kind, value)
        case "varbyte":
            is_bytes = isinstance(value, bytes)
            return _short(kind, value, value) if is_bytes else _refuse("is not bytes")
    if not isinstance(value, str):
        _refuse("is not text (str)")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        _refuse("holds NUL or half of a character, which no warehouse stores")
    text = value.rstrip(" ") if kind.name == "char" else value
    return _short(kind, text, text.encode())


def _refuse(reason: str) -> Any:
    raise MisfitError(reason)


def _integer(kind: ColumnType, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        _refuse("is not an int")
    most = 2 ** (_BITS[kind.name] - 1)
    return int(value) if -most <= value < most else int(_refuse("is out of range"))


def _decimal(kind: ColumnType, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        _refuse("is not a Decimal, an int or a number as text")
    with localcontext() as context:
        context.prec = 100
        try:
            number = Decimal(value)
            quantised = number.quantize(Decimal(1).scaleb(-(kind.scale or 0)))
        except InvalidOperation:
            return Decimal(_refuse("is not a number"))
        if quantised != number or abs(quantised) >= Decimal(10) ** (
            (kind.precision or 0) - (kind.scale or 0)
        ):
            _refuse("has more digits than the type")
    return quantised + 0 if quantised else abs(quantised)


def _floating(kind: ColumnType, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        _refuse("is not a finite number")
    if kind.name == "double precision":
        return float(value)
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float(_refuse("is out of range"))


def _date(value: Any) -> dt.date:
    if isinstance(value, str):
        return dt.date.fromisoformat(value)
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        _refuse("is not a date")
    return value  # type: ignore[no-any-return]


def _timestamp(kind: ColumnType, value: Any) -> dt.datetime:
    """One without a zone is taken as UTC."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if not isinstance(value, dt.datetime):
        _refuse("is not a datetime")
    utc: dt.datetime = value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return utc if kind.name == "timestamptz" else utc.replace(tzinfo=None)


def _short(kind: ColumnType, value: Any, encoded: bytes) -> Any:
    if len(encoded) > (kind.length or 0):
        _refuse(f"has {len(encoded)} bytes, more than {kind.length}")
    return value
