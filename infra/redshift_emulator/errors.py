"""Redshift's errors: those that the front makes, and PostgreSQL's in Redshift's words.

Owns SQLSTATEs, codes and texts. Where a text is known from a real cluster's output it is used as
it is; loaders look for these words.
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
IN_TRANSACTION_BLOCK = "25001"
ABORTED = "25P02"
CANCELLED = "57014"
INTERNAL = "XX000"

# The name that `objects.sql` gives the constraint that counts a column's bytes.
_BYTES_CONSTRAINT = re.compile(r"redshift_bytes_\d+_(varying|char|byte)_(\d+)")
_CONSTRAINED = {"varying": "character varying", "char": "character", "byte": "binary varying"}
_PASSED_ON = "SCMDHPW"
_LINE = "-" * 47


class RedshiftError(Exception):
    """An error to be reported to the client."""

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
class LoadProblem:
    """What `sys_load_error_detail` says of a COPY that failed."""

    code: int
    message: str
    file: str = ""
    line: int = 0
    column: str = ""
    type_name: str = ""
    length: str = ""


class CopyError(RedshiftError):
    """A COPY that failed for what it read: it leaves a row in `sys_load_error_detail`."""

    def __init__(self, message: str, problem: LoadProblem, *, detail: str | None = None) -> None:
        super().__init__(message, detail=detail)
        self.problem = problem


class BackendError(Exception):
    """PostgreSQL refused a statement of the front's own."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.fields = fields

    @property
    def sqlstate(self) -> str:
        """PostgreSQL's five letters."""
        return self.fields["C"]


def syntax_error(near: str) -> RedshiftError:
    """The parser's usual answer."""
    return RedshiftError(f'syntax error at or near "{near}"', sqlstate=SYNTAX_ERROR)


def cancelled() -> RedshiftError:
    """A statement that took longer than statement_timeout: no other word about it comes."""
    return RedshiftError("Query (0) cancelled on user's request", sqlstate=CANCELLED)


def not_imitated(what: str) -> RedshiftError:
    """For what Redshift can do and this emulator cannot."""
    text = f"{what} is not imitated by the Redshift emulator"
    return RedshiftError(text, sqlstate=NOT_SUPPORTED)


def detail_block(error: str, code: int, context: str, *, where: str, query: int = 0) -> str:
    """The framed detail that Redshift's compute nodes and Spectrum send with an error."""
    return (
        f"\n  {_LINE}\n  error:  {error}\n  code:      {code}\n  context:   {context}\n"
        f"  query:     {query}\n  location:  {where}\n  process:   padbmaster [pid=0]\n  {_LINE}\n"
    )


def from_backend(fields: dict[str, str]) -> dict[str, str]:
    """A PostgreSQL error's fields as Redshift would report the same mistake."""
    in_words = _WORDS.get(fields["C"])
    error = None if in_words is None else in_words(fields)
    if error is not None:
        return error.fields()
    return {name: fields[name] for name in _PASSED_ON if name in fields}


def _conflict(fields: dict[str, str]) -> RedshiftError:
    # PostgreSQL does not say which table it was; Redshift gives the table's number.
    context = (
        "Serializable isolation violation on table - unknown, transactions forming the cycle "
        f"are: unknown ({fields['M']})"
    )
    return RedshiftError("1023", detail=context)


def _too_long(type_name: str) -> RedshiftError:
    text = "Value too long for character type"
    context = f"Value too long for type {type_name}"
    return RedshiftError(text, detail=detail_block(text, 8001, context, where="string.cpp:213"))


def _too_many_characters(fields: dict[str, str]) -> RedshiftError:
    return _too_long(fields["M"].removeprefix("value too long for type "))


def _too_many_bytes(fields: dict[str, str]) -> RedshiftError | None:
    match = _BYTES_CONSTRAINT.fullmatch(fields.get("n", ""))
    if match is None:
        return None
    return _too_long(f"{_CONSTRAINED[match[1]]}({match[2]})")


def _null(fields: dict[str, str]) -> RedshiftError:
    text = f"Cannot insert a NULL value into column {fields.get('c', '')}"
    return RedshiftError(text, detail=detail_block(text, 8007, "query execution", where=""))


def _matched_twice(fields: dict[str, str]) -> RedshiftError | None:
    if "MERGE" not in fields["M"]:
        return None
    return RedshiftError("Found multiple matches to update the same tuple.")


def _overflow(fields: dict[str, str]) -> RedshiftError | None:
    if fields["M"] != "numeric field overflow":
        return None
    text = "Numeric data overflow (result precision)"
    return RedshiftError(text, detail=detail_block(text, 1058, fields.get("D", ""), where=""))


def _cancelled(_fields: dict[str, str]) -> RedshiftError:
    return cancelled()


def _no_number(fields: dict[str, str]) -> RedshiftError | None:
    """Quotes the value, its first character in the text and all of it in the context."""
    match = _NO_NUMBER.fullmatch(fields["M"])
    if match is None:
        return None
    kind, value = _NUMBERS[match["kind"]], match["value"]
    text = f"Invalid digit, Value '{value[:1]}', Pos 0, Type: {kind}"
    return RedshiftError(
        text, sqlstate=fields["C"], detail=detail_block(text, 1207, value, where="numeric.cpp")
    )


_NUMBERS = {"smallint": "Short", "integer": "Integer", "bigint": "Long", "numeric": "Decimal"}
_NO_NUMBER = re.compile(
    rf'invalid input syntax for type (?P<kind>{"|".join(_NUMBERS)}): "(?P<value>.*)"', re.DOTALL
)
_WORDS: dict[str, Callable[[dict[str, str]], RedshiftError | None]] = {
    CANCELLED: _cancelled,
    "40001": _conflict,
    "22001": _too_many_characters,
    "23514": _too_many_bytes,
    "23502": _null,
    "21000": _matched_twice,
    "22003": _overflow,
    "22P02": _no_number,
}
