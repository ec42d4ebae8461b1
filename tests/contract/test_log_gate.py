"""The load compares what it is to apply with what the accounts say of the source's log."""

from __future__ import annotations

import pytest

from connectors.accounts import Account
from connectors.blocks import Kind
from connectors.log_points import LogPoint, LogRule, OnLogRestart
from connectors.redshift.errors import NeedsRepairError, OutcomeUnknownError
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from flink_app.positions.position import make_position
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.test_bookkeeping_migrations import (
    APPLICATION,
    LAYOUTS,
    execute,
    layout_sql,
    query,
    spec,
)
from tests.contract.warehouse import Warehouse

pytestmark = pytest.mark.contract

_START = 7
_HOUR = 3_600_000_000


def point(position: int, hours: float, log: str = "", generation: int = 1) -> LogPoint:
    text = make_position(generation, position, 0)
    return LogPoint(generation, text, int(1_700_000_000_000_000 + hours * _HOUR), log)


def part(epoch: int, *points: LogPoint | None, table: str = "sale") -> Part:
    """The accounts of one shard each."""
    accounts = [
        Account("changes", str(shard), table, "1", "2", 1, 0, 0, 1, None).with_log_point(reached)
        for shard, reached in enumerate(points)
    ]
    return Part(Part.new_name(), Kind.ACCOUNT, "", 1, epoch=epoch, accounts=tuple(accounts))


def make_loader(warehouse: Warehouse, rule: LogRule = LogRule()) -> Loader:  # noqa: B008
    made = Loader(
        spec(warehouse),
        application=APPLICATION,
        bookkeeping_schema=warehouse.schema,
        copy_role=warehouse.role,
        connect=warehouse.connect,
        manifests=S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}"),
        log_rule=rule,
    )
    made.start(_START)
    return made


def batches(warehouse: Warehouse) -> int:
    found = query(warehouse, f"SELECT COUNT(*) FROM {Names(warehouse.schema).ledger}")
    return int(found[0][0])


BEFORE, AFTER = point(900, 0), point(5, 1)


@pytest.mark.parametrize("restarted", [False, True], ids=["one job", "another start"])
def test_nothing_is_loaded_of_a_log_that_has_started_again(
    warehouse: Warehouse, restarted: bool
) -> None:
    loader = make_loader(warehouse)
    loader.load([part(1, BEFORE, None)], _START)
    loader = make_loader(warehouse) if restarted else loader
    for _ in range(2):  # the next attempt finds the same
        with pytest.raises(NeedsRepairError, match=r"log has started again: changes of sale ") as e:
            loader.load([part(2, None, AFTER)], _START)
        assert f"(position {AFTER.position}, before {BEFORE.position})" in str(e.value)
    assert batches(warehouse) == 1
    loader.load([part(2, None, AFTER, table="other")], _START)
    loader.load([part(2, point(5, 1, generation=2))], _START)
    loader.load([part(3, point(950, 2))], _START)  # a late one of the former generation
    assert batches(warehouse) == 4


def test_both_logs_in_one_batch(warehouse: Warehouse) -> None:
    loader = make_loader(warehouse)
    with pytest.raises(NeedsRepairError, match="log has started again"):
        loader.load([part(1, AFTER), part(1, None, BEFORE)], _START)
    assert batches(warehouse) == 0
    loader.load([part(1, AFTER)], _START)  # what was refused was not taken for known


def test_another_log_by_its_name(warehouse: Warehouse) -> None:
    loader = make_loader(warehouse)
    loader.load([part(1, point(3, 0, "mysql-bin"))], _START)
    with pytest.raises(NeedsRepairError, match=r"of log binlog follow those of log mysql-bin \("):
        make_loader(warehouse).load([part(2, point(9, 0.1, "binlog"))], _START)


def test_to_continue_is_to_load(warehouse: Warehouse) -> None:
    loader = make_loader(warehouse, LogRule(OnLogRestart.CONTINUE))
    loader.load([part(1, BEFORE)], _START)
    loader.load([part(2, AFTER)], _START)
    assert batches(warehouse) == 2
    assert loader.log_points() == {"sale": BEFORE}


def test_how_far_the_log_is_loaded_is_read_from_the_accounts(warehouse: Warehouse) -> None:
    loader = make_loader(warehouse)
    assert loader.log_points() == {}
    named = point(950, 3, "mysql-bin")
    loader.load([part(1, BEFORE, point(940, 4), None)], _START)
    loader.load([part(2, named), part(2, point(7, 0), table="item")], _START)
    assert loader.log_points() == {"sale": named, "item": point(7, 0)}


def test_tables_of_an_earlier_layout_know_nothing(warehouse: Warehouse) -> None:
    assert (LAYOUTS / "version-6.sql").exists()
    execute(warehouse, *layout_sql(6, warehouse.schema))
    loader = Loader(
        spec(warehouse),
        application=APPLICATION,
        bookkeeping_schema=warehouse.schema,
        copy_role=warehouse.role,
        connect=warehouse.connect,
        manifests=S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}"),
    )
    assert loader.log_points() == {}


@pytest.mark.faults
def test_a_batch_whose_reply_was_lost_counts(warehouse: Warehouse, faults: Faults) -> None:
    loader = make_loader(warehouse)
    loader.load([part(0, point(1, -1))], _START)
    before = part(1, BEFORE)
    faults.add(Rule(r"^\s*commit\b", When.AFTER, Action.CLOSE))
    with pytest.raises(OutcomeUnknownError):
        loader.load([before], _START)
    faults.clear()
    with pytest.raises(NeedsRepairError, match="log has started again"):
        loader.load([before, part(2, AFTER)], _START)
