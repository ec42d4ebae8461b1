from __future__ import annotations

import asyncio
import struct

from infra.redshift_emulator import wire
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


def test_the_formats_that_a_bind_message_asks_for() -> None:
    def bind(*formats: int) -> bytes:
        # Two parameters: two bytes and NULL.
        parameters = struct.pack("!HHHH", 2, 0, 1, 2) + struct.pack("!i", 2) + b"ab"
        parameters += struct.pack("!iH", -1, len(formats))
        return (
            wire.strings("portal", "statement")
            + parameters
            + struct.pack(f"!{len(formats)}h", *formats)
        )

    assert wire.result_formats(bind()) == ()
    assert wire.result_formats(bind(1, 0, 1)) == (1, 0, 1)
