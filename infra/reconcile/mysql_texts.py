"""The text of a value at a MySQL or MariaDB, the same as `canonical` makes of what is stored.

The session has `sql_mode` ANSI_QUOTES, PIPES_AS_CONCAT and NO_BACKSLASH_ESCAPES, so that names,
`||` and texts in quotes are written as for PostgreSQL, and times in UTC. A `%` is doubled, since
statements are given parameters.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from flink_app.declaration import ColumnType
from flink_app.declaration.dms_records import ZeroDates
from flink_app.declaration.model import REDACTED, Column, TrailingBlanks, Treatment
from flink_app.privacy.characters import decimal_digits, runs_kept_in_text
from infra.reconcile.canonical import Words, digits_of_bytes, float_text

_MOST_SCALE: Final = 30  # of MySQL's decimals
_DIGITS: Final = 65  # of its longest decimal
_RUN: Final = 10  # digits of a script, one behind the other
_WORDS: Final = Words(
    double="CAST({} AS DOUBLE)",
    whole="CAST({} AS SIGNED)",
    text="CAST({} AS CHAR(20))",
    truncated="TRUNCATE({}, 0)",
    power="({} + 0e0)",
)
_DAY: Final = "%%Y-%%m-%%d"
_TIME: Final = f"{_DAY} %%H:%%i:%%s.%%f"
_TIMES: Final = frozenset({"date", "timestamp", "timestamptz"})


def make_text(column: Column, blanks: TrailingBlanks | None, value: str) -> str:
    """The text of `value`, an expression, after its treatment; NULL where decode reads NULL."""
    text = _source_text(column, blanks, value)
    match column.treatment:
        case Treatment.REDACT:
            return f"CASE WHEN {value} IS NOT NULL THEN '{REDACTED}' END"
        case Treatment.MASK:
            return f"REGEXP_REPLACE({text}, '{_digit_class()}', '*')"
        case Treatment.MASK_TEXT:
            return f"REGEXP_REPLACE({text}, '{_hidden_class()}', '*')"
        case Treatment.SHA256:
            return f"SHA2({_hashed_text(column, text, value)}, 256)"
    return text


def make_present(column: Column, value: str) -> str:
    """What is NULL where decode reads NULL of a column whose values are not compared."""
    if column.type.name in _TIMES and column.zero_dates is ZeroDates.AS_NULL:
        return f"CASE WHEN {_is_zero_date(value)} THEN NULL ELSE {value} END"
    return value


def read_text(value: str) -> str:
    """A text whose letters all count, whatever its column ignores."""
    return f"CONVERT({value} USING utf8mb4) COLLATE utf8mb4_bin"


def _hashed_text(column: Column, text: str, value: str) -> str:
    """What decode hashes of a value."""
    if column.type.name == "boolean":
        return f"CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    return f"{text} || 'Z'" if column.type.name == "timestamptz" else text


def _source_text(column: Column, blanks: TrailingBlanks | None, value: str) -> str:  # noqa: PLR0911 - one for each type
    kind = column.type
    match kind.name:
        case "varchar" | "char":
            text = read_text(value)
            return f"TRIM(TRAILING ' ' FROM {text})" if blanks is TrailingBlanks.TRIM else text
        case "decimal":
            return _decimal_text(kind, value)
        case "real" | "double precision":
            return float_text(value, _WORDS, may_be_infinite=False)
        case "boolean":
            return (
                f"CASE WHEN {value} = 1 THEN 't' WHEN {value} = 0 THEN 'f' "
                f"WHEN {value} IS NOT NULL THEN 'does not fit' END"
            )
        case "date":
            return _time_text(column, value, _DAY)
        case "timestamp" | "timestamptz":
            return _time_text(column, value, _TIME)
        case "varbyte":
            return digits_of_bytes(kind, value, "LOWER(HEX({}))", _WORDS)
    return f"CAST({value} + 0 AS CHAR(20))"  # without the zeros that a type may put in front


def _decimal_text(kind: ColumnType, value: str) -> str:
    scale = kind.scale or 0
    rounded = f"CAST({value} AS DECIMAL({_DIGITS}, {min(scale, _MOST_SCALE)}))"
    text = f"CAST({rounded} AS CHAR(70))"
    if scale > _MOST_SCALE:
        text += f" || '{'0' * (scale - _MOST_SCALE)}'"
    return (
        f"CASE WHEN {value} = {rounded} THEN {text} "
        f"WHEN {value} IS NOT NULL THEN 'does not fit ' || CAST({value} AS CHAR(70)) END"
    )


def _time_text(column: Column, value: str, form: str) -> str:
    """Guarded: a day or month that is zero, and year 0, are in no calendar."""
    zero = "NULL" if column.zero_dates is ZeroDates.AS_NULL else "'does not fit'"
    return (
        f"CASE WHEN {_is_zero_date(value)} THEN {zero} "
        f"WHEN YEAR({value}) = 0 THEN 'does not fit' ELSE DATE_FORMAT({value}, '{form}') END"
    )


def _is_zero_date(value: str) -> str:
    return f"(MONTH({value}) = 0 OR DAYOFMONTH({value}) = 0)"


@cache
def _digit_class() -> str:
    """Every decimal digit of any script, as MySQL's and MariaDB's regular expressions have it."""
    zeros = map(ord, decimal_digits()[::_RUN])
    return f"[{''.join(f'{_escape(zero)}-{_escape(zero + _RUN - 1)}' for zero in zeros)}]"


@cache
def _hidden_class() -> str:
    """All but punctuation and white space."""
    return f"[^{''.join(f'{_escape(a)}-{_escape(b)}' for a, b in runs_kept_in_text())}]"


def _escape(code: int) -> str:
    return f"\\x{{{code:x}}}"
