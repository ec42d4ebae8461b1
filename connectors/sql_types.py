"""Types of Redshift's columns as values, and which type holds every value of which other.

Types are written as our own DDL writes them: `VARCHAR(40)`, `DECIMAL(12,2)`, `BIGINT`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from connectors.failures import StarjoinError

_WRITTEN: Final = re.compile(r"(?P<name>[A-Z]+( [A-Z]+)?)(\((?P<first>\d+)(,(?P<second>\d+))?\))?")
# The digits of the greatest value.
_INTEGER_DIGITS: Final = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
# Each holds what stands before it.
_WIDENING: Final = (("SMALLINT", "INTEGER", "BIGINT"), ("REAL", "DOUBLE PRECISION"))
# As information_schema calls them.
_CATALOGUED: Final = {
    "character varying": "VARCHAR",
    "binary varying": "VARBYTE",
    "numeric": "DECIMAL",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
}


class SqlTypeError(StarjoinError):
    """A text is not a column type as our DDL writes it."""


@dataclass(frozen=True)
class SqlType:
    """A type; `length` in bytes, of VARCHAR and VARBYTE, `precision` and `scale` only of DECIMAL.

    A VARBYTE out of the catalogue may have length 0: the catalogue need not say it.
    """

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0

    @classmethod
    def parse(cls, text: str) -> SqlType:
        """Reads what our DDL writes; SqlTypeError for anything else."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            message = f"{text!r} is not a type as our DDL writes it"
            raise SqlTypeError(message)
        return cls._build(match["name"], int(match["first"] or 0), int(match["second"] or 0))

    @classmethod
    def from_catalogue(
        cls, name: str, length: int | None, precision: int | None, scale: int | None
    ) -> SqlType:
        """The type that a row of information_schema.columns describes."""
        known = _CATALOGUED.get(name, name.upper())
        if known == "DECIMAL":
            return cls._build(known, precision or 0, scale or 0)
        return cls._build(known, length or 0, 0)

    @classmethod
    def _build(cls, name: str, first: int, second: int) -> SqlType:
        if name == "DECIMAL":
            return cls(name, precision=first, scale=second)
        return cls(name, length=first)

    def __str__(self) -> str:
        if self.name == "DECIMAL":
            return f"DECIMAL({self.precision},{self.scale})"
        return f"{self.name}({self.length})" if self.length else self.name

    @property
    def is_varchar(self) -> bool:
        """Whether it is text of a greatest length."""
        return self.name == "VARCHAR"

    @property
    def is_integer(self) -> bool:
        """Whether it is a number without digits behind the point, and not DECIMAL."""
        return self.name in _INTEGER_DIGITS

    def holds(self, other: SqlType) -> bool:
        """Whether every value of `other` is one of this type, unchanged."""
        if self.name == "DECIMAL" and other.name in {"DECIMAL", *_INTEGER_DIGITS}:
            digits = _INTEGER_DIGITS.get(other.name, other.precision - other.scale)
            return self.precision - self.scale >= digits and self.scale >= other.scale
        if self.name == other.name:
            return self.length >= other.length or (self.name == "VARBYTE" and not self.length)
        return any(
            self.name in names
            and other.name in names
            and names.index(self.name) > names.index(other.name)
            for names in _WIDENING
        )
