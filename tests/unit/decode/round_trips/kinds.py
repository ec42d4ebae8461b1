"""Column types as a source has them: their values, and how DMS writes each.

The one place that a new column type needs. `written` gives JSON text; what decode must make of it
is the value itself, or what `Written.seen` says where settings of DMS lose something.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from infra.local.source import json_values
from tests.unit.decode.round_trips.settings import Settings

_FIRST: Final = dt.datetime(1, 1, 1)  # noqa: DTZ001 - sources write no zone
_LAST: Final = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
OUT_OF_RANGE: Final = "out_of_range"
ROUNDED: Final = "rounded_number"


@dataclass(frozen=True)
class Written:
    """A value as DMS wrote it.

    Attributes:
        text: JSON.
        seen: what must be read from it.
        fault: the reason of the dead letter, where nothing can be.
        exponent: whether a whole number came with an exponent.
    """

    text: str
    seen: Any
    fault: str | None = None
    exponent: bool = False


@dataclass(frozen=True)
class Kind:
    """A column type: how it is declared, what values it has, how they are written."""

    declared: str | dict[str, str]
    values: st.SearchStrategy[Any] = field(repr=False)
    write: Callable[[Any, Settings], Written] = field(repr=False)
    may_be_key: bool = field(default=True, repr=False)


def _whole(value: int, settings: Settings) -> Written:
    text = json_values.write_whole(value, settings)
    if "E" not in text:
        return Written(text, value)
    left = int(Decimal(text))
    if not -(2**63) <= left < 2**63:
        return Written(text, None, OUT_OF_RANGE, exponent=True)
    return Written(text, None, ROUNDED, exponent=True)


def _decimal(value: Decimal, settings: Settings) -> Written:
    return Written(json_values.write_decimal(value, settings), value)


def _float(value: float, _: Settings) -> Written:
    return Written(json_values.write_double(repr(value)), value)


def _boolean(value: bool, settings: Settings) -> Written:
    return Written(json_values.write_boolean(value=value, settings=settings), value)


def _date(value: dt.date, settings: Settings) -> Written:
    return Written(json_values.write_date(value.isoformat(), settings), value)


def _timestamp(value: dt.datetime, settings: Settings) -> Written:
    fraction = f"{value.microsecond:06}"
    day, _, time = value.replace(tzinfo=None, microsecond=0).isoformat().partition("T")
    text = json_values.write_timestamp(day, time, fraction, settings)
    # What the source does not write cannot be read.
    seen = value.replace(microsecond=int(fraction[: settings.fraction_digits].ljust(6, "0")))
    return Written(text, seen)


def _text(value: str, settings: Settings) -> Written:
    return Written(json_values.write_text(value, settings), value)


def _masked(value: str, settings: Settings) -> Written:
    seen = "".join("*" if unicodedata.category(c) == "Nd" else c for c in value)
    return Written(json_values.write_text(value, settings), seen)


def _masked_text(value: str, settings: Settings) -> Written:
    kept = (c.isspace() or unicodedata.category(c).startswith("P") for c in value)
    seen = "".join(c if stays else "*" for c, stays in zip(value, kept, strict=True))
    return Written(json_values.write_text(value, settings), seen)


def _padded(value: str, settings: Settings) -> Written:
    return Written(json_values.write_text(value.ljust(12), settings), value)


def _bytes(value: bytes, settings: Settings) -> Written:
    return Written(json_values.write_bytes(value, settings), value)


def _whole_numbers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2**bits), 2**bits - 1)


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    # The default context would round to 28 digits.
    return st.integers(-(10**precision) + 1, 10**precision - 1).map(
        lambda digits: Decimal(f"{digits}E-{scale}")
    )


def _times() -> st.SearchStrategy[dt.datetime]:
    return st.datetimes(_FIRST, _LAST).map(lambda time: time.replace(fold=0))


def _texts(size: int) -> st.SearchStrategy[str]:
    """No more bytes than `size`; no NUL, no halves of characters, no blank at the end."""
    letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    return st.text(letters, max_size=size).map(
        lambda text: text.encode()[:size].decode(errors="ignore").rstrip(" ")
    )


def _numbers(size: int) -> st.SearchStrategy[str]:
    """Text in which digits of many scripts stand between what is none."""
    digits = st.characters(categories=["Nd"])
    others = st.characters(categories=["L", "M", "N", "P", "S", "Zs"])
    return st.text(digits | others, max_size=size).map(
        lambda text: text.encode()[:size].decode(errors="ignore").rstrip(" ")
    )


# A real is written with the digits of a double, and is the same double when read.
KINDS: Final = (
    Kind("smallint", _whole_numbers(15), _whole),
    Kind("integer", _whole_numbers(31), _whole),
    Kind("bigint", _whole_numbers(63) | st.integers(10**15, 10**17), _whole),
    Kind("decimal(38,10)", _decimals(38, 10), _decimal),
    Kind("decimal(12,2)", _decimals(12, 2), _decimal),
    Kind("decimal(5,0)", _decimals(5, 0), _decimal),
    Kind(
        "real", st.floats(width=32, allow_nan=False, allow_infinity=False), _float, may_be_key=False
    ),
    Kind(
        "double precision",
        st.floats(allow_nan=False, allow_infinity=False),
        _float,
        may_be_key=False,
    ),
    Kind("boolean", st.booleans(), _boolean),
    Kind("date", st.dates(), _date),
    Kind("timestamp", _times(), _timestamp),
    Kind(
        "timestamptz",
        _times().map(lambda time: time.replace(tzinfo=dt.UTC)),
        _timestamp,
    ),
    Kind("varchar(24)", _texts(24), _text),
    Kind({"type": "varchar(24)", "treatment": "mask"}, _numbers(24), _masked, may_be_key=False),
    Kind(
        {"type": "varchar(24)", "treatment": "mask_text"},
        _numbers(24),
        _masked_text,
        may_be_key=False,
    ),
    Kind("char(12)", _texts(12), _padded),
    Kind("varbyte(6)", st.binary(max_size=6), _bytes),
)
