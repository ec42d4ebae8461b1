"""What patches cost: a load touches the old facts whose dimension has changed, and no others.

The load's own statements, the driver and the emulator; 50,000 facts, 1,000 new customers with
their first purchases, ten changed ones, three that some facts have waited for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.blocks import Block, Kind
from connectors.redshift import plan
from connectors.redshift.loader import Loader
from connectors.redshift.statements import Statement
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.clients import Clients
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.schemas import BlockSchemas
from tests.support.running import Running, running

pytestmark = pytest.mark.integration

TARGET: Final = "sport_event_activity"
START: Final = 1
FACTS: Final = 50_000
KNOWN: Final = 5_000  # customers, with ten facts each
CHANGED: Final = range(10)
LATE: Final = range(90_001, 90_004)  # not there yet when their ten facts each are loaded
NEW: Final = range(100_000, 101_000)  # with two new facts each
TOUCHED: Final = 10 * (len(CHANGED) + len(LATE))


@dataclass
class Statements:
    """A connection that takes notes of the statements about the target."""

    connection: Any
    plans: list[Any] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    totals: tuple[int, ...] = ()  # inserted, updated, deleted, as PostgreSQL counted them

    def cursor(self) -> Statements:
        return self

    def execute(self, operation: str, args: Any = None) -> None:
        self._cursor = self.connection.cursor()
        if operation.startswith("UPDATE"):
            self._cursor.execute(f"EXPLAIN (FORMAT JSON) {operation}")
            self.plans.append(_json(self._cursor.fetchall())[0]["Plan"])
        self._cursor.execute(operation, args)
        if operation.startswith("UPDATE"):
            self.updated.append(self._cursor.rowcount)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def commit(self) -> None:
        cursor = self.connection.cursor()
        cursor.execute(
            "SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables "
            f"WHERE schemaname = 'public' AND relname = '{TARGET}'"
        )
        (self.totals,) = (tuple(row) for row in cursor.fetchall())
        self.connection.commit()

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("patches")) as run:
        yield run


@pytest.fixture
def loader(stack: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loader]:
    """A loader whose target has the facts, joined to the customers that are known."""
    for name, value in stack.stack.environment().items():
        monkeypatch.setenv(name, value)
    made = Clients(stack.stack.settings).loader(stack.example.star)
    made.start(START)
    buyers = [one % KNOWN for one in range(FACTS - 10 * len(LATE))]
    buyers += [customer for customer in LATE for _ in range(10)]
    rows = _rows(stack, 0, buyers, dict.fromkeys(range(KNOWN), 1))
    made.load(_parts(stack, 1, rows), START)
    yield made
    with closing(stack.stack.warehouse()) as connection:
        connection.cursor().execute(f"DROP TABLE public.{TARGET}")
        connection.cursor().execute(f"DROP TABLE starjoin.tombstones_{TARGET}")


def test_a_load_touches_only_facts_whose_dimension_is_newer(stack: Running, loader: Loader) -> None:
    before = _versions(stack)
    notes = _load_customers(stack, loader)
    after = _versions(stack)

    (shown,) = notes.plans
    text = json.dumps(shown, indent=1)
    nodes = list(_nodes(shown))
    assert nodes[0]["Node Type"] == "ModifyTable", text
    (join,) = [node for node in nodes if "Join" in node["Node Type"]]
    assert join["Node Type"] == "Hash Join", text
    assert join["Hash Cond"].strip("()").split(" = ") in (
        [f"{TARGET}.purchased_by", "q.customer_id"],
        ["q.customer_id", f"{TARGET}.purchased_by"],
    ), text
    assert not {"Nested Loop", "Merge Join"} & {node["Node Type"] for node in nodes}, text

    assert notes.updated == [TOUCHED]
    assert notes.totals == (2 * len(NEW), TOUCHED, 0), "and no other statement touches the table"
    assert len(before) == FACTS
    assert len(after) == FACTS + 2 * len(NEW)
    moved = {key for key, version in before.items() if after[key] != version}
    buyers = set(CHANGED) | set(LATE)
    assert moved == {key for key, (buyer, *_) in before.items() if buyer in buyers}
    assert len(moved) == TOUCHED


def test_without_the_guard_it_would_rewrite_what_the_load_itself_has_joined(
    stack: Running, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = plan._patch_path

    def unguarded(*given: Any) -> Statement:
        made = original(*given)
        guard = f' AND "public"."{TARGET}"."{given[1].position}" < q."_pos"'
        assert guard in made.sql
        return Statement(made.step, made.about, made.sql.replace(guard, ""))

    monkeypatch.setattr(plan, "_patch_path", unguarded)
    notes = _load_customers(stack, loader)
    assert notes.updated == [TOUCHED + 2 * len(NEW)]


def _load_customers(run: Running, loader: Loader) -> Statements:
    """The load that brings the customers, and what it did."""
    open_connection = loader._connect
    opened: list[Statements] = []

    def connect() -> Statements:
        opened.append(Statements(open_connection()))
        return opened[-1]

    rows = _rows(
        run, FACTS, [customer for customer in NEW for _ in range(2)], dict.fromkeys(NEW, 2)
    )
    patches = _patches(run, [*CHANGED, *LATE, *NEW])
    loader._connect = connect
    loader.load(_parts(run, 2, rows, patches), START)
    (notes,) = opened
    return notes


def _rows(run: Running, first: int, buyers: list[int], known: dict[int, int]) -> Block:
    """Facts by their buyers; `known` says at which commit a customer was joined."""
    schema = BlockSchemas(run.example.star)(Kind.ROWS, TARGET)
    empty = {name: UNKNOWN for name in schema.names if name.startswith("_pos_")}
    rows = [
        dict.fromkeys(schema.names)
        | empty
        | {
            "ticket_id": first + number,
            "purchased_by": buyer,
            "name": f"name at {known[buyer]}" if buyer in known else None,
            "_pos": make_position(1, 1, number),
            "_pos_buyer": make_position(1, known[buyer], 0) if buyer in known else UNKNOWN,
            "_deleted": False,
        }
        for number, buyer in enumerate(buyers)
    ]
    return Block(Kind.ROWS, TARGET, pa.RecordBatch.from_pylist(rows, schema=schema))


def _patches(run: Running, customers: list[int]) -> Block:
    """Customers as they are from commit 2 on."""
    schema = BlockSchemas(run.example.star)(Kind.PATCHES, "customer")
    rows = [
        dict.fromkeys(schema.names)
        | {
            "customer_id": customer,
            "name": "name at 2",
            "_pos": make_position(1, 2, 0),
            "_deleted": False,
        }
        for customer in customers
    ]
    return Block(Kind.PATCHES, "customer", pa.RecordBatch.from_pylist(rows, schema=schema))


def _parts(run: Running, epoch: int, *blocks: Block) -> list[Part]:
    writer = PartWriter(Clients(run.stack.settings).staging_store())
    for block in blocks:
        writer.add(block)
    return writer.close(epoch)


def _versions(run: Running) -> dict[int, tuple[Any, ...]]:
    """By ticket: buyer, and where PostgreSQL keeps the row and which transaction wrote it."""
    version = "CAST(ctid AS text), CAST(xmin AS text)"
    found = run.query(f"SELECT ticket_id, purchased_by, {version} FROM public.{TARGET}")
    return {int(ticket): (int(buyer), *version) for ticket, buyer, *version in found}


def _nodes(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield top
    for below in top.get("Plans", []):
        yield from _nodes(below)


def _json(rows: Any) -> Any:
    ((content,),) = rows
    return json.loads(content) if isinstance(content, str) else content
