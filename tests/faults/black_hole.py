"""A network that dies without a word: a proxy that goes on taking data and forwards none of it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_CHUNK = 1 << 16


class BlackHole:
    """Forwards to an address, until `swallow` and again from `forward` on.

    A connection that was swallowed stays open on both sides, and neither hears of the other again,
    as behind a firewall that has forgotten it.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listening.getsockname()
        self._open: list[socket.socket] = [self._listening]
        self._swallowed: set[socket.socket] = set()
        self._swallowing = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            for each in self._open:
                # Wakes the thread that waits on it, as close alone does not.
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def swallow(self) -> None:
        """Forwards nothing more, on no connection."""
        with self._lock:
            self._swallowing = True
            self._swallowed.update(self._open)

    def forward(self) -> None:
        """Forwards on new connections again."""
        with self._lock:
            self._swallowing = False

    def _accept(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._to)
                with self._lock:
                    self._open += [client, server]
                    if self._swallowing:
                        self._swallowed |= {client, server}
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # the other side is gone, or all is closed
            while data := source.recv(_CHUNK):
                with self._lock:
                    forwarded = source not in self._swallowed
                if forwarded:
                    sink.sendall(data)
        if source not in self._swallowed:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
