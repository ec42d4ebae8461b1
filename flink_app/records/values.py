"""One JSON value to one column value: the reference that the columnar reader must agree with.

Every function takes what `json.loads` gives (numbers with a fraction or exponent as Decimal) and
returns the Python value that Arrow stores, or raises ValueFaultError, whose message never holds
the value.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

from connectors.failures import StarjoinError
from flink_app.declaration.collation import canonical_form
from flink_app.declaration.dms_records import RoundedNumbers, ZeroDates
from flink_app.declaration.model import TrailingBlanks
from flink_app.declaration.types import MAX_DECIMAL_DIGITS, ColumnType
from flink_app.records.envelope import MinusZero, Scientific
from flink_app.records.plan import ReadColumn
from flink_app.records.rejected import Reason

# So many digits of a number a double keeps, whatever they are; it is written with two more at most.
DOUBLE_DIGITS: Final = 15
_WRITTEN_DIGITS: Final = 17
_INTEGER_BITS: Final = {"smallint": 16, "integer": 32, "bigint": 64}
# The default context rounds to 28 digits, and columns have up to 38. ROUND_DOWN makes
# Inexact the only signal for excess digits: rounded up, 38 nines would be a number of 39 digits.
_EXACT: Final = Context(MAX_DECIMAL_DIGITS, ROUND_DOWN, traps=[Inexact, InvalidOperation])
# Texts are taken in every form that the columnar reader takes. fullmatch with re.ASCII everywhere:
# `$` would let a line feed pass, `\d` Arabic digits.
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?0*\d{1,9})?", re.ASCII)
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00:00(?:\.0{1,9})?Z?)?", re.ASCII)
_TIMESTAMP: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}(?::\d{2}(?::\d{2}(?:\.(?P<fraction>\d{1,9}))?)?)?)"
    # SQL Server and Oracle write a blank before the offset.
    r"(?: ?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?))?)?",
    re.ASCII,
)
# MySQL has them where its sql_mode lacks NO_ZERO_DATE or NO_ZERO_IN_DATE; any year, any time.
ZERO_DAY: Final = r"^[0-9]{4}-(?:00-[0-9]{2}|[0-9]{2}-00)(?:[T ][0-9:.]{0,18}Z?)?$"
_ZERO_DAY: Final = re.compile(ZERO_DAY[1:-1])
_MICROSECOND_DIGITS: Final = 6
_MOST_FRACTION_DIGITS: Final = 9
_LONG_FRACTION: Final = re.compile(r"[0-9T: -]{16,20}\.\d{10,}.{0,40}", re.ASCII)
_NAMED_ZONE: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ][0-9:.]{5,18} ?[A-Za-z][A-Za-z/_+-]{1,40}", re.ASCII
)
# With the prefix or, under NoHexPrefix, without.
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2})*)", re.ASCII)
_DAY_WITH_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:.{0,40}", re.ASCII)
_REAL: Final = struct.Struct("<f")
TRUE: Final = ("true", "t", "1")
FALSE: Final = ("false", "f", "0")
BLANK: Final = " "
NUL: Final = "\0"
# How the first days of a calendar may be written: PostgreSQL's -infinity is 4713 BC after DMS.
_BEFORE_YEAR_1: Final = re.compile(r"-\d{1,6}-\d{2}-\d{2}.{0,40}|.{0,40} ?(BC|BCE)", re.ASCII)


class ValueFaultError(StarjoinError, ValueError):
    """A value does not fit its column; carries the reason of the dead letter."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_value(value: Any, column: ReadColumn) -> Any:
    """The value for a column, None for null."""
    if value is None:
        return None
    kind, blanks = column.declared.type, column.trailing_blanks
    if kind.has_days and _is_zero_day(value, column):
        return None
    if blanks is TrailingBlanks.TRIM and isinstance(value, str):
        value = value.rstrip(BLANK)
    column_value = _READERS[kind.name](value, kind)
    if (
        blanks is TrailingBlanks.REFUSE
        and isinstance(column_value, str)
        and column_value.endswith(BLANK)
    ):
        message = (
            "the text ends in a blank, which Redshift ignores in keys: "
            "declare trailing_blanks: trim, or fix the source"
        )
        raise ValueFaultError(Reason.TRAILING_BLANK, message)
    if column.ignored:
        return _to_canonical_form(column_value, column)
    if kind.is_exact_number:
        _check_digits(value, column_value, column)
    if column.is_compared and kind.has_days and _is_cut(value):
        message = (
            f"the time has digits below a microsecond, which a {kind} has not, and which tell keys "
            "apart: declare the column as varchar(n)"
        )
        raise ValueFaultError(Reason.TOO_PRECISE, message)
    return column_value


def _to_canonical_form(text: str, column: ReadColumn) -> str:
    """What stands for all texts that the source takes for equal. Raises ValueFaultError."""
    form = canonical_form(text, column.ignored)
    length = len(form.encode())
    if column.is_kept and length > (column.declared.type.length or 0):
        message = (
            f"by its collation the text becomes one of {length} bytes, and {column.declared.type} "
            "holds fewer: declare a longer type"
        )
        raise ValueFaultError(Reason.TOO_LONG, message)
    return form


def _is_zero_day(value: Any, column: ReadColumn) -> bool:
    """Whether the value is NULL for being a day that no calendar has. Raises ValueFaultError."""
    if not isinstance(value, str) or not _ZERO_DAY.fullmatch(value):
        return False
    if column.zero_dates is ZeroDates.AS_NULL:
        return True
    message = (
        "a zero month or day, as MySQL may have, is no date: declare zero_dates: as_null, or fix "
        "the source"
    )
    raise ValueFaultError(Reason.ZERO_DATE, message)


def _check_digits(value: Any, column_value: Any, column: ReadColumn) -> None:
    """Raises ValueFaultError for a number in scientific notation that may have lost digits.

    A long number that went through a double has lost its last ones, and two neighbours are one. So
    it is where the column has more digits than a double keeps, and the number has no more than one
    is written with.
    """
    if column.rounded_numbers is RoundedNumbers.AS_SENT or not _is_scientific(value):
        return
    number, scale = Decimal(column_value), column.declared.type.scale or 0
    is_long = bool(number) and number.adjusted() + scale >= DOUBLE_DIGITS
    if is_long and len(Decimal(value).as_tuple().digits) <= _WRITTEN_DIGITS:
        message = (
            f"the number has more than {DOUBLE_DIGITS} digits and is in scientific notation, so it "
            "may have lost the last ones: set UseLargeIntegerValue on the Kinesis endpoint, or "
            "have the source send the column as text"
        )
        raise ValueFaultError(Reason.ROUNDED_NUMBER, message)


def _is_scientific(value: Any) -> bool:
    return isinstance(value, Scientific) or (isinstance(value, str) and "e" in value.lower())


def _is_cut(time: str) -> bool:
    """Whether a time, which was read, has digits other than 0 below a microsecond."""
    match = _TIMESTAMP.fullmatch(time)
    return bool(match and (match["fraction"] or "")[_MICROSECOND_DIGITS:].strip("0"))


def _wrong(kind: ColumnType, value: Any) -> ValueFaultError:
    article = "an" if kind.name == "integer" else "a"
    message = f"{article} {kind} cannot be read from a {_json_name(value)}"
    return ValueFaultError(Reason.WRONG_TYPE, message)


def _unreadable_time(kind: ColumnType, value: Any) -> ValueFaultError:
    if isinstance(value, str) and _BEFORE_YEAR_1.fullmatch(value):
        message = "it lies before year 1, as PostgreSQL's -infinity does after DMS"
        return ValueFaultError(Reason.OUT_OF_RANGE, message)
    if isinstance(value, str) and _LONG_FRACTION.fullmatch(value):
        message = (
            f"the time has more than {_MOST_FRACTION_DIGITS} digits of a fraction: declare the "
            "column as varchar(n)"
        )
        return ValueFaultError(Reason.TOO_PRECISE, message)
    if isinstance(value, str) and _NAMED_ZONE.fullmatch(value):
        message = (
            "the time's zone is named, which says an offset only to who knows its rules: have the "
            "source convert it to UTC or to an offset, or declare the column as varchar(n)"
        )
        return ValueFaultError(Reason.WRONG_TYPE, message)
    return _wrong(kind, value)


def _json_name(value: Any) -> str:
    names = {
        bool: "boolean",
        str: "string",
        int: "number",
        MinusZero: "number",
        Decimal: "number",
        Scientific: "number",
        float: "number that is not finite",  # JSON has none, many writers do
        list: "array",
    }
    return names.get(type(value), "object")


def _number(value: Any, kind: ColumnType) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise _wrong(kind, value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise _wrong(kind, value)
    return Decimal(value)


def _read_integer(value: Any, kind: ColumnType) -> int:
    number = _number(value, kind)
    limit = 1 << (_INTEGER_BITS[kind.name] - 1)
    # The comparison comes first: to write out 1e999999999 in digits would take all memory.
    if not -limit <= number < limit:
        raise ValueFaultError(Reason.OUT_OF_RANGE, f"the number does not fit {kind}")
    if number != int(number):
        raise ValueFaultError(Reason.WRONG_TYPE, f"the number has a fraction and {kind} has none")
    return int(number)


def _read_decimal(value: Any, kind: ColumnType) -> Decimal:
    number = _number(value, kind)
    precision, scale = kind.precision or 0, kind.scale or 0
    if number and number.adjusted() >= precision - scale:
        raise ValueFaultError(Reason.OUT_OF_RANGE, f"the number does not fit {kind}")
    try:
        return number.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    except Inexact:
        detail = f"the number has more fraction digits than {kind}"
        raise ValueFaultError(Reason.OUT_OF_RANGE, detail) from None


def _read_double(value: Any, kind: ColumnType) -> float:
    number = -0.0 if isinstance(value, MinusZero) else float(_number(value, kind))
    if number in {float("inf"), float("-inf")}:
        raise ValueFaultError(Reason.OUT_OF_RANGE, f"the number does not fit {kind}")
    return number


def _read_real(value: Any, kind: ColumnType) -> float:
    try:
        return float(_REAL.unpack(_REAL.pack(_read_double(value, kind)))[0])
    except OverflowError:
        raise ValueFaultError(Reason.OUT_OF_RANGE, f"the number does not fit {kind}") from None


def _read_boolean(value: Any, kind: ColumnType) -> bool:
    text = value.rstrip(BLANK).lower() if isinstance(value, str) else str(value).lower()
    if isinstance(value, str | int) and text in TRUE + FALSE:
        return text in TRUE
    raise _wrong(kind, value)


def _read_date(value: Any, kind: ColumnType) -> dt.date:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str) and _DAY_WITH_TIME.fullmatch(value):
            message = "the date has a time of day, as Oracle's may: declare the column as timestamp"
            raise ValueFaultError(Reason.WRONG_TYPE, message)
        raise _unreadable_time(kind, value)
    try:
        return dt.date.fromisoformat(match[1])
    except ValueError:
        raise ValueFaultError(Reason.OUT_OF_RANGE, "there is no such day") from None


def _read_timestamp(value: Any, kind: ColumnType) -> dt.datetime:
    """In UTC; digits below a microsecond are cut, since Redshift has no place for them."""
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _unreadable_time(kind, value)
    fraction = (match["fraction"] or "").ljust(_MICROSECOND_DIGITS, "0")[:_MICROSECOND_DIGITS]
    time, zone = (match["time"] or "00").partition(".")[0], match["zone"] or "Z"
    year, rest = match["day"][:4], match["day"][4:]
    # Python has no year 0, whose last day may be the first of year 1 in UTC: 400 years are a cycle.
    later, year = (400, "0400") if year == "0000" else (0, year)
    try:
        instant = dt.datetime.fromisoformat(f"{year}{rest}T{time}{zone}")
        instant = instant.astimezone(dt.UTC)
        if later:
            instant = instant.replace(year=instant.year - later)
    except (ValueError, OverflowError):
        raise ValueFaultError(Reason.OUT_OF_RANGE, "there is no such time") from None
    return instant.replace(microsecond=int(fraction), tzinfo=None)


def _read_varchar(value: Any, kind: ColumnType) -> str:
    if not isinstance(value, str):
        raise _wrong(kind, value)
    try:
        length = len(value.encode())
    except UnicodeEncodeError:
        message = "the text has half of a surrogate pair, which is no character"
        raise ValueFaultError(Reason.WRONG_TYPE, message) from None
    if length > (kind.length or 0):
        message = f"the text has {length} bytes and {kind} holds {kind.length}"
        raise ValueFaultError(Reason.TOO_LONG, message)
    if NUL in value:
        message = "the text holds a NUL, which Redshift cannot"
        raise ValueFaultError(Reason.WRONG_TYPE, message)
    return value


def _read_varbyte(value: Any, kind: ColumnType) -> bytes:
    match = _HEX.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str):
            message = f"the text is not pairs of hexadecimal digits, as a {kind} is written"
            raise ValueFaultError(Reason.WRONG_TYPE, message)
        raise _wrong(kind, value)
    octets = bytes.fromhex(match[1])
    if len(octets) > (kind.length or 0):
        message = f"the value has {len(octets)} bytes and {kind} holds {kind.length}"
        raise ValueFaultError(Reason.TOO_LONG, message)
    return octets


_READERS: Final[dict[str, Callable[[Any, ColumnType], Any]]] = {
    "smallint": _read_integer,
    "integer": _read_integer,
    "bigint": _read_integer,
    "decimal": _read_decimal,
    "real": _read_real,
    "double precision": _read_double,
    "boolean": _read_boolean,
    "date": _read_date,
    "timestamp": _read_timestamp,
    "timestamptz": _read_timestamp,  # Arrow takes it as UTC, which it is
    "varchar": _read_varchar,
    "char": _read_varchar,
    "varbyte": _read_varbyte,
}


_METADATA_TIME: Final = ColumnType("timestamp")
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - timestamps are in UTC without saying so


def timestamp_micros(value: Any) -> int | None:
    """A metadata timestamp in microseconds since the epoch; None when there is none to read."""
    try:
        since = _read_timestamp(value, _METADATA_TIME) - _EPOCH
    except ValueFaultError:
        return None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
