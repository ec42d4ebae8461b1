"""Dead letters: records that cannot become changes, kept with their reason.

Owns the reasons and the columns of a dead letter. What a dead letter shows in the open is made in
`treated`; its original leaves decode only sealed (`sealing`), which the application's secret opens
again, or in a part of its own that few may read.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

# Where a record stood first, before it was replayed: stream, shard, sequence number, arrival.
_PLACE: Final = [
    ("stream", pa.string()),
    ("shard", pa.string()),
    ("sequence_number", pa.string()),
    ("arrival", pa.timestamp("ms", tz="UTC")),
]
DEAD_LETTER_SCHEMA: Final = pa.schema(
    [
        *_PLACE,
        ("table", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("version", pa.string()),  # of the application
        ("declaration", pa.string()),  # its fingerprint
        ("treated", pa.string()),  # the record as `treated` shows it; null unless a JSON object
        ("replay_of", pa.struct(_PLACE)),  # null unless the record was replayed
        ("key_id", pa.string()),  # of the secret that made the tokens and sealed the original
        ("sealed_original", pa.binary()),  # null where originals are kept in parts of their own
    ]
)
# Originals in the clear, in parts that only one role may read.
RESTRICTED_SCHEMA: Final = pa.schema(
    [*_PLACE[:3], ("partition_key", pa.string()), ("payload", pa.binary())]
)


class Originals(enum.StrEnum):
    """How the original of a dead letter is kept."""

    SEALED = "sealed"  # encrypted, in the dead letter itself
    RESTRICTED = "restricted"  # in the clear, below a prefix that only one role may read


class Reason(enum.StrEnum):
    """Why a record is a dead letter."""

    NOT_JSON = "not_json"
    NOT_A_CHANGE = "not_a_change"
    UNKNOWN_OPERATION = "unknown_operation"
    MISSING_KEY = "missing_key"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    TRAILING_BLANK = "trailing_blank"
    NO_POSITION = "no_position"
    UNCHANGED_LOST = "unchanged_lost"

    @property
    def remedy(self) -> str:
        """What to do about it, where many records have it."""
        return _REMEDIES[self]


_REMEDIES: Final = {
    Reason.NOT_JSON: "Find out what else writes to the stream",
    Reason.NOT_A_CHANGE: "Look at the table mapping of DMS, and at what else writes to the stream",
    Reason.UNKNOWN_OPERATION: "Look at what the DMS task writes, and at what else does",
    Reason.MISSING_KEY: "Declare the key that the table has, by its name in the records",
    Reason.WRONG_TYPE: "Declare the type that the source has",
    Reason.OUT_OF_RANGE: "Declare a wider type, or mend the value in the source",
    Reason.TOO_LONG: "Declare a longer column, or mend the value in the source",
    Reason.TRAILING_BLANK: "Declare trailing_blanks: trim, or mend the source",
    Reason.UNCHANGED_LOST: (
        "Set REPLICA IDENTITY FULL in the source and ColumnFilter all in DMS, or reload the table"
    ),
    Reason.NO_POSITION: (
        "Set IncludeTransactionDetails on the DMS endpoint, or declare the positions that the "
        "stream has"
    ),
}


@dataclass(frozen=True)
class Rejected:
    """A record's fault. `detail` names table and column, never a value."""

    reason: Reason
    detail: str
    table: str | None = None
