"""What patches cost: a load touches the old facts whose dimension has changed, and no others.

The load's own statements, the driver and the emulator; 50,000 facts, 1,000 new customers with
their first purchases, ten changed ones, three that some facts have waited for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.blocks import Block, Kind
from connectors.redshift import plan
from connectors.redshift.loader import Loader
from connectors.redshift.next_versions import select_next_versions
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.clients import Clients
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.schemas import BlockSchemas
from tests.support.running import Running, running

pytestmark = pytest.mark.integration

TARGET: Final = "sport_event_activity"
BASE: Final = f"{TARGET}_base"
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
    totals: tuple[int, ...] = ()  # inserted, updated, deleted, as PostgreSQL counted them
    scans: int = 0  # of the whole target

    def cursor(self) -> Statements:
        return self

    def execute(self, operation: str, args: Any = None) -> None:
        self._cursor = self.connection.cursor()
        if operation.startswith('CREATE TEMP TABLE "next_'):
            _, _, select = operation.partition(" AS\n")
            self._cursor.execute(f"EXPLAIN (FORMAT JSON) {select}")
            self.plans.append(_json(self._cursor.fetchall())[0]["Plan"])
        self._cursor.execute(operation, args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def commit(self) -> None:
        cursor = self.connection.cursor()
        cursor.execute(
            "SELECT seq_scan, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables "
            f"WHERE schemaname = 'public' AND relname = '{BASE}'"
        )
        ((self.scans, *totals),) = cursor.fetchall()
        self.totals = tuple(totals)
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
        connection.cursor().execute(f"DROP VIEW public.{TARGET}")
        connection.cursor().execute(f"DROP TABLE public.{BASE}")
        connection.cursor().execute(f"DROP TABLE starjoin.tombstones_{TARGET}")


def test_a_load_touches_only_facts_whose_dimension_is_newer(stack: Running, loader: Loader) -> None:
    before = _versions(stack)
    notes = _load_customers(stack, loader)
    after = _versions(stack)

    (shown,) = notes.plans
    text = json.dumps(shown, indent=1)
    nodes = list(_nodes(shown))
    searched = [
        node
        for node in nodes
        if re.search(r"\bt\w*\.purchased_by = \w+\.customer_id", node.get("Hash Cond", ""))
    ]
    assert len(searched) == 1, text
    assert "Nested Loop" not in {node["Node Type"] for node in nodes}, text

    assert notes.totals == (2 * len(NEW) + TOUCHED, 0, TOUCHED), "a row is written once"
    assert notes.scans == 3, "for keys and positions, for whole rows, to delete"
    assert len(before) == FACTS
    assert len(after) == FACTS + 2 * len(NEW)
    moved = {key for key, version in before.items() if after[key] != version}
    buyers = set(CHANGED) | set(LATE)
    assert moved == {key for key, (buyer, *_) in before.items() if buyer in buyers}
    assert len(moved) == TOUCHED


def test_patches_that_are_read_again_touch_nothing(stack: Running, loader: Loader) -> None:
    _load_customers(stack, loader)
    before = _versions(stack)
    again = _load(stack, loader, _patches(stack, [*CHANGED, *LATE, *NEW]))
    assert again.totals == (0, 0, 0)
    assert _versions(stack) == before


def test_without_the_guard_they_would_rewrite_all_that_hold_their_keys(
    stack: Running, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load_customers(stack, loader)
    original = select_next_versions

    def unguarded(touching: Any) -> str | None:
        sql = original(touching)
        assert sql is not None
        changed, guards = re.subn(r' AND [rt]\."_pos_buyer" < [cq]1\."_pos"', "", sql)
        assert guards == 2
        return changed

    monkeypatch.setattr(plan, "select_next_versions", unguarded)
    again = _load(stack, loader, _patches(stack, [*CHANGED, *LATE, *NEW]))
    touched = TOUCHED + 2 * len(NEW)
    assert again.totals == (touched, 0, touched)


def test_rows_that_nothing_touches_are_not_read_whole(stack: Running, loader: Loader) -> None:
    """Keys and positions alone tell which rows are touched."""
    (shown,) = _load_customers(stack, loader).plans
    scanned = [node for node in _nodes(shown) if node.get("Relation Name") == BASE]
    widths = sorted(node["Plan Width"] for node in scanned)
    assert len(widths) == 2
    assert 3 * widths[0] < widths[1]


def test_a_column_that_was_added_by_hand_keeps_its_values(stack: Running, loader: Loader) -> None:
    with closing(stack.stack.warehouse()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"ALTER TABLE public.{BASE} ADD COLUMN remark VARCHAR(9) DEFAULT 'none'")
        cursor.execute(f"UPDATE public.{BASE} SET remark = 'seen' WHERE purchased_by < 20")
    _load_customers(stack, loader)
    count = f"SELECT remark, COUNT(*) FROM public.{BASE} WHERE purchased_by"
    assert stack.query(f"{count} < 20 GROUP BY remark") == [("seen", 200)]
    assert stack.query(f"{count} >= {NEW[0]} GROUP BY remark") == [("none", 2 * len(NEW))]


def _load_customers(run: Running, loader: Loader) -> Statements:
    """The load that brings the customers, and what it did."""
    rows = _rows(
        run, FACTS, [customer for customer in NEW for _ in range(2)], dict.fromkeys(NEW, 2)
    )
    return _load(run, loader, rows, _patches(run, [*CHANGED, *LATE, *NEW]))


def _load(run: Running, loader: Loader, *blocks: Block) -> Statements:
    """One load, and what it did."""
    open_connection = loader._connect
    opened: list[Statements] = []

    def connect() -> Statements:
        opened.append(Statements(open_connection()))
        return opened[-1]

    loader._connect = connect
    try:
        loader.load(_parts(run, 2, *blocks), START)
    finally:
        loader._connect = open_connection
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
    found = run.query(f"SELECT ticket_id, purchased_by, {version} FROM public.{BASE}")
    return {int(ticket): (int(buyer), *version) for ticket, buyer, *version in found}


def _nodes(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield top
    for below in top.get("Plans", []):
        yield from _nodes(below)


def _json(rows: Any) -> Any:
    ((content,),) = rows
    return json.loads(content) if isinstance(content, str) else content
