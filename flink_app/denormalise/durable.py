"""The durable copy of the dimensions in broadcast state: column blocks under known keys.

For each table a directory entry holds the numbers of its first and its next block, so that a
restore gets blocks one by one instead of iterating the state. A block is an Arrow stream with its
schema, since state outlives a declaration: it says how each column was declared, so that a start
under another declaration takes no values that today's would not make. Accepted changes are
appended; when more rows have been
appended than the table has keys, everything is rewritten from the mirror: a key that changes a
thousand times takes the room of one, and each row is rewritten about once per doubling.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from typing import Final, Protocol

import pyarrow as pa

from connectors.blocks import from_stream, to_stream
from flink_app.declaration.provenance import Provenance
from flink_app.denormalise.mirror import TableMirror

logger = logging.getLogger(__name__)

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
    state.put(_block(table, after), _stored(accepted, mirror))
    state.put(table, _DIRECTORY.pack(first, after + 1, rows))


def rebuild(state: BlockState, table: str, mirror: TableMirror) -> None:
    """Fills an empty mirror from the state; RuntimeError as `blocks`."""
    for block in blocks(state, table, mirror.schema):
        mirror.accept(block)


def blocks(state: BlockState, table: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Every accepted change that is kept, in today's columns; several versions of a key.

    Raises RuntimeError when the state cannot be that of this declaration.
    """
    first, after, _ = _directory(state, table)
    moved: set[str] = set()
    for number in range(first, after):
        block = state.get(_block(table, number))
        if block is None:
            message = f"the state of dimension {table} lacks its block {number}"
            raise RuntimeError(message)
        yield _conformed(from_stream(bytes(block)), schema, table, moved)
    for sentence in sorted(moved):
        logger.warning("%s", sentence)


def forget(state: BlockState, table: str) -> None:
    """Removes whatever is kept of a table."""
    first, after, _ = _directory(state, table)
    if after:
        for number in range(first, after):
            state.remove(_block(table, number))
        state.remove(table)


def _stored(rows: pa.RecordBatch, mirror: TableMirror) -> bytes:
    """Rows with a schema that says how they were made, whatever became of their own on the way."""
    columns = [rows.column(name) for name in mirror.schema.names]
    return to_stream(pa.RecordBatch.from_arrays(columns, schema=mirror.schema))


def _conformed(
    stored: pa.RecordBatch, schema: pa.Schema, table: str, moved: set[str]
) -> pa.RecordBatch:
    """The block in today's columns, types and order; what nobody needs any more falls away.

    A column that the block does not have cannot be made up: NULLs would stand in the warehouse
    until each row of the dimension happens to change. Nor can values be treated afterwards: clear
    text would stay where a token is declared today.

    What is worth a warning is added to `moved`.
    """
    columns = []
    for field in schema:
        place = stored.schema.get_field_index(field.name)
        if place < 0:
            raise _other_declaration(table, field.name, "is not there")
        was, now = Provenance.read(stored.schema.field(place)), Provenance.read(field)
        if now is None:  # a column of our own
            if stored.schema.field(place).type != field.type:
                raise _other_declaration(table, field.name, f"is not of type {field.type}")
        else:
            if was is None:
                raise _other_declaration(table, field.name, "does not say how it was declared")
            if misfit := was.misfit(now):
                raise _other_declaration(table, field.name, misfit)
            if was.source != now.source:
                moved.add(
                    f"column {field.name} of dimension {table} was read from {was.source!r} and is "
                    f"now from {now.source!r}: if the source has renamed it, all is well; if it is "
                    "another column, start without state and load the table again"
                )
        columns.append(stored.column(place).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _other_declaration(table: str, column: str, what: str) -> RuntimeError:
    return RuntimeError(
        f"the state of dimension {table} was written under another declaration: column {column} "
        f"{what}. Start with the former declaration, or start without state and load the table "
        "again"
    )


def _rewrite(state: BlockState, table: str, first: int, after: int, mirror: TableMirror) -> None:
    for number in range(first, after):
        state.remove(_block(table, number))
    rows = mirror.rows()
    starts = range(0, len(rows), _BLOCK_ROWS)
    for number, start in enumerate(starts, after):
        state.put(_block(table, number), _stored(rows.slice(start, _BLOCK_ROWS), mirror))
    state.put(table, _DIRECTORY.pack(after, after + len(starts), len(rows)))


def _directory(state: BlockState, table: str) -> tuple[int, int, int]:
    packed = state.get(table)
    return (0, 0, 0) if packed is None else _DIRECTORY.unpack(bytes(packed))


def _block(table: str, number: int) -> str:
    return f"{table}#{number}"
