"""Records as JSON text, good but for one thing: every way we know that a record can be odd.

Texts rather than values, since much of what is odd has no Python value: repeated names, NaN, an
exponent of twenty digits, half a surrogate pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flink_app.decode.plan import DecodePlan
from flink_app.records.plan import TablePlan

# By type, as DMS writes it first.
TEXTS: Final = {
    "smallint": ["1", "-32768", "32767", "-32769", "32768", "1.0", '"7"', "true", "1.5", "1e2"],
    "integer": ["3", "2147483647", "-2147483648", "2147483648", "-0", "5e0", '"5."', "NaN", "{}"],
    "bigint": [
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "1.234e17",
        "1.2345678901234568e+18",
        "-1.23456789012345678e+18",
        '"1.2345678901234568e+18"',
        "9.99999999999999e14",
        "1e15",
        '"+12"',
        '" 12"',
        '"-0"',
        '"-007"',
        '"0012"',
        '"123456789012345678"',
        '"1234567890123456789"',
        '"-"',
        '"12 "',
        "1e999",
        "1" * 50,
        "-" + "1" * 5000,
    ],
    "double precision": [
        "0.1",
        "1",
        "-0.0",
        "123456789012345678901234567890.5",
        "1e308",
        "1e309",
        "1e-400",
        "NaN",
        "Infinity",
        "-Infinity",
        '"1"',
        '"0.1"',
        '"-2.5e-3"',
        '"+.5"',
        '"0.1234567890123456789"',
        '"1e309"',
        '"1e-400"',
        '"NaN"',
        '""',
        "false",
    ],
    "decimal": [
        "12.5",
        '"12.50"',
        "0.10",
        "-0",
        "1e1",
        '"1E+1"',
        '".5"',
        '"+5."',
        '"-"',
        '""',
        '"0x1"',
        "0e30",
        "1.2300000000000000000000000000000000000000",
        "12.3456789012345",
        "9999999999.99",
        "12345678901",
        "1234567890123456789012345678.1234567890",
        "123456789012345678901234567890",
        '"x"',
        "true",
        "NaN",
        '"NaN"',
        '"1e0000000000001"',
        "1e-2",
        "5e-41",
        "1e-999999999",  # kills pyarrow 16
        "1E-999999999",
        '"1e-999999999"',
        '"-1e-2147483647"',
        '"1\\u0065-999999999"',
        '"1e\\u002D999999999"',
        '"1e-9\\u003999999999"',
        '"\\u0031e-999999999"',
        '"1e-99999999999999999999999999999999999999999999999999999999999999999999999"',
        "1.2345678901234568e+18",
        "1.23456789012345678e18",
        '"1.2345678901234568E+9"',
        "1e15",
        "9.99999999999999e14",
        "9e+4",
        '"12345678-838e-4710-9e8c-74b9cc7b5c0d"',
        '"at 8e-4"',
        "0e-999999999",
        "0.00000000000000000000000000000000000001e-9",
        '"1e-99999999999"',
        "1e-99999999999",
        "1e-99999999999999999999",
        "[]",
    ],
    "boolean": [
        "true",
        "false",
        '"true"',
        '"F"',
        '"1"',
        "1",
        "0",
        "2",
        "1.0",
        '"yes"',
        "{}",
        '"true "',
        '" t"',
        '""',
        '"TRUE\\u00a0"',
        "-1",
        "1e0",
    ],
    "date": [
        '"2024-02-29"',
        '"0001-01-01"',
        '"9999-12-31"',
        '"2023-02-29"',
        '"2024-02-29T00:00:00Z"',
        '"2024-02-29 00:00:00.000000000"',
        '"2024-02-29T00:00:00.0000000000Z"',
        '"2023-02-29T00:00:00Z"',
        '"2024-02-29T10:00:00Z"',
        '"0000-01-01"',
        '"-4712-01-01"',
        '"4713-01-01 BC"',
        '"2024-2-9"',
        '"0000-00-00"',
        '"2024-00-00"',
        '"2024-02-00"',
        '"0000-00-00 00:00:00"',
        '"2024-00-10T00:00:00.000000Z"',
        '"2024-00-00\\n"',
        '"2024-02-29\\n"',
        '"\\u0662024-02-29"',
        '""',
        "5",
    ],
    "timestamp": [
        '"2026-03-11T09:45:02.517Z"',
        *[f'"2026-03-11T09:45:02.{"123456789"[:n]}Z"' for n in range(1, 10)],
        '"2026-03-11T09:45:02.1234567891Z"',
        '"2026-03-11T09:45:02"',
        '"2026-03-11 09:45"',
        '"2026-03-11T09:45.5"',
        '"2026-03-11T09"',
        '"2026-03-11"',
        '"2026-03-11Z"',
        '"2026-03-11T09:45:02+05:30"',
        '"2026-03-11T09:45:02.5-0230"',
        '"2026-03-11T09:45:02+02"',
        '"2026-03-11 09:45:02.1234567 +02:00"',  # SQL Server
        '"2026-03-11 09:45:02.123456789 -0230"',  # Oracle
        '"2026-03-11 09:45:02.123456000 Z"',
        '"2026-03-11 09:45:02  +02:00"',
        '"2026-03-11 +02:00"',
        '"2026-03-11 09:45:02 Europe/Berlin"',
        '"2026-03-11T09:45:02.123456789 UTC"',
        '"0000-00-00 00:00:00"',
        '"0000-00-00T00:00:00.000000000Z"',
        '"2026-00-00"',
        '"2026-03-00T09:45:02Z"',
        '"2026-03-11T09:45:02+24:00"',
        '"0001-01-01T00:00:00+01:00"',
        '"0001-01-01T00:00:00Z"',
        '"9999-12-31T23:59:59-01:00"',
        '"9999-12-31T23:59:59.999999Z"',
        '"0000-01-01T00:00:00Z"',
        '"-4712-01-01T00:00:00Z"',
        '"4713-01-01T00:00:00Z BC"',
        '"2026-13-11"',
        '"2026-03-11T24:00:00"',
        '"2026-03-11T09:45:60"',
        '"2026-03-11T09:45:02z"',
        '" 2026-03-11"',
        '"infinity"',
        "5",
    ],
    "varbyte": [
        '"0x00ff"',
        '"00FF"',
        '"0XaB12"',
        '""',
        '"0x"',
        '"0x1"',
        '"0x0"',
        '"0x0102030405"',
        '"01020304"',
        '"x12"',
        '"0x 12"',
        '"0x12\\n"',
        '"0x0x12"',
        '"\\u0661\\u0661"',
        "12",
        "true",
        "[]",
    ],
    "varchar": [
        '"NO"',
        '"12345678-838e-4710-9e8c-74b9cc7b5c0d"',
        '""',
        '"\\u00e6"',
        '"\\u00e6\\u00e6"',
        '"\\ud83d\\ude00"',
        '"\\ud800"',
        '"\\udc00"',
        '"\\u0000"',
        '"A\\u0000"',
        '"A "',
        '" "',
        '" A"',
        '"A\\t"',
        '"A\\u00a0"',
        '"A                                          "',
        '"æ"',
        '"a long text, which fits few columns and is refused by all the others here '
        + "æ" * 100
        + '"',
        '"}\\n{"',
        '"\t"',
        '"\\x"',
        "5",
        "NaN",
        "[]",
    ],
}
TEXTS["real"] = [*TEXTS["double precision"], "3.4028235e38", "3.4028236e38", "1e39", "16777217"]
TEXTS["timestamptz"] = TEXTS["timestamp"]
TEXTS["char"] = TEXTS["varchar"]
METADATA: Final = {
    "record-type": ['"data"', '"control"', '"other"', "null", "5", '"DATA"'],
    "operation": ['"insert"', '"truncate"', '"UPDATE"', "null", "5", '"create-table"'],
    "schema-name": ["", '"other"', '""', "null", "5", "[]"],
    "table-name": ["", '"other"', '""', "null", "5", "{}"],
    "timestamp": ['"2026-03-11T09:45:03.120664Z"', *TEXTS["timestamp"][:3], '"0001-01-01"', "5"],
    "commit-timestamp": [
        '"2026-03-11T09:45:02.998107Z"',
        '"1970-01-01T00:00:00Z"',
        '"1969-12-31T23:59:59Z"',
        '"2026"',
        "null",
        "5",
    ],
    "stream-position": [
        '"0000000D/51A3C8E0.3.0000000D/51A3C8E0"',
        '"0000000d/51a3c8e0.1.x"',
        '"FFFFFFFF/FFFFFFFF.1.x"',
        '"00000000/00000000.1.x"',
        '"00000000/00000001.1.x"',
        '"D/51A3C8E0.1.x"',
        '"mysql-bin.000024:373"',
        '"mysql-bin.000000:0"',
        '"mysql-bin.1234567890:1"',
        '"mysql-bin.157832:1975:-1:2002:677883278264080:mysql-bin.157832:1876"',
        '"8597446571447"',
        '"000"',
        '"\\u0661"',
        '""',
        "null",
        "5",
    ],
    "transaction-record-id": [
        "1",
        "0",
        "-1",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "1.0",
        '"7"',
        "true",
        "null",
        "NaN",
    ],
}
_IGNORED: Final = ["1", '"x"', "NaN", "-Infinity", '{"a":1,"a":2}', "[[1]]", '"\\ud800"', '"}"']

Members = dict[str, str]  # name -> JSON text; a name may end in `+`, to stand there again


def good(table: TablePlan, plan: DecodePlan, operation: str) -> dict[str, Members]:
    """The parts of a record without fault."""
    data = {c.source: TEXTS[c.declared.type.name][0] for c in table.columns}
    metadata = {name: texts[0] for name, texts in METADATA.items()} | {
        "operation": f'"{operation}"',
        "schema-name": f'"{table.schema}"',
        "table-name": f'"{table.source}"',
    }
    before: dict[str, Members] = {} if plan.before_among_columns else {plan.before_image: {}}
    return {"data": data, **before, "metadata": metadata}


def text(record: dict[str, Members]) -> bytes:
    """The record as it travels."""
    parts = [f'"{name.rstrip("+")}":{_object(members)}' for name, members in record.items()]
    return ("{" + ",".join(parts) + "}").encode()


def _object(members: Members | str) -> str:
    if isinstance(members, str):
        return members
    return "{" + ",".join(f'"{n.rstrip("+")}":{t}' for n, t in members.items()) + "}"


def twisted(table: TablePlan, plan: DecodePlan, operation: str) -> Iterator[bytes]:
    """Every record that differs from the good one in one thing."""
    base = good(table, plan, operation)
    for column in table.columns:
        texts = TEXTS[column.declared.type.name]
        yield from _changed(base, "data", column.source, [*texts, "null"])
        if column.name in table.key or column.declared.unchanged:
            name = plan.before_name(column.source)
            yield from _changed(base, plan.before_image, name, [*texts, "null"])
        else:
            yield from _changed(base, plan.before_image, f"BI_{column.source}", ["[]"])
    yield from _changed(base, "data", "_doc", ["null", "{}", '"x"', "5"])
    for name, texts in METADATA.items():
        yield from _changed(base, "metadata", name, [t for t in texts if t])
    for bare in ({"stream-position"}, {"stream-position", "commit-timestamp"}):
        left = {n: t for n, t in base["metadata"].items() if n not in bare}
        yield text(base | {"metadata": left})
    for part in base:
        yield text({name: members for name, members in base.items() if name != part})
        yield text({**base, f"{part}+": {}})
        for value in ("null", "5", "[]", '"x"'):
            yield ("{" + ",".join(_parts(base | {part: {}}, part, value)) + "}").encode()
    for value in _IGNORED:
        for part, members in base.items():
            yield text(base | {part: {**members, "ignored": value}})
            yield text(base | {part: {**members, "ignored": "1", "ignored+": value}})
        whole = text(base)
        yield whole[:-1] + f',"ignored":{value}}}'.encode()
        yield whole[:-1] + f',"ignored":1,"ignored":{value}}}'.encode()


def _parts(record: dict[str, Members], part: str, value: str) -> Iterator[str]:
    for name, members in record.items():
        yield f'"{name}":{value if name == part else _object(members)}'


def _changed(base: dict[str, Members], part: str, name: str, texts: list[str]) -> Iterator[bytes]:
    members = base[part]
    for value in texts:
        yield text(base | {part: {**members, name: value}})
    if name in members:
        yield text(base | {part: {n: t for n, t in members.items() if n != name}})
        yield text(base | {part: {**members, f"{name}+": members[name]}})


def mangled(data: bytes, at: int) -> list[list[bytes]]:
    """The record cut, doubled, spread, damaged at a place: one or two records each."""
    return [
        [data[:at]],
        [data[:at], data[at:]],
        [data + data],
        [data + b"," + data],
        [data + b"\n" + data],
        [data + b"\n"],
        [data + b"\n\n"],
        [b"\n" + data],
        [data + b" "],
        [data + b"\r\n"],
        [data + b"\r\n\r\n"],
        [data[:at] + b"\xff" + data[at:]],
        [data[:at] + b"\xc3", b"\xa6" + data[at:]],
        [data[:at] + b"\n" + data[at:]],
        [data[:at] + b"\x00" + data[at:]],
        [data.replace(b'"', b"'")],
        [data.replace(b'":', b'"\n\t:  ')],
        [data[:-1] + b",}"],
        [data[:-1] + b',"ignored":"\xff"}'],
        [data[:-1] + b',"ignored":"\xed\xa0\x80"}'],
        [b"\xef\xbb\xbf" + data],
        [data, b""],
    ]


BROKEN: Final = [b"", b"\n", b"{", b"}", b"{}", b"[]", b"null", b"7", b"true", b'"x"', b"{{}}"]
BROKEN_SPANS: Final = [
    [b'{"a":', b"1}"],
    [b'{"a":"}', b'{"}'],
    [b'{"a":{}', b'{"b":1}}'],
    [b'{"a":{}}{', b"}"],
    # Two records that are one object, and one record that is two: as many rows as records.
    [b'{"a":', b"{}}", b"{}{}"],
    [b'{"a":{}', b"}", b"{}{}"],
]
