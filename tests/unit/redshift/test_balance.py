"""The balance: what the bookkeeping tables say of each table, and how a gap in them shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import pytest
import sqlglot

from connectors.accounts import CONTROL, DIMENSION, UNREADABLE, Account, Outcome
from connectors.blocks import Kind
from connectors.redshift import ledger
from connectors.redshift.balance import Balance, balance_query, balances, batch_balances
from connectors.redshift.batch import count_statement
from connectors.redshift.names import Names
from connectors.redshift.spec import DimensionSpec, WarehouseSpec
from connectors.staging.part import Part
from tests.unit.redshift.sqlite import SqliteWarehouse
from tests.unit.redshift.warehouse import SPEC
from tests.unit.stars import ROOT

NAMES: Final = Names("starjoin")
REDSHIFT: Final = {"balance": balance_query(NAMES), "counts": count_statement(SPEC.targets, NAMES)}


class Bookkeeping:
    """The bookkeeping tables in memory; what the loader writes goes there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._batch = 0

    def execute(self, operation: str, args: Any = ()) -> None:
        values = [str(value) if hasattr(value, "isoformat") else value for value in args]
        self._connection.execute(operation.replace("%s", "?"), values)

    def fetchall(self) -> list[tuple[Any, ...]]:
        raise AssertionError

    def batch(self, accounts: list[Account], *outcomes: Outcome) -> None:
        self._batch += 1
        part = Part(Part.new_name(), Kind.ACCOUNT, "", 1, accounts=tuple(accounts))
        ledger.record(self, NAMES, "shop", f"batch {self._batch}", [part], outcomes)

    def balance(self) -> list[Balance]:
        return balances(self._connection.execute(balance_query(NAMES)))


@pytest.fixture
def bookkeeping() -> Iterator[Bookkeeping]:
    with SqliteWarehouse(SPEC) as warehouse:
        yield Bookkeeping(warehouse._connection)


def account(
    table: str,
    read: int,
    *,
    split: int = 0,
    dead_lettered: int = 0,
    passed_over: int = 0,
    below_floor: int = 0,
) -> Account:
    return Account(
        "s", "0", table, "1", "2", read, split, dead_lettered, passed_over, None, below_floor
    )


def test_empty_bookkeeping_tables_balance(bookkeeping: Bookkeeping) -> None:
    assert bookkeeping.balance() == []


def test_each_destination_of_a_table_has_its_own_line(bookkeeping: Bookkeeping) -> None:
    bookkeeping.batch(
        [account("sale", 5, split=2, dead_lettered=1), account("item", 3, below_floor=1)],
        Outcome("sale", "sales", 4, 2),
        Outcome("sale", "report", 3, 3),
        Outcome("item", DIMENSION, 1, 1),
    )
    bookkeeping.batch([account("sale", 1), account(CONTROL, 2, passed_over=2)])
    bookkeeping.batch([], Outcome("sale", "sales", 0, 1), Outcome("sale", "report", 1, 0))
    assert bookkeeping.balance() == [
        Balance("(control)", "", 2, 0, 0, 0, 0, 2, 0),
        Balance("item", DIMENSION, 3, 0, 1, 2, 0, 0, 0),
        Balance("sale", "report", 6, 2, 4, 3, 1, 0, 0),
        Balance("sale", "sales", 6, 2, 4, 3, 1, 0, 0),
    ]


def test_what_came_to_nothing_shows(bookkeeping: Bookkeeping) -> None:
    bookkeeping.batch([account("sale", 5)], Outcome("sale", "sales", 4, 0))
    assert [(line.table, line.difference) for line in bookkeeping.balance()] == [("sale", 1)]


def test_changes_of_a_table_without_any_outcome_show(bookkeeping: Bookkeeping) -> None:
    bookkeeping.batch([account("sale", 5, dead_lettered=2)])
    (line,) = bookkeeping.balance()
    assert (line.destination, line.difference) == ("", 3)


def test_changes_that_nobody_has_read_show(bookkeeping: Bookkeeping) -> None:
    bookkeeping.batch([], Outcome("sale", "sales", 1, 1))
    (line,) = bookkeeping.balance()
    assert (line.table, line.destination, line.difference) == ("sale", "sales", -2)


BATCH: Final = [
    account("ticket_activity", 5, split=2, dead_lettered=1),
    account("ticket_activity", 4, below_floor=2),
    account("customer", 3, below_floor=1),
    account("event", 2),
    account(CONTROL, 2, passed_over=2),
    account(UNREADABLE, 1, dead_lettered=1),
]
BECAME: Final = [
    Outcome("ticket_activity", SPEC.targets[0].table, 5, 3),
    Outcome("customer", DIMENSION, 1, 1),
    Outcome("event", DIMENSION, 1, 0),
]


def test_a_batch_has_the_lines_that_the_query_returns_for_it(bookkeeping: Bookkeeping) -> None:
    bookkeeping.batch(BATCH, *BECAME)
    lines = batch_balances(SPEC, BATCH, BECAME)
    assert lines == bookkeeping.balance()
    assert {line.table: line.difference for line in lines if line.difference} == {"event": 1}


def test_a_declared_table_keeps_its_destinations_in_a_batch_without_outcomes() -> None:
    accounts = [account("ticket_activity", 1, below_floor=1), account("customer", 1)]
    assert batch_balances(SPEC, accounts, []) == [
        Balance("customer", DIMENSION, 1, 0, 0, 0, 0, 0, 1),
        Balance("ticket_activity", SPEC.targets[0].table, 1, 0, 0, 1, 0, 0, 0),
    ]


def test_a_dimension_of_the_warehouse_has_its_destination() -> None:
    seat = DimensionSpec("seat", (), (), ())
    spec = WarehouseSpec((), (), (seat,), (), "_pos", "_deleted", "")
    (line,) = batch_balances(spec, [account("seat", 1)], [])
    assert line.destination == DIMENSION


def test_outcomes_of_a_batch_without_accounts_show() -> None:
    (line,) = batch_balances(SPEC, [], [Outcome("sale", "former", 1, 1)])
    assert line == Balance("sale", "former", 0, 0, 1, 1, 0, 0, -2)


def test_the_documented_query_is_the_one_of_the_code() -> None:
    shown = balance_query(NAMES).replace('"starjoin"', "starjoin")
    assert f"```sql\n{shown};\n```" in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("name", REDSHIFT)
def test_the_statements_are_redshifts(name: str) -> None:
    (parsed,) = sqlglot.parse(REDSHIFT[name], dialect="redshift")
    assert parsed is not None
    assert not isinstance(parsed, sqlglot.exp.Command)
    assert not {";", "%"} & set(REDSHIFT[name])
