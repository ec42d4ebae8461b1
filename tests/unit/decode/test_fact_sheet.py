"""What is known of DMS's records, fact by fact: a record, and what comes of it on both paths.

Each fact is numbered by the kind it is of: 1 envelope, 2 metadata, 3 operations, 4 before-images,
5 settings of the end point, 6 values, 7 keys, 8 control records and tables of DMS itself,
9 duplicates and order, 10 positions. The records are made up; their form is that of real ones.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pytest

from flink_app.declaration.star import DELETED, POSITION
from flink_app.decode.plan import DecodePlan
from flink_app.positions.position import commit_position, make_position
from tests.unit.decode.records import GENERATION, changes, decode, plan_of, reference
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.stars import star

TABLES: Final = """
source_schema: box_office
tables:
  seat:
    key: [seat_id]
    columns:
      seat_id: integer
      big: bigint
      price: decimal(38,4)
      rounded: decimal(28,6)
      ratio: double precision
      sold: boolean
      day: date
      at: timestamp
      zoned: timestamptz
      text: varchar(40)
      padded: char(5)
      raw: varbyte(16)
      operation: varchar(10)
      timestamp: varchar(10)
targets:
  wide:
    fact: seat
    columns:
      {seat_id: seat_id, big: big, price: price, rounded: rounded, ratio: ratio, sold: sold,
       day: day, at: at, zoned: zoned, text: text, padded: padded, raw: raw,
       operation: operation, timestamp: timestamp}
"""
# The records are short: what they lack is NULL.
OBJECT: Final = plan_of(star("name: sheet\nstream: {missing_columns: as_null}\n" + TABLES))
WHOLE: Final = plan_of(star("name: sheet\n" + TABLES))
RENAMED: Final = plan_of(
    star("name: sheet\nstream: {missing_columns: as_null, before_image: was}\n" + TABLES)
)
PREFIX: Final = plan_of(
    star("name: sheet\nstream: {missing_columns: as_null, before_image_prefix: BI_}\n" + TABLES)
)
SUFFIX: Final = plan_of(
    star("name: sheet\nstream: {missing_columns: as_null, before_image_suffix: _old}\n" + TABLES)
)
BOTH: Final = plan_of(
    star(
        "name: sheet\n"
        "stream: {missing_columns: as_null, before_image_prefix: b_, before_image_suffix: _}\n"
        + TABLES
    )
)
POSTGRESQL: Final = plan_of(star("name: sheet\nstream: {positions: postgresql}\n" + TABLES))
MYSQL: Final = plan_of(star("name: sheet\nstream: {positions: mysql}\n" + TABLES))
ORACLE: Final = plan_of(star("name: sheet\nstream: {positions: oracle}\n" + TABLES))

LOG: Final = "0000000D/51A3C8E0.3.0000000D/51A3C8E0"
BINARY_LOG: Final = "mysql-bin.000024:373"
BUILT: Final = "2026-03-11T09:45:03.120664Z"
COMMITTED: Final = "2026-03-11T09:45:02.998107Z"
PASSED: Final = "passed over"


def of(operation: str = "insert", **changed: Any) -> dict[str, Any]:
    """Metadata as a task writes it with all details; None leaves a key out."""
    found: dict[str, Any] = {
        "timestamp": BUILT,
        "record-type": "data",
        "operation": operation,
        "partition-key-type": "schema-table",
        "schema-name": "box_office",
        "table-name": "seat",
    }
    if operation != "load":
        found |= {
            "transaction-id": 884210,
            "transaction-record-id": 1,
            "commit-timestamp": COMMITTED,
            "stream-position": LOG,
        }
    found |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in found.items() if value is not None}


def row(**data: Any) -> dict[str, Any]:
    return {"data": {"seat_id": 1} | data, "metadata": of()}


def value(column: str, text: str) -> bytes:
    """An insert in whose column stands this JSON text."""
    return json.dumps(row(**{column: "@"})).replace('"@"', text).encode()


@dataclass(frozen=True)
class Fact:
    """`became`: what must be in the change, the reason of the dead letter, or `PASSED`."""

    number: int
    says: str
    record: dict[str, Any] | bytes
    became: dict[str, Any] | list[dict[str, Any]] | str
    plan: DecodePlan = field(default=OBJECT)

    @property
    def sent(self) -> bytes:
        return self.record if isinstance(self.record, bytes) else json.dumps(self.record).encode()


def at(stream: str, number: int = 1) -> str:
    return make_position(GENERATION, commit_position(stream, None) or 0, number)


HERE: Final = {"seat_id": 1, DELETED: False, POSITION: at(LOG)}
LOADED: Final = {"seat_id": 1, POSITION: make_position(GENERATION, 0, 1773222303120664)}
TABBED: Final = json.dumps(row(text="x"), indent="\t", separators=(",", ":\t")).encode()


def control(operation: str = "create-table", **changed: Any) -> dict[str, Any]:
    return {"metadata": of(operation, record_type="control", **changed)}


def moved(
    before: dict[str, Any], data: dict[str, Any] | None = None, name: str = "before-image"
) -> dict[str, Any]:
    """An update with what stood there before."""
    return {name: before, "data": {"seat_id": 2} | (data or {}), "metadata": of("update")}


SWAP: Final = [
    {"seat_id": 1, DELETED: True, POSITION: at(LOG), "text": None},
    {"seat_id": 2, DELETED: False, POSITION: at(LOG)},
]
DEFINITION: Final = {
    "columns": {"seat_id": {"type": "INT32", "nullable": False}, "x": {"type": "NEW_TYPE"}},
    "primary-key": ["seat_id"],
}
NO_KEYS: Final = {"columns": {"TASK_NAME": {"type": "STRING", "length": 128, "nullable": False}}}

FACTS: Final = [
    Fact(1, "one record is one row change", row(text="x"), HERE | {"text": "x"}),
    Fact(1, "a record may end in a line feed", json.dumps(row()).encode() + b"\n", HERE),
    Fact(1, "a record may spread over many lines", TABBED, HERE | {"text": "x"}),
    Fact(1, "keys stand in any order", dict(reversed(row().items())), HERE),
    Fact(1, "other parts may stand beside", row() | {"more": [1]}, HERE),
    Fact(1, "what has neither data nor control says nothing", {"metadata": of()}, "not_a_change"),
    Fact(
        2,
        "a load has no transaction keys",
        {"data": {"seat_id": 1}, "metadata": of("load")},
        LOADED,
    ),
    Fact(
        2,
        "the first change has no prev- keys, later ones do",
        row() | {"metadata": of(prev_transaction_id=884209, prev_transaction_record_id=1)},
        HERE,
    ),
    Fact(
        2,
        "a partition value stands there for some types only",
        row() | {"metadata": of(partition_key_type="primary-key", partition_key_value="b.s.1")},
        HERE,
    ),
    Fact(
        2,
        "columns and metadata have names of their own",
        row(operation="sale", timestamp="noon"),
        HERE | {"operation": "sale", "timestamp": "noon"},
    ),
    Fact(3, "an insert is an upsert", row(), HERE),
    Fact(3, "an update is an upsert", row() | {"metadata": of("update")}, HERE),
    Fact(3, "a delete is one", row() | {"metadata": of("delete")}, HERE | {DELETED: True}),
    Fact(3, "no truncate exists", row() | {"metadata": of("truncate")}, "unknown_operation"),
    *(
        Fact(3, f"{operation} is a control record", control(operation), PASSED)
        for operation in (
            "create-table",
            "drop-table",
            "rename-table",
            "add-column",
            "drop-column",
            "rename-column",
            "change-columns",
            "column-type-change",
        )
    ),
    Fact(4, "pk-only, key kept: an empty before-image", moved({}, {"seat_id": 1}), HERE),
    Fact(4, "the old key stands in the before-image", moved({"seat_id": 1}), SWAP),
    Fact(
        4,
        "a before-image may have every column (MySQL, REPLICA IDENTITY FULL)",
        moved({"seat_id": 1, "text": "was", "price": 1.5, "sold": "x"}),
        SWAP,
    ),
    Fact(4, "FieldName names it", moved({"seat_id": 1}, name="was"), SWAP, RENAMED),
    Fact(5, "old keys among the columns, by prefix", moved({}, {"BI_seat_id": 1}), SWAP, PREFIX),
    Fact(5, "old keys among the columns, by suffix", moved({}, {"seat_id_old": 1}), SWAP, SUFFIX),
    Fact(5, "old keys by both", moved({}, {"b_seat_id_": 1}), SWAP, BOTH),
    Fact(5, "IncludeNullAndEmpty off: null is left out", row(), HERE | {"text": None}),
    Fact(
        5,
        "an update that lacks columns, where nulls are sent, was logged in part",
        moved({}, {"seat_id": 1}),
        "missing_column",
        WHOLE,
    ),
    Fact(5, "IncludeNullAndEmpty on: null is null", row(text=None), HERE | {"text": None}),
    Fact(5, "an empty text is no null", row(text=""), HERE | {"text": ""}),
    Fact(5, "columns that nobody declared stand there", row(more={"a": [1]}), HERE),
    Fact(
        5,
        "map-record-to-document nests the row",
        {"data": {"_doc": {"seat_id": 1}}, "metadata": of()},
        "not_a_change",
    ),
    Fact(6, "2^53 + 1 is no float", row(big=2**53 + 1), {"big": 2**53 + 1}),
    Fact(6, "the greatest bigint", row(big=2**63 - 1), {"big": 2**63 - 1}),
    Fact(6, "the least bigint", row(big=-(2**63)), {"big": -(2**63)}),
    Fact(6, "one above it", row(big=2**63), "out_of_range"),
    Fact(
        6,
        "a long integer with exponent",
        value("big", "1.2345678901234567e+18"),
        "rounded_number",
    ),
    Fact(6, "an integer as text", row(big="-7"), {"big": -7}),
    Fact(6, "a number", value("price", "240.10"), {"price": Decimal("240.1000")}),
    Fact(6, "a number as text", row(price="240.10"), {"price": Decimal("240.1000")}),
    Fact(
        6,
        "numbers of 38 digits, as number",
        value("price", "-9999999999999999999999999999999999.9999"),
        {"price": Decimal("-9999999999999999999999999999999999.9999")},
    ),
    Fact(
        6,
        "numbers of 38 digits, as text",
        row(price="9999999999999999999999999999999999.9999"),
        {"price": Decimal("9999999999999999999999999999999999.9999")},
    ),
    Fact(
        6,
        "0.1 is exact, never by way of a float",
        value("price", "0.1"),
        {"price": Decimal("0.1000")},
    ),
    Fact(
        6,
        "PostgreSQL's bare numeric has six decimals",
        value("rounded", "3.141593"),
        {"rounded": Decimal("3.141593")},
    ),
    Fact(6, "numeric(39,0) is text: too large here", row(price="1" * 39), "out_of_range"),
    Fact(6, "doubles with exponent", value("ratio", "6.02214076e+23"), {"ratio": 6.02214076e23}),
    Fact(6, "a double as text", row(ratio="0.1"), {"ratio": 0.1}),
    Fact(6, "MapBooleanAsBoolean", row(sold=True), {"sold": True}),
    Fact(6, "PostgreSQL boolean as CHAR(5)", row(sold="true "), {"sold": True}),
    Fact(6, "PostgreSQL boolean as text", row(sold="false"), {"sold": False}),
    Fact(6, "one letter", row(sold="f"), {"sold": False}),
    Fact(6, "MySQL tinyint(1) and bit", row(sold=1), {"sold": True}),
    Fact(6, "MySQL bit as text", row(sold="0"), {"sold": False}),
    Fact(6, "tinyint(1) may hold more", row(sold=2), "wrong_type"),
    Fact(6, "a date", row(day="2026-05-09"), {"day": dt.date(2026, 5, 9)}),
    Fact(
        6,
        "Oracle's DATE at midnight into a date",
        row(day="2026-05-09T00:00:00Z"),
        {"day": dt.date(2026, 5, 9)},
    ),
    Fact(6, "Oracle's DATE with a time into a date", row(day="2026-05-09T17:00:00Z"), "wrong_type"),
    Fact(
        6,
        "Oracle's DATE with a time into a timestamp",
        row(at="2026-05-09T17:00:00Z"),
        {"at": dt.datetime(2026, 5, 9, 17)},  # noqa: DTZ001
    ),
    *(
        Fact(
            6,
            f"{digits} fraction digits",
            row(at="2026-03-11T09:45:02" + "." * bool(digits) + "123456789"[:digits] + zone),
            {"at": dt.datetime(2026, 3, 11, 9, 45, 2, int("123456"[:digits].ljust(6, "0")))},  # noqa: DTZ001
        )
        for digits in range(10)
        for zone in ("Z", "")
    ),
    Fact(
        6,
        "a Z even if the source has no zone: a timestamp keeps what stands there",
        row(at="2026-03-11T23:59:59Z", zoned="2026-03-11T23:59:59Z"),
        {
            "at": dt.datetime(2026, 3, 11, 23, 59, 59),  # noqa: DTZ001
            "zoned": dt.datetime(2026, 3, 11, 23, 59, 59, tzinfo=dt.UTC),
        },
    ),
    Fact(
        6,
        "an offset is taken off",
        row(zoned="2026-03-11T23:30:00-05:30"),
        {"zoned": dt.datetime(2026, 3, 12, 5, tzinfo=dt.UTC)},
    ),
    Fact(6, "infinity is the last day", row(day="9999-12-31"), {"day": dt.date(9999, 12, 31)}),
    Fact(
        6,
        "-infinity is before all that Python and Redshift share",
        row(day="4713-01-01 BC"),
        "out_of_range",
    ),
    Fact(6, "a MySQL time is text", row(text="-838:59:59"), {"text": "-838:59:59"}),
    Fact(
        6,
        "JSON comes in a text",
        row(text='{"a": ["\\u00e6", 1e3]}'),
        {"text": '{"a": ["\\u00e6", 1e3]}'},
    ),
    Fact(6, "an array comes in a text", row(text="{1,2}"), {"text": "{1,2}"}),
    Fact(
        6,
        "a UUID is text",
        row(text="123e4567-e89b-12d3-a456-426614174000"),
        {"text": "123e4567-e89b-12d3-a456-426614174000"},
    ),
    Fact(6, "an enumeration is text", row(text="premium"), {"text": "premium"}),
    Fact(6, "an inet is text", row(text="2001:db8::1/64"), {"text": "2001:db8::1/64"}),
    Fact(6, "char(n) is padded", row(padded="ab   "), {"padded": "ab"}),
    Fact(6, "binary is hexadecimal", row(raw="0xDEADbeef"), {"raw": b"\xde\xad\xbe\xef"}),
    Fact(6, "NoHexPrefix", row(raw="DEADbeef"), {"raw": b"\xde\xad\xbe\xef"}),
    Fact(6, "no bytes are no null", row(raw=""), {"raw": b""}),
    Fact(6, "16 bytes fit", row(raw="0x" + "ff" * 16), {"raw": b"\xff" * 16}),
    Fact(6, "17 do not", row(raw="0x" + "ff" * 17), "too_long"),
    *(
        Fact(6, f"plane {plane}", row(text=text), {"text": text})
        for plane in range(17)
        for text in [f"a{chr(plane * 0x10000 + 0xABC)}"]
    ),
    Fact(6, "lengths are bytes: 40 fit", row(text="æ" * 20), {"text": "æ" * 20}),
    Fact(6, "41 do not", row(text="æ" * 20 + "a"), "too_long"),
    Fact(6, "a NUL is in no warehouse's text", row(text="a\0"), "wrong_type"),
    Fact(
        7, "a key update is both halves at one position", moved({"seat_id": 1}, {"text": "x"}), SWAP
    ),
    Fact(
        7,
        "a delete has the key, and null for all else",
        row(text=None) | {"metadata": of("delete")},
        HERE | {DELETED: True, "text": None},
    ),
    Fact(
        7,
        "a MySQL delete may have more: only the key counts",
        row(text="x", big="?") | {"metadata": of("delete")},
        HERE | {DELETED: True, "text": None, "big": None},
    ),
    Fact(7, "no key, no change", {"data": {"text": "x"}, "metadata": of()}, "missing_key"),
    Fact(8, "a control record may have no control", control(), PASSED),
    Fact(8, "or an empty one", control("drop-table") | {"control": {}}, PASSED),
    Fact(
        8,
        "or types that nobody has heard of",
        control() | {"control": {"table-def": DEFINITION}},
        PASSED,
    ),
    Fact(
        8,
        "the schema may be empty",
        control(schema_name="", table_name="awsdms_status") | {"control": {"table-def": NO_KEYS}},
        PASSED,
    ),
    Fact(
        8,
        "rows of awsdms_ tables are DMS's own",
        row() | {"metadata": of(schema_name="", table_name="awsdms_status")},
        PASSED,
    ),
    Fact(
        9,
        "a load's position is when it was built, in its own generation",
        {"data": {"seat_id": 1}, "metadata": of("load", timestamp="2026-03-11T06:02:19Z")},
        {POSITION: make_position(GENERATION, 0, 1773208939000000)},
    ),
    Fact(
        9,
        "the time of building orders no change",
        row() | {"metadata": of(timestamp="2027-01-01T00:00:00Z")},
        HERE,
    ),
    Fact(10, "PostgreSQL's log position", row(), HERE, POSTGRESQL),
    Fact(
        10,
        "MySQL's place in the binary log",
        row() | {"metadata": of(stream_position=f"{BINARY_LOG}:-1:373:12:mysql-bin.000024:154")},
        {POSITION: at(BINARY_LOG)},
        MYSQL,
    ),
    Fact(
        10,
        "Oracle's change number",
        row() | {"metadata": of(stream_position="8597446571447")},
        {POSITION: at("8597446571447")},
        ORACLE,
    ),
    Fact(
        10,
        "a longer form of Oracle's is in no public record: refused",
        row() | {"metadata": of(stream_position="0000000000a1.00000b.0001")},
        "no_position",
        ORACLE,
    ),
    Fact(10, "positions of engines do not mix", row(), "no_position", MYSQL),
    Fact(
        10,
        "nothing to order by",
        row() | {"metadata": of(stream_position=None, commit_timestamp=None)},
        "no_position",
    ),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.number} {fact.says}")
def test_a_fact(fact: Fact) -> None:
    decoded = decode([fact.sent], fact.plan)
    found, rejected, passed_over = reference([fact.sent], fact.plan)
    assert changes(decoded) == found
    assert decoded.account.passed_over == passed_over
    if fact.became == PASSED:
        assert (found, rejected, passed_over) == ({}, [], 1)
    elif isinstance(fact.became, str):
        (letter,) = decoded.dead_letters.to_pylist()
        assert letter["reason"] == fact.became
        assert [fault.reason.value for _, fault in rejected] == [fact.became]
    else:
        assert decoded.dead_letters.to_pylist() == []
        wanted = fact.became if isinstance(fact.became, list) else [fact.became]
        rows = sorted((dict(one) for one in found["seat"]), key=lambda one: int(one["seat_id"]))
        assert [
            {name: one[name] for name in of} for one, of in zip(rows, wanted, strict=True)
        ] == wanted


def test_all_facts_of_a_stream_in_one_block() -> None:
    """Any number of kinds of writing in one block give what each gives alone."""
    for plan in {fact.plan for fact in FACTS}:
        assert_paths_agree([fact.sent for fact in FACTS if fact.plan is plan] * 3, plan)
