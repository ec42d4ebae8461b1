"""A gap in the bookkeeping table, over a connection: there once, shown by the documented statement.

The statement is read from docs/operations.md.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from connectors.accounts import Account, Gap
from connectors.blocks import Kind
from connectors.redshift.balance import balance_query, balances
from connectors.redshift.errors import OutcomeUnknownError
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.test_bookkeeping_migrations import APPLICATION, make_loader, query
from tests.contract.warehouse import Warehouse
from tests.unit.stars import ROOT

pytestmark = pytest.mark.contract

_START = 7
_KNOWN = Gap("changes", "shard-1", "8", "11", 1_700_000_000_123, 1_700_000_001_000, "trimmed é")
_UNKNOWN = Gap("changes", "shard-2", None, None, None, None, "x" * 1024)


def documented(warehouse: Warehouse) -> str:
    """The statement that operations.md gives, for the schema of the test."""
    text = (ROOT / "docs" / "operations.md").read_text()
    (sql,) = re.findall(r"```sql\n(SELECT [^;]*FROM starjoin\.gap [^;]*);\n```", text)
    return str(sql).replace("starjoin.", f'"{warehouse.schema}".')


def part(epoch: int, *gaps: Gap, read: int = 0) -> Part:
    account = Account("changes", "0", "(control)", "1", "2", read, 0, 0, read, None)
    return Part(
        Part.new_name(),
        Kind.ACCOUNT,
        "",
        1,
        epoch=epoch,
        gaps=gaps,
        accounts=(account,) if read else (),
    )


@pytest.fixture
def loader(warehouse: Warehouse) -> Loader:
    store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    made = make_loader(warehouse, store)
    made.start(_START)
    return made


def shown(warehouse: Warehouse) -> list[list[Any]]:
    """What the documented statement returns, without the time of the load; times as text."""
    found = query(warehouse, documented(warehouse))
    return [[*row[:5], *(time and time.isoformat() for time in row[5:7]), row[8]] for row in found]


KNOWN_ROW = [
    APPLICATION, "changes", "shard-1", "8", "11",
    "2023-11-14T22:13:20.123000", "2023-11-14T22:13:21", "trimmed é",
]  # fmt: skip
UNKNOWN_ROW = [APPLICATION, "changes", "shard-2", None, None, None, None, "x" * 1024]


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ((_KNOWN,), [KNOWN_ROW]),
        ((_UNKNOWN,), [UNKNOWN_ROW]),
        ((_UNKNOWN, _KNOWN), [KNOWN_ROW, UNKNOWN_ROW]),
    ],
)
def test_every_gap_of_a_batch_is_shown(
    warehouse: Warehouse, loader: Loader, gaps: tuple[Gap, ...], expected: list[list[Any]]
) -> None:
    loaded = loader.load([part(1, *gaps)], _START)
    assert shown(warehouse) == expected
    found = query(warehouse, f"SELECT DISTINCT batch FROM {Names(warehouse.schema).gap}")
    assert found == [[loaded.batch]]


def test_a_gap_is_written_once_and_leaves_the_balance_alone(
    warehouse: Warehouse, loader: Loader
) -> None:
    found = part(1, _KNOWN, read=3)
    assert [line.difference for line in loader.load([found], _START).balances] == [0]
    loader.load([found, part(2, read=1)], _START)
    assert shown(warehouse) == [KNOWN_ROW]
    lines = balances(query(warehouse, balance_query(Names(warehouse.schema))))
    assert [(line.read, line.passed_over, line.difference) for line in lines] == [(4, 4, 0)]


@pytest.mark.faults
@pytest.mark.parametrize(("when", "written"), [(When.BEFORE, 0), (When.AFTER, 1)])
def test_a_gap_is_there_once_whatever_became_of_the_first_attempt(
    warehouse: Warehouse, loader: Loader, faults: Faults, when: When, written: int
) -> None:
    found = part(1, _KNOWN)
    faults.add(Rule(r"^\s*commit\b", when, Action.CLOSE))
    with pytest.raises(OutcomeUnknownError):
        loader.load([found], _START)
    faults.clear()
    assert len(shown(warehouse)) == written
    loader.load([found], _START)
    assert shown(warehouse) == [KNOWN_ROW]
