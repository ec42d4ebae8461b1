from __future__ import annotations

import asyncio
import struct

from infra.redshift_emulator import wire
from infra.redshift_emulator.answers import as_redshift
from infra.redshift_emulator.wire import Channel, Message


def channel(*data: bytes) -> Channel:
    reader = asyncio.StreamReader()
    for piece in data:
        reader.feed_data(piece)
    reader.feed_eof()
    return Channel(reader, None)  # type: ignore[arg-type]  # nothing is written here


def test_messages_come_whole_however_they_were_cut() -> None:
    async def scenario() -> list[Message | None]:
        sent = [Message(b"Q", b"select 1\0"), Message(b"S"), Message(b"D", b"x" * 100_000)]
        data = b"".join(message.encode() for message in sent)
        stream = channel(*(data[n : n + 7] for n in range(0, len(data), 7)))
        received = [await stream.receive() for _ in range(4)]
        assert received == [*sent, None]
        return received

    asyncio.run(scenario())


def test_a_stream_that_ends_in_a_message_is_at_its_end() -> None:
    async def scenario() -> Message | None:
        return await channel(Message(b"Q", b"select 1\0").encode()[:-1]).receive()

    assert asyncio.run(scenario()) is None


def test_start_up_packets() -> None:
    async def scenario() -> bytes | None:
        return await channel(wire.startup_packet({"user": "u", "database": "d"})).receive_untyped()

    packet = asyncio.run(scenario())
    assert packet is not None
    assert wire.packet_code(packet) == wire.PROTOCOL_3
    assert wire.startup_parameters(packet) == {"user": "u", "database": "d"}


def test_rows() -> None:
    body = struct.pack("!H", 2) + struct.pack("!i", 2) + "é".encode() + struct.pack("!i", -1)

    assert wire.data_row(body) == ["é", None]


def test_the_version_that_drivers_see() -> None:
    answer = as_redshift(Message(b"S", wire.strings("server_version", "18.6")))

    assert answer == Message(b"S", wire.strings("server_version", "8.0.2"))
    other = Message(b"S", wire.strings("client_encoding", "UTF8"))
    assert as_redshift(other) == other


def test_jsonb_columns_are_super() -> None:
    def described(type_number: int) -> Message:
        fields = [("a", 23), ("b", type_number)]
        body = struct.pack("!H", len(fields)) + b"".join(
            wire.strings(name) + struct.pack("!ihihih", 0, 0, number, -1, -1, 0)
            for name, number in fields
        )
        return Message(b"T", body)

    assert as_redshift(described(3802)) == described(4000)
    assert as_redshift(described(1043)) == described(1043)
