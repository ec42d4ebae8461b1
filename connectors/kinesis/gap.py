"""Owns the gap element: records of a shard that Kinesis no longer has, and that were not read.

The source emits it where the records would have been, between two frames of the shard. All numbers
are little-endian::

     0  4 bytes    'S','J','G', version 1
     4  int64      read until, ms since the epoch, -1 = unknown
    12  int64      arrival of the first record after the gap, ms since the epoch, -1 = unknown
    20  uint16[5]  lengths (UTF-8 bytes) of the texts
    30  stream name, shard id, last sequence number read ("" = none), first sequence number after
        the gap ("" = none was there), cause

The writer that counts is `GapWriter.java`; `write_gap` is its equal, for tests.
"""

from __future__ import annotations

import struct
from itertools import accumulate, pairwise
from typing import Final

from connectors.accounts import Gap
from connectors.failures import StarjoinError, describe_error

MAGIC: Final = b"SJG"
VERSION: Final = 1

_HEADER: Final = struct.Struct("<3sBqq5H")
_UNKNOWN: Final = -1
_END_OF_TIME: Final = 253_402_300_800_000  # milliseconds: the year 10000, beyond datetime.MAXYEAR
# What the service allows names and sequence numbers, and the bookkeeping table a cause.
_LIMITS: Final = (
    ("stream name", 128),
    ("shard id", 128),
    ("last sequence number", 129),
    ("first sequence number", 129),
    ("cause", 1024),
)


class GapError(StarjoinError):
    """The bytes are not a gap element of this version, or were cut or damaged on their way."""


def read_gap(data: bytes) -> Gap:
    """Reads a gap element.

    Raises:
        GapError: wrong magic or version, lengths that do not add up, or values out of range.
    """
    if len(data) < _HEADER.size:
        message = f"a gap element has at least {_HEADER.size} bytes, got {len(data)}"
        raise GapError(message)
    magic, version, *times_and_lengths = _HEADER.unpack_from(data)
    if magic != MAGIC:
        message = f"not a gap element: begins with {bytes(data[:4])!r}"
        raise GapError(message)
    if version != VERSION:
        message = f"gap element of version {version}, this release reads {VERSION}"
        raise GapError(message)
    times, lengths = times_and_lengths[:2], times_and_lengths[2:]
    for time in times:
        if not _UNKNOWN <= time < _END_OF_TIME:
            message = "gap element with a time before 1970 or after the year 9999"
            raise GapError(message)
    for (name, limit), length in zip(_LIMITS, lengths, strict=True):
        if length > limit:
            message = f"gap element whose {name} has {length} bytes, more than {limit}"
            raise GapError(message)
    size = _HEADER.size + sum(lengths)
    if size != len(data):
        message = f"gap element should have {size} bytes, has {len(data)}"
        raise GapError(message)
    ends = list(accumulate(lengths, initial=_HEADER.size))
    try:
        stream, shard, last, first, cause = (
            bytes(data[start:end]).decode() for start, end in pairwise(ends)
        )
    except UnicodeDecodeError as error:
        message = f"gap element with text that is not UTF-8: {describe_error(error)}"
        raise GapError(message) from None
    read_until, first_arrival = (None if time == _UNKNOWN else time for time in times)
    return Gap(stream, shard, last or None, first or None, read_until, first_arrival, cause)


def write_gap(gap: Gap) -> bytes:
    """Writes a gap element, byte for byte as the JVM source does; for tests.

    Raises:
        GapError: a text exceeds its limit.
    """
    texts = [
        (text or "").encode()
        for text in (
            gap.stream,
            gap.shard,
            gap.last_sequence_number,
            gap.first_sequence_number,
            gap.cause,
        )
    ]
    for (name, limit), text in zip(_LIMITS, texts, strict=True):
        if len(text) > limit:
            message = f"the {name} of a gap has at most {limit} bytes, got {len(text)}"
            raise GapError(message)
    times = (
        _UNKNOWN if time is None else time for time in (gap.read_until_ms, gap.first_arrival_ms)
    )
    return _HEADER.pack(MAGIC, VERSION, *times, *map(len, texts)) + b"".join(texts)
