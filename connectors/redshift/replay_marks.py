"""What the warehouse knows of dead letters: the parts that hold them, and which were replayed.

A part counts only once the ledger has it; other files are left-overs of epochs that failed. Marks
are keyed by the coordinates that the dead letter's record had on the stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.blocks import Kind
from connectors.redshift.bookkeeping import REPLAYED
from connectors.redshift.ledger import Cursor, insert, now
from connectors.redshift.names import Names

RecordId = tuple[str, str, str]  # a record's stream, shard and sequence number


@dataclass(frozen=True)
class LetterPart:
    """A loaded part of dead letters, or of restricted originals."""

    name: str
    url: str


@dataclass(frozen=True)
class Mark:
    """A replayed dead letter, and where its record stands now."""

    record_id: RecordId
    shard: str
    sequence_number: str


def loaded_parts(cursor: Cursor, names: Names, kind: Kind) -> list[LetterPart]:
    """The parts of a kind that the ledger has, in the order in which they were loaded."""
    cursor.execute(
        f"SELECT part, url FROM {names.ledger} WHERE kind = %s ORDER BY loaded_at, part",
        (kind.name.lower(),),
    )
    return [LetterPart(str(part), str(url)) for part, url in cursor.fetchall()]


def find_replayed(cursor: Cursor, names: Names) -> set[RecordId]:
    """The records of all dead letters that were replayed."""
    cursor.execute(f"SELECT stream, shard, sequence_number FROM {names.replayed}")
    return {(str(stream), str(shard), str(number)) for stream, shard, number in cursor.fetchall()}


def mark(cursor: Cursor, names: Names, marks: Sequence[Mark]) -> None:
    """Remembers replayed dead letters, some hundreds at most in one call."""
    replayed_at = now()
    rows = [
        {
            "stream": stream,
            "shard": shard,
            "sequence_number": sequence_number,
            "new_shard": each.shard,
            "new_sequence_number": each.sequence_number,
            "replayed_at": replayed_at,
        }
        for each in marks
        for stream, shard, sequence_number in [each.record_id]
    ]
    insert(cursor, names, REPLAYED, rows)
