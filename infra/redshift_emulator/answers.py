"""PostgreSQL's answers as Redshift would give them.

Owns the version that the server claims and the type numbers that differ.
"""

from __future__ import annotations

import struct

from infra.redshift_emulator import wire
from infra.redshift_emulator.wire import Message

# The version that every Redshift claims; drivers choose their features by it.
_SERVER_VERSION = "8.0.2"
# PostgreSQL's jsonb, which SUPER is mapped to, and SUPER's own type number.
_JSONB, _SUPER = 3802, 4000
_FIELD = struct.Struct("!ihihih")


def as_redshift(answer: Message) -> Message:
    """A message from PostgreSQL with Redshift's version and type numbers."""
    if answer.kind == b"S":
        name, _ = wire.split_string(answer.body)
        if name == "server_version":
            return Message(b"S", wire.strings(name, _SERVER_VERSION))
    if answer.kind == b"T" and struct.pack("!i", _JSONB) in answer.body:
        return Message(b"T", _with_super(answer.body))
    return answer


def _with_super(body: bytes) -> bytes:
    """A row description with jsonb columns as SUPER columns."""
    changed = bytearray(body)
    (count,) = struct.unpack_from("!H", body)
    at = 2
    for _ in range(count):
        at = body.index(b"\0", at) + 1
        _, _, type_number, _, _, _ = _FIELD.unpack_from(body, at)
        if type_number == _JSONB:
            struct.pack_into("!i", changed, at + 6, _SUPER)
        at += _FIELD.size
    return bytes(changed)
