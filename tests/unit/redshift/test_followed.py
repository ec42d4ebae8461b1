"""References that changes leave out: rows keep what they lead to, in any order and any batches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, Final

import pyarrow as pa
import pytest

from flink_app.declaration import Star
from flink_app.declaration.star import unchanged_position_column
from flink_app.denormalise.join import patches, wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.warehouse import warehouse_spec
from tests.unit.decode.records import decode, plan_of
from tests.unit.redshift.sqlite import SqliteWarehouse, planned
from tests.unit.stars import star

pytestmark = pytest.mark.slow

SHOP: Final = """
name: shop
source_schema: shop
stream: {{positions: {positions}}}
tables:
  city: {{key: [id], columns: {{id: integer, label: varchar(20)}}}}
  customer:
    key: [id]
    columns: {{id: integer, name: varchar(20), city: {{type: integer{unchanged}}}}}
    references: {{city: {{table: city, columns: [city]}}}}
  sale:
    key: [id]
    columns:
      id: integer
      buyer: {{type: integer{unchanged}}}
      state: varchar(20)
    references: {{buyer: {{table: customer, columns: [buyer]}}}}
targets:
  sales:
    fact: sale
    columns: {{id: id, state: state, {buyer}name: buyer.name, label: buyer.city.label}}
"""
UNCHANGED: Final = ", unchanged: missing"


def shop(positions: str = "oracle", unchanged: str = UNCHANGED, buyer: str = "") -> Star:
    return star(SHOP.format(positions=positions, unchanged=unchanged, buyer=buyer))


def record(table: str, operation: str, at: int, **data: Any) -> bytes:
    """A record of an instant; `at` is its position in the source's log."""
    metadata = {
        "timestamp": "2026-01-01T10:00:00.000000Z",
        "record-type": "data",
        "operation": operation,
        "schema-name": "shop",
        "table-name": table,
        "transaction-record-id": 1,
        "commit-timestamp": "2026-01-01T10:00:00.000000Z",
        "stream-position": str(at),
    }
    return json.dumps({"data": data, "metadata": metadata, "before-image": {}}).encode()


class Shop:
    """The way of records into the warehouse, batch by batch."""

    def __init__(self, declared: Star, change: Callable[[str], str] = lambda sql: sql) -> None:
        self.plan, self.join, self.mirror = plan_of(declared), JoinPlan(declared), Mirror(declared)
        self.warehouse = SqliteWarehouse(warehouse_spec(declared))
        self.change = change
        self.dead: list[str] = []

    def load(self, records: Sequence[bytes]) -> None:
        """Facts are joined before the dimensions of their batch: patches must do the rest."""
        decoded = decode(records, self.plan)
        self.dead += decoded.dead_letters["reason"].to_pylist()
        rows: dict[str, list[pa.RecordBatch]] = {}
        changed: dict[str, list[pa.RecordBatch]] = {}
        if "sale" in decoded.changes:
            joined = wide_rows(decoded.changes["sale"], self.join.targets["sales"], self.mirror)
            rows = {"sales": [joined]}
        for table in ("city", "customer"):
            if table in decoded.changes:
                accepted = self.mirror.tables[table].accept(decoded.changes[table])
                made = patches(accepted, self.join.patches[table], self.mirror)
                changed[table] = [made]
        self.warehouse.load(rows, changed, change=self.change)

    def close(self) -> None:
        self.warehouse.__exit__(None, None, None)


DIMENSIONS: Final = [
    record("city", "insert", 1, id=1, label="Oslo"),
    record("city", "insert", 1, id=2, label="Rome"),
    record("customer", "insert", 2, id=1, name="Ann", city=1),
    record("customer", "insert", 2, id=2, name="Bob", city=2),
]
CHANGES: Final = [
    record("sale", "insert", 10, id=1, buyer=1, state="new"),
    record("sale", "update", 20, id=1, state="paid"),
    record("customer", "update", 25, id=1, name="Ann B"),
    record("sale", "update", 30, id=1, buyer=2, state="moved"),
    record("sale", "update", 40, id=1, state="sent"),
    record("customer", "update", 45, id=2, name="Bob C"),
]


def run(
    order: Sequence[bytes], size: int, buyer: str, change: Callable[[str], str] = lambda sql: sql
) -> list[tuple[Any, ...]]:
    way = Shop(shop(buyer=buyer), change)
    try:
        for start in range(0, len(order), size):
            way.load(order[start : start + size])
        assert way.dead == []
        (target,) = way.warehouse.spec.targets
        names = [column.name for column in target.columns]
        wanted = [names.index(name) for name in ("id", "state", "name", "label")]
        return [tuple(row[n] for n in wanted) for row in way.warehouse.rows(target)]
    finally:
        way.close()


@pytest.mark.parametrize(
    ("size", "buyer"), [(1, ""), (2, "buyer: buyer, "), (3, ""), (10, "")], ids=str
)
def test_a_reference_that_is_left_out_stays_in_any_order(size: int, buyer: str) -> None:
    for order in list(permutations(CHANGES))[size::29]:
        assert run([*DIMENSIONS, *order], size, buyer) == [(1, "sent", "Bob C", "Rome")]


def test_dimensions_that_come_last_reach_the_reference_that_stayed() -> None:
    for order in list(permutations([*CHANGES[:2], *DIMENSIONS[::2]]))[::3]:
        assert run(order, 1, "") == [(1, "paid", "Ann", "Oslo")]


# What is taken out of the statement.
CASES: Final = {
    "comes along": (r'FIRST_VALUE\(pool\.("(?:name|label|_pos_buyer\w*)")\).*? AS \1', r"pool.\1"),
    "the newest one's": (r'"_set__key_buyer__buyer" DESC', '"_pos" DESC'),
}


@pytest.mark.parametrize("case", CASES)
def test_each_part_of_the_statement_is_needed(case: str) -> None:
    pattern, by = CASES[case]

    def change(sql: str) -> str:
        return re.sub(pattern, by, sql)

    spec = warehouse_spec(shop())
    assert any(change(sql) != sql for sql in planned(spec, ["sales"]))
    right = [(1, "sent", "Bob C", "Rome")]
    results = [run([*DIMENSIONS, *o], 2, "", change) for o in (CHANGES, CHANGES[::-1])]
    assert any(rows != right for rows in results)


def test_a_deleted_row_that_comes_back_in_part_has_a_known_position() -> None:
    """Positions are never NULL, or no patch would reach the row again."""
    way = Shop(shop())
    way.load([*DIMENSIONS, CHANGES[0]])
    way.load([record("sale", "delete", 15, id=1)])
    way.load([CHANGES[4]])
    (target,) = way.warehouse.spec.targets
    (row,) = way.warehouse.rows(target)
    names = [column.name for column in target.columns]
    assert row[names.index("_pos_buyer")].strip("0") == ""
    way.load([record("sale", "insert", 35, id=1, buyer=2, state="back")])
    (row,) = way.warehouse.rows(target)
    assert [row[names.index(name)] for name in ("state", "name")] == ["sent", "Bob"]
    way.close()


def test_oracle_with_supplemental_logging_of_keys_alone() -> None:
    """Nothing becomes NULL: the row keeps what it has, or the update waits as a dead letter."""
    records = [
        record("customer", "insert", 100, id=1, name="Ann", city=None),
        record("sale", "insert", 200, id=1, buyer=1, state="new"),
        record("sale", "update", 300, id=1, state="paid"),
    ]
    assert run(records, 3, "") == [(1, "paid", "Ann", None)]
    way = Shop(shop(unchanged=""))
    way.load(records)
    (target,) = way.warehouse.spec.targets
    assert way.warehouse.rows(target)[0][:3] == (1, "new", "Ann")
    assert way.dead == ["missing_column"]
    way.close()


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (("insert", "update"), [(1, "b")]),
        (("insert", "delete"), []),
        (("insert", "delete", "insert"), [(1, "c")]),
        (("insert", "update", "delete"), []),
    ],
)
def test_changes_of_one_instant_in_the_order_of_their_shard(
    operations: Sequence[str], expected: list[tuple[Any, ...]], size: int
) -> None:
    records = [
        record("sale", operation, 1, id=1, buyer=1, state=state)
        for operation, state in zip(operations, "abc", strict=False)
    ]
    way = Shop(shop("commit-timestamp", unchanged=""))
    (target,) = way.warehouse.spec.targets
    # As one block, since its place in the shard is what orders a record.
    decoded = decode(records, way.plan)
    changes = decoded.changes["sale"]
    for start in range(0, len(changes), size):
        part = changes.take(pa.array(range(start, min(start + size, len(changes)))))
        joined = wide_rows(part, way.join.targets["sales"], way.mirror)
        way.warehouse.load({"sales": [joined]}, {})
        for _ in range(2):
            way.warehouse.load({"sales": [joined]}, {})  # read again
    assert [row[:2] for row in way.warehouse.rows(target)] == expected
    assert len(way.warehouse.tombstones(target)) == (not expected)
    way.close()


def test_the_hidden_position_is_that_of_the_hidden_key() -> None:
    (target,) = warehouse_spec(shop()).targets
    assert target.unchanged_columns == (
        ("_key_buyer__buyer", unchanged_position_column("_key_buyer__buyer")),
    )
    assert set(dict(target.followed)) == {
        *("_pos_buyer", "_pos_buyer__city", "_key_buyer__city__city", "name", "label"),
    }
