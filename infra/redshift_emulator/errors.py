"""Redshift's errors: the emulator's own, and PostgreSQL's errors as Redshift reports them.

Owns SQLSTATEs, codes and messages. A message that is known from a real cluster's output is used
verbatim, because loaders look for its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

SYNTAX_ERROR = "42601"
NOT_SUPPORTED = "0A000"
DUPLICATE_COLUMN = "42701"
UNDEFINED_COLUMN = "42703"
UNDEFINED_TABLE = "42P01"
UNDEFINED_OBJECT = "42704"
INVALID_VALUE = "22023"
INVALID_TABLE = "42P16"
IN_TRANSACTION_BLOCK = "25001"
ABORTED = "25P02"
CANCELLED = "57014"
INTERNAL = "XX000"

# The name that `objects.sql` gives the constraint that counts a column's bytes.
_BYTES_CONSTRAINT = re.compile(r"redshift_bytes_\d+_(varying|char|byte)_(\d+)")
# And the one that refuses characters of several bytes in CHAR.
_ASCII_CONSTRAINT = "redshift_ascii_"
_CONSTRAINED = {"varying": "character varying", "char": "character", "byte": "binary varying"}
_PASSED_ON = "SCMDHPW"
_LINE = "-" * 47


class EmulatorError(Exception):
    """The root of the emulator's own errors."""


class UnknownCommandError(EmulatorError, ValueError):
    """A command about faults that the emulator does not have; the message names it."""


class BadRuleError(EmulatorError, ValueError):
    """A rule for faults that could never strike."""


class UnreadStatementError(EmulatorError, AssertionError):
    """A statement is emulated, but was not read as far as that needs: a fault of the emulator."""


class RedshiftError(EmulatorError):
    """An error that the client gets."""

    def __init__(
        self, message: str, *, sqlstate: str = INTERNAL, detail: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail

    def fields(self) -> dict[str, str]:
        """The fields of the wire protocol's error message."""
        fields = {"S": "ERROR", "C": self.sqlstate, "M": self.message}
        return fields if self.detail is None else fields | {"D": self.detail}


@dataclass(frozen=True)
class LoadErrorDetail:
    """The row of `sys_load_error_detail` for a COPY that failed."""

    code: int
    message: str
    file: str = ""
    line: int = 0
    column: str = ""
    type_name: str = ""
    length: str = ""


class CopyError(RedshiftError):
    """A COPY that failed on its files or data, which writes a row of `sys_load_error_detail`."""

    def __init__(
        self, message: str, load_error: LoadErrorDetail, *, detail: str | None = None
    ) -> None:
        super().__init__(message, detail=detail)
        self.load_error = load_error


class BackendError(EmulatorError):
    """PostgreSQL refused one of the emulator's own statements."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.fields = fields

    @property
    def sqlstate(self) -> str:
        """PostgreSQL's error code, five characters."""
        return self.fields["C"]


def syntax_error(near: str) -> RedshiftError:
    """The parser's error at a token."""
    return RedshiftError(f'syntax error at or near "{near}"', sqlstate=SYNTAX_ERROR)


def cancellation() -> RedshiftError:
    """A statement that exceeded statement_timeout; Redshift says no more than this."""
    return RedshiftError("Query (0) cancelled on user's request", sqlstate=CANCELLED)


def emulation_error(feature: str) -> RedshiftError:
    """For what Redshift can do but the emulator cannot."""
    text = f"{feature} is not supported by the Redshift emulator"
    return RedshiftError(text, sqlstate=NOT_SUPPORTED)


def detail_block(error: str, code: int, context: str, *, location: str, query: int = 0) -> str:
    """The framed detail that Redshift's compute nodes and Spectrum send with an error."""
    return (
        f"\n  {_LINE}\n  error:  {error}\n  code:      {code}\n  context:   {context}\n"
        f"  query:     {query}\n  location:  {location}\n"
        f"  process:   padbmaster [pid=0]\n  {_LINE}\n"
    )


def from_backend(fields: dict[str, str]) -> dict[str, str]:
    """The fields of a PostgreSQL error as Redshift would report it."""
    translate = _TRANSLATIONS.get(fields["C"])
    error = None if translate is None else translate(fields)
    if error is not None:
        return error.fields()
    return {name: fields[name] for name in _PASSED_ON if name in fields}


def _conflict(fields: dict[str, str]) -> RedshiftError:
    # Redshift gives the number of the table; PostgreSQL does not name it.
    context = (
        "Serializable isolation violation on table - unknown, transactions forming the cycle "
        f"are: unknown ({fields['M']})"
    )
    return RedshiftError("1023", detail=context)


def _too_long(type_name: str) -> RedshiftError:
    text = "Value too long for character type"
    context = f"Value too long for type {type_name}"
    return RedshiftError(text, detail=detail_block(text, 8001, context, location="string.cpp:213"))


def _too_many_characters(fields: dict[str, str]) -> RedshiftError:
    return _too_long(fields["M"].removeprefix("value too long for type "))


def _too_many_bytes(fields: dict[str, str]) -> RedshiftError | None:
    if fields.get("n", "").startswith(_ASCII_CONSTRAINT):
        text = "CHAR string contains invalid ASCII character"
        return RedshiftError(text, detail=detail_block(text, 8001, "check_chars", location=""))
    match = _BYTES_CONSTRAINT.fullmatch(fields.get("n", ""))
    if match is None:
        return None
    return _too_long(f"{_CONSTRAINED[match[1]]}({match[2]})")


def _null(fields: dict[str, str]) -> RedshiftError:
    text = f"Cannot insert a NULL value into column {fields.get('c', '')}"
    return RedshiftError(text, detail=detail_block(text, 8007, "query execution", location=""))


def _identity(_fields: dict[str, str]) -> RedshiftError:
    return RedshiftError("cannot set an identity column to a value", sqlstate=NOT_SUPPORTED)


def _overflow(fields: dict[str, str]) -> RedshiftError | None:
    if fields["M"] != "numeric field overflow":
        return None
    text = "Numeric data overflow (result precision)"
    return RedshiftError(text, detail=detail_block(text, 1058, fields.get("D", ""), location=""))


def _translate_cancellation(_fields: dict[str, str]) -> RedshiftError:
    return cancellation()


def _not_a_number(fields: dict[str, str]) -> RedshiftError | None:
    """Redshift quotes the first character in the message and the whole value in the detail."""
    match = _NO_NUMBER.fullmatch(fields["M"])
    if match is None:
        return None
    kind, value = _NUMBERS[match["kind"]], match["value"]
    text = f"Invalid digit, Value '{value[:1]}', Pos 0, Type: {kind}"
    return RedshiftError(
        text, sqlstate=fields["C"], detail=detail_block(text, 1207, value, location="numeric.cpp")
    )


def _not_permitted(fields: dict[str, str]) -> RedshiftError | None:
    """As PostgreSQL 8.0: a table and a view are both a relation (philsch/ansible-redshift#11)."""
    text, count = _RIGHT_ON.subn(r"\1 relation", fields["M"])
    return RedshiftError(text, sqlstate=fields["C"]) if count else None


_NUMBERS = {"smallint": "Short", "integer": "Integer", "bigint": "Long", "numeric": "Decimal"}
_NO_NUMBER = re.compile(
    rf'invalid input syntax for type (?P<kind>{"|".join(_NUMBERS)}): "(?P<value>.*)"', re.DOTALL
)
_RIGHT_ON = re.compile(r"^(permission denied for|must be owner of) (?:table|view)\b")
_TRANSLATIONS: dict[str, Callable[[dict[str, str]], RedshiftError | None]] = {
    CANCELLED: _translate_cancellation,
    "40001": _conflict,
    "22001": _too_many_characters,
    "23514": _too_many_bytes,
    "23502": _null,
    "428C9": _identity,
    "42501": _not_permitted,
    "22003": _overflow,
    "22P02": _not_a_number,
}
