"""Signals are told apart from elements and from each other."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.epochs.signals import (
    CheckpointComplete,
    Edge,
    EpochEnds,
    Filler,
    InputEnded,
    Signal,
    SignalError,
    Started,
    parse_signal,
)

int64 = st.integers(-(2**63), 2**63 - 1)
checkpoint = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(
    ("data", "signal"),
    [
        # The same bytes as in SignalsTest.java.
        (
            b"EF\0\0\x01\x02\x03\x04\x05\x06\x07\x08" + b"\0" * 7 + b"\x01" + b"\0" * 7 + b"\x03",
            EpochEnds(0x0102030405060708, Edge.FACTS, 1, 3),
        ),
        (
            b"IB\x02\0" + b"\0" * 7 + b"\x01" + b"\0" * 7 + b"\x03",
            InputEnded(Edge.BLOCKS, 1, 3),
        ),
        (b"C" + b"\0" * 7 + b"\x05", CheckpointComplete(5)),
        (b"R" + b"\xff" * 8 + b"\0" * 7 + b"\x09", Started(None, 9)),
        (b"R" + b"\0" * 7 + b"\x05" + b"\0" * 7 + b"\x09", Started(5, 9)),
        (b"N", Filler()),
    ],
)
def test_parses(data: bytes, signal: Signal) -> None:
    assert parse_signal(data) == signal


@given(checkpoint, int64)
def test_any_numbers(number: int, start: int) -> None:
    packed = struct.pack(">q", number)

    marker = b"ED\xff\xff" + packed + struct.pack(">qq", 5, start)
    assert parse_signal(marker) == EpochEnds(number, Edge.DIMENSIONS, 5, start)
    assert parse_signal(b"C" + packed) == CheckpointComplete(number)
    assert parse_signal(b"R" + packed + struct.pack(">q", start)) == Started(number, start)


@given(st.binary().filter(lambda data: data[:1] not in (b"E", b"I", b"C", b"R", b"N")))
def test_anything_else_is_an_element(data: bytes) -> None:
    assert parse_signal(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"E",
        b"EF00" + b"1" * 23,
        b"EX00" + b"1" * 24,
        b"IF00" + b"1" * 24,
        b"C1234567",
        b"R12345678",
        b"R" + b"1" * 17,
        b"N1",
    ],
)
def test_a_wrong_length_or_edge_is_an_error_and_shows_no_data(data: bytes) -> None:
    with pytest.raises(SignalError, match=rf"^signal b'{data[:1].decode()}' of {len(data)} bytes$"):
        parse_signal(data)
