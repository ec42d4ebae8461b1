"""The durable copy of the dimensions in broadcast state: column blocks under known keys.

For each table a directory entry holds the numbers of its first and its next block, so that a
restore gets blocks one by one instead of iterating the state. A block is an Arrow stream with its
schema, since state outlives a declaration. Accepted changes are appended; when more rows have been
appended than the table has keys, everything is rewritten from the mirror: a key that changes a
thousand times takes the room of one, and each row is rewritten about once per doubling.
"""

from __future__ import annotations

import struct
from typing import Final, Protocol

import pyarrow as pa

from connectors.blocks import from_stream, to_stream
from flink_app.denormalise.mirror import TableMirror

_DIRECTORY: Final = struct.Struct("<qqq")  # first block, next block, rows in them
_BLOCK_ROWS: Final = 50_000  # a few megabytes: one state read stays short
_COMPACT_FLOOR: Final = 1_024


class BlockState(Protocol):
    """A map state from text to bytes."""

    def get(self, key: str) -> bytes | None:
        """The value, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Sets the value."""

    def remove(self, key: str) -> None:
        """Removes the key."""


def append(state: BlockState, table: str, accepted: pa.RecordBatch, mirror: TableMirror) -> None:
    """Makes accepted changes durable; `mirror` holds them already."""
    first, after, rows = _directory(state, table)
    rows += len(accepted)
    if rows > max(_COMPACT_FLOOR, 2 * len(mirror)):
        _rewrite(state, table, first, after, mirror)
        return
    state.put(_block(table, after), to_stream(accepted))
    state.put(table, _DIRECTORY.pack(first, after + 1, rows))


def rebuild(state: BlockState, table: str, mirror: TableMirror) -> None:
    """Fills an empty mirror from the state.

    Raises RuntimeError when the state cannot be that of this declaration.
    """
    first, after, _ = _directory(state, table)
    for number in range(first, after):
        block = state.get(_block(table, number))
        if block is None:
            message = f"the state of dimension {table} lacks its block {number}"
            raise RuntimeError(message)
        mirror.accept(_conformed(from_stream(bytes(block)), mirror.schema, table))


def _conformed(stored: pa.RecordBatch, schema: pa.Schema, table: str) -> pa.RecordBatch:
    """The block in today's columns and their order; columns that nobody needs any more fall away.

    A column that the block does not have cannot be made up: NULLs would stand in the warehouse
    until each row of the dimension happens to change.
    """
    for name, kind in zip(schema.names, schema.types, strict=True):
        place = stored.schema.get_field_index(name)
        if place < 0 or stored.schema.field(place).type != kind:
            message = (
                f"the state of dimension {table} has no column {name} of type {kind}: it was "
                "written under another declaration. Start without state and load the table again"
            )
            raise RuntimeError(message)
    return pa.RecordBatch.from_arrays([stored.column(n) for n in schema.names], schema=schema)


def _rewrite(state: BlockState, table: str, first: int, after: int, mirror: TableMirror) -> None:
    for number in range(first, after):
        state.remove(_block(table, number))
    rows = mirror.rows()
    starts = range(0, len(rows), _BLOCK_ROWS)
    for number, start in enumerate(starts, after):
        state.put(_block(table, number), to_stream(rows.slice(start, _BLOCK_ROWS)))
    state.put(table, _DIRECTORY.pack(after, after + len(starts), len(rows)))


def _directory(state: BlockState, table: str) -> tuple[int, int, int]:
    packed = state.get(table)
    return (0, 0, 0) if packed is None else _DIRECTORY.unpack(bytes(packed))


def _block(table: str, number: int) -> str:
    return f"{table}#{number}"
