"""Declared tables without records: what the books say of them, the gauge, the one warning."""

from __future__ import annotations

from typing import Any, cast

import pytest

from connectors.accounts import UNDECLARED, UNTOLD, Account
from connectors.blocks import Kind
from connectors.metrics import GROUP, Gauge
from connectors.redshift.coordinator import LoadCalls
from connectors.redshift.errors import LoadError
from connectors.redshift.never_read import PATIENCE_SECONDS, NeverRead
from connectors.redshift.operator import Load
from connectors.staging import Part
from tests.unit.redshift.warehouse import SPEC, FakeWarehouse, loader
from tests.unit.test_metrics import Context

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


def test_what_the_books_or_the_batch_have_records_of_does_not_show(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.accounted = {"customer"}
    loads = loader(warehouse)
    loaded = loads.load([accounts("a", UNDECLARED, "ticket_activity")], 5)
    assert loaded.never_read == tuple(t for t in TABLES if t not in {"customer", "ticket_activity"})
    (rest, *others) = loaded.never_read
    assert loads.load([accounts("b", rest)], 5).never_read == tuple(others)


def test_the_books_are_asked_once(warehouse: FakeWarehouse) -> None:
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


def test_books_of_an_earlier_version_that_name_no_tables_say_nothing(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.accounted = {UNTOLD}
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


def test_the_gauge_is_registered_and_follows_the_batches() -> None:
    context: Any = Context()
    context.get_map_state = lambda _: None
    load = Load(lambda: cast("LoadCalls", None), (("a", '"S"."a"'),))
    load.open(context)
    read = context.gauges[GROUP, Gauge.TABLES_NEVER_READ.label]
    assert read() == 0
    load._coordinator._note_never_read(["a"])
    assert read() == 1
