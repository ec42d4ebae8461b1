"""Blocks: the elements between stages, each one Arrow IPC message of many rows.

    1 byte   kind, one of `Kind`; the signals of `connectors.epochs` use other letters
    1 byte   length of the table's name
    2 bytes  route, little-endian: the number of the subtask that the block is sent to
    n bytes  the table's name (declared table or target), then zeros up to a multiple of 8
    rest     an Arrow IPC record batch message, without its schema

The schema does not travel: both ends derive it from the declaration by kind and table.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from connectors.failures import StarjoinError, describe_error

# In the metadata of a column's field: a word for how its values were made, a blank, their type in
# Redshift's DDL. Whoever derives the schema writes it; staging compares it with today's.
MADE: Final = b"starjoin.made"
_HEAD: Final = struct.Struct("<cBH")
_ALIGNMENT: Final = 8  # Arrow's readers want buffers aligned to this
_STREAM_ENDS: Final = b"\xff\xff\xff\xff\0\0\0\0"


@enum.unique
class Kind(enum.Enum):
    """What a block holds."""

    FACTS = b"F"  # changes of a fact table
    DIMENSION = b"D"  # changes of a dimension
    ROWS = b"W"  # wide rows of a target
    PATCHES = b"P"  # patches of a dimension
    DEAD_LETTERS = b"X"
    RESTRICTED = b"O"  # originals of dead letters in the clear, which few may read
    ACCOUNT = b"A"  # what became of the records of a source block
    OUTCOME = b"U"  # what became of the changes of a dimension
    GAP = b"G"  # records of a shard that were lost before they were read
    TIP = b"T"  # until when everything of a shard was read


SchemaOf = Callable[[Kind, str], pa.Schema]


class BlockError(StarjoinError):
    """Bytes that are no block: another version of the application wrote them."""


@dataclass(frozen=True)
class Block:
    """A record batch of one table, and the route it takes.

    Attributes:
        kind: what the rows are.
        table: a declared table, or a target where they are its rows; empty where they are of no one
            table (dead letters, accounts, outcomes, gaps, tips).
        batch: the rows.
        route: the number of the subtask that the block is sent to, where one stage chooses among
            the next one's.
    """

    kind: Kind
    table: str
    batch: pa.RecordBatch
    route: int = 0

    def encode(self) -> bytes:
        """The block as one element."""
        name = self.table.encode()
        head = _HEAD.pack(self.kind.value, len(name), self.route) + name
        padding = -len(head) % _ALIGNMENT
        return b"".join((head, bytes(padding), self.batch.serialize()))


def route_of(data: bytes) -> int:
    """The route of an encoded block."""
    return int.from_bytes(data[2:4], "little")


def decode(data: bytes, schema_of: SchemaOf) -> Block:
    """Reads an element; the batch's columns are views into `data`.

    Raises BlockError when the bytes are not a block of this version.
    """
    try:
        letter, length, route = _HEAD.unpack_from(data)
        kind = Kind(letter)
        start = _HEAD.size + length
        table = data[_HEAD.size : start].decode()
        start += -start % _ALIGNMENT
        batch = pa.ipc.read_record_batch(pa.py_buffer(data).slice(start), schema_of(kind, table))
    except (struct.error, ValueError, KeyError, OSError, pa.ArrowException) as error:
        size, cause = len(data), describe_error(error)
        message = f"an element of {size} bytes is not a block of this version: {cause}"
        raise BlockError(message) from None
    return Block(kind, table, batch, route)


def to_stream(batch: pa.RecordBatch) -> bytes:
    """A batch with its schema, for state that outlives a declaration."""
    # What Arrow's stream writer writes, in a third of its time.
    return b"".join((batch.schema.serialize(), batch.serialize(), _STREAM_ENDS))


def from_stream(data: bytes) -> pa.RecordBatch:
    """Reads what `to_stream` wrote."""
    return pa.ipc.open_stream(data).read_next_batch()
