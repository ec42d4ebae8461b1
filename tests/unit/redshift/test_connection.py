"""A connect that fails leaves nothing open, also while somebody keeps its exception."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redshift_connector.error import Error

from connectors.redshift.access import RedshiftAddress, SslMode
from connectors.redshift.connection import Credentials, connect

# Only a connection that is left open waits for it.
PATIENCE_SECONDS = 10.0
NO_DATABASE = b"SFATAL\0C3D000\0Mthere is no database of this name\0\0"


@contextmanager
def refusing(answer: bytes) -> Iterator[tuple[int, list[socket.socket]]]:
    """A server that gives one answer to its only client: its port, and the server's socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []

        def serve() -> None:
            client, _ = server.accept()
            client.settimeout(PATIENCE_SECONDS)
            client.recv(1_024)
            accepted.append(client)
            client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], accepted
        finally:
            thread.join()
            for client in accepted:
                client.close()


@pytest.mark.filterwarnings("ignore:ssl\\.:DeprecationWarning")  # the driver's
@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        (SslMode.NONE, b"E" + (len(NO_DATABASE) + 4).to_bytes(4, "big") + NO_DATABASE),
        (SslMode.VERIFY_FULL, b"N"),
    ],
    ids=["login-refused", "no-tls"],
)
def test_a_connect_that_is_refused_closes_its_socket(mode: SslMode, answer: bytes) -> None:
    with refusing(answer) as (port, accepted):
        address = RedshiftAddress("127.0.0.1", port, "nowhere", mode)
        with pytest.raises(Error) as kept:
            connect(address, Credentials("loader", "x"))
        # What the client still sent, then the end of the connection, and no timeout.
        while accepted[0].recv(1_024):
            pass
        assert kept.tb is not None
