"""The gap element: what Java writes is read, and damage or another version is named."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.accounts import Gap
from connectors.kinesis.element import ElementError, read_element
from connectors.kinesis.frame import FrameError, RecordBlock, write_frame
from connectors.kinesis.gap import GapError, read_gap, write_gap
from connectors.kinesis.passed import PassedError

_FILE = Path(__file__).parents[3] / "connectors/jvm/src/test/resources/golden/gap-v1.bin"
GOLDEN = _FILE.read_bytes()

# The same gap is in GapWriterTest.java.
GAP = Gap(
    stream="tickets",
    shard="shardId-000000000007",
    last_sequence_number="49590338271490256608559692538361571095921575989136588898",
    first_sequence_number="49590338271490256608559692540925702759324208523137515618",
    read_until_ms=1_700_000_000_123,
    first_arrival_ms=1_700_100_000_456,
    cause="the retention period of 24 h ended before they were read: schlüssig",
)


def test_python_writes_what_java_writes() -> None:
    assert write_gap(GAP) == GOLDEN


def test_reads_what_java_wrote() -> None:
    assert read_gap(GOLDEN) == GAP
    assert read_element(GOLDEN) == GAP


def test_what_is_unknown_is_none() -> None:
    gap = replace(
        GAP,
        last_sequence_number=None,
        first_sequence_number=None,
        read_until_ms=None,
        first_arrival_ms=None,
    )

    assert read_gap(write_gap(gap)) == gap


millis = st.none() | st.integers(0, 253_402_300_799_999)
text = st.text(st.characters(codec="utf-8"), max_size=32)
number = st.none() | st.integers(0, 10**128).map(str)


@given(st.builds(Gap, text, text, number, number, millis, millis, text))
def test_round_trip(gap: Gap) -> None:
    assert read_element(write_gap(gap)) == gap


@given(position=st.integers(0, len(GOLDEN) - 1), value=st.integers(0, 255))
def test_a_damaged_byte_gives_a_gap_or_a_typed_error(position: int, value: int) -> None:
    damaged = bytearray(GOLDEN)
    damaged[position] = value
    try:
        gap = read_element(bytes(damaged))
    except (ElementError, FrameError, GapError, PassedError):
        return
    assert isinstance(gap, Gap)


@given(st.integers(0, len(GOLDEN) - 1))
def test_a_cut_gap_is_refused(length: int) -> None:
    with pytest.raises(GapError):
        read_gap(GOLDEN[:length])


def patched(offset: int, layout: str, value: int) -> bytes:
    data = bytearray(GOLDEN)
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at least 30 bytes, got 0"),
        (b"{" + GOLDEN[1:], "not a gap element"),
        (patched(3, "<B", 2), "version 2, this release reads 1"),
        (patched(4, "<q", -2), "before 1970"),
        (patched(12, "<q", 253_402_300_800_000), "after the year 9999"),
        (patched(20, "<H", 129), "stream name has 129 bytes, more than 128"),
        (patched(22, "<H", 129), "shard id has 129 bytes, more than 128"),
        (patched(24, "<H", 130), "last sequence number has 130 bytes, more than 129"),
        (patched(26, "<H", 130), "first sequence number has 130 bytes, more than 129"),
        (patched(28, "<H", 1025), "cause has 1025 bytes, more than 1024"),
        (GOLDEN + b"\n", "should have"),
        (GOLDEN.replace(b"tickets", b"ticket\xff"), "not UTF-8"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(GapError, match=message):
        read_gap(data)


def test_what_is_too_long_is_not_written() -> None:
    with pytest.raises(GapError, match="the cause of a gap has at most 1024 bytes, got 1025"):
        write_gap(replace(GAP, cause="x" * 1025))


def test_an_element_is_a_frame_or_a_gap() -> None:
    frame = write_frame(
        stream="s",
        shard="x",
        sequence_numbers=["1"],
        partition_keys=[None],
        arrival_millis=[None],
        records=[b"{}"],
    )

    assert isinstance(read_element(frame), RecordBlock)
    for value in (b"", b"SJ", b"SJX\x01", b'{"a":1}'):
        with pytest.raises(ElementError, match="neither a block frame"):
            read_element(value)
    with pytest.raises(GapError, match="version 9"):
        read_element(patched(3, "<B", 9))
