"""Secrets out of AWS Secrets Manager, and what can go wrong with reading one.

    SecretReadError
     +- SecretUnavailableError   it may pass: read it again
     +- SecretRefusedError       it cannot pass until someone changes something

Messages hold the secret's id, the operation, AWS's code and the request, and nothing of a secret.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from connectors.aws_errors import code_of, is_transient
from connectors.failures import StarjoinError, describe_error

_DENIED: Final = (
    "allow the role that reads it (the application's service role) secretsmanager:GetSecretValue "
    "on it and, if it is encrypted with a key of its own, kms:Decrypt on that key"
)
_KEY: Final = (
    "its encryption key cannot be used: see that the key is enabled and not due for deletion, and "
    "that the role that reads the secret has kms:Decrypt on it"
)
_CREDENTIALS: Final = "there are no valid AWS credentials. Check the application's service role"
_REMEDIES: Final = {
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "DecryptionFailure": _KEY,
    "InvalidRequestException": (
        "it is marked for deletion or has no current version: restore it, or store a version"
    ),
    "InvalidClientTokenId": _CREDENTIALS,
    "InvalidSignatureException": _CREDENTIALS,
    "NoCredentialsError": _CREDENTIALS,
    "UnrecognizedClientException": _CREDENTIALS,
}
_UNKNOWN: Final = "look the code up in Secrets Manager's list of errors, and change what it names"


class SecretReader(Protocol):
    """The call of boto3's Secrets Manager client that is used here."""

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803
        """Gives the secret under `SecretString`."""


class SecretReadError(StarjoinError):
    """A secret was not read."""


class SecretUnavailableError(SecretReadError):
    """It may pass; the same secret can be read later."""


class SecretRefusedError(SecretReadError):
    """It cannot pass; the message says what to change."""


def read_secret(client: SecretReader, secret_id: str, setting: str) -> object:
    """What the answer has as `SecretString`; None where it has none.

    Args:
        client: boto3's, or what stands in for it.
        secret_id: name or ARN.
        setting: where the id comes from, to be named in errors.

    Raises SecretUnavailableError or SecretRefusedError.
    """
    try:
        return client.get_secret_value(SecretId=secret_id).get("SecretString")
    except (BotoCoreError, ClientError) as error:
        message = f"reading secret {secret_id} ({setting}) failed: {describe_error(error)}"
        if is_transient(error):
            raise SecretUnavailableError(message) from None
        code = code_of(error)
        remedy = _REMEDIES.get(code, _UNKNOWN)
        if code == "ResourceNotFoundException":
            remedy = (
                "there is no such secret in the region, or no current version of it. Check "
                f"{setting} and region of starjoin.application, or create it"
            )
        message = f"{message}: {remedy}"
        raise SecretRefusedError(message) from None
