"""The bookkeeping of a load: lock, fence, known parts, new ledger rows (steps 1 and 9 of `plan`).

Everything here runs on the cursor of the load's own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

from connectors.accounts import Outcome, sum_by_group
from connectors.redshift.bookkeeping import (
    ACCOUNT,
    FENCE,
    FIRST_TABLES,
    GAP,
    LEDGER,
    OUTCOME,
    Row,
    Table,
)
from connectors.redshift.errors import FenceLostError
from connectors.redshift.names import Names
from connectors.staging.part import Part

T = TypeVar("T")

# The protocol allows 32,767 parameters a statement; twenty columns at 500 rows stay well below.
_ROWS_PER_STATEMENT: Final = 500
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Cursor(Protocol):
    """The calls of a DB-API cursor that are used here."""

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> Any:
        """Runs one statement."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """The rows of the last statement."""


def present_tables(cursor: Cursor, names: Names) -> set[str]:
    """Which of `FIRST_TABLES` there are: none before the first start, some before an upgrade."""
    return {table.name for table in FIRST_TABLES if columns_of(cursor, names, table.name)}


def columns_of(cursor: Cursor, names: Names, table: str) -> set[str]:
    """The columns of a bookkeeping table; none where it has not been created."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s",
        (names.bookkeeping_schema, table),
    )
    return {str(row[0]) for row in cursor.fetchall()}


def lock(cursor: Cursor, names: Names) -> None:
    """Step 1, first: queue behind any other load. Must be the transaction's first statement.

    The lock is of a table that nobody reads. LOCK takes no snapshot, so what follows sees all that
    the former holder has committed.
    """
    cursor.execute(f"LOCK TABLE {names.load_lock}")


def lock_out_earlier_releases(cursor: Cursor, names: Names) -> None:
    """Queues behind loads of releases before layout version 6, which lock the ledger itself.

    Must be the first statement of the transaction that migrates: none of their loads is under way
    then, and the next one finds the fence taken.
    """
    cursor.execute(f"LOCK TABLE {names.ledger}")


def take_fence(cursor: Cursor, names: Names, application: str, number: int) -> None:
    """Makes `application`'s start `number` the one that may load; the load's lock is held.

    Raises FenceLostError when a later start has it, or another application.
    """
    if refuse_superseded(cursor, names, application, number):
        cursor.execute(f"DELETE FROM {names.fence}")
    holder = {"application": application, "start_number": number, "taken_at": now()}
    insert(cursor, names, FENCE, [holder])


def refuse_superseded(cursor: Cursor, names: Names, application: str, number: int) -> bool:
    """Whether anybody holds the fence; FenceLostError when a later start or another one does."""
    holder = _holder(cursor, names)
    if holder is None:
        return False
    _refuse_other(holder, application)
    if holder[1] > number:
        message = (
            f"start {number} of {application} was superseded by start {holder[1]}: stop this copy "
            "if both are running"
        )
        raise FenceLostError(message)
    return True


def verify_fence(
    cursor: Cursor, names: Names, application: str, number: int
) -> Sequence[Sequence[Any]]:
    """Step 1: raises FenceLostError unless the fence is that of this start.

    Returns tables and generations that the warehouse is swept to, as the bookkeeping table has
    them: every load needs both, and asks once.
    """
    cursor.execute(
        "SELECT f.application, f.start_number, s.table_name, s.generation "
        f"FROM {names.fence} AS f LEFT JOIN {names.floor} AS s ON s.generation > 0"
    )
    rows = cursor.fetchall()
    holder = (str(rows[0][0]), int(rows[0][1])) if rows else None
    if holder is None:
        message = (
            f"nobody holds the fence in {names.fence}, since its row was deleted: restart the "
            "application, which takes it again"
        )
        raise FenceLostError(message)
    _refuse_other(holder, application)
    if holder[1] != number:
        message = (
            f"start {holder[1]} of {application} has taken the fence of start {number}: stop one "
            "of the two copies if both are running"
        )
        raise FenceLostError(message)
    return [(table, generation) for *_, table, generation in rows if generation is not None]


def _holder(cursor: Cursor, names: Names) -> tuple[str, int] | None:
    cursor.execute(f"SELECT application, start_number FROM {names.fence}")
    rows = cursor.fetchall()
    return (str(rows[0][0]), int(rows[0][1])) if rows else None


def _refuse_other(holder: tuple[str, int], application: str) -> None:
    if holder[0] != application:
        message = (
            f"the target belongs to application {holder[0]!r}, and this is {application!r}: "
            "stop the other one and delete its row from the fence, or give each its own target"
        )
        raise FenceLostError(message)


def known_parts(cursor: Cursor, names: Names, parts: Sequence[Part]) -> set[str]:
    """Step 1: the names among `parts` that an earlier transaction has loaded."""
    known: set[str] = set()
    for chunk in _chunks(parts):
        marks = ", ".join(["%s"] * len(chunk))
        cursor.execute(
            f"SELECT part FROM {names.ledger} WHERE part IN ({marks})",
            [part.name for part in chunk],
        )
        known.update(str(row[0]) for row in cursor.fetchall())
    return known


def accounted_tables(cursor: Cursor, names: Names) -> set[str]:
    """The tables of which there are accounts, as `connectors.accounts` names them."""
    cursor.execute(f"SELECT DISTINCT table_name FROM {names.account}")
    return {str(row[0]) for row in cursor.fetchall()}


def record(  # noqa: PLR0913, PLR0917 - what a transaction has done
    cursor: Cursor,
    names: Names,
    application: str,
    batch: str,
    parts: Sequence[Part],
    outcomes: Sequence[Outcome],
) -> dt.datetime:
    """Step 9: the parts, their accounts summed up, the outcomes, and every gap; at which time."""
    loaded_at = now()
    ledger_rows = [
        {
            "part": p.name,
            "batch": batch,
            "kind": p.kind.name.lower(),
            "stream": p.table,
            "epoch": p.epoch,
            "row_count": p.rows,
            "byte_count": p.size,
            "url": p.url,
            "loaded_at": loaded_at,
        }
        for p in parts
    ]
    account_rows = [
        {
            "batch": batch,
            "stream": a.stream,
            "shard": a.shard,
            "table_name": a.table,
            "first_sequence_number": a.first_sequence_number,
            "last_sequence_number": a.last_sequence_number,
            "records_read": a.read,
            "split": a.split,
            "dead_lettered": a.dead_lettered,
            "passed_over": a.passed_over,
            "below_floor": a.below_floor,
            "last_arrival_ms": a.last_arrival_ms,
            "loaded_at": loaded_at,
            "log_generation": a.log_generation,
            "log_position": a.log_position,
            "log_committed": a.log_committed,
            "log_name": a.log_name,
            "first_committed": a.first_committed,
            "last_committed": a.last_committed,
            "commit_lag_ms": a.commit_lag_ms,
        }
        for a in sum_by_group(a for part in parts for a in part.accounts)
    ]
    outcome_rows = [
        {
            "batch": batch,
            "table_name": o.table,
            "destination": o.destination,
            "loaded": o.loaded,
            "superseded": o.superseded,
            "loaded_at": loaded_at,
        }
        for o in outcomes
    ]
    gap_rows = [
        {
            "batch": batch,
            "application": application,
            "stream": gap.stream,
            "shard": gap.shard,
            "last_sequence_number": gap.last_sequence_number,
            "first_sequence_number": gap.first_sequence_number,
            "read_until": _time(gap.read_until_ms),
            "first_arrival": _time(gap.first_arrival_ms),
            "cause": gap.cause,
            "loaded_at": loaded_at,
        }
        for part in parts
        for gap in part.gaps
    ]
    insert(cursor, names, LEDGER, ledger_rows)
    insert(cursor, names, ACCOUNT, account_rows)
    insert(cursor, names, OUTCOME, outcome_rows)
    insert(cursor, names, GAP, gap_rows)
    return loaded_at


def insert(cursor: Cursor, names: Names, table: Table, rows: Sequence[Row]) -> None:
    """Writes rows of a bookkeeping table; nothing when there are none."""
    for chunk in _chunks(rows):
        cursor.execute(*table.insert_statement(names, chunk))


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _ROWS_PER_STATEMENT):
        yield items[start : start + _ROWS_PER_STATEMENT]


def _time(millis: int | None) -> dt.datetime | None:
    """Milliseconds since the epoch as `now` gives a time."""
    if millis is None:
        return None
    return (_EPOCH + dt.timedelta(milliseconds=millis)).replace(tzinfo=None)


def now() -> dt.datetime:
    """The time in UTC, without zone: Redshift's TIMESTAMP has none."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
