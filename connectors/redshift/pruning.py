"""What leaves the bookkeeping tables once nothing can need it any more, and when that is.

Ledger rows, and accounts and outcomes by batch, are kept for a number of days (`Kept.days`): as
long as a record may still be in the stream, and after that its staged file in the bucket. No
snapshot, however old, can bring in a part again after that, since its file is gone. Accounts and
outcomes are summed up, not dropped: the balance goes on to hold, and the sums go on to say up to
where each shard, and the source's log, is loaded.

Tombstones are kept twice as long. A dead letter may be replayed until the end of its days, and its
record may then lie in the stream and in the bucket as long as any other: for all that time the
delete of its key has to be known.

Cuts are kept for a time of their own, the newest for ever.

A batch's ledger rows, accounts and outcomes have one time, so they go together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from connectors.redshift.ddl import TOMBSTONE_TIME
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.spec import WarehouseSpec

# The batch of rows that stand for many batches.
SUMMED: Final = "(summed)"
# The driver gives text no type, which a column of a SELECT has to have.
_BATCH: Final = f"CAST('{SUMMED}' AS VARCHAR(64))"
_SEQUENCE_NUMBER_DIGITS: Final = 129
_LOG_POINT: Final = ("log_generation", "log_position", "log_committed", "log_name")
_COMMITS: Final = ("commit_lag_ms", "first_committed", "last_committed")


@dataclass(frozen=True)
class Cutoffs:
    """What was loaded before these times goes, in UTC without zone.

    Attributes:
        batches: of ledger rows, and of the accounts and outcomes that are summed up.
        tombstones: of deletes.
        cuts: of cuts but for the newest; None: as `batches`.
    """

    batches: dt.datetime
    tombstones: dt.datetime
    cuts: dt.datetime | None = None


@dataclass(frozen=True)
class Kept:
    """For how many days batches are kept, and cuts if not for as long."""

    days: int
    cut_days: int | None = None

    def __call__(self, now: dt.datetime) -> Cutoffs:
        """What may go now."""
        cut_days = self.days if self.cut_days is None else self.cut_days
        return Cutoffs(
            now - dt.timedelta(self.days),
            now - dt.timedelta(2 * self.days),
            now - dt.timedelta(cut_days),
        )

    def is_replayable(self, arrival_ms: int, now: dt.datetime) -> bool:
        """Whether the delete of a key is still known for long enough to replay a dead letter.

        `now` has its zone; `arrival_ms` is when its record first reached the stream.
        """
        return arrival_ms >= (now - dt.timedelta(self.days)).timestamp() * 1_000


Pruning = Callable[[dt.datetime], Cutoffs]  # what may go at a time in UTC without zone


def prune(cursor: Cursor, warehouse: WarehouseSpec, names: Names, cutoffs: Cutoffs) -> None:
    """Takes out what may go, in the transaction of `cursor`, whose fence is verified."""
    for sql, parameters in plan_pruning(warehouse, names, cutoffs):
        cursor.execute(sql, parameters)


def plan_pruning(
    warehouse: WarehouseSpec, names: Names, cutoffs: Cutoffs
) -> list[tuple[str, list[Any]]]:
    """The statements with their parameters, in order.

    Sums are written at the time of the cutoff, so they do not go with the rows that they sum up,
    and the next pruning sums them up with what is due then.
    """
    before = cutoffs.batches
    statements: list[tuple[str, list[Any]]] = []
    for table, sums in ((names.account, _sum_accounts), (names.outcome, _sum_outcomes)):
        statements.append((sums(names), [before, before]))
        statements.append((f"DELETE FROM {table} WHERE loaded_at < %s", [before]))
    statements.append((f"DELETE FROM {names.ledger} WHERE loaded_at < %s", [before]))
    newest = f"(SELECT MAX(cut_number) FROM {names.cut})"
    sql = f"DELETE FROM {names.cut} WHERE loaded_at < %s AND cut_number < {newest}"
    statements.append((sql, [before if cutoffs.cuts is None else cutoffs.cuts]))
    for target in warehouse.targets:
        sql = f"DELETE FROM {names.tombstones(target)} WHERE {quote(TOMBSTONE_TIME)} < %s"
        statements.append((sql, [cutoffs.tombstones]))
    return statements


def _sum_accounts(names: Names) -> str:
    """The point in the source's log is that of the account that leads furthest, as a whole.

    So is how long the newest change had been under way.
    """
    furthest = ", ".join(
        f"MAX(CASE WHEN log_rank = 1 THEN {name} END)" for name in (*_LOG_POINT, _COMMITS[0])
    )
    return f"""\
INSERT INTO {names.account} (batch, stream, shard, table_name, first_sequence_number,
  last_sequence_number, records_read, split, dead_lettered, passed_over, below_floor,
  last_arrival_ms, loaded_at, {", ".join((*_LOG_POINT, *_COMMITS))})
SELECT {_BATCH}, stream, shard, table_name, {_extreme("MIN", "first_sequence_number")},
  {_extreme("MAX", "last_sequence_number")}, SUM(records_read), SUM(split), SUM(dead_lettered),
  SUM(passed_over), SUM(below_floor), MAX(last_arrival_ms), %s,
  {furthest}, MIN(first_committed), MAX(last_committed)
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY stream, shard, table_name
    ORDER BY COALESCE(log_position, '') DESC, COALESCE(log_committed, 0) DESC) AS log_rank
  FROM {names.account} WHERE loaded_at < %s
) AS due
GROUP BY stream, shard, table_name"""


def _sum_outcomes(names: Names) -> str:
    return f"""\
INSERT INTO {names.outcome} (batch, table_name, destination, loaded, superseded, loaded_at)
SELECT {_BATCH}, table_name, destination, SUM(loaded), SUM(superseded), %s
FROM {names.outcome} WHERE loaded_at < %s GROUP BY table_name, destination"""


def _extreme(function: str, column: str) -> str:
    """Of sequence numbers: they are numbers of up to 129 digits, without leading zeros."""
    return f"LTRIM({function}(LPAD({column}, {_SEQUENCE_NUMBER_DIGITS}, '0')), '0')"
