"""The durable copy of the dimensions in broadcast state: column blocks under known keys.

For each table a directory entry lists its blocks in the order in which they were written, so that a
restore gets blocks one by one instead of iterating the state. A block is an Arrow stream with its
schema, since state outlives a declaration: it says how each column was declared, so that a start
under another declaration takes no values that today's would not make, and it names the key of its
tokens, so that a start under another secret takes none of them.

Accepted changes are appended as a block. Blocks at the end are merged as `tiers` says, the newest
row of each key only, so there are few of them however small the changes are. When the superseded
rows of all blocks outweigh, everything is rewritten from the mirror.
"""

from __future__ import annotations

import itertools
import logging
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import pyarrow as pa

from connectors.blocks import from_stream, to_stream
from connectors.failures import StarjoinError
from flink_app.declaration.provenance import Provenance
from flink_app.denormalise.mirror import SIZE_RATIO, SUPERSEDED_SHARE, TableMirror
from flink_app.denormalise.tiers import BLOCK_BYTES, Entry, cut, merge_from
from flink_app.privacy.keys import WrongKeyError
from flink_app.records.arrays import concatenate

logger = logging.getLogger(__name__)

_HEAD: Final = struct.Struct("<8sq")  # `_FORM`, and the bytes of all rows after the last rewrite
_ENTRY: Final = struct.Struct("<qqq")  # an `Entry`
_FORM: Final = b"blocks/2"
_FIRST_FORM: Final = struct.Struct("<qqq")  # first block, next block, rows in them
_KEY_ID: Final = b"starjoin.key_id"  # of a block's schema
_COMPACT_FLOOR: Final = 1_024
_SIZE_FLOOR: Final = 2 * BLOCK_BYTES
_RECENT_ROWS: Final = 256  # blocks of so many rows are kept in memory until they are merged


class DimensionStateError(StarjoinError, RuntimeError):
    """The saved state of a dimension cannot be used; names tables and columns, never a value."""


class BlockState(Protocol):
    """A map state from text to bytes."""

    def get(self, key: str) -> bytes | None:
        """The value, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Sets the value."""

    def remove(self, key: str) -> None:
        """Removes the key."""


class _Directory(NamedTuple):
    """What a table's directory entry says.

    Attributes:
        blocks: oldest first.
        rewritten: bytes of all rows after the last rewrite.
        counted: whether rows and bytes of each block are known; in the first form they are not.
    """

    blocks: tuple[Entry, ...] = ()
    rewritten: int = 0
    counted: bool = True

    @property
    def after(self) -> int:
        """The next block's number."""
        return self.blocks[-1].number + 1 if self.blocks else 0


class DurableTable:
    """The durable copy of one dimension, written by one subtask.

    Args:
        table: its name.
        mirror: the same dimension in memory.
        key_id: of the key of its tokens; empty where the declaration makes none.
    """

    def __init__(self, table: str, mirror: TableMirror, key_id: str = "") -> None:
        self._table = table
        self._key_id = key_id
        self._stored_schema = (
            mirror.schema.with_metadata({_KEY_ID: key_id}) if key_id else mirror.schema
        )
        self._mirror = mirror
        self._directory: _Directory | None = None  # as the state has it, once it has been read
        self._recent: dict[int, pa.RecordBatch] = {}  # small blocks, which are merged soon

    def rebuild(self, state: BlockState) -> None:
        """Fills the mirror, which is empty, from the state; raises what `blocks` raises."""
        if stored_blocks := list(blocks(state, self._table, self._mirror.schema, self._key_id)):
            self._mirror.load(concatenate(stored_blocks))

    def append(self, state: BlockState, accepted: pa.RecordBatch) -> None:
        """Makes accepted changes durable; the mirror holds them already."""
        if self._directory is None:
            self._directory = _read_directory(state, self._table)
        known = self._directory
        after = known.after
        entries = [*known.blocks, _entry(after, accepted)]
        if not known.counted or _is_outweighed(entries, known.rewritten, len(self._mirror)):
            self._rewrite(state, known)
            return
        merged: list[Entry] = []
        while (first := merge_from(entries)) < len(entries) - 1:
            run = entries[first:-1]
            accepted = self._keep_newest([*self._read(state, run), accepted])
            entries[first:] = [_entry(after, accepted)]
            merged += run
        entries[-1:] = self._write(state, after, accepted)
        self._replace(state, merged, entries, known.rewritten)

    def _rewrite(self, state: BlockState, known: _Directory) -> None:
        """Only the newest row of each key, in full blocks."""
        self._recent.clear()
        entries = self._write(state, known.after, self._mirror.rows())
        self._replace(state, known.blocks, entries, sum(entry.size for entry in entries))

    def _read(self, state: BlockState, entries: Sequence[Entry]) -> Iterator[pa.RecordBatch]:
        for entry in entries:
            recent = self._recent.pop(entry.number, None)
            if recent is not None:
                yield recent
            else:
                stored = _read_block(state, self._table, entry.number)
                yield _conform(stored, self._mirror.schema, self._table, set())

    def _keep_newest(self, batches: list[pa.RecordBatch]) -> pa.RecordBatch:
        """The newest row of each key, as a restored mirror would have it."""
        return self._mirror.without_rows().accept(concatenate(batches))

    def _write(self, state: BlockState, after: int, rows: pa.RecordBatch) -> list[Entry]:
        """Puts rows as blocks with the numbers from `after` on."""
        entries = []
        for number, (part, size) in enumerate(cut(rows), after):
            state.put(_block(self._table, number), _encode_rows(part, self._stored_schema))
            entries.append(Entry(number, len(part), size))
            if len(part) <= _RECENT_ROWS:
                self._recent[number] = part
        return entries

    def _replace(
        self, state: BlockState, gone: Iterable[Entry], entries: list[Entry], rewritten: int
    ) -> None:
        """Removes blocks whose rows are in others now, and puts the directory."""
        for entry in gone:
            state.remove(_block(self._table, entry.number))
        self._directory = _Directory(tuple(entries), rewritten)
        packed = b"".join(itertools.starmap(_ENTRY.pack, entries))
        state.put(self._table, _HEAD.pack(_FORM, rewritten) + packed)


def blocks(
    state: BlockState, table: str, schema: pa.Schema, key_id: str = ""
) -> Iterator[pa.RecordBatch]:
    """Every accepted change that is kept, in today's columns; several versions of a key.

    Raises DimensionStateError when the state cannot be that of this declaration, and WrongKeyError
    when its tokens were made under another key than `key_id`.
    """
    moved: set[str] = set()
    for entry in _read_directory(state, table).blocks:
        stored = _read_block(state, table, entry.number)
        _check_key(stored, table, key_id)
        yield _conform(stored, schema, table, moved)
    for sentence in sorted(moved):
        logger.warning("%s", sentence)


def forget(state: BlockState, table: str) -> None:
    """Removes whatever is kept of a table."""
    if known := _read_directory(state, table).blocks:
        for entry in known:
            state.remove(_block(table, entry.number))
        state.remove(table)


def _check_key(stored: pa.RecordBatch, table: str, key_id: str) -> None:
    """Raises WrongKeyError for a block of another key; a block that names none is older."""
    was = (stored.schema.metadata or {}).get(_KEY_ID, b"").decode()
    if was and key_id and was != key_id:
        message = (
            f"the state of dimension {table} has tokens of key {was}, and the privacy secret has "
            f"key id {key_id}: joined to them, new facts would find nothing. Stop the application, "
            f"make the secret with key id {was} its current version again, and start; or start "
            "without state and load every table again, as operations.md, Rotating the privacy "
            "secret, says"
        )
        raise WrongKeyError(message)


def _read_block(state: BlockState, table: str, number: int) -> pa.RecordBatch:
    block = state.get(_block(table, number))
    if block is None:
        message = f"the state of dimension {table} lacks its block {number}"
        raise DimensionStateError(message)
    return from_stream(bytes(block))


def _entry(number: int, rows: pa.RecordBatch) -> Entry:
    return Entry(number, len(rows), rows.get_total_buffer_size())


def _is_outweighed(entries: Sequence[Entry], rewritten: int, keys: int) -> bool:
    """Whether superseded rows are too many, or too large."""
    rows, size = sum(entry.rows for entry in entries), sum(entry.size for entry in entries)
    if rows - keys > max(_COMPACT_FLOOR, keys // SUPERSEDED_SHARE):
        return True
    return rows > keys and size > max(_SIZE_FLOOR, SIZE_RATIO * rewritten)


def _encode_rows(rows: pa.RecordBatch, schema: pa.Schema) -> bytes:
    """Rows with a schema that says how they were made, regardless of the batch's own."""
    rows = rows.replace_schema_metadata(schema.metadata)
    if not rows.schema.equals(schema, check_metadata=True):
        columns = [rows.column(name) for name in schema.names]
        rows = pa.RecordBatch.from_arrays(columns, schema=schema)
    return to_stream(rows)


def _conform(
    stored: pa.RecordBatch, schema: pa.Schema, table: str, moved: set[str]
) -> pa.RecordBatch:
    """The block in today's columns, types and order; columns that are no longer used are dropped.

    A column that the block does not have cannot be made up: NULLs would stand in the warehouse
    until each row of the dimension happens to change. Nor can values be treated afterwards: clear
    text would stay where a token is declared today.

    What is worth a warning is added to `moved`.
    """
    stored = stored.replace_schema_metadata(schema.metadata)  # the key's id has been checked
    if stored.schema.equals(schema, check_metadata=True):
        return stored
    columns = []
    for field in schema:
        index = stored.schema.get_field_index(field.name)
        if index < 0:
            raise _other_declaration(table, field.name, "is not there")
        was, now = Provenance.read(stored.schema.field(index)), Provenance.read(field)
        if now is None:  # a column of our own
            if stored.schema.field(index).type != field.type:
                raise _other_declaration(table, field.name, f"is not of type {field.type}")
        else:
            if was is None:
                raise _other_declaration(table, field.name, "does not say how it was declared")
            if misfit := was.find_misfit(now):
                raise _other_declaration(table, field.name, misfit)
            if was.source != now.source:
                moved.add(
                    f"column {field.name} of dimension {table} was read from {was.source!r} and is "
                    f"now from {now.source!r}: if the source has renamed it, nothing needs "
                    "doing; if it is another column, start without state and load the table again"
                )
        columns.append(stored.column(index).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _other_declaration(table: str, column: str, difference: str) -> DimensionStateError:
    return DimensionStateError(
        f"the state of dimension {table} was written under another declaration: column {column} "
        f"{difference}. Start with the former declaration, or start without state and load the "
        "table again"
    )


def _read_directory(state: BlockState, table: str) -> _Directory:
    packed = state.get(table)
    if packed is None:
        return _Directory()
    packed = bytes(packed)
    if len(packed) == _FIRST_FORM.size:
        first, after, _ = _FIRST_FORM.unpack(packed)
        return _Directory(tuple(Entry(n, 0, 0) for n in range(first, after)), counted=False)
    form, rewritten = _HEAD.unpack_from(packed)
    if form != _FORM:
        message = (
            f"the state of dimension {table} was written by a version of this application that "
            "this one does not know. Start with that version or a later one"
        )
        raise DimensionStateError(message)
    entries = _ENTRY.iter_unpack(packed[_HEAD.size :])
    return _Directory(tuple(map(Entry._make, entries)), rewritten)


def _block(table: str, number: int) -> str:
    return f"{table}#{number}"
