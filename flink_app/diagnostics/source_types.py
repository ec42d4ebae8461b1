"""The types that DMS announces, and which of their values a declared type can hold.

DMS names sizes in bytes (INT4, REAL8), announcements have been seen to name them in bits (INT32).
INT8 could be either and is let pass for every whole number: what does not fit is found out value by
value. The vocabulary is not documented in full, so an unknown name says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flink_app.declaration.types import ColumnType

_TEXT: Final = frozenset({"varchar", "char"})
_BINARY: Final = _TEXT | {"varbyte"}  # as hexadecimal digits, or what they stand for
_NUMBERS: Final = frozenset(
    {"smallint", "integer", "bigint", "decimal", "real", "double precision"}
)
_TIMESTAMPS: Final = frozenset({"timestamp", "timestamptz"})
_DATETIMES: Final = ("DATETIME", "TIMESTAMP")
# Bits that the values need with their sign; 0 where the name does not say.
_BITS: Final = {
    "INT1": 8, "INT2": 16, "INT4": 32, "INT8": 0, "INT16": 16, "INT32": 32, "INT64": 64,
    "UINT1": 9, "UINT2": 17, "UINT4": 33, "UINT8": 0, "UINT16": 17, "UINT32": 33, "UINT64": 65,
}  # fmt: skip
_DECIMAL_DIGITS: Final = {8: 3, 9: 3, 16: 5, 17: 5, 32: 10, 33: 10, 64: 19, 65: 20}
_DECLARED_BITS: Final = {"smallint": 16, "integer": 32, "bigint": 64}
# By the announced name: the declared types that can read its values, sizes apart.
_READERS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(_BITS, _NUMBERS),
    "INT1": _NUMBERS | {"boolean"},  # MySQL's boolean
    "NUMERIC": _NUMBERS,
    "REAL4": frozenset({"real", "double precision"}),
    "REAL8": frozenset({"double precision"}),
    # As text come PostgreSQL's booleans, and its numbers of 39 digits and more.
    **dict.fromkeys(("STRING", "WSTRING"), _TEXT | {"boolean", "decimal"}),
    **dict.fromkeys(("CLOB", "NCLOB", "TIME"), _TEXT),
    **dict.fromkeys(("BLOB", "BYTES"), _BINARY),
    "BOOLEAN": frozenset({"boolean"}),
    "DATE": _TIMESTAMPS | _TEXT | {"date"},
    **dict.fromkeys(_DATETIMES, _TIMESTAMPS | _TEXT),
}


@dataclass(frozen=True)
class SourceType:
    """A column's type as a create-table record announces it; 0 where a size is not said."""

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0

    @classmethod
    def read(cls, column: Mapping[str, Any]) -> SourceType | None:
        """From `{"type": ..., "length": ...}`; None when it names no type."""
        name = column.get("type")
        if not isinstance(name, str):
            return None
        sizes = (column.get(size) for size in ("length", "precision", "scale"))
        return cls(name.upper(), *(s if type(s) is int and s > 0 else 0 for s in sizes))

    def __str__(self) -> str:
        if self.precision:
            return f"{self.name}({self.precision},{self.scale})"
        return f"{self.name}({self.length})" if self.length else self.name

    @property
    def is_known(self) -> bool:
        """Whether anything can be said about its values."""
        return self.name in _READERS

    def fits(self, declared: ColumnType) -> bool:
        """Whether the declared type can hold every value; of an unknown type nothing is said."""
        if not self.is_known:
            return True
        if declared.name not in _READERS[self.name]:
            return False
        if self.name in _BITS:
            return self._whole_number_fits(_BITS[self.name], declared)
        if self.name == "NUMERIC" and self.precision:
            return self._numeric_fits(declared)
        if declared.length is not None and self.name not in {"DATE", "TIME", *_DATETIMES}:
            digits = self.name in {"BLOB", "BYTES"} and declared.is_text  # two a byte, behind 0x
            length = 2 * self.length + 2 if digits and self.length else self.length
            return length <= declared.length
        return True

    @staticmethod
    def _whole_number_fits(bits: int, declared: ColumnType) -> bool:
        if declared.name == "decimal":
            digits = (declared.precision or 0) - (declared.scale or 0)
            return _DECIMAL_DIGITS.get(bits, 0) <= digits
        return bits <= _DECLARED_BITS.get(declared.name, bits)

    def _numeric_fits(self, declared: ColumnType) -> bool:
        whole = self.precision - self.scale
        if declared.name == "decimal":
            scale = declared.scale or 0
            return whole <= (declared.precision or 0) - scale and self.scale <= scale
        if declared.is_integer:
            # The type's greatest value has one digit more, with which not every number fits.
            digits = {"smallint": 4, "integer": 9, "bigint": 18}[declared.name]
            return self.scale == 0 and whole <= digits
        return True
