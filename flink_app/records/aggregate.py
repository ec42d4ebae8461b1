"""Aggregates of the Kinesis Producer Library: several records in one, in a format of its own.

    4 bytes   F3 89 9A C2
    n bytes   an AggregatedRecord, as a protocol buffer
    16 bytes  the MD5 checksum of these n bytes

DMS writes none, so they are recognised and not read: they come of a producer that should not write
to the stream, or not like this.
"""

from __future__ import annotations

import hashlib
from typing import Final

MAGIC: Final = b"\xf3\x89\x9a\xc2"  # begins no text in UTF-8, hence no JSON
_CHECKSUM_BYTES: Final = 16


def is_aggregate(record: bytes) -> bool:
    """Whether a record is one; with a wrong checksum it is none for the library either."""
    if not record.startswith(MAGIC):
        return False
    content, checksum = record[len(MAGIC) : -_CHECKSUM_BYTES], record[-_CHECKSUM_BYTES:]
    return hashlib.md5(content, usedforsecurity=False).digest() == checksum
