"""The types of other databases, and what to declare for them: what DMS makes of each.

docs/decisions/0014-types.md says why.
"""

from __future__ import annotations

import re
from typing import Final

from flink_app.validation.words import find_meant

_TEXT: Final = "comes as text"
_NOT_SUPPORTED: Final = "is not supported as a column type"
_LOB: Final = "varchar(n) with n up to 65535, in bytes"
# By the name in lower case, without sizes: why, and what to declare. `{n}` stands for the size.
_INSTEAD: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("text", "string", "clob", "nclob", "longtext", "mediumtext", "citext", "ntext", "str"),
        ("has no length", _LOB),
    ),
    "tinytext": ("has no length here", "varchar(255)"),
    **dict.fromkeys(
        ("character varying", "varchar2", "nvarchar", "nvarchar2", "national character varying"),
        ("is called varchar here, and its length counts bytes", "varchar({n})"),
    ),
    **dict.fromkeys(
        ("character", "nchar", "bpchar"),
        ("is called char here, and its length counts bytes", "char({n})"),
    ),
    **dict.fromkeys(("uuid", "uniqueidentifier", "guid"), (_TEXT, "varchar(36)")),
    **dict.fromkeys(("json", "jsonb", "xml", "xmltype", "hstore"), (_TEXT, _LOB)),
    "super": (
        f"{_NOT_SUPPORTED}: COPY from Parquet would store a JSON text in it as one string",
        "varchar(n), and use JSON_PARSE in a view",
    ),
    **dict.fromkeys(
        ("time", "timetz", "time without time zone", "time with time zone"),
        (f"{_NOT_SUPPORTED}: DMS writes a time as text", "varchar(20)"),
    ),
    "interval": (_TEXT, "varchar(64)"),
    **dict.fromkeys(("inet", "cidr", "macaddr", "macaddr8"), (_TEXT, "varchar(45)")),
    **dict.fromkeys(
        ("enum", "set", "point", "geometry", "geography", "tsvector", "tsquery", "int4range"),
        (_TEXT, "varchar(n), as long as its longest value in bytes"),
    ),
    **dict.fromkeys(("rowid", "urowid", "ltree", "oid", "name"), (_TEXT, "varchar(n)")),
    **dict.fromkeys(
        ("bytea", "blob", "binary", "varbinary", "raw", "image", "longblob", "mediumblob", "bytes"),
        ("is called varbyte here", "varbyte(n), its length in bytes"),
    ),
    **dict.fromkeys(("tinyint", "int2", "smallserial", "year", "int1"), ("", "smallint")),
    **dict.fromkeys(("mediumint", "int4", "serial", "int32", "number"), ("", "integer")),
    **dict.fromkeys(("int8", "bigserial", "int64", "long", "bigint identity"), ("", "bigint")),
    "smallint unsigned": ("does not fit smallint", "integer"),
    **dict.fromkeys(
        ("int unsigned", "integer unsigned"),
        ("does not fit integer", "bigint"),
    ),
    "tinyint unsigned": ("", "smallint"),
    "bigint unsigned": ("does not fit bigint", "decimal(20,0)"),
    **dict.fromkeys(("float4", "binary_float", "float32"), ("", "real")),
    **dict.fromkeys(
        ("float", "float8", "binary_double", "float64"),
        ("has four or eight bytes, depending on the database", "double precision, or real"),
    ),
    **dict.fromkeys(
        ("money", "smallmoney"), ("is an exact number with four digits", "decimal(19,4)")
    ),
    **dict.fromkeys(("bool", "bit", "logical"), ("", "boolean")),
    **dict.fromkeys(
        ("datetime", "datetime2", "smalldatetime", "timestamp without time zone"),
        ("", "timestamp"),
    ),
    **dict.fromkeys(
        ("datetimeoffset", "timestamp with time zone", "timestamp with local time zone"),
        ("", "timestamptz"),
    ),
    "rowversion": ("is a binary number of SQL Server", "varbyte(8)"),
    **dict.fromkeys(
        ("array", "list", "struct", "map", "vector"),
        ("is no column type; arrays come as text", _LOB),
    ),
}
_NUMBER: Final = re.compile(r"^(number|numeric|decimal|dec)\s*\(")
_SIZED: Final = re.compile(r"^(?P<name>[^(]*?)\s*(\((?P<sizes>[^)]*)\))?(?P<rest>[^()]*)$")
_OF_A_SCHEMA: Final = re.compile(r'^"?[^".]+"?\."?[^".]+"?$')
_LONGEST: Final = 65_535


def explain_type(text: str, known: list[str]) -> tuple[str, str]:
    """What is wrong with a type that there is not, and what to write instead."""
    lowered = " ".join(text.lower().split())
    shown = f"{text!r} is not a column type"
    if lowered.count("(") > lowered.count(")"):
        return (
            f"{shown}: within braces a comma ends the value",
            'put quotes around it, as {type: "decimal(12,2)"}',
        )
    if lowered.endswith("[]") or lowered.startswith("array"):
        return f"{shown}: an array comes as text", f"declare {_LOB}"
    match = _SIZED.match(lowered)
    name = lowered if match is None else f"{match['name']}{match['rest']}".strip()
    sizes = "" if match is None else (match["sizes"] or "").strip()
    return _explain_sizes(shown, name, sizes) or _explain_name(shown, name, sizes, known)


def _explain_sizes(shown: str, name: str, sizes: str) -> tuple[str, str] | None:
    """What is wrong with the sizes of a type that there is."""
    if name in {"varchar", "char", "varbyte"}:
        problem, remedy = _explain_length(name, sizes)
    elif name in {"decimal", "numeric", "number", "dec"}:
        problem, remedy = _explain_digits(name, sizes)
    else:
        return None
    return f"{shown}: {problem}", remedy


def _explain_length(name: str, sizes: str) -> tuple[str, str]:
    most = 1_024_000 if name == "varbyte" else _LONGEST
    first = re.match(r"\d+", sizes)
    if not sizes:
        return "it has no length", f"write it in bytes, as {name}(20)"
    if sizes.isdigit() or sizes == "max":
        return f"a length is from 1 to {most} bytes", f"write {name}({most}), or less"
    if first:
        return "it has one length, a number of bytes", f"write {name}({first[0]})"
    return "a length is a number of bytes", f"write it, as {name}(20)"


def _explain_digits(name: str, sizes: str) -> tuple[str, str]:
    if not sizes and name == "number":
        return "it has no digits", "declare bigint, or with digits: decimal(38,10)"
    if not sizes:
        return "it has no digits", "write them, as decimal(12,2)"
    if name in {"number", "dec"}:
        return "it is called decimal here", f"declare decimal({sizes})"
    problem = "a decimal has 1 to 38 digits, and not more of them behind the point"
    return problem, "declare fewer digits, or varchar(n) if the source has more"


def _explain_name(shown: str, name: str, sizes: str, known: list[str]) -> tuple[str, str]:
    plain = [each.partition("(")[0] for each in known]
    if name == "tinyint" and sizes == "1":
        return f"{shown}: tinyint(1) is MySQL's boolean", "declare boolean, or smallint"
    if name in _INSTEAD:
        reason, instead = _INSTEAD[name]
        size = (sizes.partition(",")[0].split() or ["n"])[0]
        size = str(_LONGEST) if size == "max" else size
        because = f": {name} {reason}" if reason else ""
        return f"{shown}{because}", f"declare {instead.replace('{n}', size)}"
    if sizes and name in plain:
        return f"{shown}: {name} has no size here", f"declare {name}"
    if _OF_A_SCHEMA.match(name):
        remedy = (
            "an enumeration comes as text: declare varchar(n), as long as its longest value in "
            "bytes; a domain comes as the type below it: declare that"
        )
        return f"{shown}: it is one of the source's own", remedy
    listed = f"use one of {', '.join(known)}"
    meant = find_meant(name, plain)
    if meant in {"varchar", "char", "decimal", "varbyte"}:
        meant = f"{meant}({sizes or 'n'})"
    return shown, f"did you mean {meant}? Otherwise {listed}" if meant else listed
