"""Messages of the replication protocol: what each says, and that damaged ones are errors."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.source.pgoutput import (
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    MessageError,
    NotSent,
    Other,
    Relation,
    RelationColumn,
    Truncate,
    Update,
    read_message,
)

# 2026-03-11 09:45:02.998107 UTC, in microseconds since 2000 and since 1970.
SINCE_2000 = 826_537_502_998_107
SINCE_1970 = 1_773_222_302_998_107


def row(*values: bytes | NotSent | None) -> bytes:
    parts = [struct.pack("!H", len(values))]
    for value in values:
        if value is None:
            parts.append(b"n")
        elif isinstance(value, NotSent):
            parts.append(b"u")
        else:
            parts.append(b"t" + struct.pack("!I", len(value)) + value)
    return b"".join(parts)


def relation(schema: bytes, identity: bytes = b"d") -> bytes:
    columns = b"\x01" + b"id\0" + struct.pack("!Ii", 23, -1)
    columns += b"\x00" + 'é"'.encode() + b"\0" + struct.pack("!Ii", 1043, 24)
    return b"R" + struct.pack("!I", 16_385) + schema + b"\0t\0" + identity + b"\x00\x02" + columns


OID = struct.pack("!I", 16_385)
COLUMNS = (RelationColumn("id", 23, -1, True), RelationColumn('é"', 1043, 24, False))
MESSAGES: list[tuple[bytes, Message]] = [
    (b"B" + struct.pack("!QqI", 1 << 63, SINCE_2000, 7), Begin(1 << 63, SINCE_1970, 7)),
    (b"C" + struct.pack("!bQQq", 0, 5, 6, SINCE_2000), Commit(6)),
    (relation(b"s"), Relation(16_385, "s", "t", "d", COLUMNS)),
    (relation(b"", b"f"), Relation(16_385, "pg_catalog", "t", "f", COLUMNS)),
    (b"I" + OID + b"N" + row(b"1", None), Insert(16_385, ("1", None))),
    (
        b"U" + OID + b"N" + row(b"1", NotSent.UNCHANGED),
        Update(16_385, None, ("1", NotSent.UNCHANGED)),
    ),
    (
        b"U" + OID + b"K" + row(b"0", None) + b"N" + row(b"1", "é".encode()),
        Update(16_385, ("0", None), ("1", "é")),
    ),
    (
        b"U" + OID + b"O" + row(b"0", b"") + b"N" + row(b"1", b""),
        Update(16_385, ("0", ""), ("1", "")),
    ),
    (b"D" + OID + b"K" + row(b"1", None), Delete(16_385, ("1", None))),
    (b"T" + struct.pack("!IbII", 2, 3, 1, 2), Truncate((1, 2))),
    (b"Y" + OID + b"s\0t\0", Other("Y")),
    (b"O" + struct.pack("!Q", 1) + b"origin\0", Other("O")),
]


@pytest.mark.parametrize(("data", "message"), MESSAGES)
def test_a_message_is_read(data: bytes, message: Message) -> None:
    assert read_message(data) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"S" + OID,  # a transaction in pieces, which is not asked for
        b"I" + OID + b"X" + row(b"1"),
        b"I" + OID + b"N" + b"\x00\x01t\x00\x00\x00\x05abc",
        b"I" + OID + b"N" + b"\x00\x01t\x00\x00\x00\x01\xff",
        b"U" + OID + b"K" + row(b"1") + b"K" + row(b"1"),
        b"R" + OID + b"no end",
    ],
)
def test_what_cannot_be_read_is_an_error_that_shows_no_value(data: bytes) -> None:
    with pytest.raises(MessageError, match=r"a message .* cannot be read at byte") as raised:
        read_message(data)
    assert "abc" not in str(raised.value)


@given(st.sampled_from(MESSAGES), st.data())
def test_a_message_that_is_cut_off_is_an_error_or_nothing_else(
    whole: tuple[bytes, Message], data: st.DataObject
) -> None:
    cut = whole[0][: data.draw(st.integers(0, len(whole[0]) - 1))]
    try:
        message = read_message(cut)
    except MessageError:
        return
    assert isinstance(message, Other)
