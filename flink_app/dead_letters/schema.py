"""The columns of dead letters: records that cannot become changes, kept with their reason.

`redaction` makes what a dead letter shows in the clear. Its original leaves the job only sealed
(`sealing`), to be opened with the application's secret, or in a part of its own that few may read.
"""

from __future__ import annotations

import enum
from typing import Final

import pyarrow as pa

# Where a record stood first, before it was replayed: stream, shard, sequence number, arrival.
_COORDINATES: Final = [
    ("stream", pa.string()),
    ("shard", pa.string()),
    ("sequence_number", pa.string()),
    ("arrival", pa.timestamp("ms", tz="UTC")),
]
DEAD_LETTER_SCHEMA: Final = pa.schema(
    [
        *_COORDINATES,
        ("table", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("version", pa.string()),  # of the application
        ("declaration", pa.string()),  # its fingerprint
        ("treated", pa.string()),  # the record as `treated` shows it; null unless a JSON object
        ("replay_of", pa.struct(_COORDINATES)),  # null unless the record was replayed
        ("key_id", pa.string()),  # of the secret that made the tokens and sealed the original
        ("sealed_original", pa.binary()),  # null where originals are kept in parts of their own
    ]
)
# Originals in the clear, in parts that only one role may read.
RESTRICTED_SCHEMA: Final = pa.schema(
    [*_COORDINATES[:3], ("partition_key", pa.string()), ("payload", pa.binary())]
)


class Originals(enum.StrEnum):
    """How the original of a dead letter is kept."""

    SEALED = "sealed"  # encrypted, in the dead letter itself
    RESTRICTED = "restricted"  # in the clear, below a prefix that only one role may read
