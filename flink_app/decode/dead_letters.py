"""Dead letters: records that cannot become changes, kept with their reason.

Owns the reasons, the columns of a dead letter and the sealing of its payload. A payload that could
not be read cannot be treated column by column, so it leaves decode only under AES-256-GCM; the
application's secret opens it again.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12  # what GCM is specified for

DEAD_LETTER_SCHEMA: Final = pa.schema(
    [
        ("stream", pa.string()),
        ("shard", pa.string()),
        ("sequence_number", pa.string()),
        ("arrival", pa.timestamp("ms", tz="UTC")),
        ("table", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("sealed_payload", pa.binary()),
    ]
)


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


@dataclass(frozen=True)
class Rejected:
    """A record's fault. `detail` names table and column, never a value."""

    reason: Reason
    detail: str
    table: str | None = None


class SealedPayloadError(ValueError):
    """A sealed payload does not open: another key, or altered bytes."""


def seal(payload: bytes, key: bytes) -> bytes:
    """Encrypts a payload under a 32-byte key: nonce, then ciphertext with its tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, payload, None)


def unseal(sealed: bytes, key: bytes) -> bytes:
    """Opens what `seal` closed; SealedPayloadError when the key is another."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError) as error:  # ValueError: shorter than nonce and tag
        message = "the payload does not open: it was sealed under another secret, or altered"
        raise SealedPayloadError(message) from error
