"""The tip element: what Java writes is read, and damage or another version is named."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.accounts import Gap, Tip
from connectors.kinesis.element import ElementError, read_element
from connectors.kinesis.frame import FrameError
from connectors.kinesis.gap import GapError
from connectors.kinesis.tip import TipError, read_tip, write_tip

_FILE = Path(__file__).parents[3] / "connectors/jvm/src/test/resources/golden/tip-v1.bin"
GOLDEN = _FILE.read_bytes()

# The same tip is in TipWriterTest.java.
TIP = Tip(
    stream="tickets",
    shard="shardId-000000000007",
    read_until_ms=1_700_000_000_123,
    ended=True,
    first_hash_key="0",
    last_hash_key="340282366920938463463374607431768211455",
)


def test_python_writes_what_java_writes() -> None:
    assert write_tip(TIP) == GOLDEN


def test_reads_what_java_wrote() -> None:
    assert read_tip(GOLDEN) == read_element(GOLDEN) == TIP


millis = st.none() | st.integers(0, 253_402_300_799_999)
text = st.text(st.characters(codec="utf-8"), max_size=32)
key = st.none() | st.integers(0, 2**128 - 1).map(str)


@given(st.builds(Tip, text, text, millis, st.booleans(), key, key))
def test_round_trip(tip: Tip) -> None:
    assert read_element(write_tip(tip)) == tip


@given(position=st.integers(0, len(GOLDEN) - 1), value=st.integers(0, 255))
def test_a_damaged_byte_gives_an_element_or_a_typed_error(position: int, value: int) -> None:
    damaged = bytearray(GOLDEN)
    damaged[position] = value
    try:
        element = read_element(bytes(damaged))
    except (ElementError, FrameError, GapError, TipError):
        return
    assert isinstance(element, Gap | Tip)


@given(st.integers(0, len(GOLDEN) - 1))
def test_a_cut_tip_is_refused(length: int) -> None:
    with pytest.raises(TipError):
        read_tip(GOLDEN[:length])


def patched(offset: int, layout: str, value: int) -> bytes:
    data = bytearray(GOLDEN)
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at least 21 bytes, got 0"),
        (b"{" + GOLDEN[1:], "not a tip element"),
        (patched(3, "<B", 2), "version 2, this release reads 1"),
        (patched(4, "<q", -2), "before 1970"),
        (patched(4, "<q", 253_402_300_800_000), "after the year 9999"),
        (patched(12, "<B", 2), "end of the shard is 2"),
        (patched(13, "<H", 129), "stream name has 129 bytes, more than 128"),
        (patched(15, "<H", 129), "shard id has 129 bytes, more than 128"),
        (patched(17, "<H", 40), "first hash key has 40 bytes, more than 39"),
        (patched(19, "<H", 40), "last hash key has 40 bytes, more than 39"),
        (GOLDEN + b"\n", "should have"),
        (GOLDEN.replace(b"tickets", b"ticket\xff"), "not UTF-8"),
        (GOLDEN.replace(b"3402823", b"34028x3"), "no decimal number"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(TipError, match=message):
        read_tip(data)


def test_what_is_too_long_is_not_written() -> None:
    with pytest.raises(TipError, match="the shard id of a tip has at most 128 bytes, got 129"):
        write_tip(replace(TIP, shard="x" * 129))
