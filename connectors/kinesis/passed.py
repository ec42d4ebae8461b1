"""Owns the element that says how many records have gone past decode as facts.

All numbers are little-endian::

     0  4 bytes  'S','J','P', version 1
     4  int64[]  a count for each name that the splitter was given

The writer that counts is `FactSplitter.java`; `write_passed` is its equal, for tests.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.failures import StarjoinError

MAGIC: Final = b"SJP"
VERSION: Final = 1
_HEAD: Final = struct.Struct("<3sB")
_COUNT_BYTES: Final = 8


class PassedError(StarjoinError):
    """The bytes do not say what passed, in this version, or were cut on their way."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Records of one subtask that went as facts since this was said last.

    Attributes:
        counts: one for each name, in the order of the names that the splitter was given.
    """

    counts: tuple[int, ...]


def read_passed(data: bytes) -> Passed:
    """Reads the element.

    Raises:
        PassedError: another version, or a length that is not one.
    """
    numbers, odd = divmod(len(data) - _HEAD.size, _COUNT_BYTES)
    if odd or numbers < 1 or _HEAD.unpack_from(data) != (MAGIC, VERSION):
        message = f"{len(data)} bytes are not counts of records that passed, version {VERSION}"
        raise PassedError(message)
    return Passed(struct.unpack_from(f"<{numbers}q", data, _HEAD.size))


def write_passed(counts: Sequence[int]) -> bytes:
    """Writes the element, byte for byte as the JVM does; for tests and the simulation."""
    return _HEAD.pack(MAGIC, VERSION) + struct.pack(f"<{len(counts)}q", *counts)
