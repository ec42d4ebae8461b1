"""Messages of PostgreSQL's logical replication, read from bytes: plugin `pgoutput`, protocol 1.

PostgreSQL's manual describes them under "Logical Replication Message Formats". Values come in the
text form of their types.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.failures import StarjoinError

# Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts time.
_EPOCH_MICROS: Final = 10_957 * 86_400 * 1_000_000


class MessageError(StarjoinError, ValueError):
    """A message is not of the protocol's form; says where, and nothing of any row."""


class NotSent(enum.Enum):
    """Stands for a value that the log does not have."""

    UNCHANGED = "unchanged"  # a large value that the update did not touch


Value = str | None | NotSent
Row = tuple[Value, ...]  # in the order of the relation's columns


@dataclass(frozen=True)
class Begin:
    """A transaction begins.

    Attributes:
        log_position: of its commit.
        committed_micros: since 1970, in UTC.
        transaction: its number.
    """

    log_position: int
    committed_micros: int
    transaction: int


@dataclass(frozen=True)
class Commit:
    """It ends; the log goes on at `end`."""

    end: int


@dataclass(frozen=True)
class RelationColumn:
    """A column; `is_identity` if the log names changed rows by it."""

    name: str
    type_oid: int
    modifier: int
    is_identity: bool


@dataclass(frozen=True)
class Relation:
    """A table as it was when its next change was made.

    Attributes:
        identity: d for the primary key, i for an index, f for the full row, n for nothing.
    """

    oid: int
    schema: str
    table: str
    identity: str
    columns: tuple[RelationColumn, ...]


@dataclass(frozen=True)
class Insert:
    """A row is new."""

    relation: int
    new: Row


@dataclass(frozen=True)
class Update:
    """A row has changed; `old` is its former key or the former row, where the log has one."""

    relation: int
    old: Row | None
    new: Row


@dataclass(frozen=True)
class Delete:
    """A row is gone; `old` is its key, all else null, or the row if the identity is full."""

    relation: int
    old: Row


@dataclass(frozen=True)
class Truncate:
    """Tables were emptied."""

    relations: tuple[int, ...]


@dataclass(frozen=True)
class Other:
    """A message that says nothing of rows: a type, an origin."""

    kind: str


Message = Begin | Commit | Relation | Insert | Update | Delete | Truncate | Other
_PASSED_OVER: Final = ("Y", "O", "M")


def read_message(data: bytes) -> Message:
    """One message. Raises MessageError where it cannot be read."""
    kind = chr(data[0]) if data else ""
    reader = _Reader(data)
    try:
        return Other(kind) if kind in _PASSED_OVER else _READERS[kind](reader)
    except (struct.error, ValueError, LookupError) as error:
        message = (
            f"a message {kind!r} of the replication protocol cannot be read at byte "
            f"{reader.offset} of {len(data)}: {type(error).__name__}"
        )
        raise MessageError(message) from None


def _read_begin(reader: _Reader) -> Begin:
    position, micros, transaction = reader.read_numbers("!QqI")
    return Begin(position, micros + _EPOCH_MICROS, transaction)


def _read_commit(reader: _Reader) -> Commit:
    _, _, end, _ = reader.read_numbers("!bQQq")
    return Commit(end)


def _read_insert(reader: _Reader) -> Insert:
    (relation,) = reader.read_numbers("!I")
    reader.expect("N")
    return Insert(relation, reader.read_row())


def _read_update(reader: _Reader) -> Update:
    (relation,) = reader.read_numbers("!I")
    old = None
    if reader.expect("KON") != "N":
        old = reader.read_row()
        reader.expect("N")
    return Update(relation, old, reader.read_row())


def _read_delete(reader: _Reader) -> Delete:
    (relation,) = reader.read_numbers("!I")
    reader.expect("KO")
    return Delete(relation, reader.read_row())


def _read_truncate(reader: _Reader) -> Truncate:
    count, _ = reader.read_numbers("!Ib")
    return Truncate(reader.read_numbers(f"!{count}I"))


def _read_relation(reader: _Reader) -> Relation:
    (oid,) = reader.read_numbers("!I")
    # The schema of PostgreSQL's own tables is written as nothing.
    schema, table = reader.read_text() or "pg_catalog", reader.read_text()
    identity, count = reader.read_numbers("!cH")
    columns = []
    for _ in range(count):
        (flags,) = reader.read_numbers("!b")
        name = reader.read_text()
        type_oid, modifier = reader.read_numbers("!Ii")
        columns.append(RelationColumn(name, type_oid, modifier, bool(flags & 1)))
    return Relation(oid, schema, table, identity.decode(), tuple(columns))


class _Reader:
    """Reads one message from its second byte on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.offset = 1

    def read_numbers(self, form: str) -> tuple[Any, ...]:
        """Numbers, as `struct` names them."""
        numbers = struct.unpack_from(form, self._data, self.offset)
        self.offset += struct.calcsize(form)
        return numbers

    def read_text(self) -> str:
        """A text that ends in a zero."""
        end = self._data.index(0, self.offset)
        text = self._data[self.offset : end].decode()
        self.offset = end + 1
        return text

    def expect(self, kinds: str) -> str:
        """The next byte, one of some letters."""
        kind = chr(self._data[self.offset])
        if kind not in kinds:
            message = "unexpected part"
            raise MessageError(message)
        self.offset += 1
        return kind

    def read_row(self) -> Row:
        """The values of a row."""
        (count,) = self.read_numbers("!H")
        return tuple(self._read_value() for _ in range(count))

    def _read_value(self) -> Value:
        match self.expect("nut"):
            case "n":
                return None
            case "u":
                return NotSent.UNCHANGED
        (length,) = self.read_numbers("!I")
        end = self.offset + length
        if end > len(self._data):
            message = "a value ends behind the message"
            raise MessageError(message)
        text = self._data[self.offset : end].decode()
        self.offset = end
        return text


_READERS: Final[Mapping[str, Callable[[_Reader], Message]]] = {
    "B": _read_begin,
    "C": _read_commit,
    "R": _read_relation,
    "I": _read_insert,
    "U": _read_update,
    "D": _read_delete,
    "T": _read_truncate,
}
