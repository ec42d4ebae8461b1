"""Records by a grammar: JSON as text with every part in the open, so that any part can go wrong.

An object is a list of members, since names may occur twice; a leaf is JSON text, since much of what
is odd has no Python value. Text that the grammar makes up holds a mark, which no fault may quote.
"""

from __future__ import annotations

import json
from random import Random
from typing import Final

from flink_app.declaration.dms_records import Positions
from flink_app.declaration.partitions import WILDCARDS
from flink_app.declaration.types import ColumnType
from flink_app.decode.plan import DecodePlan
from flink_app.records.plan import ReadColumn, TablePlan
from tests.unit.decode.twists import METADATA, TEXTS

Node = str | list[tuple[str, "Node"]]
Members = list[tuple[str, Node]]

# What made-up text holds, and must not be seen in the reason or detail of a dead letter.
TEXT_MARK: Final = "Zq7x"
NUMBER_MARK: Final = "42424242"

_CONTROL_OPERATIONS: Final = (
    *('"create-table"',) * 4,
    *('"drop-table"', '"rename-table"', '"add-column"', '"change-columns"', "7"),
    '"truncate-table"',
)
_COLLATIONS: Final = ("utf8mb4_0900_ai_ci", "latin1_bin", "Latin1_General_CI_AS", "C", "")
_DMS_TYPES: Final = (
    *('"INT4"', '"INT8"', '"UINT64"', '"NUMERIC"', '"REAL8"', '"STRING"', '"NCLOB"', '"BLOB"'),
    *('"BOOLEAN"', '"DATE"', '"DATETIME"', '"GEOMETRY"', "7"),
)
_OPERATIONS: Final = ("load", "insert", "insert", "update", "update", "delete")
_CHARACTERS: Final = (
    "a",
    "7",
    " ",
    "-",
    "æ",
    "\u0664",
    "\uff17",
    "½",
    "e\u0301",
    "😀",
    "\t",
    '"',
    "\\",
    "\u00a0",
    "\0",
    "}{",
)
# Equal for some collation, or of other lengths in their canonical form.
_ALIKE: Final = (
    *("ACME", "acme", "aCMe", "acm\u00e9", "acme\u0301", "ACME\u0301", "acme "),
    *("stra\u00dfe", "STRASSE", "K", "\u212a", "\u0130", "\u023a", "\u1f80", "\u0439"),
    "\u0390" * 4,
)
_ZERO_DAYS: Final = ("0000-00-00", "2026-00-00", "2026-03-00")
_WIDTHS: Final = {"smallint": 15, "integer": 31, "bigint": 63}
_STREAM_POSITIONS: Final = (
    lambda rng: "{:08X}/{:08X}.{}.x".format(*(rng.getrandbits(32) for _ in range(2)), 1),
    lambda rng: f"mysql-bin.{rng.randint(0, 10**6):06}:{rng.randint(0, 10**6)}",
    lambda rng: str(rng.randint(1, 10 ** rng.randint(1, 18))),
    lambda rng: f"{rng.getrandbits(32):08x}:{rng.getrandbits(32):08x}:{rng.getrandbits(16):04x}",
)

_KINDS: Final = {Positions.POSTGRESQL: 0, Positions.MYSQL: 1, Positions.ORACLE: 2}


def record(table: TablePlan, plan: DecodePlan, rng: Random, oddness: float) -> Members:
    """A record of a table; each value is an odd one with the probability `oddness`."""
    operation = rng.choice(_OPERATIONS)
    # Of an update the source may have logged only a part.
    is_whole = operation == "update" and rng.random() < 0.8
    data: Members = []
    for column in table.columns:
        if column.name in table.key or rng.random() > 0.1:
            data.append((column.source, _value(column, rng, oddness)))
        elif is_whole:
            data.append((column.source, "null"))
    if operation == "update" and rng.random() < 0.05:
        data.pop(rng.randrange(len(data)))
    parts: Members = [("data", data)]
    if operation == "update" or rng.random() < 0.02:
        before = [
            (plan.before_name(column.source), _value(column, rng, oddness))
            for column in table.columns
            if (column.name in table.key or column.declared.unchanged) and rng.random() < 0.4
        ]
        if plan.before_among_columns:
            data += before
        else:
            parts.append((plan.before_image, [*before]))
    parts.append(("metadata", _metadata(table, plan, operation, rng, oddness)))
    return parts


def control(plan: DecodePlan, rng: Random) -> Members:
    """A control record, or a row of a table that nobody declared."""
    dice = rng.random()
    if dice < 0.1:
        about = f'"{TEXT_MARK}"'
        kind: Members = [("record-type", '"control"'), ("operation", '"create-table"')]
        return [("control", [("table-def", about)]), ("metadata", [*kind, ("table-name", about)])]
    if dice < 0.5:
        return _about_table(plan, Random(dice))  # noqa: S311 - inputs, no secrets
    row: Members = [("record-type", '"data"'), ("operation", '"insert"')]
    schema, table = _undeclared(plan, Random(dice))  # noqa: S311 - inputs, no secrets
    names: Members = [("schema-name", json.dumps(schema)), ("table-name", json.dumps(table))]
    return [("data", [("id", NUMBER_MARK)]), ("metadata", [*row, *names])]


def _names(table: TablePlan, plan: DecodePlan, rng: Random) -> tuple[str, str]:
    """The schema and name that a record of a table has: its own, or those of a partition."""
    partitions = plan.star.tables[table.name].partitions
    if not partitions or rng.random() < 0.3:
        return table.schema, table.source
    chosen = rng.choice(partitions)
    parts = (
        rng.choice(["", "1", "2026_01", "é", "%", "a\nb", "x" * 200]) if c in WILDCARDS else c
        for c in chosen.source
    )
    return chosen.source_schema or table.schema, "".join(parts)


def _undeclared(plan: DecodePlan, rng: Random) -> tuple[str, str]:
    """Schema and name of a table that nobody declared, often almost those of a declared one."""
    table = rng.choice(list(plan.tables.values()))
    return rng.choice(
        [
            ("", TEXT_MARK),
            ("another", table.source),
            (table.schema.swapcase(), table.source),
            (table.schema, table.source.swapcase()),
            (table.schema, f"{table.source}_{rng.randint(0, 3)}"),
            ("another", _names(table, plan, rng)[1]),
            (table.schema, _names(table, plan, rng)[1].swapcase()),
        ]
    )


def _about_table(plan: DecodePlan, rng: Random) -> Members:
    """A control record of a declared table, with a definition that is more or less its own."""
    table = rng.choice(list(plan.tables.values()))
    columns: Members = [
        (column.source, rng.choice([[("type", rng.choice(_DMS_TYPES)), *_sizes(rng)], "7"]))
        for column in table.columns
        if rng.random() < 0.9
    ]
    if rng.random() < 0.2:
        columns.append(("fresh", [("type", '"INT4"')]))
    definition: Members = [("columns", columns)]
    if rng.random() < 0.5:
        keys = rng.choice([list(table.key_sources), ["other"]])
        definition.append(("primary-key", json.dumps(keys)))
    body: Members = [("control", [("table-def", rng.choice([definition, "[]"]))])]
    schema, source = _names(table, plan, rng)
    metadata: Members = [
        ("record-type", '"control"'),
        ("operation", rng.choice(_CONTROL_OPERATIONS)),
        ("schema-name", json.dumps(schema)),
        ("table-name", json.dumps(source)),
    ]
    return [*rng.choice([body, body, []]), ("metadata", metadata)]


def _sizes(rng: Random) -> Members:
    sizes: Members = [("length", "20"), ("precision", "9"), ("scale", "2"), ("nullable", "true")]
    sizes.append(("collation-name", json.dumps(rng.choice(_COLLATIONS))))
    return rng.sample(sizes, rng.randint(0, len(sizes)))


def text(node: Node) -> bytes:
    """The record as JSON on one line; half surrogates stay as the escapes they are."""
    return _written(node).encode()


def spread(node: Node, rng: Random) -> bytes:
    """The record over many lines, as MessageFormat `json` writes it; some begin with a mark."""
    end, indent = rng.choice(["\n", "\r\n", "\n\n"]), rng.choice(["\t", "  ", ""])
    mark = rng.choice([b"", b"", b"", b"\xef\xbb\xbf"])
    return mark + _written(node, end, indent).encode() + rng.choice([b"", b"\n", b"\r\n"])


def _written(node: Node, end: str = "", indent: str = "") -> str:
    if isinstance(node, str):
        return node
    inner = end and end + indent
    colon = ":\t" if end else ":"
    members = (f"{_name(name)}{colon}{_written(child, inner, indent)}" for name, child in node)
    return "{" + inner + f",{inner}".join(members) + end + "}"


def _name(name: str) -> str:
    # A name that starts with a quote stands as it is: it may be escaped in ways of its own.
    return name if name.startswith('"') else json.dumps(name)


def _value(column: ReadColumn, rng: Random, oddness: float) -> str:
    kind = column.declared.type
    if rng.random() >= oddness:
        return _alike(kind, rng) if column.ignored else _plain(kind, rng)
    dice = rng.random()
    if dice < 0.3:
        return border(kind, rng)
    if dice < 0.6:
        return rng.choice(TEXTS[kind.name])
    if dice < 0.8:
        return rng.choice(TEXTS[rng.choice(list(TEXTS))])
    return rng.choice(["null", f'"{TEXT_MARK}"', NUMBER_MARK * rng.randint(1, 9), "{}", "[[]]"])


def _alike(kind: ColumnType, rng: Random) -> str:
    """Text that a collation takes for equal to some other; it may be too long for its column."""
    text = rng.choice(_ALIKE)
    while rng.random() < 0.7 and len(text.encode()) > (kind.length or 0):
        text = text[:-1]
    return json.dumps(text, ensure_ascii=rng.random() < 0.5)


def _plain(kind: ColumnType, rng: Random) -> str:  # noqa: PLR0911 - one for each type
    """A value as sources write it, mostly from a small range, so that keys meet again."""
    if kind.is_integer:
        number = str(rng.randint(0, 9))
        return rng.choice([number] * 30 + [f'"{number}"'] * 3 + [f"{number}.0000000000"])
    if kind.name == "decimal":
        digits = f"{rng.randint(0, 9)}.{'0' * ((kind.scale or 0) - 1)}{rng.randint(0, 9)}"
        number = digits if kind.scale else digits[0]
        number = number if kind.precision != kind.scale else f"0{number[1:]}"
        if (kind.precision or 0) - (kind.scale or 0) > len(number) and rng.random() < 0.1:
            return _scientific(rng, (kind.precision or 0) - (kind.scale or 0))
        if "." in number and rng.random() < 0.1:
            number += "0000"
        return rng.choice([number, f'"{number}"'])
    if kind.name in {"real", "double precision"}:
        return rng.choice(["0", "-1.5", str(rng.random()), str(rng.uniform(-1e30, 1e30))])
    if kind.name == "boolean":
        written = [*["true", "false"] * 8, '"true"', '"false"', "1", "0"]
        return rng.choice(written)
    if kind.name == "date":
        day = f"20{rng.randint(10, 30)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        return f'"{rng.choice([*[day] * 40, *_ZERO_DAYS])}"'
    if kind.name in {"timestamp", "timestamptz"}:
        second = f"2026-0{rng.randint(1, 9)}-11T{rng.randint(0, 23):02}:45:02"
        fraction = rng.choice(["", ".5", ".123456", ".123456789", ".120000000"])
        time = f"{second}{fraction}{rng.choice(['Z'] * 9 + [' +02:00'])}"
        return f'"{rng.choice([*[time] * 20, f"{rng.choice(_ZERO_DAYS)} 00:00:00"])}"'
    if kind.is_binary:
        return rng.choice(['"0x00ff"', '"00FF"', '""', '"0x"', '"0XaB12"'])
    return json.dumps(
        rng.choice(["A", "B", "", "æ", "x\ty", "\uff17-\u0664", TEXT_MARK, "8e-471a"])[
            : kind.length
        ]
    )


def border(kind: ColumnType, rng: Random) -> str:  # noqa: PLR0911 - one for each type
    """A value at, just within or just beyond what a column type holds."""
    step = rng.choice([-1, 0, 0, 0, 1])
    sign = rng.choice(["", "-"])
    if kind.is_integer:
        limit = rng.choice([2 ** _WIDTHS[kind.name] - 1, -(2 ** _WIDTHS[kind.name]), 2**53, 10**16])
        if rng.random() < 0.2:
            return _scientific(rng)
        return rng.choice(["{}", "{}", '"{}"', "{}.0", "{}e0"]).format(limit + step)
    if kind.name == "decimal":
        if rng.random() < 0.2:
            return _scientific(rng)
        scale = kind.scale or 0
        whole = "9" * max((kind.precision or 0) - scale + step, 0) or "0"
        digits = "9" * max(scale + rng.choice([-1, 0, 0, 0, 1]), 0)
        number = f"{sign}{whole}.{digits}" if digits else sign + whole
        return rng.choice(["{}", '"{}"', "{}e0", "{}E+1"]).format(number)
    if kind.name in {"real", "double precision"}:
        top = "3.4028235" if kind.name == "real" else "1.797693134862315"
        number = rng.choice(
            [f"{top}{rng.choice('6789')}e{rng.choice([38, 308])}", "1e-46", "5e-324"]
        )
        return sign + number
    if kind.name == "boolean":
        return rng.choice(['"TRUE"', '"f "', '"t"', "2", "1.0", '"0"', "-0"])
    if kind.name in {"date", "timestamp", "timestamptz"}:
        day = rng.choice(["0001-01-01", "9999-12-31", "0000-12-31", "2024-02-29", "2100-02-29"])
        if kind.name == "date":
            return f'"{day}"'
        fraction = rng.choice(["", ".0", ".999999", ".9999999", ".999999999"])
        zone = rng.choice(["", "Z", "Z", "+00:01", "-23:59", "+23:59"])
        return f'"{day}{rng.choice("T ")}{rng.choice(["00:00:00", "23:59:59"])}{fraction}{zone}"'
    if kind.is_binary:
        return f'"0x{"7F" * ((kind.length or 0) + step)}{rng.choice(["", "", "0"])}"'
    return json.dumps(_filling((kind.length or 0) + step, rng), ensure_ascii=rng.random() < 0.5)


def _scientific(rng: Random, most: int = 99) -> str:
    """A number with an exponent, long or short, some of its characters escaped.

    It is below 10 to the power of `most`, and mostly a whole number.
    """
    digits = "".join(rng.choice("123456789") for _ in range(rng.choice([1, 2, 15, 16, 17, 18])))
    exponent = rng.choice([0, 1, 13, 14, 15, 16, 17, 18, 19, 27, 40, -1, -17, -999_999_999])
    exponent = min(exponent, most - 1)
    sign = rng.choice(["", "+"]) if exponent >= 0 else ""
    number = f"{digits[0]}.{digits[1:] or '0'}{rng.choice('eE')}{sign}{exponent}"
    if rng.random() < 0.5:
        return number
    escaped = (f"\\u{ord(c):04x}" if rng.random() < 0.1 else c for c in number)
    return f'"{"".join(escaped)}"'


def _filling(size: int, rng: Random) -> str:
    """Text of about so many bytes in UTF-8, no more than a few hundred."""
    found = rng.choice(["", TEXT_MARK])
    size = min(size, 400)
    while (left := size - len(found.encode())) > 0:
        character = rng.choice(_CHARACTERS)
        found += character if len(character.encode()) <= left else "b"
    return found


def _metadata(
    table: TablePlan, plan: DecodePlan, operation: str, rng: Random, oddness: float
) -> Members:
    schema, source = _names(table, plan, rng)
    found: dict[str, str] = {
        "timestamp": f'"2026-03-11T09:45:0{rng.randint(0, 9)}.120664Z"',
        "record-type": '"data"',
        "operation": f'"{operation}"',
        "partition-key-type": rng.choice(['"primary-key"', '"schema-table"']),
        "partition-key-value": rng.choice([json.dumps(f"{schema}.{source}.1"), '"1"', "null"]),
        "schema-name": json.dumps(schema),
        "table-name": json.dumps(source),
    }
    if operation != "load" or rng.random() < 0.05:
        found["commit-timestamp"] = f'"2026-03-11T09:45:0{rng.randint(0, 9)}.998107Z"'
        kind = _KINDS.get(plan.positions, 0) if rng.random() < 0.9 else rng.randrange(4)
        found["stream-position"] = json.dumps(_STREAM_POSITIONS[kind](rng))
        found["transaction-record-id"] = str(rng.randint(0, 99))
        found["prev-transaction-id"] = NUMBER_MARK
    for name, texts in METADATA.items():
        if rng.random() < oddness / 4:
            marked = (f'"{TEXT_MARK}"', NUMBER_MARK * 3)
            found[name] = rng.choice([*texts, *marked]) or "true"
        elif rng.random() < oddness / 8:
            found.pop(name, None)
    return list(found.items())
