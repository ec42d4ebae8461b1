"""Free loopback ports, for servers that cannot bind port 0 and say which it was."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port that nobody has now.

    Somebody may take it before the server does; the server then fails with its own message.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
