"""What a load costs on the warehouse: its statements, their plans, and what their scans read.

A batch that patches and adds facts, against a target of as many rows as are asked for. The figures
go into the report of `build.py contract`; only what must hold on any server is asserted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.blocks import Block, Kind
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.schemas import BlockSchemas
from tests.contract.report import SHOWN, TARGET_ROWS
from tests.contract.statement_costs import NotedConnection, describe_load, read_scans
from tests.contract.test_bookkeeping_migrations import make_loader
from tests.contract.warehouse import Warehouse, rows
from tests.unit.stars import ticket_seller

pytestmark = pytest.mark.contract

TARGET: Final = "sport_event_activity"
EMULATOR_ROWS: Final = 20_000
FACTS_A_CUSTOMER: Final = 10
START: Final = 1
BOUNDED: Final = 3  # next versions, and the deletes of rows and of tombstones
STAR: Final = ticket_seller()
SCHEMAS: Final = BlockSchemas(STAR)


def test_a_batch_against_a_large_target(
    warehouse: Warehouse,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    count = pytestconfig.stash.get(TARGET_ROWS, EMULATOR_ROWS)
    store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    noted: list[NotedConnection] = []

    def connect() -> NotedConnection:
        noted.append(NotedConnection(warehouse.connect()))
        return noted[-1]

    loader = make_loader(warehouse, store, connect, STAR)
    loader.start(START)
    loader.load(parts(store, 1, facts(0, count, 1)), START)
    with closing(warehouse.connect(autocommit=True)) as admin:
        rows_are_known(admin, warehouse)
    changed = max(count // 100, 1)
    batches = {
        f"{changed:,} facts and their customers": parts(
            store, 2, facts(count, changed, 2), customers(changed // FACTS_A_CUSTOMER + 1)
        ),
        f"{changed:,} facts alone": parts(store, 3, facts(count + changed, changed, 2)),
    }
    shown, explained = [], []
    for content, batch in batches.items():
        noted.clear()
        loader.load(batch, START)
        (load,) = noted
        scans = read_scans(warehouse.connect, load.session)
        title = f"A load of {content} into {count:,} rows"
        shown.append(describe_load(title, load.statements, scans))
        explained.append([statement for statement in load.statements if statement.plan])
    record_property(SHOWN, "\n\n".join(shown))
    with closing(warehouse.connect(autocommit=True)) as reader:
        table = f'"{warehouse.schema}"."{TARGET}"'
        assert rows(reader, f"select count(*) from {table}") == [[count + 2 * changed]]
        patched = (changed // FACTS_A_CUSTOMER + 1) * FACTS_A_CUSTOMER
        named = rows(reader, f"select count(*) from {table} where name = 'changed'")
        assert named == [[patched]]
    joined, alone = explained
    assert joined
    for statement in joined:
        assert "Nested Loop" not in "\n".join(statement.plan), statement.sql
    # PostgreSQL expects no row behind the keys that it knows, and may join none by a nested loop.
    bound = f"BETWEEN {count + changed} AND {count + 2 * changed - 1}"
    assert sum(bound in statement.sql for statement in alone) == BOUNDED


def rows_are_known(admin: Any, warehouse: Warehouse) -> None:
    """The planner knows how large the target is, as it does after a day of loads."""
    admin.cursor().execute(f'ANALYZE "{warehouse.schema}"."{TARGET}_base"')


def facts(first: int, count: int, commit: int) -> Block:
    """Facts with ten to a customer, who has been joined."""
    schema = SCHEMAS(Kind.ROWS, TARGET)
    keys = range(first, first + count)
    known: dict[str, list[Any]] = {
        "ticket_id": list(keys),
        "purchased_by": [key // FACTS_A_CUSTOMER for key in keys],
        "name": [f"name {key // FACTS_A_CUSTOMER}" for key in keys],
        "email_address": [f"{key // FACTS_A_CUSTOMER:064x}" for key in keys],
        "_pos": [make_position(1, commit, key) for key in keys],
        "_pos_buyer": [make_position(1, commit, 0)] * count,
        "_deleted": [False] * count,
    }
    return Block(Kind.ROWS, TARGET, columns(schema, known, count))


def customers(count: int) -> Block:
    """The first customers, changed by a later commit."""
    schema = SCHEMAS(Kind.PATCHES, "customer")
    known: dict[str, list[Any]] = {
        "customer_id": list(range(count)),
        "name": ["changed"] * count,
        "_pos": [make_position(1, 3, number) for number in range(count)],
        "_deleted": [False] * count,
    }
    return Block(Kind.PATCHES, "customer", columns(schema, known, count))


def columns(schema: pa.Schema, known: dict[str, list[Any]], count: int) -> pa.RecordBatch:
    """A batch; what is not known is NULL, and a position that is not known the lowest."""
    arrays = []
    for field in schema:
        absent = UNKNOWN if field.name.startswith("_pos_") else None
        arrays.append(pa.array(known.get(field.name, [absent] * count), field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def parts(store: S3Store, epoch: int, *blocks: Block) -> list[Part]:
    writer = PartWriter(store)
    for block in blocks:
        writer.add(block)
    return writer.close(epoch)
