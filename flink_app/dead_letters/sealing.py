"""Originals of dead letters, sealed: AES-256-GCM under a key derived from the privacy secret.

A sealed original is bound to its application, coordinates and arrival time, which are its
associated data. Originals that were swapped in the bucket, or copied from elsewhere, do not open.
The arrival time is part of it because a replay derives the generation from it.

Two forms are read:

- bound: `_BOUND`, 12 bytes of nonce, ciphertext with its tag. The only one that is written.
- earlier: nonce, ciphertext with its tag, no associated data.

A bound original without its first bytes does not open as an earlier one: its tag was computed over
associated data, and an earlier one has none.
"""

from __future__ import annotations

import datetime as dt
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.failures import StarjoinError

# Eight bytes: an earlier original, which begins with a random nonce, never begins with them.
_BOUND: Final = b"SJbound2"
_NONCE_BYTES: Final = 12  # what GCM is specified for
_KEY_LENGTH: Final = struct.Struct(">H")  # Kinesis allows a partition key 256 characters
_LENGTH: Final = struct.Struct(">I")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class SealedOriginalError(StarjoinError, ValueError):
    """A sealed original does not open: another key or coordinates, or altered bytes."""


@dataclass(frozen=True)
class Origin:
    """Where a record stands: what its sealed original is bound to.

    Attributes:
        application: that has read it.
        stream: its name.
        shard: its id.
        sequence_number: as Kinesis gave it.
        arrival_ms: approximate arrival, milliseconds since the epoch; None if unknown.
    """

    application: str
    stream: str
    shard: str
    sequence_number: str
    arrival_ms: int | None

    def associated_data(self) -> bytes:
        """The form's name, then each member behind its length, so that no two origins are equal."""
        arrival = "" if self.arrival_ms is None else str(self.arrival_ms)
        members = (self.application, self.stream, self.shard, self.sequence_number, arrival)
        encoded = [member.encode() for member in members]
        return _BOUND + b"".join(_LENGTH.pack(len(each)) + each for each in encoded)

    def __str__(self) -> str:
        return f"record {self.sequence_number} of shard {self.shard} of stream {self.stream}"


@dataclass(frozen=True)
class Original:
    """A record as it was put on the stream; printing it shows nothing."""

    partition_key: str = field(repr=False)
    payload: bytes = field(repr=False)

    def seal(self, key: bytes, origin: Origin) -> bytes:
        """Encrypted under a 32-byte key and bound to its origin."""
        partition_key = self.partition_key.encode()
        content = _KEY_LENGTH.pack(len(partition_key)) + partition_key + self.payload
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, content, origin.associated_data())
        return _BOUND + nonce + sealed

    @classmethod
    def unseal(
        cls, sealed: bytes, key: bytes, origin: Origin, *, takes_earlier: bool = False
    ) -> Original:
        """Opens what `seal` closed.

        Raises SealedOriginalError.

        Args:
            sealed: the dead letter's `sealed_original`.
            key: `PrivacyKeys.dead_letters`.
            origin: of the dead letter that it stands in.
            takes_earlier: whether the earlier form is read, which is bound to nothing: only for a
                dead letter that names no key, as those of earlier versions do not.
        """
        is_bound = sealed.startswith(_BOUND)
        if not is_bound and not takes_earlier:
            message = (
                f"the original of {origin} is not bound to its coordinates, although its dead "
                "letter has a key_id: it was altered, or taken from another dead letter"
            )
            raise SealedOriginalError(message)
        body = sealed[len(_BOUND) :] if is_bound else sealed
        data = origin.associated_data() if is_bound else None
        try:
            content = AESGCM(key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], data)
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than nonce and tag
            message = (
                f"the original of {origin} does not open as one of application "
                f"{origin.application}: it was sealed under another secret, altered, or moved here "
                "from another dead letter"
            )
            raise SealedOriginalError(message) from error
        start = _KEY_LENGTH.size + _KEY_LENGTH.unpack_from(content)[0]
        return cls(content[_KEY_LENGTH.size : start].decode(), content[start:])

    @classmethod
    def open_sealed(cls, letter: Mapping[str, Any], application: str, key: bytes) -> Original:
        """Opens the original of a dead letter that is given by its columns.

        Raises SealedOriginalError.
        """
        arrival = letter["arrival"]
        origin = Origin(
            application,
            letter["stream"],
            letter["shard"],
            letter["sequence_number"],
            None if arrival is None else (arrival - _EPOCH) // dt.timedelta(milliseconds=1),
        )
        takes_earlier = letter.get("key_id") is None
        return cls.unseal(letter["sealed_original"], key, origin, takes_earlier=takes_earlier)
