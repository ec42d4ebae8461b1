"""The keys of an application: one secret, from which every use has its own key.

The secret stays in Secrets Manager and in the memory of the workers; it is in no job graph,
checkpoint, log or error. Its key id is not secret: state, staged parts, bookkeeping tables and
dead letters carry it, so that values made under another secret are recognised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.failures import StarjoinError
from connectors.secrets import SecretReader, read_secret

# A shorter secret could be searched for; HMAC-SHA-256 gains nothing from a longer key.
MINIMUM_SECRET_BYTES: Final = 32


_KEY_ID_BYTES: Final = 8  # two secrets of one application never share an id by chance


class SecretError(StarjoinError, ValueError):
    """The secret that the settings name cannot serve as a key."""


class WrongKeyError(StarjoinError, RuntimeError):
    """Values were made under another secret than the present one; the message says what to do."""


@dataclass(frozen=True)
class PrivacyKeys:
    """Keys derived from one secret; printing them shows their id alone.

    Attributes:
        tokens: makes tokens.
        dead_letters: seals originals, 32 bytes.
        key_id: 16 hexadecimal digits that name the secret and give nothing of it away.
    """

    tokens: bytes = field(repr=False)
    dead_letters: bytes = field(repr=False)
    key_id: str

    @classmethod
    def from_secret(cls, secret: bytes) -> PrivacyKeys:
        """Derives the keys. Tokens use the secret itself, so that any HMAC tool can make them.

        Raises SecretError when the secret is too short.
        """
        if len(secret) < MINIMUM_SECRET_BYTES:
            message = (
                f"the privacy secret has {len(secret)} bytes and needs at least "
                f"{MINIMUM_SECRET_BYTES}: store a longer random text in Secrets Manager"
            )
            raise SecretError(message)
        return cls(
            tokens=secret,
            dead_letters=_derive(secret, b"starjoin dead letters", 32),
            key_id=_derive(secret, b"starjoin key id", _KEY_ID_BYTES).hex(),
        )


def _derive(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length=length, salt=None, info=purpose).derive(secret)


def read_privacy_keys(client: SecretReader, secret_id: str) -> PrivacyKeys:
    """Reads the secret from Secrets Manager; its text, encoded as UTF-8, is the key.

    Raises SecretReadError when it cannot be read, SecretError when it cannot serve as a key.
    """
    text = read_secret(client, secret_id, "secret.id of starjoin.privacy")
    if not isinstance(text, str):
        message = f"secret {secret_id} holds no text; store the key as a SecretString"
        raise SecretError(message)
    return PrivacyKeys.from_secret(text.encode())
