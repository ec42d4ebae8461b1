"""Which locks the loader's sessions wait for, and who holds them: table, session, since when.

`SVV_TRANSACTIONS` has them. Redshift shows an ordinary user its own sessions alone, a superuser and
a user with SYSLOG ACCESS UNRESTRICTED all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import quoted

# Two writers of a table wait for each other, and for nobody else.
_WRITERS: Final = {"ShareRowExclusiveLock", "ExclusiveLock"}
_WRITING: Final = {*_WRITERS, "AccessExclusiveLock"}
_TABLES: Final = """FROM svv_transactions AS t
JOIN pg_class AS c ON c.oid = t.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.txn_db = current_database()"""
_AWAITED: Final = f"""SELECT DISTINCT n.nspname, c.relname, t.pid, t.lock_mode {_TABLES}
AND NOT t.granted AND t.txn_owner = current_user"""
_HELD: Final = f"""SELECT t.pid, t.lock_mode, MIN(t.txn_start) {_TABLES}
AND t.granted AND n.nspname = %s AND c.relname = %s
GROUP BY t.pid, t.lock_mode ORDER BY t.pid"""


def awaited_locks(cursor: Cursor, schemas: Sequence[str]) -> list[str]:
    """A sentence for each lock that a session of this user waits for on a table of these schemas.

    The cursor is of another session than those that wait.
    """
    cursor.execute(f"{_AWAITED} AND n.nspname IN ({', '.join(['%s'] * len(schemas))})", schemas)
    awaited = [(str(schema), str(table), *how) for schema, table, *how in cursor.fetchall()]
    return [_sentence(cursor, *lock) for lock in sorted(awaited)]


def _sentence(cursor: Cursor, schema: str, table: str, waiting: int, mode: str) -> str:
    cursor.execute(_HELD, (schema, table))
    against = _WRITING if mode in _WRITERS else None
    holders: dict[int, str] = {}
    for process, held, since in cursor.fetchall():
        if process != waiting and (against is None or held in against):
            holders.setdefault(process, f"process {process}, in a transaction since {since}")
    name = f"{quoted(schema)}.{quoted(table)}"
    if holders:
        return f"table {name} is locked by {'; '.join(holders.values())}"
    return (
        f"table {name} is locked by a session that the loader's user does not see; a superuser "
        "finds it with SELECT pid, txn_owner, txn_start, lock_mode FROM svv_transactions "
        f"WHERE granted AND relation = '{name}'::regclass::oid"
    )
