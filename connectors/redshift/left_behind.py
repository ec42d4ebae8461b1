"""Sessions that an earlier attempt or start of the application has left on the warehouse.

A client that gave up waiting, or was killed, leaves its session behind: the statement goes on, or
the open transaction sits idle, with the load's lock. Whoever comes next would queue behind it
until Redshift gives it up, after hours. So the successor ends it.

Every open transaction of the loader begins with that lock, the creation of missing tables included
once there is a table to lock. Only the loader takes it, and the table belongs to one application,
as does the ledger, which releases before layout version 6 lock: the sessions that hold the lock or
wait for it are the application's own, whatever else its user does. An ordinary user sees its own
transactions in SVV_TRANSACTIONS and may end its own sessions, so no further right is needed. A
session's application name would not do: only a superuser sees it.

Where nobody comes next, only Redshift ends them, once they have been idle for their user's session
timeout. No session can set that for itself (`ALTER USER` takes an administrator); it is looked up.

Nothing is decided here. A COMMIT that is under way either becomes durable or does not; the next
transaction waits for the load's lock and reads which it was.
"""

from __future__ import annotations

import logging
from typing import Final

from connectors.redshift import ledger
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.transactions import Transactions

logger = logging.getLogger(__name__)

# A table's number is its own only within its database.
OWN_LOCKERS = """SELECT DISTINCT t.pid FROM svv_transactions AS t
JOIN pg_class AS c ON c.oid = t.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname IN (%s, %s)
AND t.txn_db = current_database() AND t.pid <> pg_backend_pid()
AND t.lock_mode = 'AccessExclusiveLock' AND t.txn_owner = current_user"""

# What an administrator is asked to set: a load never pauses for nearly as long.
SESSION_TIMEOUT: Final = 1_800
_SESSION_TIMEOUT: Final = (
    "SELECT user_name, session_timeout FROM svv_user_info WHERE user_name = current_user"
)


def say_endless_sessions(cursor: Cursor) -> str:
    """That this user's idle sessions have no limit of their own, and what sets one; else empty."""
    cursor.execute(_SESSION_TIMEOUT)
    return "".join(
        "this user has no session timeout, so Redshift ends a session whose client is gone only "
        "after hours, and for so long it may hold the load's lock. An administrator sets one: "
        f"ALTER USER {quote(str(user))} SESSION TIMEOUT {SESSION_TIMEOUT}"
        for user, seconds in cursor.fetchall()
        if not seconds
    )


def end_left_behind(
    transactions: Transactions, names: Names, application: str, number: int
) -> None:
    """Ends what an earlier attempt or start has left on the warehouse; raises LoadError."""
    doing = "ending sessions that were left behind"
    with transactions.open(doing, autocommit=True) as cursor:
        ended = end_sessions(cursor, names, application, number)
    if ended:
        logger.warning(
            "Ended sessions of this application that an earlier attempt left on the warehouse: "
            "processes %s. The ledger says what they committed",
            ", ".join(map(str, ended)),
        )


def end_sessions(cursor: Cursor, names: Names, application: str, number: int) -> list[int]:
    """Ends the sessions that hold the load's lock or wait for it; returns their process numbers.

    Must run outside of the load's own transaction, whose first statement is the lock. Raises
    FenceLostError, before it ends anything, when the target belongs to a later start or to another
    application: then those sessions are the rightful ones, and this start is the superseded one.
    """
    ledger.refuse_superseded(cursor, names, application, number)
    cursor.execute(OWN_LOCKERS, (names.bookkeeping_schema, names.LOAD_LOCK, names.LEDGER))
    lockers = [int(row[0]) for row in cursor.fetchall()]
    for process in lockers:
        cursor.execute(f"SELECT pg_terminate_backend({process})")
    return lockers
