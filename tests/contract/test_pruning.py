"""Pruning on a warehouse: what goes, what stays, and that sums say what batches said.

Times are set back by hand: what is loaded here was loaded days ago.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.accounts import Account, Outcome
from connectors.blocks import Block, Kind
from connectors.log_points import LogPoint
from connectors.redshift.balance import balance_query, balances
from connectors.redshift.errors import FenceLostError, LoadError
from connectors.redshift.loader import Loaded, Loader
from connectors.redshift.names import Names
from connectors.redshift.pruning import SUMMED, Kept
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.positions.position import make_position
from infra.aws.warehouse import _DIGITS
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.test_bookkeeping_migrations import (
    APPLICATION,
    STAR,
    execute,
    query,
    spec,
)
from tests.contract.warehouse import Warehouse

pytestmark = pytest.mark.contract

START: Final = 7
KEPT: Final = Kept(30)


class Shop:
    """A warehouse, and what one application does to it.

    Attributes:
        loader: of its start.
        names: of its bookkeeping tables.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.names = Names(warehouse.schema)
        self.loader = self.loader_that_keeps(KEPT)
        self.loader.start(START)

    def loader_that_keeps(self, kept: Kept) -> Loader:
        prefix = f"contract/{self.warehouse.schema}"
        self.store = S3Store(self.warehouse.s3, self.warehouse.bucket, prefix)
        return Loader(
            spec(self.warehouse),
            application=APPLICATION,
            bookkeeping_schema=self.warehouse.schema,
            copy_role=self.warehouse.role,
            connect=self.warehouse.connect,
            manifests=self.store,
            pruning=kept,
        )

    def load(self, epoch: int, *, days_ago: float, deletes: tuple[int, ...] = ()) -> Loaded:
        """A batch: one sale, some deletes, an account of each shard; loaded so long ago."""
        writer = PartWriter(self.store)
        schema = STAR.wide_schema("sales")
        keys = {100 + epoch: False} | dict.fromkeys(deletes, True)
        facts = [
            dict.fromkeys(schema.names)
            | {"id": key, "_pos": make_position(1, epoch, 0), "_deleted": deleted}
            for key, deleted in keys.items()
        ]
        writer.add(Block(Kind.ROWS, "sales", pa.RecordBatch.from_pylist(facts, schema=schema)))
        # Sequence numbers grow a digit: as text the later is the smaller one.
        accounts = [
            Account("changes", shard, "sale", str(9 * epoch), str(9 * epoch + 5), read, 0, 0, 0, at)
            for shard, read, at in (("0", len(facts), 1_000 * epoch), ("1", 0, None))
        ]
        # The log of the first batch leads furthest; its commit time is not the latest.
        point = LogPoint(1, make_position(1, 90 - epoch, 0), 10 * epoch, "log")
        accounts[0] = accounts[0].with_log_point(point)
        counted = Part(Part.new_name(), Kind.ACCOUNT, "", 1, epoch=epoch, accounts=tuple(accounts))
        loaded = self.loader.load([*writer.close(epoch=epoch), counted], START)
        self.set_back(loaded.batch, deletes, days_ago)
        return loaded

    def set_back(self, batch: str, deletes: tuple[int, ...], days_ago: float) -> None:
        hours = round(24 * days_ago)
        time = f"GETDATE() - INTERVAL '{hours} hours'"
        execute(
            self.warehouse,
            *(
                f"UPDATE {table} SET loaded_at = {time} WHERE batch = '{batch}'"
                for table in (self.names.ledger, self.names.account, self.names.outcome)
            ),
            *(f"UPDATE tombstones_sales SET _loaded_at = {time} WHERE id = {k}" for k in deletes),
        )

    def ask(self, sql: str) -> list[list[Any]]:
        return query(self.warehouse, sql)

    @property
    def ledger(self) -> set[str]:
        return {batch for (batch,) in self.ask(f"SELECT DISTINCT batch FROM {self.names.ledger}")}

    @property
    def tombstones(self) -> list[int]:
        return [key for (key,) in self.ask("SELECT id FROM tombstones_sales ORDER BY id")]

    def accounts(self) -> list[list[Any]]:
        return self.ask(
            "SELECT batch, shard, first_sequence_number, last_sequence_number, records_read, "
            f"last_arrival_ms FROM {self.names.account} ORDER BY shard, batch <> '{SUMMED}', "
            "LPAD(last_sequence_number, 129, '0')"
        )

    def sums(self) -> list[Any]:
        """What must not change: the balance, and up to where each shard is loaded."""
        last = f"MAX(LPAD(last_sequence_number, {_DIGITS}, '0'))"
        return [
            balances(self.ask(balance_query(self.names))),
            self.ask(f"SELECT shard, {last} FROM {self.names.account} GROUP BY shard ORDER BY 1"),
            self.loader.log_points(),
        ]


@pytest.fixture
def shop(warehouse: Warehouse) -> Shop:
    return Shop(warehouse)


def test_what_is_older_goes_and_what_is_younger_stays(shop: Shop) -> None:
    shop.load(1, days_ago=61, deletes=(1,))
    shop.load(2, days_ago=59, deletes=(2,))
    shop.load(3, days_ago=31, deletes=(3,))
    young = shop.load(4, days_ago=29, deletes=(4,))
    cutoffs = shop.loader.prune(START)
    assert cutoffs is not None
    assert cutoffs.batches - cutoffs.tombstones == dt.timedelta(days=30)
    assert shop.ledger == {young.batch}
    assert shop.tombstones == [2, 3, 4], "deletes are known for twice as long"
    assert shop.ask("SELECT COUNT(*) FROM sales") == [[4]]


def test_accounts_and_outcomes_of_old_batches_are_summed_up(shop: Shop) -> None:
    for epoch, days_ago in ((1, 40), (2, 35)):
        shop.load(epoch, days_ago=days_ago, deletes=(epoch,))
    young = shop.load(3, days_ago=1)
    before = shop.sums()
    assert [line.difference for line in before[0]] == [0]
    assert before[2] == {"sale": LogPoint(1, make_position(1, 89, 0), 10, "log")}
    shop.loader.prune(START)
    assert shop.accounts() == [
        [SUMMED, "0", "9", "23", 4, 2_000],
        [young.batch, "0", "27", "32", 1, 3_000],
        [SUMMED, "1", "9", "23", 0, None],
        [young.batch, "1", "27", "32", 0, None],
    ]
    assert shop.ask(
        f"SELECT batch, loaded, superseded FROM {shop.names.outcome} ORDER BY loaded DESC"
    ) == [[SUMMED, 4, 0], [young.batch, 1, 0]]
    assert shop.sums() == before


def test_sums_are_summed_up_with_what_is_due_later(shop: Shop) -> None:
    shop.load(1, days_ago=40)
    shop.load(2, days_ago=20)
    shop.load(3, days_ago=10)
    before = shop.sums()
    for days in (30, 15, 15):
        shop.loader = shop.loader_that_keeps(Kept(days))
        shop.loader.prune(START)
        assert shop.sums() == before
    assert next(row[:5] for row in shop.accounts()) == [SUMMED, "0", "9", "23", 2]
    assert len(shop.accounts()) == 4


def test_a_table_that_only_sums_tell_of_has_been_read(shop: Shop) -> None:
    shop.load(1, days_ago=40)
    shop.loader.prune(START)
    again = shop.loader_that_keeps(KEPT)
    again.start(START + 1)
    part = Part(Part.new_name(), Kind.OUTCOME, "", 1, epoch=2, outcomes=(Outcome("x", "y", 0, 0),))
    assert again.load([part], START + 1).never_read == ()


def test_a_start_without_the_fence_prunes_nothing(shop: Shop) -> None:
    shop.load(1, days_ago=61, deletes=(1,))
    shop.loader_that_keeps(KEPT).start(START + 1)
    with pytest.raises(FenceLostError):
        shop.loader.prune(START)
    assert shop.tombstones == [1]
    assert len(shop.ledger) == 1


def prune_under(shop: Shop, faults: Faults, rule: Rule) -> bool:
    """Whether the fault has struck before the pruning was through."""
    fault = faults.add(rule)
    try:
        shop.loader.prune(START)
    except LoadError:
        assert fault.struck == 1
        return True
    finally:
        faults.clear()
    return False


@pytest.mark.faults
def test_a_pruning_that_is_cut_anywhere_changes_nothing(shop: Shop, faults: Faults) -> None:
    shop.load(1, days_ago=61, deletes=(1,))
    sums, accounts, places = shop.sums(), shop.accounts(), 0
    writes = r"^\s*(insert|delete|commit)\b"
    while prune_under(shop, faults, Rule(writes, When.BEFORE, Action.CLOSE, skip=places)):
        places += 1
        assert shop.accounts() == accounts
        assert (shop.tombstones, len(shop.ledger)) == ([1], 1)
    assert places == 8  # two sums, five deletes and the commit
    assert shop.sums() == sums
    assert (shop.tombstones, shop.ledger) == ([], set())


@pytest.mark.faults
def test_a_pruning_whose_reply_is_lost_is_done_and_may_be_done_again(
    shop: Shop, faults: Faults
) -> None:
    shop.load(1, days_ago=61, deletes=(1,))
    sums = shop.sums()
    assert prune_under(shop, faults, Rule(r"^\s*commit\b", When.AFTER, Action.CLOSE))
    assert (shop.tombstones, shop.ledger) == ([], set())
    shop.loader.prune(START)
    assert shop.sums() == sums
