"""Owns the tip element: until when everything of a shard was read, and whether that was its end.

The source emits it behind the first frame of a shard, of a shard without records every minute, and
at the end of a shard. All numbers are little-endian::

     0  4 bytes    'S','J','T', version 1
     4  int64      read until, ms since the epoch by Kinesis' clock, -1 = unknown
    12  uint8      1 at the end of the shard, else 0
    13  uint16[4]  lengths (UTF-8 bytes) of the texts
    21  stream name, shard id, first and last hash key that the shard holds (decimal numbers; ""
        = unknown)

The writer that counts is `TipWriter.java`; `write_tip` is its equal, for tests.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from connectors.accounts import Tip
from connectors.failures import StarjoinError, describe_error

MAGIC: Final = b"SJT"
VERSION: Final = 1

_HEADER: Final = struct.Struct("<3sBqB4H")
_UNKNOWN: Final = -1
_END_OF_TIME: Final = 253_402_300_800_000  # milliseconds: the year 10000, beyond datetime.MAXYEAR
# What the service allows names and hash keys, which go up to 2^128 - 1.
_LIMITS: Final = (
    ("stream name", 128),
    ("shard id", 128),
    ("first hash key", 39),
    ("last hash key", 39),
)


class TipError(StarjoinError):
    """The bytes are not a tip element of this version, or were cut or damaged on their way."""


def read_tip(data: bytes) -> Tip:
    """Reads a tip element.

    Raises:
        TipError: wrong magic or version, lengths that do not add up, or values out of range.
    """
    if len(data) < _HEADER.size:
        message = f"a tip element has at least {_HEADER.size} bytes, got {len(data)}"
        raise TipError(message)
    magic, version, read_until, ended, *lengths = _HEADER.unpack_from(data)
    if magic != MAGIC:
        message = f"not a tip element: begins with {bytes(data[:4])!r}"
        raise TipError(message)
    if version != VERSION:
        message = f"tip element of version {version}, this release reads {VERSION}"
        raise TipError(message)
    _check_numbers(read_until, ended, lengths)
    size = _HEADER.size + sum(lengths)
    if size != len(data):
        message = f"tip element should have {size} bytes, has {len(data)}"
        raise TipError(message)
    ends = list(accumulate(lengths, initial=_HEADER.size))
    try:
        stream, shard, first, last = (
            bytes(data[start:end]).decode() for start, end in pairwise(ends)
        )
    except UnicodeDecodeError as error:
        message = f"tip element with text that is not UTF-8: {describe_error(error)}"
        raise TipError(message) from None
    for key in (first, last):
        if key and not (key.isascii() and key.isdecimal()):
            message = "tip element with a hash key that is no decimal number"
            raise TipError(message)
    until = None if read_until == _UNKNOWN else read_until
    return Tip(stream, shard, until, bool(ended), first or None, last or None)


def _check_numbers(read_until: int, ended: int, lengths: Sequence[int]) -> None:
    """Raises TipError for what is out of range."""
    if not _UNKNOWN <= read_until < _END_OF_TIME:
        message = "tip element with a time before 1970 or after the year 9999"
        raise TipError(message)
    if ended not in {0, 1}:
        message = f"tip element whose end of the shard is {ended}, neither 0 nor 1"
        raise TipError(message)
    for (name, limit), length in zip(_LIMITS, lengths, strict=True):
        if length > limit:
            message = f"tip element whose {name} has {length} bytes, more than {limit}"
            raise TipError(message)


def write_tip(tip: Tip) -> bytes:
    """Writes a tip element, byte for byte as the JVM source does; for tests.

    Raises:
        TipError: a text exceeds its limit.
    """
    texts = [
        (text or "").encode()
        for text in (tip.stream, tip.shard, tip.first_hash_key, tip.last_hash_key)
    ]
    for (name, limit), text in zip(_LIMITS, texts, strict=True):
        if len(text) > limit:
            message = f"the {name} of a tip has at most {limit} bytes, got {len(text)}"
            raise TipError(message)
    until = _UNKNOWN if tip.read_until_ms is None else tip.read_until_ms
    return _HEADER.pack(MAGIC, VERSION, until, tip.ended, *map(len, texts)) + b"".join(texts)
