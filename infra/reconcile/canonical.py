"""The text of a value, the same at the source and in the warehouse.

The warehouse's SQL makes a text of what is stored. The source's makes the same text of what
stands there, after the column's treatment, which the warehouse never computes. Values that decode
refuses have a text as well, which nothing stored has, and fail no query.

A text is framed so that framed texts can stand one behind the other and still be told apart, NULL
and the empty text included.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from math import ldexp
from typing import Final

from flink_app.declaration import ColumnType
from flink_app.declaration.model import REDACTED, Column, TrailingBlanks, Treatment
from flink_app.privacy.characters import decimal_digits, runs_kept_in_text

# Where the two padded blocks of the key of tokens stand during a run: `outer_block`, `inner_block`.
KEY_TABLE: Final = "pg_temp.starjoin_key"
# A Redshift VARCHAR ends at 65,535 bytes, and frames take some.
LONGEST_TEXT: Final = 60_000
# Arrow, which decode makes tokens of, writes smaller fractions in scientific notation.
_PLAIN_SCALE: Final = 6
_TOKENS: Final = frozenset({Treatment.TOKENISE, Treatment.SHA256})
_PIECE: Final = 30_000  # bytes whose digits fit a VARCHAR
_DIGITS: Final = "0123456789"

# A double is taken apart as whole and rest of x * 2^(-53k), exact in binary arithmetic.
_STEP: Final = 53
_LEAST, _GREATEST = -21, 19
_SHIFT: Final = 1007  # below 2^-1007 the factor alone would be infinite


class Side(Enum):
    """Where a text is made."""

    SOURCE = "source"  # a PostgreSQL
    MYSQL = "mysql"  # or MariaDB, as the source
    WAREHOUSE = "warehouse"


@dataclass(frozen=True)
class Words:
    """How a database writes what a floating-point number is taken apart with."""

    double: str = "CAST({} AS DOUBLE PRECISION)"
    whole: str = "CAST({} AS BIGINT)"
    text: str = "CAST({} AS VARCHAR(20))"
    truncated: str = "TRUNC({})"
    power: str = "CAST('{}' AS DOUBLE PRECISION)"  # a bare constant would be a decimal


_WORDS: Final = Words()


def explain_omission(column: Column, *, has_key: bool = True) -> str:
    """Why a column's values are not compared, but only whether they are NULL; empty if they are.

    `has_key`: whether the source may be given the key of tokens.
    """
    kind = column.type
    if column.ignored:
        return "its canonical form, by its collation, cannot be computed at the source"
    if column.treatment not in _TOKENS:
        return ""
    if kind.name in {"real", "double precision"}:
        return "the digits of a floating-point number that are hashed depend on who writes them"
    if kind.name == "decimal" and (kind.scale or 0) > _PLAIN_SCALE:
        return f"fractions of more than {_PLAIN_SCALE} digits are hashed in two notations"
    if column.treatment is Treatment.TOKENISE and not has_key:
        return "the source was not given the key of tokens"
    return ""


def make_text(column: Column, blanks: TrailingBlanks | None, value: str, side: Side) -> str:  # noqa: PLR0911 - one for each treatment
    """The text of `value`, an SQL expression, as an expression; NULL where it is NULL.

    Args:
        column: as it is declared.
        blanks: what happens to trailing blanks of its text.
        value: what stands at the source, or what is stored.
        side: where the expression is computed.
    """
    if side is Side.WAREHOUSE:
        return _stored_text(column, value)
    match column.treatment:
        case Treatment.REDACT:
            return f"CASE WHEN {value} IS NOT NULL THEN '{REDACTED}' END"
        case Treatment.MASK:
            return _mask(_source_text(column.type, blanks, value))
        case Treatment.MASK_TEXT:
            text = _source_text(column.type, blanks, value)
            return f"REGEXP_REPLACE({text} COLLATE \"C\", '{_hidden_class()}', '*', 'g')"
        case Treatment.SHA256:
            return f"ENCODE(SHA256({_hashed_bytes(column.type, blanks, value)}), 'hex')"
        case Treatment.TOKENISE:
            hashed = _hashed_bytes(column.type, blanks, value)
            inner = f"SHA256((SELECT inner_block FROM {KEY_TABLE}) || {hashed})"
            return f"ENCODE(SHA256((SELECT outer_block FROM {KEY_TABLE}) || {inner}), 'hex')"
        case _:
            return _source_text(column.type, blanks, value)


def frame(column: Column, text: str, side: Side, *, as_digest: bool = False) -> str:
    """A text so that others can follow it; `as_digest` for one that may be too long for that."""
    digits = "CHAR(10)" if side is Side.MYSQL else "VARCHAR(10)"
    shown = f"MD5({text})" if as_digest and _is_long(column.stored_type) else text
    if column.treatment in _TOKENS:  # 64 digits; the text, which is costly, stands here once
        return f"COALESCE('=' || {text}, 'N') || ','"
    if column.stored_type.is_text:
        return f"COALESCE(CAST(OCTET_LENGTH({text}) AS {digits}) || ':' || {shown}, 'N')"
    return f"COALESCE({shown}, 'N') || ','"


def frame_presence(value: str) -> str:
    """What is compared of a column whose values are not: whether it is NULL."""
    return f"CASE WHEN {value} IS NULL THEN 'N' ELSE 'Y' END || ','"


def longest_frame(column: Column) -> int:
    """How many bytes the frame of a value has at most."""
    kind = column.stored_type
    if kind.is_text:
        return (kind.length or 0) + 12
    if kind.is_binary:
        return 2 * min(kind.length or 0, _PIECE) + 12
    return 60


def _is_long(kind: ColumnType) -> bool:
    return kind.is_text or kind.is_binary


def _hashed_bytes(kind: ColumnType, blanks: TrailingBlanks | None, value: str) -> str:
    """What decode hashes of a value."""
    text = _source_text(kind, blanks, value)
    if kind.name == "boolean":
        text = f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    elif kind.name == "timestamptz":
        text = f"{text} || 'Z'"
    return f"CONVERT_TO({text}, 'UTF8')"


def _source_text(kind: ColumnType, blanks: TrailingBlanks | None, value: str) -> str:  # noqa: PLR0911 - one for each type
    """The text of a value that is kept, in PostgreSQL's words."""
    match kind.name:
        case "varchar" | "char":
            text = f"CAST({value} AS TEXT)"
            return f"RTRIM({text}, ' ')" if blanks is TrailingBlanks.TRIM else text
        case "decimal":
            number = f"CAST({value} AS NUMERIC)"
            rounded = f"ROUND({number}, {kind.scale or 0})"
            return (
                f"CASE WHEN {number} = {rounded} THEN CAST({rounded} AS TEXT) "
                f"WHEN {number} IS NOT NULL THEN 'does not fit ' || CAST({number} AS TEXT) END"
            )
        case "real" | "double precision":
            return float_text(value, _WORDS, may_be_infinite=True)
        case "boolean":
            return f"CASE WHEN {value} THEN 't' WHEN NOT {value} THEN 'f' END"
        case "date":
            return _time_text(f"CAST({value} AS DATE)", "DATE", "", "YYYY-MM-DD")
        case "timestamp":
            return _time_text(f"CAST({value} AS TIMESTAMP)", "TIMESTAMP", _LAST_TIME, _TIME)
        case "timestamptz":
            utc = f"(CAST({value} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
            return _time_text(utc, "TIMESTAMP", _LAST_TIME, _TIME)
        case "varbyte":
            return digits_of_bytes(kind, value, "ENCODE({}, 'hex')", _WORDS)
    return f"CAST({value} AS TEXT)"


def write_value(column: Column, value: str) -> str:
    """The value at the source as decode reads it from a record, in PostgreSQL's words.

    Blanks stay, and nothing is treated: both are decode's.
    """
    match column.type.name:
        case "decimal":
            value = f"CAST({value} AS NUMERIC)"
        case "real" | "double precision":  # a real's own digits are fewer, and another double
            value = f"CAST({value} AS DOUBLE PRECISION)"
        case "date" | "timestamp" | "timestamptz" as name:
            value = f"CAST({value} AS {name.upper()})"
        case "varbyte":
            return f"ENCODE({value}, 'hex')"
    return f"CAST({value} AS TEXT)"


def _stored_text(column: Column, value: str) -> str:  # noqa: PLR0911 - one for each type
    """The text of a stored value, in Redshift's words."""
    kind = column.stored_type
    match kind.name:
        case "varchar" | "char":
            return value
        case "decimal":
            return f"CAST({value} AS VARCHAR(42))"
        case "real" | "double precision":
            return float_text(value, _WORDS, may_be_infinite=False)
        case "boolean":
            return f"CASE WHEN {value} THEN 't' WHEN NOT {value} THEN 'f' END"
        case "date":
            return f"TO_CHAR({value}, 'YYYY-MM-DD')"
        case "timestamp":
            return f"TO_CHAR({value}, '{_TIME}')"
        case "timestamptz":
            return f"TO_CHAR({value} AT TIME ZONE 'UTC', '{_TIME}')"
        case "varbyte":
            return digits_of_bytes(kind, value, "LOWER(TO_HEX({}))", _WORDS)
    return f"CAST({value} AS VARCHAR(20))"


_TIME: Final = "YYYY-MM-DD HH24:MI:SS.US"
_LAST_TIME: Final = " 23:59:59.999999"


def _time_text(value: str, word: str, last_time: str, form: str) -> str:
    """Guarded: year 1 before Christ would look like year 1, and infinity like NULL."""
    return (
        f"CASE WHEN {value} BETWEEN {word} '0001-01-01' AND {word} '9999-12-31{last_time}' "
        f"THEN TO_CHAR({value}, '{form}') WHEN {value} IS NOT NULL THEN 'does not fit' END"
    )


def digits_of_bytes(kind: ColumnType, value: str, digits: str, words: Words) -> str:
    """Hexadecimal digits; of values whose digits would not fit a VARCHAR, digests of pieces."""
    length = kind.length or 0
    if length <= _PIECE:
        return digits.format(value)
    pieces = [
        f"MD5({digits.format(f'SUBSTRING({value}, {1 + start}, {_PIECE})')})"
        for start in range(0, length, _PIECE)
    ]
    length_text = words.text.format(f"OCTET_LENGTH({value})")
    return f"{length_text} || ':' || {' || '.join(pieces)}"


def float_text(value: str, words: Words, *, may_be_infinite: bool) -> str:
    """`k/whole/rest`: neither side's digits of floating-point numbers, which differ."""
    number = words.double.format(value)
    size = f"ABS({number})"
    limit = ""
    if may_be_infinite:
        names = ("NaN", "Infinity", "-Infinity")
        values = ", ".join(f"CAST('{name}' AS DOUBLE PRECISION)" for name in names)
        limit = f"WHEN {number} IN ({values}) THEN 'not finite' "
    return (
        f"CASE WHEN {value} IS NULL THEN NULL {limit}WHEN {number} = 0 THEN '0' "
        f"ELSE {_search(number, size, (_LEAST, _GREATEST), words)} END"
    )


def _search(number: str, size: str, possible: tuple[int, int], words: Words) -> str:
    """Halves the possible `k`, each with its power of two."""
    least, greatest = possible
    if least == greatest:
        return _take_apart(number, least, words)
    middle = (least + greatest + 1) // 2
    exponent = _STEP * middle
    bound = f"{size} < {_power(exponent, words)}"
    if exponent < -_SHIFT:
        bound = f"{size} * {_power(_SHIFT, words)} < {_power(exponent + _SHIFT, words)}"
    below = _search(number, size, (least, middle - 1), words)
    above = _search(number, size, (middle, greatest), words)
    return f"CASE WHEN {bound} THEN {below} ELSE {above} END"


def _take_apart(number: str, k: int, words: Words) -> str:
    exponent = -_STEP * k
    scaled = f"({number} * {_power(min(exponent, _SHIFT), words)})"
    if exponent > _SHIFT:
        scaled = f"({number} * {_power(_SHIFT, words)} * {_power(exponent - _SHIFT, words)})"
    truncated = words.truncated.format(scaled)
    fraction = f"({scaled} - {truncated}) * {_power(_STEP, words)}"
    whole, rest = (words.text.format(words.whole.format(n)) for n in (truncated, fraction))
    return f"'{k}/' || {whole} || '/' || {rest}"


def _power(exponent: int, words: Words) -> str:
    """A power of two."""
    return words.power.format(repr(2.0**exponent))


def read_float(text: str) -> str:
    """The shortest digits of the number that a `float_text` is of."""
    if text == "0":
        return text
    k, whole, rest = map(int, text.split("/"))
    exponent = _STEP * k
    return repr(ldexp(whole, exponent) + ldexp(rest, exponent - _STEP))


def _mask(text: str) -> str:
    """Every decimal digit of any script; that of ASCII alone where the text has nothing else."""
    every = decimal_digits()
    return (
        f"CASE WHEN OCTET_LENGTH({text}) = CHAR_LENGTH({text}) "
        f"THEN TRANSLATE({text}, '{_DIGITS}', '{'*' * len(_DIGITS)}') "
        f"ELSE TRANSLATE({text}, '{every}', '{'*' * len(every)}') END"
    )


@cache
def _hidden_class() -> str:
    """All but punctuation and white space, as PostgreSQL's regular expressions have it."""
    return f"[^{''.join(f'{_escape(a)}-{_escape(b)}' for a, b in runs_kept_in_text())}]"


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
