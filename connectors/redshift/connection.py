"""Connections to Redshift: one per transaction, so that no session state outlives it."""

from __future__ import annotations

import json
import logging
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import redshift_connector
from redshift_connector.core import Connection

from connectors.redshift.access import DEFAULT_LIMITS, Limits, RedshiftAddress, SslMode
from connectors.redshift.errors import CONNECTION_LOST, NeedsRepairError, RetryLoadError
from connectors.secrets import (
    SecretReader,
    SecretRefusedError,
    SecretUnavailableError,
    read_secret,
)

# At level DEBUG the driver logs what it was given and what the server answers.
logging.getLogger("redshift_connector").setLevel(logging.WARNING)
# An idle socket under a long COPY is cut by network address translation after 350 s on AWS.
_KEEPALIVE_IDLE_SECONDS: Final = 60


@dataclass(frozen=True)
class Credentials:
    """Who loads; printing it does not show the password."""

    user: str
    password: str = field(repr=False)


def read_credentials(client: SecretReader, secret_id: str) -> Credentials:
    """Reads `{"username": ..., "password": ...}`, the form that Redshift's own secrets have.

    Raises NeedsRepairError when the secret has another form, or cannot be read until someone
    changes something, and RetryLoadError when it may be read later.
    """
    try:
        text: Any = read_secret(client, secret_id, "secret.id of starjoin.redshift")
    except SecretUnavailableError as error:
        raise RetryLoadError(str(error)) from None
    except SecretRefusedError as error:
        raise NeedsRepairError(str(error)) from None
    try:
        content = json.loads(text)
        return Credentials(str(content["username"]), str(content["password"]))
    except (KeyError, TypeError, ValueError):
        # Nothing of the cause is shown: the parser's message quotes the secret.
        message = f'secret {secret_id} is not of the form {{"username": ..., "password": ...}}'
        raise NeedsRepairError(message) from None


def connect(
    address: RedshiftAddress,
    credentials: Credentials,
    limits: Limits = DEFAULT_LIMITS,
    query_group: str | None = None,
) -> Connection:
    """Opens a connection without autocommit, in a query group if one is given by name.

    Raises redshift_connector's errors or OSError; `errors.classify` sorts them.
    """
    connection = open_connection(
        host=address.host,
        port=address.port,
        database=address.database,
        user=credentials.user,
        password=credentials.password,
        ssl=address.ssl_mode is not SslMode.NONE,
        # A mode that is named is kept; of its own the driver only warns of another host's name.
        sslmode=None if address.ssl_mode is SslMode.NONE else address.ssl_mode.value,
        timeout=limits.connect,
        tcp_keepalive=True,
        tcp_keepalive_idle=_KEEPALIVE_IDLE_SECONDS,
        application_name="starjoin",
    )
    try:
        # Outside of any transaction: a rollback would take the setting back.
        connection.autocommit = True
        limit_statements(connection.cursor(), limits.statement)
        if query_group:
            connection.cursor().execute(f"SET query_group TO '{query_group}'")
        connection.autocommit = False
        # The driver takes one limit for connecting and for all that follows, and has no other way
        # to change it.
        connection._usock.settimeout(limits.statement + limits.grace)  # noqa: SLF001
    except BaseException:
        disconnect(connection)
        raise
    return connection


def limit_statements(cursor: Any, seconds: int) -> None:
    """Lets the server cancel what takes longer; waiting for a lock or a queue counts."""
    cursor.execute(f"SET statement_timeout TO {1_000 * seconds}")


def open_connection(**options: Any) -> Connection:
    """The driver's `connect`, which leaves its socket open where it fails after the TCP connection.

    Whoever keeps the exception keeps that socket, by the frames of its traceback, and the server
    keeps a session; so it is closed here. Raises what the driver raises.
    """
    try:
        return redshift_connector.connect(**options)
    except BaseException as error:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            half_open = frame.f_locals.get("self")
            if isinstance(half_open, Connection):
                for name in ("_sock", "_usock"):  # the buffered stream first, which holds the other
                    if (opened := getattr(half_open, name, None)) is not None:
                        with suppress(OSError, ValueError):  # what it still buffers cannot be sent
                            opened.close()
        raise


def disconnect(connection: Any) -> None:
    """Closes a connection, also a lost one.

    Closing rolls back what was not committed. A connection that is lost cannot tell the server so,
    and the server ends its transaction. The driver then leaves the socket open until the garbage
    collector finds the buffered stream over it, so that stream is closed here.
    """
    stream = getattr(connection, "_sock", None)
    with suppress(*CONNECTION_LOST):
        connection.close()
    if stream is not None:
        with suppress(OSError, ValueError):  # what it still buffers cannot be sent
            stream.close()
