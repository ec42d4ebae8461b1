"""Targets and batches of the ticket seller, deterministic, of any size.

Row n of a target is ticket n. It has one buyer in ten rows and one event in a hundred, and rows
that share one lie far apart: a search that used neighbourhood would gain nothing from it. The
positions of a target are those of commit 1, those of a batch of commit 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import Account
from connectors.blocks import Block, Kind
from flink_app.declaration import POSITION, Star
from flink_app.declaration.star import DELETED
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.schemas import BlockSchemas
from tests.bench.loads.shapes import Shape

TARGET: Final = "sport_event_activity"
KNOWN: Final = make_position(1, 1, 0)
_BLOCK_ROWS: Final = 100_000
_HIDDEN_POSITION: Final = f"{POSITION}_"
_ROWS_A_CUSTOMER: Final = 10
_ROWS_AN_EVENT: Final = 100

Numbers = npt.NDArray[np.int64]

# Columns of row `n` of a target in PostgreSQL's SQL; positions are filled in by whoever runs it.
TARGET_COLUMNS: Final = {
    "ticket_id": "n",
    "event_id": "n % {events}",
    "sport_type": "'Handball'",
    "start_date": "DATE '2021-09-01'",
    "location": "'Hall ' || n % {events}",
    "seat_level": "'Standard'",
    "seat_location": "'S-' || n",
    "ticket_price": "100",
    "purchased_by": "n % {customers}",
    "name": "'Customer ' || n % {customers}",
    "email_address": "lpad(to_hex(n % {customers}), 64, '0')",
    "phone_number": "'+**-**-*******'",
    "created_at": "TIMESTAMP '2026-01-01' + n * INTERVAL '1 second'",
    "updated_at": "TIMESTAMP '2026-01-01' + n * INTERVAL '1 second'",
}


@dataclass(frozen=True)
class Target:
    """How many rows it has, and how many customers and events they refer to."""

    rows: int

    @property
    def customers(self) -> int:
        """Each with ten rows."""
        return self.rows // _ROWS_A_CUSTOMER

    @property
    def events(self) -> int:
        """Each with a hundred rows."""
        return self.rows // _ROWS_AN_EVENT

    def holds(self, shape: Shape, batch_rows: int) -> bool:
        """Whether there are enough rows for such a batch to change."""
        return shape is Shape.NEW or 2 * batch_rows <= self.rows


def make_blocks(star: Star, shape: Shape, target: Target, batch_rows: int) -> Iterator[Block]:
    """A batch of about `batch_rows` rows that are added, changed or removed, and its accounts."""
    for block in _make_rows(star, shape, target, batch_rows):
        yield block
        table = block.table if block.kind is Kind.PATCHES else star.targets[TARGET].fact
        account = Account("changes", "shardId-0", table, "1", "2", len(block.batch), 0, 0, 0, None)
        yield Block(Kind.ACCOUNT, "", Account.to_batch([account]))


def _make_rows(star: Star, shape: Shape, target: Target, batch_rows: int) -> Iterator[Block]:
    schemas, half = BlockSchemas(star), batch_rows // 2
    facts = schemas(Kind.ROWS, TARGET)

    def patches(table: str, keys: Numbers) -> Iterator[Block]:
        schema = schemas(Kind.PATCHES, table)
        return _blocks(Kind.PATCHES, table, schema, keys, target)

    def rows(keys: Numbers, *, deleted: bool = False) -> Iterator[Block]:
        return _blocks(Kind.ROWS, TARGET, facts, keys, target, deleted=deleted)

    match shape:
        case Shape.NEW:
            yield from rows(_new(target, batch_rows))
        case Shape.ONE_PATH:
            yield from rows(_new(target, half))
            yield from patches("customer", _spread(target.customers, half // _ROWS_A_CUSTOMER))
        case Shape.EVERY_PATH:
            yield from rows(_new(target, half))
            third = half // 3
            yield from patches("ticket", 1 + _spread(target.rows, third))
            yield from patches("customer", _spread(target.customers, third // _ROWS_A_CUSTOMER))
            yield from patches("sport_event", _spread(target.events, third // _ROWS_AN_EVENT))
        case Shape.PATCHES:
            keys = _spread(target.customers, batch_rows // _ROWS_A_CUSTOMER)
            yield from patches("customer", keys)
        case Shape.UPDATES:
            yield from rows(1 + _spread(target.rows, batch_rows))
        case Shape.RECENT:
            yield from rows(_new(target, batch_rows) - batch_rows)
        case Shape.DELETES:
            yield from rows(1 + _spread(target.rows, batch_rows), deleted=True)


def _new(target: Target, count: int) -> Numbers:
    return np.arange(target.rows + 1, target.rows + 1 + count)


def _spread(count: int, chosen: int) -> Numbers:
    """Some of the numbers below `count`, at equal distances."""
    chosen = max(chosen, 1)
    return np.arange(chosen) * (count // chosen)


def _blocks(
    kind: Kind,
    table: str,
    schema: pa.Schema,
    keys: Numbers,
    target: Target,
    *,
    deleted: bool = False,
) -> Iterator[Block]:
    for start in range(0, len(keys), _BLOCK_ROWS):
        some = keys[start : start + _BLOCK_ROWS]
        values = _deleted_values(schema, some) if deleted else _values(table, some, target)
        yield Block(kind, table, _batch(schema, values, len(some), deleted=deleted))


def _batch(
    schema: pa.Schema, values: Mapping[str, Any], count: int, *, deleted: bool
) -> pa.RecordBatch:
    """Columns without values are positions of what is not known, or NULL."""
    given = {
        POSITION: pa.array([make_position(1, 2, number) for number in range(count)]),
        DELETED: pa.array([deleted] * count),
        **values,
    }
    arrays = []
    for field in schema:
        absent = UNKNOWN if field.name.startswith(_HIDDEN_POSITION) else None
        column = given.get(field.name)
        arrays.append(pa.array([absent] * count) if column is None else column)
    return pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(arrays, schema, strict=True)],
        schema=schema,
    )


def _deleted_values(schema: pa.Schema, keys: Numbers) -> dict[str, Any]:
    """A deleted fact has its key, which is the first column."""
    return {schema.names[0]: pa.array(keys)}


def _values(table: str, keys: Numbers, target: Target) -> dict[str, Any]:
    count, changed = len(keys), f"changed {table}"
    known = pa.array([KNOWN] * count)
    event = {"sport_type": _same(changed, count), "location": _text("Hall ", keys)}
    customer = {
        "name": _same(changed, count),
        "email_address": pc.utf8_lpad(_text("", keys), 64, "f"),
        "phone_number": _same("+**-***-*******", count),
    }
    ticket = {
        "event_id": pa.array(keys % target.events),
        "seat_level": _same(changed, count),
        "seat_location": _text("S-", keys),
        "ticket_price": pa.array(keys % 90),
    }
    if table == "customer":
        return {"customer_id": pa.array(keys), **customer}
    if table == "sport_event":
        return {"event_id": pa.array(keys), **event}
    below = {f"event__{name}": column for name, column in event.items()}
    below |= {"event__event_id": ticket["event_id"], "_pos_event": known}
    if table == "ticket":
        return {"ticket_id": pa.array(keys), **ticket, **below}
    positions = dict.fromkeys(("_pos_ticket", "_pos_buyer", "_pos_ticket__event"), known)
    buyers = {"ticket_id": pa.array(keys), "purchased_by": pa.array(keys % target.customers)}
    return buyers | ticket | event | customer | positions


def _same(text: str, count: int) -> pa.Array:
    return pa.array([text] * count)


def _text(before: str, numbers: Numbers) -> pa.Array:
    return pc.binary_join_element_wise(before, pa.array(numbers).cast(pa.string()), "")
