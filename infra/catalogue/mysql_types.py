"""What DMS makes of the types of MySQL and MariaDB, and what to declare for them.

Lengths are those that DMS announces where it announces one, so that a `create-table` record does
not contradict the declaration. Declared lengths count bytes, MySQL's of text count characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flink_app.declaration.collation import Collation
from flink_app.declaration.types import MAX_DECIMAL_DIGITS, ColumnType
from flink_app.diagnostics.source_collations import read_name
from infra.catalogue.model import TypeProposal
from infra.catalogue.postgresql_types import propose_endless, propose_sized_text

# Signed, and unsigned, which needs a bit more.
_WHOLE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "tinyint": ("smallint", "smallint"),
        "smallint": ("smallint", "integer"),
        "mediumint": ("integer", "bigint"),  # DMS knows no three bytes, and has four of each
        "int": ("integer", "bigint"),
        "bigint": ("bigint", "decimal(20,0)"),
    }
)
_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "double": "double precision",
        "float": "double precision",  # which DMS may make of it
        "date": "date",
        "datetime": "timestamp",
        "timestamp": "timestamptz",  # an instant, and DMS sends it in UTC
        "time": "varchar(20)",
        "year": "smallint",
    }
)
_BITS: Final = 8  # in a byte
TIMES: Final = frozenset({"date", "datetime", "timestamp"})
_ENDLESS_TEXT: Final = frozenset({"text", "mediumtext", "longtext"})
_ENDLESS_BYTES: Final = frozenset({"tinyblob", "blob", "mediumblob", "longblob"})


@dataclass(frozen=True)
class MySqlType:
    """A type as `information_schema.columns` has it.

    Attributes:
        name: without its size, as `int`.
        written: with it, as `int(10) unsigned`.
        length: of text in characters, of bytes in bytes; of an enumeration that of the longest
            label, of a set that of all together; 0 where there is none.
        precision: of a decimal its digits, of bits their number; 0 where there is none.
        scale: the digits behind the point.
    """

    name: str
    written: str
    length: int = 0
    precision: int = 0
    scale: int = 0

    @property
    def is_bytes(self) -> bool:
        """Whether its values are bytes, in which nothing can be read."""
        return self.name in _ENDLESS_BYTES or self.name in {"binary", "varbinary"}

    @property
    def is_text(self) -> bool:
        """Whether its values are text of any form."""
        return self.name in _ENDLESS_TEXT or self.name in {"char", "varchar", "tinytext", "json"}

    @property
    def is_truth(self) -> bool:
        """Whether MySQL's own word for it is `boolean`, which any small number fits into."""
        return self.written.startswith("tinyint(1)")


def propose_type(
    source: MySqlType, longest: int | None, *, has_other_numbers: bool = False
) -> TypeProposal:
    """What to declare for a type; the sizes of what has none are guessed from values.

    Args:
        source: the type.
        longest: what its values were seen to have in bytes.
        has_other_numbers: whether a `tinyint(1)` has values that are neither 0 nor 1.
    """
    if source.is_truth:
        if not has_other_numbers:
            return TypeProposal(ColumnType("boolean"), remark="comes as 0 and 1")
        return TypeProposal(ColumnType("smallint"), remark="has numbers besides 0 and 1")
    if source.name in _WHOLE:
        is_unsigned = "unsigned" in source.written
        return TypeProposal(ColumnType.parse(_WHOLE[source.name][is_unsigned]))
    if source.name in _PLAIN:
        return TypeProposal(ColumnType.parse(_PLAIN[source.name]))
    return _propose_sized(source, longest) or TypeProposal(
        None,
        reason=f"what DMS makes of type {source.name} is not known here; declare it as varchar(n) "
        "if a record shows it as text",
    )


def _propose_sized(source: MySqlType, longest: int | None) -> TypeProposal | None:
    """That of a type whose sizes count; None where the type is not known."""
    length = max(source.length, 1)
    match source.name:
        case "decimal":
            return _propose_decimal(source.precision, source.scale)
        case "bit":
            return _propose_bits(source.precision)
        case "char" | "varchar" | "enum" | "set":
            name = "char" if source.name == "char" else "varchar"
            return propose_sized_text(name, length, longest)
        case "tinytext":  # whose length counts bytes
            return TypeProposal(ColumnType("varchar", length=length), (length,))
        case "binary" | "varbinary":
            return _propose_bytes(length)
    return _propose_endless(source, longest)


def _propose_endless(source: MySqlType, longest: int | None) -> TypeProposal | None:
    if source.is_text:
        return propose_endless(longest, "comes as text" if source.name == "json" else "")
    return propose_endless(longest, "", type_name="varbyte") if source.is_bytes else None


def _propose_bits(bits: int) -> TypeProposal:
    if bits == 1:
        return TypeProposal(ColumnType("boolean"))
    return _propose_bytes(-(-bits // _BITS), "comes as bytes")


def _propose_bytes(length: int, remark: str = "") -> TypeProposal:
    return TypeProposal(ColumnType("varbyte", length=length), (length,), remark=remark)


def _propose_decimal(precision: int, scale: int) -> TypeProposal:
    if precision <= MAX_DECIMAL_DIGITS:
        return TypeProposal(ColumnType("decimal", precision=precision, scale=scale))
    remark = f"has more than {MAX_DECIMAL_DIGITS} digits, and comes as text"
    # Sign, point, and a zero before it.
    return TypeProposal(ColumnType.parse(f"varchar({precision + 3})"), remark=remark)


def read_ignored(collation: str) -> tuple[str, ...]:
    """What the collation of a column ignores, as a declaration says it."""
    ignored = [str(each) for each, ignores in read_name(collation).items() if ignores]
    return tuple(sorted(ignored))


def leaves_accents_open(collation: str) -> bool:
    """Whether the collation's name does not say if accents count."""
    return bool(collation) and read_name(collation)[Collation.ACCENT_INSENSITIVE] is None
