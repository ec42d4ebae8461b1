"""For how long bookkeeping rows are kept, and by which statements they go."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from connectors.redshift.names import Names
from connectors.redshift.pruning import Cutoffs, Kept, plan_pruning
from flink_app.warehouse import warehouse_spec
from tests.unit.redshift.warehouse import FakeWarehouse, existing, loader
from tests.unit.stars import order_book

NOW: Final = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
BARE: Final = NOW.replace(tzinfo=None)


def test_deletes_are_kept_for_twice_as_long_as_batches() -> None:
    assert Kept(30)(BARE) == Cutoffs(
        batches=BARE - dt.timedelta(days=30),
        tombstones=BARE - dt.timedelta(days=60),
        cuts=BARE - dt.timedelta(days=30),
    )
    assert Kept(30, cut_days=7)(BARE).cuts == BARE - dt.timedelta(days=7)


@pytest.mark.parametrize(("seconds", "replayable"), [(0, True), (-1, False)])
def test_a_dead_letter_is_replayable_for_as_long_as_batches_are_kept(
    seconds: int, *, replayable: bool
) -> None:
    arrival = NOW - dt.timedelta(days=30) + dt.timedelta(seconds=seconds)
    assert Kept(30).is_replayable(round(arrival.timestamp() * 1_000), NOW) is replayable


def test_every_target_loses_its_tombstones_by_their_own_time() -> None:
    spec, cutoffs = warehouse_spec(order_book()), Kept(1)(BARE)
    statements = plan_pruning(spec, Names("starjoin"), cutoffs)
    deletes = {
        sql.split()[2]: values for sql, values in statements if sql.startswith("DELETE FROM")
    }
    tombstones = {f'"starjoin"."tombstones_{target.table}"' for target in spec.targets}
    assert {table for table, values in deletes.items() if values == [cutoffs.tombstones]} == (
        tombstones
    )
    assert set(deletes) - tombstones == {
        f'"starjoin".{table}' for table in ("ledger", "account", "outcome", "cut")
    }


def test_a_loader_that_keeps_everything_prunes_nothing() -> None:
    warehouse = FakeWarehouse()
    keeping = loader(warehouse)
    assert not keeping.prunes
    assert keeping.prune(5) is None
    assert warehouse.said == []


def test_a_load_has_no_statement_of_pruning() -> None:
    spec = warehouse_spec(order_book())
    warehouse = FakeWarehouse()
    warehouse.tables = existing(spec)
    pruning = loader(warehouse, spec=spec, pruning=Kept(30))
    pruning.start(5)
    warehouse.said.clear()
    pruning.load([], 5)
    assert warehouse.statements("DELETE FROM") == []
    warehouse.said.clear()
    assert pruning.prune(5) is not None
    first, lock, fence, *statements, committed, last = warehouse.said
    assert (first, committed, last) == ("connect", "commit", "close")
    assert lock.startswith("LOCK TABLE")
    assert fence.startswith("SELECT f.application")
    assert len(statements) == 6 + len(spec.targets)
