"""An HTTP service that fails on purpose: a proxy in front of a real one, or scripted answers."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST
_HOP: Final = {"connection", "transfer-encoding", "content-length", "keep-alive", "expect"}


class Outage:
    """A server in front of another that spoils the requests which `strikes` picks.

    Args:
        port: of the service on the loopback interface.
        strikes: gives what happens to a request by its method and path: an HTTP status with an
            S3 error code, `reset` or `hole` (no answer), or None for what the service says.
    """

    def __init__(
        self, port: int, strikes: Callable[[str, str], tuple[int, str] | str | None]
    ) -> None:
        self._to = port
        self._strikes = strikes
        self.seen: list[tuple[str, str]] = []
        self.struck = 0
        self._closing = threading.Event()
        outage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                outage._answer(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `seen`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("Transfer-Encoding"):
            message = "chunked requests are not forwarded"
            raise NotImplementedError(message)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.seen.append((request.command, request.path))
        strike = self._strikes(request.command, request.path)
        if strike is None:
            self._forward(request, body)
            return
        self.struck += 1
        if isinstance(strike, tuple):
            self._say(request, *strike)
        elif strike == "reset":
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            request.close_connection = True
        else:
            self._closing.wait()
            request.close_connection = True

    @staticmethod
    def _say(request: BaseHTTPRequestHandler, status: int, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>row 4711</Message></Error>".encode()
        if "X-Amz-Target" in request.headers:  # a service that speaks JSON
            text = json.dumps({"__type": code, "message": "row 4711"}).encode()
        if status == HTTPStatus.OK:
            text = b""
        request.send_response(status)
        request.send_header("Content-Length", str(len(text)))
        request.send_header("x-amz-request-id", "R1")
        request.end_headers()
        request.wfile.write(text)

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        connection = http.client.HTTPConnection("127.0.0.1", self._to)
        try:
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        with suppress(BrokenPipeError, ConnectionResetError):  # the client did not wait
            request.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    request.send_header(name, value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)
