"""Bad records of the order book, one kind for each reason that there is.

A new reason needs an entry here: `tests/unit/decode/test_bad_records.py` fails without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from flink_app.records.rejected import Reason
from tests.unit.decode.records import record
from tests.unit.stars import ORDER_BOOK_FILE

SCHEMA: Final = "Retail"


def order_book_for_all() -> str:
    """The order book's declaration, with what some reasons need and the shipped one lacks."""
    text = ORDER_BOOK_FILE.read_text()
    shipped = "unit_price: decimal(12,4)"
    assert text.count(shipped) == 1
    return text.replace(shipped, 'unit_price: {type: "decimal(12,4)", unchanged: missing}')


def _line(
    number: int,
    operation: str = "insert",
    *,
    without: str = "",
    before: dict[str, Any] | None = None,
    **changed: Any,
) -> bytes:
    """A line of an order that no other record has; metadata by names with `meta_` before them."""
    row: dict[str, Any] = {
        "order_id": 9_000_000_000 + number,
        "line_number": 1,
        "ProductID": 1,
        "quantity": 1.5,
        "unit_price": 2,
        "discount": 0.0,
        "gift_wrapped": True,
        "changed_at": "2026-03-11T09:45:02.517Z",
    }
    metadata = {n.removeprefix("meta_"): v for n, v in changed.items() if n.startswith("meta_")}
    data = {n: v for n, v in changed.items() if not n.startswith("meta_")}
    sent = {name: value for name, value in (row | data).items() if name != without}
    return record("OrderLines", sent, operation, schema=SCHEMA, before=before, **metadata)


def _moved_line(number: int) -> bytes:
    """A line whose key changed, and whose price, which did not, was left out."""
    return _line(number, "update", without="unit_price", line_number=2, before={"line_number": 1})


def _region(code: str, title: str) -> bytes:
    row = {"region_code": code, "region_title": title, "tax_rate": 0.1}
    return record("sales_region", row, schema=SCHEMA)


def aggregate(content: bytes) -> bytes:
    """What the Kinesis Producer Library makes of records, but for the protocol buffer."""
    checksum = hashlib.md5(content, usedforsecurity=False).digest()
    return bytes.fromhex("f3899ac2") + content + checksum


# By reason: a record that must end for it, another one for each number.
BAD_RECORDS: Final[dict[Reason, Callable[[int], bytes]]] = {
    Reason.NOT_JSON: lambda n: f'{{"data": {{"order_id": {n}, "quantity"'.encode(),
    Reason.KPL_AGGREGATE: lambda n: aggregate(_line(n)),
    Reason.NOT_A_CHANGE: lambda n: _line(n, meta_record_type="rows"),
    Reason.UNKNOWN_OPERATION: lambda n: _line(n, "truncate"),
    Reason.MISSING_KEY: lambda n: _line(n, line_number=None),
    Reason.WRONG_TYPE: lambda n: _line(n, gift_wrapped="perhaps"),
    Reason.OUT_OF_RANGE: lambda n: _line(n, quantity="10000000.5"),
    Reason.TOO_LONG: lambda n: _region(f"r{n}", "x" * 41),
    Reason.TRAILING_BLANK: lambda n: _region(f"r{n} ", "blank"),
    Reason.ZERO_DATE: lambda n: _line(n, changed_at="2026-00-00 00:00:00"),
    Reason.TOO_PRECISE: lambda n: _line(n, changed_at="2026-03-11T09:45:02.0123456789Z"),
    Reason.ROUNDED_NUMBER: lambda n: _line(n, order_id=f"1.{n:04}e+18"),
    Reason.UNCHANGED_LOST: _moved_line,
    Reason.MISSING_COLUMN: lambda n: _line(n, "update", without="quantity", before={}),
    Reason.NO_POSITION: lambda n: _line(n, meta_stream_position=None),
}
