"""Values of Parquet files in the forms that PostgreSQL reads from CSV.

Owns the conversions that pyarrow does not make.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

_DAY = dt.timedelta(days=1)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - has no zone
# The Gregorian calendar repeats itself after so many years, which are so many days.
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097


def as_hex(array: Any) -> Any:
    """Bytes as PostgreSQL expects them."""
    texts = [None if value is None else f"\\x{value.hex()}" for value in array.to_pylist()]
    return pa.array(texts, pa.large_string())


def replace_invalid(array: Any, replacement: str) -> Any:
    """Text with `replacement` for each sequence of bytes that is not valid."""
    texts = [
        None if value is None else value.decode(errors="replace").replace("\ufffd", replacement)
        for value in array.cast(pa.large_binary()).to_pylist()
    ]
    return pa.array(texts, pa.large_string())


def misread_nanoseconds(array: Any) -> Any:
    """Nanoseconds since 1970 taken for microseconds, in years that neither Arrow nor Python has.

    That Redshift loads wrong times from them is known from apache/arrow#38000.
    """
    numbers = array.cast(pa.int64()).to_pylist()
    texts = [None if number is None else _time_of(number) for number in numbers]
    return pa.array(texts, pa.large_string())


def _time_of(microseconds: int) -> str:
    days, rest = divmod(microseconds, _DAY // dt.timedelta(microseconds=1))
    cycles, days = divmod(days, _CYCLE_DAYS)
    time = _EPOCH + dt.timedelta(days=days, microseconds=rest)
    year = time.year + _CYCLE_YEARS * cycles
    return (
        f"{year:04}-{time:%m-%d %H:%M:%S.%f}"
        if year > 0
        else (f"{1 - year:04}-{time:%m-%d %H:%M:%S.%f} BC")
    )
