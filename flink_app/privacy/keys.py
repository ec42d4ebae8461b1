"""The keys of an application: one secret, from which every use has its own key.

The secret stays in Secrets Manager and in the memory of the workers; it is in no job graph,
checkpoint, log or error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.secrets import SecretReader

# A shorter secret could be searched for; HMAC-SHA-256 gains nothing from a longer key.
MINIMUM_SECRET_BYTES: Final = 32


class SecretError(ValueError):
    """The secret that the settings name cannot serve as a key."""


@dataclass(frozen=True)
class PrivacyKeys:
    """Keys derived from one secret; printing them shows nothing."""

    tokens: bytes = field(repr=False)
    dead_letters: bytes = field(repr=False)

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
        derived = HKDF(hashes.SHA256(), length=32, salt=None, info=b"starjoin dead letters")
        return cls(tokens=secret, dead_letters=derived.derive(secret))


def read_privacy_keys(client: SecretReader, secret_id: str) -> PrivacyKeys:
    """Reads the secret from Secrets Manager; its text, encoded as UTF-8, is the key."""
    answer = client.get_secret_value(SecretId=secret_id)
    text = answer.get("SecretString")
    if not isinstance(text, str):
        message = f"secret {secret_id} holds no text; store the key as a SecretString"
        raise SecretError(message)
    return PrivacyKeys.from_secret(text.encode())
