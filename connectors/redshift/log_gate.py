"""What a load refuses: changes of a log of the source that has started again (step 1 of `plan`).

Decode stops at them, as far as a subtask can know. The accounts of all shards meet here, in the
transaction that would discard them, and what earlier batches have read stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.accounts import Account
from connectors.log_points import LogPoint, LogRule, Points, follow
from connectors.redshift.bookkeeping import ACCOUNT
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.ledger import Cursor, columns_of
from connectors.redshift.names import Names


def read_log_points(cursor: Cursor, names: Names) -> Points:
    """How far the log of each table has been loaded; nothing for tables of an earlier layout."""
    if "log_position" not in columns_of(cursor, names, ACCOUNT.name):
        return {}
    return _points(cursor, names)


def _points(cursor: Cursor, names: Names) -> Points:
    furthest = (
        f"SELECT table_name, MAX(log_position) AS log_position FROM {names.account} "
        "GROUP BY table_name"
    )
    cursor.execute(
        "SELECT a.table_name, a.log_generation, a.log_position, MAX(a.log_committed), "
        f"MAX(a.log_name) FROM {names.account} AS a JOIN ({furthest}) AS f "
        "ON f.table_name = a.table_name AND f.log_position = a.log_position "
        "GROUP BY a.table_name, a.log_generation, a.log_position"
    )
    return {
        str(table): LogPoint(int(generation), str(position), int(committed or 0), str(log or ""))
        for table, generation, position, committed, log in cursor.fetchall()
    }


def _describe(point: LogPoint, known: LogPoint) -> str:
    """How a change of another log stands to what is known."""
    positions = f"position {point.position}, before {known.position}"
    if point.log and known.log and point.log != known.log:
        return f"changes of log {point.log} follow those of log {known.log} ({positions})"
    return (
        "changes were committed later than those that are loaded, and stand below them in the log "
        f"({positions})"
    )


class LogGate:
    """Compares each batch with the batches before it.

    Args:
        names: of the bookkeeping tables.
        rule: what is a restart.
    """

    def __init__(self, names: Names, rule: LogRule) -> None:
        self._names = names
        self._rule = rule
        self._known: Points | None = None  # None until the first load has queried the accounts
        self._next: Points = {}

    def check(self, cursor: Cursor, accounts: Iterable[Account]) -> None:
        """Raises NeedsRepairError where the rule is to stop at what the accounts show."""
        if self._known is None:
            self._known = _points(cursor, self._names)
        read = [(a.table, point) for a in accounts if (point := a.log_point) is not None]
        self._next, restarted = follow(self._known, read, self._rule.tolerance)
        if restarted and self._rule.stops:
            tables = ", ".join(dict.fromkeys(table for table, _ in restarted))
            table, point = restarted[0]
            message = (
                f"the source's log has started again: changes of {tables} would be discarded or "
                f"ordered wrongly. Table {table}: {_describe(point, self._next[table])}. Nothing "
                "of this batch was loaded. operations.md, The source's log starts again, says how "
                "to go on: from a snapshot of before these changes with a new generation, or with "
                "a reload. If the source is the same server and its log was not reset, this was a "
                "transaction longer than log.restart.seconds: set that higher, and this batch is "
                "loaded"
            )
            raise NeedsRepairError(message)

    def forget(self) -> None:
        """A transaction whose reply was lost has committed: what is known is read again."""
        self._known = None

    def confirm(self) -> None:
        """What was checked last is in the warehouse now."""
        self._known = self._next
