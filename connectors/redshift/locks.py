"""Which locks the loader's sessions wait for, and who holds them: table, session, since when.

`SVV_TRANSACTIONS` has them. Redshift shows an ordinary user its own sessions alone, a superuser and
a user with SYSLOG ACCESS UNRESTRICTED all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import quote

RELEASE: Final = (
    "Commit or roll back that transaction, or end its session with SELECT "
    "pg_terminate_backend(<process>)"
)
# Two writers of a table wait for each other, and for nobody else.
_WRITERS: Final = {"ShareRowExclusiveLock", "ExclusiveLock"}
_EXCLUSIVE: Final = "AccessExclusiveLock"
_WRITING: Final = {*_WRITERS, _EXCLUSIVE}
_AWAITED: Final = """SELECT DISTINCT n.nspname, c.relname, t.pid, t.lock_mode
FROM svv_transactions AS t
JOIN pg_class AS c ON c.oid = t.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.txn_db = current_database() AND NOT t.granted AND t.txn_owner = current_user"""


def awaited_locks(cursor: Cursor, schemas: Sequence[str]) -> list[str]:
    """`say_holders` for each lock that a session of this user waits for on a table of the schemas.

    The cursor is of another session than those that wait.
    """
    cursor.execute(f"{_AWAITED} AND n.nspname IN ({', '.join(['%s'] * len(schemas))})", schemas)
    awaited = sorted(
        (str(schema), str(table), int(waiting), str(mode))
        for schema, table, waiting, mode in cursor.fetchall()
    )
    return [
        say_holders(cursor, f"{quote(schema)}.{quote(table)}", mode, waiting)
        for schema, table, waiting, mode in awaited
    ]


def say_holders(
    cursor: Cursor, table: str, mode: str = _EXCLUSIVE, waiting: int | None = None
) -> str:
    """Who holds a lock on a table against one of `mode`; without a full stop.

    `table` is its quoted name, and `waiting` the process that waits, if that is another session's.
    Where this user sees no holder, the query is given with which a superuser finds it.
    """
    cursor.execute(holders_query(table))
    against = _WRITING if mode in _WRITERS else None
    holders = {
        process: f"process {process}, in a transaction since {since}"
        for process, held, since in cursor.fetchall()
        if process != waiting and (against is None or held in against)
    }
    if holders:
        return f"table {table} is locked by {'; '.join(holders.values())}"
    return (
        f"table {table} is locked by a session that the loader's user does not see; a superuser "
        f"finds it with {superuser_query(table)}"
    )


def holders_query(table: str) -> str:
    """Process, mode and begin of the other transactions that hold locks, also those of a SELECT."""
    return (
        "SELECT t.pid, t.lock_mode, MIN(t.txn_start) FROM svv_transactions AS t\n"
        "WHERE t.txn_db = current_database() AND t.pid <> pg_backend_pid()\n"
        f"AND t.granted AND t.relation = {_number_of(table)}\n"
        "GROUP BY t.pid, t.lock_mode ORDER BY t.pid"
    )


def superuser_query(table: str) -> str:
    """The query for a superuser, who sees every user's transactions."""
    return (
        "SELECT pid, txn_owner, txn_start, lock_mode FROM svv_transactions "
        f"WHERE granted AND relation = {_number_of(table)}"
    )


def _number_of(table: str) -> str:
    quoted_name = table.replace("'", "''")
    return f"'{quoted_name}'::regclass::oid"
