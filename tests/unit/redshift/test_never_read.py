"""Declared tables without records: what the accounts say of them, the gauge, the one warning."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.accounts import UNDECLARED, UNKNOWN_TABLE, Account
from connectors.blocks import Kind
from connectors.metrics import GROUP, Gauge
from connectors.redshift.errors import LoadError
from connectors.redshift.loader import Loaded
from connectors.redshift.never_read import PATIENCE_SECONDS, NeverRead
from connectors.redshift.operator import Load
from connectors.redshift.pruning import Cutoffs
from connectors.staging.part import Part
from tests.unit.redshift.test_backlog_gauges import COMPLETE, STARTED, Runtime
from tests.unit.redshift.warehouse import SPEC, FakeWarehouse, loader, part

TABLES = tuple(table for table, _ in SPEC.sources)


@pytest.fixture
def warehouse() -> FakeWarehouse:
    warehouse = FakeWarehouse()
    loader(warehouse).start(5)
    return warehouse


def accounts(name: str, *tables: str) -> Part:
    """An epoch of which nothing but accounts was staged."""
    read = tuple(Account("changes", "shard-0", t, "1", "9", 5, 0, 0, 5, None) for t in tables)
    return Part(name, Kind.ACCOUNT, "", rows=len(read), accounts=read, epoch=1)


def test_the_source_names_of_the_tables_are_in_the_plan_of_the_loads() -> None:
    sources = dict(SPEC.sources)
    assert sources["customer"] == '"ticket_seller"."customer"'
    assert "ticket_activity" in sources


def test_where_all_records_are_passed_over_every_declared_table_shows(
    warehouse: FakeWarehouse,
) -> None:
    loaded = loader(warehouse).load([accounts("a", UNDECLARED)], 5)
    assert loaded.parts == ("a",)
    assert loaded.never_read == TABLES


def test_tables_with_records_in_the_bookkeeping_tables_or_the_batch_do_not_show(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.accounted = {"customer"}
    loads = loader(warehouse)
    loaded = loads.load([accounts("a", UNDECLARED, "ticket_activity")], 5)
    assert loaded.never_read == tuple(t for t in TABLES if t not in {"customer", "ticket_activity"})
    (rest, *others) = loaded.never_read
    assert loads.load([accounts("b", rest)], 5).never_read == tuple(others)


def test_the_bookkeeping_tables_are_queried_once(warehouse: FakeWarehouse) -> None:
    loads = loader(warehouse)
    loads.load([accounts("a", UNDECLARED)], 5)
    loads.load([accounts("b", UNDECLARED)], 5)
    assert len(warehouse.statements("SELECT DISTINCT table_name")) == 1


def test_a_batch_that_was_rolled_back_has_read_nothing(warehouse: FakeWarehouse) -> None:
    loads = loader(warehouse)

    def fail(what: str) -> None:
        if what == "commit":
            raise OSError(what)

    warehouse.fails = fail
    with pytest.raises(LoadError):
        loads.load([accounts("a", "customer")], 5)
    warehouse.fails = lambda _: None
    assert loads.load([accounts("b", UNDECLARED)], 5).never_read == TABLES


def test_a_batch_whose_reply_was_lost_has_read_what_it_loaded(warehouse: FakeWarehouse) -> None:
    loads = loader(warehouse)
    loads.load([accounts("a", UNDECLARED)], 5)
    batch = [accounts("b", "customer")]
    loader(warehouse).load(batch, 5)  # as `loads` would have, and never heard of it
    loaded = loads.load(batch, 5)
    assert loaded.already == ("b",)
    assert "customer" not in loaded.never_read


def test_accounts_of_an_earlier_version_that_name_no_tables_say_nothing(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.accounted = {UNKNOWN_TABLE}
    assert loader(warehouse).load([accounts("a", UNDECLARED)], 5).never_read == ()


class Watched:
    """A `NeverRead` and its clock."""

    def __init__(self) -> None:
        self.now = 50.0
        self.tables = NeverRead((("a", '"S"."a"'), ("b", '"S"."B"')), clock=lambda: self.now)


def test_a_warning_names_the_tables_once_after_the_time_of_patience(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watched = Watched()
    watched.tables.warn()
    watched.tables.note(["a", "b"])
    watched.now += PATIENCE_SECONDS - 1
    watched.tables.note(["b"])
    watched.tables.warn()
    assert caplog.messages == []
    watched.now += 1
    watched.tables.warn()
    watched.tables.warn()
    (message,) = caplog.messages
    assert 'table b ("S"."B")' in message
    assert "table a" not in message
    assert "source_schema" in message


def test_tables_that_came_meanwhile_are_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    watched.tables.note(["a"])
    watched.now += PATIENCE_SECONDS
    watched.tables.note([])
    watched.tables.warn()
    assert caplog.messages == []
    assert len(watched.tables) == 0


class NothingRead:
    """Loads, and says that there are no records of one table."""

    prunes = False

    def prune(self, number: int) -> Cutoffs | None:
        raise AssertionError(number)

    def start(self, number: int) -> bool:
        del number
        return False

    def load(self, parts: list[Part], number: int) -> Loaded:
        del number
        return Loaded("batch", tuple(p.name for p in parts), (), never_read=("a",))

    def awaited_locks(self) -> list[str]:
        return []


def test_the_gauge_follows_the_batches_and_a_later_checkpoint_is_enough_for_the_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [100.0]
    monkeypatch.setattr("connectors.redshift.operator.time.monotonic", lambda: now[0])
    runtime: Any = Runtime()
    load = Load(NothingRead, (("a", '"S"."a"'),))
    load.open(runtime)
    gauge = runtime.gauges[GROUP, Gauge.TABLES_NEVER_READ.label]
    load.process_element(part("p", epoch=1).encode(), runtime)
    load.process_element(STARTED, runtime)
    load.process_element(COMPLETE, runtime)
    assert gauge() == 0
    while runtime.state:
        list(load.on_timer(0, runtime))
    assert gauge() == 1
    assert caplog.messages == []
    now[0] += PATIENCE_SECONDS
    load.process_element(COMPLETE, runtime)
    (message,) = caplog.messages
    assert 'table a ("S"."a")' in message
