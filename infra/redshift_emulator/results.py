"""PostgreSQL's results as Redshift sends them, in the protocol version that the client asked for.

Owns descriptions of results and the values in them. Versions are those of `redshift_connector`: 0
is PostgreSQL's own; 1 describes each column with its table and flags as well; 2 also sends decimals
in binary, as whole numbers of 8 or 16 bytes that the column's scale divides.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from infra.redshift_emulator import wire
from infra.redshift_emulator.data_types import MOST_DIGITS
from infra.redshift_emulator.errors import RedshiftError
from infra.redshift_emulator.wire import Message

EXTENDED, BINARY = 1, 2
# The version that every Redshift claims; drivers choose their features by it.
_SERVER_VERSION = "8.0.2"
# PostgreSQL's jsonb, which SUPER is mapped to; then SUPER's and VARBYTE's own type numbers.
_JSONB, _SUPER, _VARBYTE = 3802, 4000, 6551
_NUMERIC, _CHAR = 1700, 1042
_FIELD = struct.Struct("!ihihih")
_NUMBER = struct.Struct("!hhHh")
_NEGATIVE = 0x4000
_MOST_SHORT_DIGITS = 19  # of a DECIMAL in 8 bytes, see "Numeric types"
_WIDEST_ROW = 65_535
# In the extended description: may be NULL, may be searched.
_FLAGS = 0x1001
# What a number without declared digits is sent with where its scale cannot be found out.
UNKNOWN_SCALE = 10


@dataclass(frozen=True)
class Field:
    """A column of a result; `type`, `size` and `modifier` are PostgreSQL's."""

    name: str
    table: int
    column: int
    type: int
    size: int
    modifier: int
    format: int

    @property
    def has_no_scale(self) -> bool:
        """Whether it is a number whose digits PostgreSQL does not limit."""
        return self.type == _NUMERIC and self.modifier < 0

    def with_scale(self, scale: int) -> Field:
        """The same number with the most digits and this many of them behind the point."""
        return replace(self, modifier=(MOST_DIGITS << 16 | scale) + 4)

    @property
    def fixed_width(self) -> int:
        """Bytes that count towards the width of a row, as far as that is documented."""
        if self.type == _CHAR and self.modifier > 0:
            return self.modifier - 4
        return 16 if self.type == _NUMERIC else max(self.size, 0)


def as_redshift(answer: Message) -> Message:
    """A message that is no result, with Redshift's version."""
    if answer.kind == b"S":
        name, _ = wire.split_string(answer.body)
        if name == "server_version":
            return wire.parameter_status(name, _SERVER_VERSION)
    return answer


def read_fields(body: bytes) -> list[Field]:
    """The columns of a row description."""
    (count,) = struct.unpack_from("!H", body)
    offset = 2
    fields: list[Field] = []
    for _ in range(count):
        end = body.index(b"\0", offset)
        fields.append(Field(body[offset:end].decode(), *_FIELD.unpack_from(body, end + 1)))
        offset = end + 1 + _FIELD.size
    return fields


def check_width(fields: list[Field]) -> None:
    """Raises RedshiftError for a result whose rows are wider than a query can process."""
    if sum(field.fixed_width for field in fields) > _WIDEST_ROW:
        text = "8001"
        detail = (
            "The combined length of columns processed in the SQL statement exceeded the "
            f"query-processing limit of {_WIDEST_ROW} characters (pid:0)"
        )
        raise RedshiftError(text, detail=detail)


@dataclass(frozen=True)
class Result:
    """How one statement's rows are sent; `varbyte` is the type's number in PostgreSQL."""

    fields: tuple[Field, ...]
    version: int
    varbyte: int

    def with_formats(self, formats: tuple[int, ...]) -> Result:
        """The same result in the formats of a Bind message: none, one for all, or one each."""
        each = formats * len(self.fields) if len(formats) == 1 else formats
        each = each or (0,) * len(self.fields)
        fields = (replace(f, format=form) for f, form in zip(self.fields, each, strict=True))
        return replace(self, fields=tuple(fields))

    def description(self) -> Message:
        """The row description."""
        parts = [struct.pack("!H", len(self.fields))]
        for field in self.fields:
            number = {_JSONB: _SUPER, self.varbyte: _VARBYTE}.get(field.type, field.type)
            parts += [wire.strings(field.name), _FIELD.pack(
                field.table, field.column, number, field.size, field.modifier, field.format
            )]  # fmt: skip
            if self.version >= EXTENDED:
                parts += [wire.strings("", "", "", ""), struct.pack("!h", _FLAGS)]
        return Message(b"T", b"".join(parts))

    @property
    def _differs(self) -> bool:
        return any(
            field.type == self.varbyte or self._is_binary_number(field) for field in self.fields
        )

    def _is_binary_number(self, field: Field) -> bool:
        return self.version >= BINARY and field.type == _NUMERIC and field.format == 1

    def row(self, message: Message) -> Message:
        """A data row with values in Redshift's form."""
        if not self._differs:
            return message
        parts = [message.body[:2]]
        for field, value in zip(self.fields, wire.row_values(message.body), strict=True):
            sent = value
            if value is not None and self._is_binary_number(field):
                sent = _whole_number(value, field.modifier - 4)
            elif value is not None and field.type == self.varbyte and field.format == 0:
                sent = value.removeprefix(b"\\x")  # VARBYTE prints as bare hexadecimal digits
            parts.append(wire.NULL if sent is None else struct.pack("!i", len(sent)) + sent)
        return Message(message.kind, b"".join(parts))


def _whole_number(value: bytes, packed: int) -> bytes:
    """PostgreSQL's binary number (digits of base 10,000) as Redshift's: unscaled, 8 or 16 bytes."""
    precision, scale = (packed >> 16, packed & 0xFFFF) if packed >= 0 else (MOST_DIGITS, 0)
    count, weight, sign, _ = _NUMBER.unpack_from(value)
    number = 0
    for digit in struct.unpack_from(f"!{count}h", value, _NUMBER.size):
        number = number * 10_000 + digit
    power = 4 * (weight - count + 1) + scale
    if power >= 0:
        number *= 10**power
    else:
        number = (number + 5 * 10 ** (-power - 1)) // 10**-power
    size = 8 if precision <= _MOST_SHORT_DIGITS else 16
    whole: int = -number if sign == _NEGATIVE else number
    return whole.to_bytes(size, "big", signed=True)
