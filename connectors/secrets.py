"""What of AWS Secrets Manager's client is used, so that tests can stand in for it."""

from __future__ import annotations

from typing import Any, Protocol


class SecretReader(Protocol):
    """The call of boto3's Secrets Manager client that is used here."""

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803
        """Gives the secret under `SecretString`."""
