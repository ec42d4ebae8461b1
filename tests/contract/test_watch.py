"""What `starjoin watch` reads of a warehouse, by a driver and with the values of the Data API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from connectors.accounts import DIMENSION, Account, Gap, Outcome, Tip
from connectors.blocks import Kind
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from infra.watch.bookkeeping import Bookkeeping
from infra.watch.picture import Destination, LetterFile, Loads
from tests.contract.test_bookkeeping_migrations import execute, make_loader
from tests.contract.warehouse import Warehouse

pytestmark = pytest.mark.contract

_START = 7
_LAST_KEY = str(2**128 - 1)


class TextCursor:
    """Gives values as the Data API does: times, decimals and sums are text."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        self._cursor.execute(operation, args)

    def fetchall(self) -> list[list[Any]]:
        return [[_as_text(value) for value in row] for row in self._cursor.fetchall()]


def _as_text(value: Any) -> Any:
    if isinstance(value, Decimal):  # all of them are sums of whole numbers
        return str(int(value))
    return str(value) if isinstance(value, dt.datetime) else value


def account(table: str, read: int, dead: int, arrival: dt.datetime, **others: Any) -> Account:
    arrived = round(arrival.timestamp() * 1_000)
    return Account(
        "changes", "0", table, str(read), str(10 * read), read, 0, dead, 0, arrived,
        last_committed=1_000 * arrived, commit_lag_ms=0, **others,
    )  # fmt: skip


def counted(epoch: int, *accounts: Account, **others: Any) -> Part:
    tips = (Tip("changes", "0", None, False, "0", _LAST_KEY),)
    return Part(
        Part.new_name(), Kind.ACCOUNT, "", 1, epoch=epoch, accounts=accounts, tips=tips, **others
    )


def look(warehouse: Warehouse, *, as_text: bool = False) -> Loads:
    with closing(warehouse.connect()) as connection:
        cursor = connection.cursor()
        bookkeeping = Bookkeeping(Names(warehouse.schema))
        now = dt.datetime.now(dt.UTC)
        return bookkeeping.read(TextCursor(cursor) if as_text else cursor, now)


def test_a_look_at_the_tables_from_before_they_are_made(warehouse: Warehouse) -> None:
    assert look(warehouse) == Loads(begun=False)
    loader = make_loader(
        warehouse, S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    )
    loader.start(_START)
    nothing = look(warehouse)
    assert (nothing.begun, nothing.read, nothing.batches, nothing.evidence) == (True, 0, (), "")

    now = dt.datetime.now(dt.UTC)
    letters = Part(
        "letters-1", Kind.DEAD_LETTERS, "", 2, url="s3://staging/letters-1", size=300, epoch=4
    )
    loader.load(
        [
            counted(3, account("city", 2, 0, now - dt.timedelta(seconds=90))),
            counted(
                4,
                account("sale", 5, 2, now - dt.timedelta(seconds=60)),
                # A table that is both: its records are counted once.
                outcomes=(
                    Outcome("city", DIMENSION, 2, 0),
                    Outcome("sale", DIMENSION, 3, 0),
                    Outcome("sale", "sales", 2, 1),
                ),
                gaps=(Gap("changes", "0", "1", "9", None, None, "records have expired"),),
            ),
            letters,
        ],
        _START,
    )
    first = look(warehouse)
    assert (first.read, first.dead_lettered, first.passed_over) == (7, 2, 0)
    assert first.destinations == (Destination("sales", 2, 1), Destination(DIMENSION, 5, 0))
    assert (first.loaded, first.lately_read, first.lately_loaded) == (7, 7, 7)
    assert (first.lately_dead_lettered, first.replayed) == (2, 0)
    (batch,) = first.batches
    assert (batch.first_epoch, batch.last_epoch) == (3, 4)
    assert (batch.records, batch.changes, batch.dead_lettered) == (7, 7, 2)
    assert batch.after_arrival is not None
    assert 59 < batch.after_arrival < 120
    assert first.gap_count == 1
    assert [(gap.shard, gap.cause) for gap in first.gaps] == [("0", "records have expired")]
    assert first.letters == (LetterFile("letters-1", "s3://staging/letters-1", 2, 300),)
    (shard,) = first.shards
    assert (shard.shard, shard.last_sequence_number, shard.ended) == ("0", "50", False)
    assert shard.loaded_until == _to_milliseconds(now - dt.timedelta(seconds=60))
    assert first.evidence == "commits"
    assert first.complete_until is not None
    assert first.complete_until.tzinfo is dt.UTC

    assert look(warehouse, as_text=True) == first


def test_old_loads_are_not_lately_and_what_was_summed_up_is_no_batch(warehouse: Warehouse) -> None:
    loader = make_loader(
        warehouse, S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    )
    loader.start(_START)
    arrival = dt.datetime.now(dt.UTC)
    for number in range(1, 8):
        loaded = [counted(number, account("city", number, 1, arrival))]
        batch = loader.load(loaded, _START).batch
        seconds = 600 if number <= 6 else 0
        execute(
            warehouse,
            f"UPDATE {warehouse.schema}.account SET loaded_at = loaded_at - INTERVAL '{seconds} "
            f"seconds'{', batch = ' + chr(39) + '(summed)' + chr(39) if number == 1 else ''} "
            f"WHERE batch = '{batch}'",
        )
    seen = look(warehouse)
    assert (seen.read, seen.lately_read, seen.lately_dead_lettered) == (28, 7, 6)
    assert [batch.records for batch in seen.batches] == [7, 6, 5, 4, 3]


def test_tables_of_another_release_are_said(warehouse: Warehouse) -> None:
    loader = make_loader(
        warehouse, S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")
    )
    loader.start(_START)
    execute(warehouse, f"UPDATE {warehouse.schema}.schema_version SET version = 11")
    with pytest.raises(NeedsRepairError, match="have version 11, and this release"):
        look(warehouse)


def _to_milliseconds(time: dt.datetime) -> dt.datetime:
    return dt.datetime.fromtimestamp(round(time.timestamp() * 1_000) / 1_000, dt.UTC)
