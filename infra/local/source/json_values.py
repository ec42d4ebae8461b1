"""What DMS writes for a value, as JSON text: by the value's kind and the settings of the task.

The round trips of decode write by the same functions, so that there is one model of DMS.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Final

from infra.local.source.settings import Engine, TaskSettings

# DMS keeps so many digits of a whole number, unless UseLargeIntegerValue is set.
WHOLE_DIGITS: Final = 16
NULL: Final = "null"
_ESCAPED: Final = json.JSONEncoder().encode
_PLAIN: Final = json.JSONEncoder(ensure_ascii=False).encode


def write_whole(value: int, settings: TaskSettings) -> str:
    """A whole number; a long one loses digits to an exponent, unless the task keeps them."""
    if settings.large_integers or len(str(abs(value))) <= WHOLE_DIGITS:
        return str(value)
    return f"{Decimal(value):.{WHOLE_DIGITS - 1}E}"


def write_decimal(value: Decimal, settings: TaskSettings) -> str:
    """A decimal number with every digit, and without an exponent."""
    return f'"{value:f}"' if settings.decimals_as_text else f"{value:f}"


def write_double(text: str) -> str:
    """A floating-point number as its source writes it; what JSON has no number for, as text."""
    return text if text.lower().lstrip("+-")[:1].isdigit() else json.dumps(text)


def write_boolean(*, value: bool, settings: TaskSettings) -> str:
    """A boolean: as one, as PostgreSQL's text, or as a number."""
    if settings.booleans_as_booleans:
        return str(value).lower()
    if settings.engine is Engine.POSTGRESQL:
        return f'"{value}"'.lower()
    return str(int(value))


def write_date(text: str, settings: TaskSettings) -> str:
    """A day as `2026-03-11`; Oracle's has a time of day."""
    time = "T00:00:00Z" if settings.engine is Engine.ORACLE else ""
    return f'"{text}{time}"'


def write_timestamp(day: str, time: str, fraction: str, settings: TaskSettings) -> str:
    """A timestamp, with the digits of a second that the source has, as if it were in UTC."""
    digits = fraction.ljust(9, "0")[: settings.fraction_digits]
    return f'"{day}T{time}.{digits}Z"' if digits else f'"{day}T{time}Z"'


def write_text(value: str, settings: TaskSettings) -> str:
    """A text."""
    return _ESCAPED(value) if settings.escapes else _PLAIN(value)


@lru_cache(4_096)
def write_name(name: str, *, escapes: bool) -> str:
    """A name, of which there are few."""
    return _ESCAPED(name) if escapes else _PLAIN(name)


def write_bytes(value: bytes, settings: TaskSettings) -> str:
    """Bytes as hexadecimal digits."""
    digits = value.hex().upper() if settings.engine is Engine.ORACLE else value.hex()
    return f'"{"" if settings.no_hex_prefix else "0x"}{digits}"'
