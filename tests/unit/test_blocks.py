from __future__ import annotations

import string
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.blocks import Block, BlockError, Kind, decode, from_stream, route_of, to_stream

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string())])
BATCH = pa.RecordBatch.from_pylist([{"a": 1, "b": "x"}, {"a": None, "b": None}], schema=SCHEMA)


def schema_of(_: Kind, stream: str) -> pa.Schema:
    if stream == "unknown":
        raise KeyError(stream)
    return SCHEMA


@given(
    st.sampled_from(Kind),
    st.text(string.ascii_lowercase + "_æ", max_size=60),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2),
)
def test_a_block_comes_back(kind: Kind, stream: str, route: int, rows: int) -> None:
    block = Block(kind, stream, BATCH.slice(0, rows), route)
    data = block.encode()
    assert decode(data, schema_of) == block
    assert route_of(data) == route


def test_columns_are_views_of_the_element() -> None:
    data = Block(Kind.ROWS, "stream", BATCH).encode()
    start = pa.py_buffer(data).address
    address = decode(data, schema_of).batch.column(0).buffers()[1].address
    assert start <= address < start + len(data)
    assert (address - start) % 8 == 0


def test_the_head_is_what_the_jvm_reads() -> None:
    # The same bytes as in RoutesTest.java.
    data = Block(Kind.FACTS, "x", BATCH, route=0xCAFE).encode()
    assert data[:8] == b"F\x01\xfe\xcax\0\0\0"


DATA = Block(Kind.ROWS, "stream", BATCH).encode()


@pytest.mark.parametrize("length", [0, 1, 3, 4, 8, 20, len(DATA) // 2, len(DATA) - 8])
def test_an_element_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(BlockError, match=f"an element of {length} bytes is not a block"):
        decode(DATA[:length], schema_of)


@pytest.mark.parametrize(
    "data",
    [
        b"Z" + DATA[1:],
        b"E" + bytes(8),
        Block(Kind.ROWS, "unknown", BATCH).encode(),
        DATA[:1] + b"\xff" + DATA[2:],
        DATA[:4] + b"\xff" + DATA[5:],
        b"{}",
    ],
)
def test_what_is_no_block_is_refused(data: bytes) -> None:
    with pytest.raises(BlockError, match="is not a block of this version"):
        decode(data, schema_of)


def test_kinds_and_signals_have_letters_of_their_own() -> None:
    letters = [kind.value for kind in Kind]
    assert len(set(letters)) == len(letters)
    assert not set(letters) & {b"E", b"C", b"R", b"S"}  # signals, references to parts


def test_a_stream_keeps_its_schema() -> None:
    found = from_stream(to_stream(BATCH))
    assert (found, found.schema) == (BATCH, SCHEMA)


@pytest.mark.parametrize(("name", "route"), [("x" * 256, 0), ("x", 2**16), ("x", -1)])
def test_what_the_head_cannot_hold_is_not_written(name: str, route: int) -> None:
    block: Any = Block(Kind.ROWS, name, BATCH, route)
    with pytest.raises(Exception, match=r"format|range"):
        block.encode()
