"""Why a database cannot be followed, and what to do, in sentences without any secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import errors

from connectors.failures import StarjoinError
from infra.catalogue.connection import explain_refusal, hide_secrets


class SourceRefusedError(StarjoinError, RuntimeError):
    """The source cannot be followed; the message says why, and what to change there."""


WAL_LEVEL: Final = (
    "wal_level of the source is {level}, and its log can be followed only with logical: "
    "ALTER SYSTEM SET wal_level = logical, and restart the server (on Amazon RDS and Aurora: "
    "rds.logical_replication = 1 in the parameter group, and a reboot)"
)
IN_RECOVERY: Final = (
    "the source is a standby, where neither publication nor slot can be made: name the primary"
)
NO_RIGHT: Final = (
    "user {user} has no right to read the source's log: ALTER ROLE {quoted} REPLICATION (on Amazon "
    "RDS and Aurora: GRANT rds_replication TO {quoted})"
)
NO_SENDER: Final = (
    "the source has no session free that sends its log: raise max_wal_senders, or end another "
    "(SELECT * FROM pg_stat_replication)"
)
NO_SLOT: Final = (
    "the source has no replication slot free: drop one that nobody reads "
    "(SELECT slot_name FROM pg_replication_slots WHERE NOT active; "
    "SELECT pg_drop_replication_slot(...)), or raise max_replication_slots and restart the server"
)
WAITED: Final = (
    "a transaction of the source has been open for too long, and slot or table wait for its end: "
    "end it (SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start; "
    "SELECT pg_terminate_backend(pid))"
)
SLOT_IN_USE: Final = (
    "replication slot {slot} is being read by another process: end that one (SELECT pid, state "
    "FROM pg_stat_activity WHERE application_name = 'starjoin'), or name another slot"
)
SLOT_LOST: Final = (
    "the source has removed the log that replication slot {slot} needs (max_slot_wal_keep_size, or "
    "wal_status lost): SELECT pg_drop_replication_slot('{slot}'), and start with a new full load"
)
NOT_OWNER: Final = (
    "user {user} cannot publish the tables: they must be the user's, and it needs the right to "
    "create in the database (GRANT CREATE ON DATABASE ...): {said}"
)
NOT_READABLE: Final = (
    "user {user} has no right to read the tables: GRANT USAGE ON SCHEMA ..., GRANT SELECT ON ...: "
    "{said}"
)
NO_KEY: Final = (
    "the log would not say which row of {tables} was changed or deleted, and the source would "
    "refuse such changes once the table is published: add a primary key; or ALTER TABLE ... "
    "REPLICA IDENTITY USING INDEX with a unique index without nulls, or REPLICA IDENTITY FULL"
)
NOT_OURS: Final = (
    "the source has a replication slot {slot} that was not made here, or not for this database: "
    "name another slot"
)
NO_TABLE: Final = "the source has no table {tables}: look at schema and spelling"
NO_ROWS: Final = "{table} is {kind}, whose changes are in no log: name a table"


@contextmanager
def explain_errors(parameters: Mapping[str, Any], slot: str) -> Iterator[None]:
    """Makes sentences of what the driver raises. Raises SourceRefusedError."""
    try:
        yield
    except psycopg.Error as error:
        raise SourceRefusedError(_explain(error, parameters, slot)) from None


def _explain(error: psycopg.Error, parameters: Mapping[str, Any], slot: str) -> str:
    user = str(parameters.get("user") or "")
    said = " ".join(hide_secrets(str(error), parameters).split())
    for sign, sentence in _SENTENCES:
        is_it = re.search(sign, said) if isinstance(sign, str) else isinstance(error, sign)
        if is_it:
            quoted = '"' + user.replace('"', '""') + '"'
            return sentence.format(
                slot=slot, user=user or "of the session", quoted=quoted, said=said
            )
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return explain_refusal(error, parameters)
    code = error.sqlstate or "no code"
    # Errors of this class quote values of rows.
    return f"the source refuses ({code})" + ("" if code.startswith("22") else f": {said}")


# What an error says or is, and what it means; the first counts.
_SENTENCES: Final[tuple[tuple[str | type[psycopg.Error], str], ...]] = (
    ("max_wal_senders|standby connections", NO_SENDER),
    ("(?i)wal ?sender|replication role|permission denied to use replication", NO_RIGHT),
    ("can no longer (access|get changes from) replication slot", SLOT_LOST),
    (errors.ConfigurationLimitExceeded, NO_SLOT),
    (errors.ObjectInUse, SLOT_IN_USE),
    (errors.LockNotAvailable, WAITED),
    ("must be owner|permission denied for database", NOT_OWNER),
    (errors.InsufficientPrivilege, NOT_READABLE),
)
