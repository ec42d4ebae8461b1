"""Cuts in the warehouse: written with their load, read by the next start, shown and pruned."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from connectors.accounts import Account, Tip
from connectors.blocks import Kind
from connectors.redshift.cuts import Evidence
from connectors.redshift.errors import OutcomeUnknownError
from connectors.redshift.loader import Loader
from connectors.redshift.names import Names
from connectors.redshift.pruning import Kept
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from infra.cut.reading import read_cut
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.test_bookkeeping_migrations import (
    APPLICATION,
    execute,
    make_loader,
    query,
    spec,
)
from tests.contract.warehouse import Warehouse

pytestmark = pytest.mark.contract

_START: Final = 7
_LAST_KEY: Final = str(2**128 - 1)
_BEGIN: Final = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)


def at(seconds: int) -> int:
    """Milliseconds since 1970, so many seconds after the begin."""
    return round(_BEGIN.timestamp() * 1_000) + 1_000 * seconds


def part(epoch: int, first: int, last: int, seconds: int) -> Part:
    """A part of a shard whose last record was committed then."""
    account = Account(
        "changes", "0", "(control)", str(first), str(last), 1, 0, 0, 1, at(seconds) + 400,
        first_committed=1_000 * at(0), last_committed=1_000 * at(seconds) + 7, commit_lag_ms=400,
    )  # fmt: skip
    tip = Tip("changes", "0", None, False, "0", _LAST_KEY)
    return Part(Part.new_name(), Kind.ACCOUNT, "", 2, epoch=epoch, accounts=(account,), tips=(tip,))


def idle(epoch: int, seconds: int) -> Part:
    tip = Tip("changes", "0", at(seconds), False, "0", _LAST_KEY)
    return Part(Part.new_name(), Kind.ACCOUNT, "", 1, epoch=epoch, tips=(tip,))


class Bookkeeping:
    """A warehouse, and one start of the application."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.names = Names(warehouse.schema)
        self.store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
        self.loader = self.begin(_START)

    def begin(self, number: int) -> Loader:
        self.loader = make_loader(self.warehouse, self.store)
        self.loader.start(number)
        return self.loader

    def ask(self, sql: str) -> list[list[Any]]:
        return query(self.warehouse, sql)

    def shown(self) -> list[Any]:
        """The view's row, without what differs from run to run."""
        columns = "complete_until, evidence, cut_number"
        (row,) = self.ask(f"SELECT {columns} FROM {self.names.data_complete_until}")
        return row

    def cuts(self) -> list[int]:
        rows = self.ask(f"SELECT DISTINCT cut_number FROM {self.names.cut} ORDER BY cut_number")
        return [number for (number,) in rows]


@pytest.fixture
def bookkeeping(warehouse: Warehouse) -> Bookkeeping:
    return Bookkeeping(warehouse)


def time(seconds: int, micros: int = 7) -> dt.datetime:
    return (_BEGIN + dt.timedelta(seconds=seconds, microseconds=micros)).replace(tzinfo=None)


def test_a_cut_goes_on_from_start_to_start(bookkeeping: Bookkeeping) -> None:
    bookkeeping.loader.load([part(1, 1, 9, 60)], _START)
    assert bookkeeping.shown() == [time(55), "commits", 1]
    bookkeeping.loader.load([idle(2, 1_000)], _START)
    assert bookkeeping.shown() == [time(700, 0), "arrival", 2]

    later = bookkeeping.begin(_START + 1)
    later.load([part(3, 5, 8, 30)], _START + 1)
    assert bookkeeping.shown() == [time(700, 0), "replaying", 3]
    later.load([part(4, 9, 10, 1_200)], _START + 1)
    assert bookkeeping.shown() == [time(1_195), "commits", 4]
    later.load([part(5, 11, 100, 1_300)], _START + 1)
    assert bookkeeping.shown() == [time(1_295), "commits", 5]

    with bookkeeping.warehouse.connect() as connection:
        cursor = connection.cursor()
        newest = read_cut(cursor, bookkeeping.names)
        first = read_cut(cursor, bookkeeping.names, dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    assert first is None
    assert newest is not None
    (shard,) = newest.shards
    assert (shard.first_sequence_number, shard.last_sequence_number) == ("11", "100")
    assert (shard.last_committed, shard.read_until) == (time(1_300), time(1_000, 0))
    assert (shard.commit_lag_ms, shard.ended, shard.evidence) == (400, False, Evidence.COMMITS)


@pytest.mark.faults
@pytest.mark.parametrize(("when", "first"), [(When.BEFORE, []), (When.AFTER, [1])])
def test_a_cut_is_there_once_whatever_became_of_the_first_attempt(
    bookkeeping: Bookkeeping, faults: Faults, when: When, first: list[int]
) -> None:
    loaded = part(1, 1, 9, 60)
    faults.add(Rule(r"^\s*commit\b", when, Action.CLOSE))
    with pytest.raises(OutcomeUnknownError):
        bookkeeping.loader.load([loaded], _START)
    faults.clear()
    assert bookkeeping.cuts() == first
    bookkeeping.loader.load([loaded], _START)
    assert bookkeeping.cuts() == [1]
    bookkeeping.loader.load([loaded, part(2, 10, 11, 120)], _START)
    assert bookkeeping.shown() == [time(115), "commits", 2]


def test_what_was_read_before_there_were_cuts_counts(bookkeeping: Bookkeeping) -> None:
    bookkeeping.loader.load([part(1, 1, 99, 60)], _START)
    execute(bookkeeping.warehouse, f"DELETE FROM {bookkeeping.names.cut}")
    later = bookkeeping.begin(_START + 1)
    later.load([part(2, 50, 98, 30)], _START + 1)
    assert bookkeeping.shown() == [None, "replaying", 1]
    later.load([part(3, 99, 100, 90)], _START + 1)
    assert bookkeeping.shown() == [time(85), "commits", 2]


def test_cuts_are_pruned_by_their_age_and_never_the_newest(bookkeeping: Bookkeeping) -> None:
    for epoch, days in ((1, 9), (2, 8), (3, 6)):
        loaded = bookkeeping.loader.load([part(epoch, 10 * epoch, 10 * epoch + 1, epoch)], _START)
        set_back = f"GETDATE() - INTERVAL '{24 * days} hours'"
        execute(
            bookkeeping.warehouse,
            f"UPDATE {bookkeeping.names.cut} SET loaded_at = {set_back} "
            f"WHERE batch = '{loaded.batch}'",
        )
    for keeps, expected in ((7, [3]), (5, [3])):
        pruning = Loader(
            spec(bookkeeping.warehouse),
            application=APPLICATION,
            bookkeeping_schema=bookkeeping.warehouse.schema,
            copy_role=bookkeeping.warehouse.role,
            connect=bookkeeping.warehouse.connect,
            manifests=bookkeeping.store,
            pruning=Kept(30, keeps),
        )
        pruning.prune(_START)
        assert bookkeeping.cuts() == expected


def test_who_reads_the_view_holds_up_no_load(bookkeeping: Bookkeeping) -> None:
    bookkeeping.loader.load([part(1, 1, 9, 60)], _START)
    with bookkeeping.warehouse.connect() as reader:
        reader.cursor().execute(f"SELECT * FROM {bookkeeping.names.data_complete_until}")
        bookkeeping.loader.load([part(2, 10, 11, 120)], _START)
        reader.rollback()
    assert bookkeeping.shown() == [time(115), "commits", 2]
