"""What DMS makes of PostgreSQL's types, and what to declare for them.

Lengths are those that DMS announces where it announces one, so that a `create-table` record does
not contradict the declaration. Declared lengths count bytes, PostgreSQL's count characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flink_app.declaration.types import MAX_DECIMAL_DIGITS, MAX_VARCHAR_BYTES, ColumnType
from infra.catalogue.model import TypeProposal

_BYTES_OF_CHARACTER: Final = 4  # at most, in UTF-8
ENDLESS_LENGTHS: Final = (65_535, 16_384, 4_096, 1_024, 256, 64)
_USUAL_LENGTH: Final = 1_024  # of text whose values nobody has looked at
_LEAST_LENGTH: Final = 256
_MARGIN: Final = 2  # values that were not looked at may be longer
_MODIFIER: Final = 4  # PostgreSQL adds it to the sizes of a type
_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "int2": "smallint",
        "int4": "integer",
        "int8": "bigint",
        "float4": "real",
        "float8": "double precision",
        "bool": "boolean",
        "date": "date",
        "timestamp": "timestamp",
        "timestamptz": "timestamptz",
        "money": "decimal(38,4)",
        "uuid": "varchar(36)",
        "time": "varchar(20)",
        "timetz": "varchar(30)",
        "interval": "varchar(128)",
        "inet": "varchar(50)",
        "cidr": "varchar(50)",
        "macaddr": "varchar(18)",
        "macaddr8": "varchar(24)",
        "name": "varchar(64)",
        "char": "varchar(4)",
        "pg_lsn": "varchar(20)",
        "oid": "bigint",
        **dict.fromkeys(("point", "line", "lseg", "box", "circle"), "varchar(255)"),
    }
)
_AS_TEXT: Final = frozenset(
    {
        "text",
        "citext",
        "json",
        "jsonb",
        "xml",
        "hstore",
        "ltree",
        "tsvector",
        "tsquery",
        "path",
        "polygon",
    }
)
# Of enumerations, ranges and multiranges. A label has at most 63 bytes, and DMS announces 64.
_BY_KIND: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "e": ("varchar(64)", ""),
        "r": ("varchar(255)", "comes as text"),
        "m": ("varchar(255)", "comes as text"),
    }
)


@dataclass(frozen=True)
class PostgresType:
    """A type as `pg_type` has it, a domain's replaced by that of its base.

    Attributes:
        name: without its schema.
        kind: `typtype`: b base, e enum, r range, m multirange, c composite.
        is_array: whether it is an array of something.
        modifier: `atttypmod`, that of the domain where it is one; -1 if there is none.
        schema: where it is defined.
    """

    name: str
    kind: str
    is_array: bool
    modifier: int
    schema: str


def propose_type(source: PostgresType, longest: int | None) -> TypeProposal:
    """What to declare for a type; `longest` is what its values were seen to have in bytes.

    The sizes of what has none are guessed from it.
    """
    if source.is_array:
        return propose_endless(longest, "comes as text")
    if source.kind in _BY_KIND:
        return _propose_fixed(*_BY_KIND[source.kind])
    if source.kind == "c":
        return propose_endless(longest, "comes as text")
    if source.name in _PLAIN:
        return _propose_fixed(_PLAIN[source.name])
    return _propose_sized(source, longest) or TypeProposal(None, reason=_explain_unknown(source))


def _propose_sized(source: PostgresType, longest: int | None) -> TypeProposal | None:
    """That of a type whose sizes count; None where the type is not known."""
    match source.name:
        case "numeric":
            return _propose_numeric(source.modifier)
        case "varchar" | "bpchar":
            return _propose_text(source, longest)
        case "bit" | "varbit":
            return _propose_bits(source, longest)
        case "bytea":
            return propose_endless(longest, "", type_name="varbyte")
        case name if name in _AS_TEXT:
            return propose_endless(longest, "" if name == "text" else "comes as text")
    return None


def _explain_unknown(source: PostgresType) -> str:
    owner = "" if source.schema == "pg_catalog" else f"{source.schema}."
    return (
        f"what DMS makes of type {owner}{source.name} is not known here; declare it as varchar(n) "
        "if a record shows it as text"
    )


def _propose_fixed(written: str, remark: str = "") -> TypeProposal:
    return TypeProposal(ColumnType.parse(written), remark=remark)


def _propose_length(
    name: str, lengths: tuple[int, ...], *, is_endless: bool, remark: str
) -> TypeProposal:
    return TypeProposal(ColumnType(name, length=lengths[0]), lengths, is_endless, remark)


def propose_endless(
    longest: int | None, remark: str, *, type_name: str = "varchar"
) -> TypeProposal:
    """Text or bytes without a length: as long as some values, and more."""
    wanted = _USUAL_LENGTH if longest is None else max(_LEAST_LENGTH, _MARGIN * longest)
    least = _LEAST_LENGTH if longest is None else longest
    usual = [length for length in ENDLESS_LENGTHS if length >= wanted] or [ENDLESS_LENGTHS[0]]
    lengths = [n for n in ENDLESS_LENGTHS if least <= n <= usual[-1]] or [ENDLESS_LENGTHS[0]]
    return _propose_length(type_name, tuple(lengths), is_endless=True, remark=remark)


def _propose_text(source: PostgresType, longest: int | None) -> TypeProposal:
    characters = source.modifier - _MODIFIER
    if characters < 1:
        return propose_endless(longest, "")
    name = "char" if source.name == "bpchar" else "varchar"
    return propose_sized_text(name, characters, longest)


def propose_sized_text(name: str, characters: int, longest: int | None) -> TypeProposal:
    """Text of at most so many characters, each of which may have several bytes."""
    fitting = [
        min(characters * bytes_of, MAX_VARCHAR_BYTES)
        for bytes_of in (_BYTES_OF_CHARACTER, 2, 1)
        if longest is None or characters * bytes_of >= longest or bytes_of == _BYTES_OF_CHARACTER
    ]
    remark = ""
    if characters * _BYTES_OF_CHARACTER > MAX_VARCHAR_BYTES:
        remark = "may have more bytes than a column of Redshift holds"
    return _propose_length(name, tuple(dict.fromkeys(fitting)), is_endless=False, remark=remark)


def _propose_bits(source: PostgresType, longest: int | None) -> TypeProposal:
    if source.modifier < 1:
        return propose_endless(longest, "comes as text")
    length = min(source.modifier, MAX_VARCHAR_BYTES)
    return _propose_fixed(f"varchar({length})", "comes as text")


def _propose_numeric(modifier: int) -> TypeProposal:
    if modifier < _MODIFIER:
        remark = (
            "has no precision: DMS rounds it to six digits behind the point; if more "
            "count, give the source's column a precision"
        )
        return _propose_fixed("decimal(28,6)", remark)
    sizes = modifier - _MODIFIER
    precision, scale = (sizes >> 16) & 0xFFFF, ((sizes & 0x7FF) ^ 1024) - 1024
    # A negative scale has zeros before the point, one above the precision zeros behind it.
    digits, behind = max(precision - min(scale, 0), scale), max(scale, 0)
    if precision > MAX_DECIMAL_DIGITS or digits > MAX_DECIMAL_DIGITS:
        length = digits + 3  # sign, point, and a zero before it
        return _propose_fixed(
            f"varchar({length})", f"has more than {MAX_DECIMAL_DIGITS} digits, and comes as text"
        )
    return TypeProposal(ColumnType("decimal", precision=digits, scale=behind))


def read_collation(source: PostgresType, locale: str, *, is_deterministic: bool) -> tuple[str, ...]:
    """What a type or its collation ignores where values are compared, as a declaration says it."""
    if source.name == "citext":
        return ("case_insensitive",)
    if is_deterministic:
        return ()
    if "level1" in locale.lower():
        return ("accent_insensitive", "case_insensitive")
    return ("case_insensitive",) if "level2" in locale.lower() else ()
