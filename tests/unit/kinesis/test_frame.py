"""The block frame: what is written is read, in Java as in Python, and damage is noticed."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kinesis.frame import FrameError, NoSuchRecordError, read_frame, write_frame

GOLDEN = (
    Path(__file__).parents[3] / "connectors/jvm/src/test/resources/golden/block-frame-v1.bin"
).read_bytes()

# The same records are in FrameWriterTest.java.
SEQUENCES = [f"495903382714902566085596925383615710959215759891365888{n}" for n in (98, 99)] + [
    "49590338271490256608559692538361571095921575989136588900"
]
RECORDS = [b'{"id":1}', b"", '{"name":"Zoë\n"}\n'.encode()]


def frame(**changed: Any) -> bytes:
    fields: dict[str, Any] = {
        "stream": "tickets",
        "shard": "shardId-000000000007",
        "sequence_numbers": SEQUENCES,
        "partition_keys": ["42", None, "schlüssel"],
        "arrival_millis": [1_700_000_000_123, None, 0],
        "records": RECORDS,
        "millis_behind_latest": 1_500,
    }
    return write_frame(**(fields | changed))


def test_python_writes_what_java_writes() -> None:
    assert frame() == GOLDEN


def test_reads_what_java_wrote() -> None:
    block = read_frame(GOLDEN)

    assert len(block) == 3
    assert (block.stream, block.shard) == ("tickets", "shardId-000000000007")
    assert block.millis_behind_latest == 1_500
    assert block.sequence_numbers.to_pylist() == SEQUENCES
    assert block.partition_keys.to_pylist() == ["42", "", "schlüssel"]
    assert block.arrival.type == pa.timestamp("ms", tz="UTC")
    assert block.arrival.to_pylist() == [
        datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC),
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
    ]
    assert [block.record(i) for i in range(3)] == RECORDS
    assert block.text.to_pybytes() == b"".join(record + b"\n" for record in RECORDS)


def test_unknown_lag_is_none() -> None:
    assert read_frame(frame(millis_behind_latest=None)).millis_behind_latest is None


def test_records_are_not_copied() -> None:
    data = frame()
    block = read_frame(data)
    start = pa.py_buffer(data).address

    for buffer in (block.text, *block.sequence_numbers.buffers()[1:], block.arrival.buffers()[1]):
        assert start <= buffer.address < start + len(data)


def test_the_printed_form_shows_no_data() -> None:
    assert repr(read_frame(GOLDEN)) == (
        f"<3 records of tickets/shardId-000000000007, {SEQUENCES[0]} to {SEQUENCES[2]}>"
    )


@pytest.mark.parametrize("i", [-1, 3])
def test_there_is_no_record_outside(i: int) -> None:
    with pytest.raises(NoSuchRecordError, match=f"record {i} of 3"):
        read_frame(GOLDEN).record(i)


text = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(0, 10**129 - 1).map(str)
millis = st.integers(0, 4_000_000_000_000)
rows = st.lists(
    st.tuples(numbers, text, st.none() | millis, st.binary(max_size=40)), min_size=1, max_size=20
)


@given(stream=text, shard=text, rows=rows, behind=st.none() | millis)
def test_round_trip(
    stream: str, shard: str, rows: list[tuple[str, str, int | None, bytes]], behind: int | None
) -> None:
    sequences, keys, arrivals, records = (list(column) for column in zip(*rows, strict=True))
    block = read_frame(
        write_frame(
            stream=stream,
            shard=shard,
            sequence_numbers=sequences,
            partition_keys=keys,
            arrival_millis=arrivals,
            records=records,
            millis_behind_latest=behind,
        )
    )

    assert (block.stream, block.shard, len(block)) == (stream, shard, len(rows))
    assert block.millis_behind_latest == behind
    assert block.sequence_numbers.to_pylist() == sequences
    assert block.partition_keys.to_pylist() == keys
    assert block.arrival.cast(pa.int64()).to_pylist() == arrivals
    assert [block.record(i) for i in range(len(block))] == records


@given(st.binary(max_size=100))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(data)


@given(position=st.integers(0, len(GOLDEN) - 1), value=st.integers(0, 255))
def test_a_damaged_byte_gives_a_block_or_a_frame_error(position: int, value: int) -> None:
    damaged = bytearray(GOLDEN)
    damaged[position] = value
    try:
        block = read_frame(bytes(damaged))
    except FrameError:
        return
    assert len(b"".join(block.record(i) + b"\n" for i in range(len(block)))) == block.text.size


@given(st.integers(0, len(GOLDEN) - 1))
def test_a_cut_frame_is_refused(length: int) -> None:
    with pytest.raises(FrameError):
        read_frame(GOLDEN[:length])


def patched(offset: int, layout: str, value: int) -> bytes:
    data = bytearray(GOLDEN)
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


OFFSETS = 32 + 3 * 8


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at least 32 bytes, got 0"),
        (b"{" + GOLDEN[1:], "not a block frame"),
        (patched(3, "<B", 2), "version 2, this release reads 1"),
        (patched(4, "<i", 0), "0 records"),
        (patched(20, "<i", -1), "lengths"),
        (GOLDEN + b"\n", "should have"),
        (patched(OFFSETS, "<i", 1), "sequence numbers do not rise"),
        (patched(OFFSETS + 16 + 4, "<i", 99), "partition keys do not rise"),
        (patched(OFFSETS + 32 + 12, "<i", 5), "data do not rise"),
        (patched(OFFSETS + 32 + 4, "<i", 8), "does not end in LF"),
        *(
            (GOLDEN.replace(SEQUENCES[0].encode(), damaged), "not decimal digits")
            for digit in b"/:x-\xff"
            for damaged in [bytes([digit]) + SEQUENCES[0][1:].encode()]
        ),
        (patched(OFFSETS + 4, "<i", 0), "not decimal digits"),
        (GOLDEN.replace(b"tickets", b"ticket\xff"), "not UTF-8"),
        (GOLDEN.replace("schlüssel".encode(), b"schl\xff\xffssel"), "not UTF-8"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(FrameError, match=message):
        read_frame(data)


def test_columns_of_one_block_are_equally_long() -> None:
    with pytest.raises(FrameError, match="as many values"):
        frame(partition_keys=["a"])
    with pytest.raises(FrameError, match="at least 1"):
        frame(sequence_numbers=[], partition_keys=[], arrival_millis=[], records=[])


def test_arrival_nulls_beyond_one_byte_of_bits() -> None:
    n = 1_001
    arrivals = [None if i % 3 else i for i in range(n)]
    block = read_frame(
        frame(
            sequence_numbers=[str(i) for i in range(n)],
            partition_keys=[""] * n,
            arrival_millis=arrivals,
            records=[b"x"] * n,
        )
    )
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    assert block.arrival.null_count == sum(i is None for i in arrivals)
    assert block.arrival.to_pylist() == [
        None if i is None else epoch + timedelta(milliseconds=i) for i in arrivals
    ]
