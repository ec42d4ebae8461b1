"""Column types of a declaration, and what each is in Arrow and in Redshift.

The names are Redshift's. A `varchar(n)` counts bytes, as Redshift does. A `char(n)` is a source
column that is padded with blanks; it is stored without them, as `varchar(n)`, in which alone
Redshift keeps characters of several bytes. A `varbyte(n)` is binary data, which DMS writes as
hexadecimal digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyarrow as pa

from flink_app.declaration.type_names import explain_type

MAX_VARCHAR_BYTES: Final = 65_535  # Redshift's limit
MAX_DECIMAL_DIGITS: Final = 38  # Redshift's limit, and that of Arrow's decimal128
# Redshift's limit before it was raised to 16 MiB; a record of 1 MiB has half as many in digits.
MAX_VARBYTE_BYTES: Final = 1_024_000

_PLAIN: Final = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}
_FIXED_BYTES: Final = {
    "smallint": 2,
    "integer": 4,
    "bigint": 8,
    "real": 4,
    "double precision": 8,
    "boolean": 1,
    "date": 4,
    "timestamp": 8,
    "timestamptz": 8,
}
_MOST_SHORT_DIGITS: Final = 19  # of a decimal that Redshift keeps in 8 bytes
_ALIASES: Final = {"int": "integer", "double": "double precision", "numeric": "decimal"}
_TEXT: Final = ("varchar", "char")
_LONGEST: Final = {
    "varchar": MAX_VARCHAR_BYTES,
    "char": MAX_VARCHAR_BYTES,
    "varbyte": MAX_VARBYTE_BYTES,
}
_WRITTEN: Final = re.compile(
    r"^\s*(?P<name>[a-z][a-z ]*?)\s*(\(\s*(?P<first>\d+)\s*(,\s*(?P<second>\d+)\s*)?\))?\s*$",
    re.ASCII,
)


@dataclass(frozen=True)
class ColumnType:
    """A column type; `precision` and `scale` only for decimal, `length` for text and binary.

    What it is elsewhere is derived once, since decode asks for every block.
    """

    name: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None

    @classmethod
    def parse(cls, text: str) -> ColumnType:
        """Reads `integer`, `decimal(12,2)`, `varchar(100)`, ...; ValueError says what is wrong."""
        match = _WRITTEN.match(text.lower())
        name = "" if match is None else match["name"]
        name = _ALIASES.get(name, name)
        first = int(match["first"]) if match and match["first"] else None
        second = int(match["second"]) if match and match["second"] else None
        if name in _PLAIN and first is None:
            return cls(name)
        if first and second is None and first <= _LONGEST.get(name, 0):
            return cls(name, length=first)
        if name == "decimal" and first and 1 <= first <= MAX_DECIMAL_DIGITS:
            scale = second or 0
            if scale <= first:
                return cls(name, precision=first, scale=scale)
        known = [
            *_PLAIN,
            "decimal(p,s) with p up to 38",
            "varchar(n) and char(n) with n up to 65535",
            f"varbyte(n) with n up to {MAX_VARBYTE_BYTES}",
        ]
        message = "; ".join(explain_type(text, known))
        raise ValueError(message)

    @cached_property
    def arrow(self) -> pa.DataType:
        """The Arrow type of the column in every block and staged file."""
        if self.is_text:
            return pa.string()
        if self.is_binary:
            return pa.binary()
        if self.name == "decimal":
            return pa.decimal128(self.precision, self.scale)
        return _PLAIN[self.name]

    @cached_property
    def sql(self) -> str:
        """The type in Redshift's DDL."""
        if self.is_text:
            return f"VARCHAR({self.length})"
        if self.is_binary:
            return f"VARBYTE({self.length})"
        if self.name == "decimal":
            return f"DECIMAL({self.precision},{self.scale})"
        return self.name.upper()

    @cached_property
    def text_form(self) -> str:
        """How values are written as text, of which tokens are made: types that share it agree."""
        if self.is_text:
            return "text"
        if self.name == "decimal" and self.scale:
            return f"decimal({self.scale})"
        return "integer" if self.is_exact_number else self.name

    @cached_property
    def row_bytes(self) -> int:
        """How much a value adds at most to the width of a row; nothing is known of binary data."""
        if self.is_text:
            return self.length or 0
        if self.name == "decimal":
            return 8 if (self.precision or 0) <= _MOST_SHORT_DIGITS else 16
        return 0 if self.is_binary else _FIXED_BYTES[self.name]

    @cached_property
    def is_integer(self) -> bool:
        """Whether values are whole numbers of a fixed width."""
        return self.name in {"smallint", "integer", "bigint"}

    @cached_property
    def is_exact_number(self) -> bool:
        """Whether values are numbers that keep every digit."""
        return self.is_integer or self.name == "decimal"

    @cached_property
    def has_days(self) -> bool:
        """Whether values are days of the calendar, with a time or without."""
        return self.name in {"date", "timestamp", "timestamptz"}

    @cached_property
    def is_text(self) -> bool:
        """Whether values are text of a greatest length."""
        return self.name in _TEXT

    @cached_property
    def is_binary(self) -> bool:
        """Whether values are bytes, of a greatest number."""
        return self.name == "varbyte"

    def __str__(self) -> str:
        return f"char({self.length})" if self.name == "char" else self.sql.lower()
