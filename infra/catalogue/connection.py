"""A read-only session of a PostgreSQL, and why there is none, in sentences without the password.

The driver's own text is shown only where nothing better is known, and never before the address has
been taken apart: what it calls a host may be the end of a password that was not escaped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra.catalogue.model import CatalogueError

CONNECT_SECONDS: Final = 10  # a firewall that swallows packets answers never
# The catalogue is read in far less; a database that takes longer is stuck.
STATEMENT_SECONDS: Final = 30
# Nothing is waited for: a table that somebody alters is left as it is.
LOCK_SECONDS: Final = 2
OLDEST_VERSION: Final = 110_000
_SCHEME: Final = re.compile(r"^postgres(ql)?://")
_SECRETS: Final = ("password", "sslpassword", "oauth_client_secret", "scram_client_key")
_FORM: Final = "write it as postgresql://USER@HOST:5432/DATABASE"
_ESCAPE: Final = (
    "if user or password contain one of @ / % : or a blank, write that as %40 %2F %25 %3A %20, or "
    "leave the password out and set PGPASSWORD"
)


@contextmanager
def open_session(address: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """One read-only transaction, that sees one state of the database and waits for nobody.

    Raises CatalogueError where the address is wrong or no session can be had.
    """
    with connect(read_address(address), "starjoin init") as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if connection.info.server_version < OLDEST_VERSION:
            message = (
                f"the server is PostgreSQL {connection.info.server_version // 10_000}, and init "
                "reads 11 and later: write the declaration by hand, or from create-table records "
                "(--records)"
            )
            raise CatalogueError(message)
        connection.execute(
            f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'; "
            f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; "
            # Names of defaults mean the system's own, whatever somebody has put beside them.
            "SET LOCAL search_path = pg_catalog"
        )
        yield connection
        connection.rollback()


def read_address(address: str, option: str = "--dsn") -> dict[str, Any]:
    """An address of libpq, as a URL or as `host=... dbname=...`, taken apart.

    `option` is the one that it was given by.
    Raises CatalogueError, without a word of the address, where it cannot be.
    """
    is_url = _SCHEME.match(address) is not None
    if "://" in address and not is_url:
        message = f"{option} is not an address of a PostgreSQL: {_FORM}"
        raise CatalogueError(message, is_of_arguments=True)
    try:
        parameters = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        message = f"{option} cannot be read: {_FORM}; {_ESCAPE}"
        raise CatalogueError(message, is_of_arguments=True) from None
    # libpq ends user and password at the first of these, and takes the rest for host and name.
    named = f"{parameters.get('host') or ''}{parameters.get('dbname') or ''}"
    port = str(parameters.get("port") or "")
    if is_url and ("@" in named or not re.fullmatch(r"[0-9,]*", port)):
        message = f"{option} cannot be read: {_ESCAPE}"
        raise CatalogueError(message, is_of_arguments=True)
    return parameters


def connect(parameters: Mapping[str, Any], name: str) -> psycopg.Connection[dict[str, Any]]:
    """A session that the server knows by a name.

    Raises CatalogueError where none can be had.
    """
    defaults: dict[str, Any] = {"application_name": name}
    if "connect_timeout" not in parameters and "PGCONNECT_TIMEOUT" not in os.environ:
        defaults["connect_timeout"] = CONNECT_SECONDS
    try:
        return psycopg.Connection.connect(
            **{**defaults, **parameters},
            row_factory=psycopg.rows.dict_row,
            prepare_threshold=None,  # a pooler may give each transaction another session
        )
    except psycopg.OperationalError as error:
        raise CatalogueError(explain_refusal(error, parameters)) from None


def explain_refusal(error: psycopg.Error, parameters: Mapping[str, Any]) -> str:
    """Why there is no session, and what to do."""
    text = str(error)
    host = str(parameters.get("host") or os.environ.get("PGHOST") or "the local socket")
    port = str(parameters.get("port") or os.environ.get("PGPORT") or 5432)
    user = parameters.get("user") or os.environ.get("PGUSER")
    database = parameters.get("dbname") or os.environ.get("PGDATABASE") or user
    for pattern, sentence in _REFUSALS:
        if re.search(pattern, text, re.IGNORECASE):
            return sentence.format(
                host=host,
                port=port,
                user=f"user {user}" if user else "the user",
                database=f"database {database}" if database else "the database",
            )
    shown = " ".join(hide_secrets(text, parameters).split())
    return f"no session on {host}, port {port}: {shown}"


# What libpq or the server says, in English, and what it means; else its own text is shown.
_REFUSALS: Final = (
    (
        "failed to resolve host|could not translate host name|name (or service not known|resol)",
        "host {host} is unknown: look at its spelling, and whether this machine can resolve it",
    ),
    (
        "connection refused",
        "nothing listens on {host}, port {port}: start the server, or write its port",
    ),
    (
        "timeout expired|timed out|connection timeout",
        "{host}, port {port}, does not answer: a firewall may keep this machine out",
    ),
    (
        "no password supplied",
        "{user} needs a password: set PGPASSWORD, or have it in ~/.pgpass",
    ),
    (
        "password authentication failed",
        "the password of {user} is wrong, or there is no such user",
    ),
    (
        'database ".*" does not exist',
        "there is no {database} on {host}: `psql -l` lists them",
    ),
    ('role ".*" does not exist', "there is no {user} on {host}"),
    (
        "no pg_hba.conf entry|pg_hba.conf rejects",
        "the server keeps {user} out of {database} here: look at its pg_hba.conf and at sslmode",
    ),
    ("permission denied for database", "{user} has no right to connect to {database}"),
    (
        "too many clients|too many connections|remaining connection slots",
        "the server has no session free: try again later",
    ),
    (
        "no such file or directory",
        "no server has its socket at {host}, port {port}: name another host, as localhost",
    ),
)


def hide_secrets(text: str, parameters: Mapping[str, Any]) -> str:
    """A text of the driver, with stars where it repeats a secret of the address."""
    for name in _SECRETS:
        if secret := str(parameters.get(name) or ""):
            text = text.replace(secret, "***")
    if secret := os.environ.get("PGPASSWORD", ""):
        text = text.replace(secret, "***")
    return text
