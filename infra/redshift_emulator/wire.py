"""PostgreSQL's wire protocol, version 3: frames, and the messages that the emulator reads or makes.

Owns the bytes only. Specified by PostgreSQL's "Frontend/Backend Protocol".
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from typing import NamedTuple

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
PROTOCOL_3 = 196608

_CHUNK = 1 << 16
_LENGTH = struct.Struct("!I")
_HEADER = struct.Struct("!cI")


class Message(NamedTuple):
    """One message: its kind (one byte) and what follows its length."""

    kind: bytes
    body: bytes = b""

    def encode(self) -> bytes:
        """The message as bytes."""
        return _HEADER.pack(self.kind, len(self.body) + 4) + self.body


PARSE_COMPLETE = Message(b"1")
BIND_COMPLETE = Message(b"2")
CLOSE_COMPLETE = Message(b"3")
NO_DATA = Message(b"n")
NO_PARAMETERS = Message(b"t", b"\0\0")
NULL = struct.pack("!i", -1)
FLUSH = Message(b"H")
SYNC = Message(b"S")
TERMINATE = Message(b"X")
COPY_DONE = Message(b"c")
ASK_PASSWORD = Message(b"R", _LENGTH.pack(3))


class Channel:
    """A stream of messages in both directions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()

    async def receive(self) -> Message | None:
        """The next message; None when the connection has ended."""
        if not await self._fill(_HEADER.size):
            return None
        kind, length = _HEADER.unpack_from(self._buffer)
        if not await self._fill(1 + length):
            return None
        body = bytes(self._buffer[5 : 1 + length])
        del self._buffer[: 1 + length]
        return Message(kind, body)

    async def receive_untyped(self) -> bytes | None:
        """A start-up packet, which has a length but no kind; None when the connection has ended."""
        if not await self._fill(4):
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if not await self._fill(length):
            return None
        body = bytes(self._buffer[4:length])
        del self._buffer[:length]
        return body

    def send(self, *messages: Message) -> None:
        """Queues messages; `drain` waits until the other side takes them."""
        for message in messages:
            self._writer.write(message.encode())

    def send_raw(self, data: bytes) -> None:
        """Queues bytes that are not a message (start-up packets, the answer to an SSL request)."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Waits until the send buffer has room. A lost connection shows when reading."""
        try:
            await self._writer.drain()
        except ConnectionError:
            return

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Continues over TLS, as its server. Raises OSError if the handshake fails."""
        await self._writer.start_tls(context)

    def close(self) -> None:
        """Closes the connection after sending what is queued."""
        self._writer.close()

    def reset(self) -> None:
        """Resets the connection; what is queued is not sent."""
        self._writer.transport.abort()

    async def _fill(self, size: int) -> bool:
        while len(self._buffer) < size:
            try:
                data = await self._reader.read(_CHUNK)
            except ConnectionError:
                return False
            if not data:
                return False
            self._buffer += data
        return True


def startup_packet(parameters: dict[str, str]) -> bytes:
    """The first packet of a session."""
    body = _LENGTH.pack(PROTOCOL_3) + strings(*(s for item in parameters.items() for s in item))
    return _encode_untyped(body + b"\0")


def cancel_packet(key: bytes) -> bytes:
    """Asks to cancel what the session with this key (process id and secret) is doing."""
    return _encode_untyped(_LENGTH.pack(CANCEL_REQUEST) + key)


def startup_parameters(packet: bytes) -> dict[str, str]:
    """The parameters of a start-up packet, its protocol number left out."""
    texts = [text.decode() for text in packet[4:].split(b"\0")]
    return {name: value for name, value in zip(texts[::2], texts[1::2], strict=False) if name}


def packet_code(packet: bytes) -> int:
    """The code that says which kind of start-up packet this is."""
    code: int = _LENGTH.unpack_from(packet)[0]
    return code


def strings(*values: str) -> bytes:
    """Texts, each ended by a zero byte."""
    return b"".join(value.encode() + b"\0" for value in values)


def split_string(body: bytes) -> tuple[str, bytes]:
    """The text at the start of a body, and the rest."""
    text, _, rest = body.partition(b"\0")
    return text.decode(), rest


def query(sql: str) -> Message:
    """The simple protocol's query."""
    return Message(b"Q", strings(sql))


def copy_fail(reason: str) -> Message:
    """Cancels a COPY FROM STDIN."""
    return Message(b"f", strings(reason))


def command_complete(tag: str) -> Message:
    """CommandComplete: a statement is done."""
    return Message(b"C", strings(tag))


def parameter_status(name: str, value: str) -> Message:
    """ParameterStatus: a setting of the server."""
    return Message(b"S", strings(name, value))


def run_once(name: str, sql: str) -> list[Message]:
    """Parses, runs and forgets a statement without parameters, results as text, without Sync."""
    return [
        Message(b"P", strings(name, sql) + b"\0\0"),
        Message(b"B", strings(name, name) + b"\0" * 6),
        Message(b"E", strings(name) + b"\0" * 4),
        Message(b"C", b"P" + strings(name)),
        close_statement(name),
        FLUSH,
    ]


def close_statement(name: str) -> Message:
    """Close of a prepared statement."""
    return Message(b"C", b"S" + strings(name))


def result_formats(body: bytes) -> tuple[int, ...]:
    """The formats of results that a Bind message asks for."""
    offset = body.index(b"\0", body.index(b"\0") + 1) + 1
    (formats,) = struct.unpack_from("!H", body, offset)
    offset += 2 + 2 * formats
    (parameters,) = struct.unpack_from("!H", body, offset)
    offset += 2
    for _ in range(parameters):
        (length,) = struct.unpack_from("!i", body, offset)
        offset += 4 + max(length, 0)
    (count,) = struct.unpack_from("!H", body, offset)
    return struct.unpack_from(f"!{count}h", body, offset + 2)


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an error or a notice, by their one-letter names."""
    parts = (part.decode(errors="replace") for part in body.split(b"\0") if part)
    return {part[0]: part[1:] for part in parts}


def error_message(fields: dict[str, str], *, notice: bool = False) -> Message:
    """An error, or a notice, with these fields."""
    body = strings(*(name + value for name, value in fields.items())) + b"\0"
    return Message(b"N" if notice else b"E", body)


def row_values(body: bytes) -> list[bytes | None]:
    """The values of one row, in whatever format they have."""
    (count,) = struct.unpack_from("!H", body)
    values: list[bytes | None] = []
    offset = 2
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, offset)
        offset += 4
        values.append(None if length < 0 else body[offset : offset + length])
        offset += max(length, 0)
    return values


def data_row(body: bytes) -> list[str | None]:
    """The values of one row, in text format."""
    return [None if value is None else value.decode() for value in row_values(body)]


def _encode_untyped(body: bytes) -> bytes:
    return _LENGTH.pack(len(body) + 4) + body
