"""Which failures of an AWS call pass by themselves, and which need a person.

Every caller asks here, so that a code is not waited out in one place and given up in another.
"""

from __future__ import annotations

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's, not Python's
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
)

_TOO_MANY_REQUESTS: Final = 429
_REQUEST_TIMEOUT: Final = 408
_SERVER_ERRORS: Final = 500  # and above
# Those with a status below 500. Expired credentials are renewed by the client before the next try.
_PASSING_CODES: Final = frozenset({
    "BadDigest",
    "BandwidthLimitExceeded",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteBody",
    "KMS.ThrottlingException",
    "OperationAborted",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TokenRefreshRequired",
    "TooManyRequestsException",
})  # fmt: skip
# Without an answer: the network, or whatever hands out the credentials.
_PASSING: Final = (
    ConnectionError,
    HTTPClientError,
    CredentialRetrievalError,
    MetadataRetrievalError,
)


def is_transient(error: ClientError | BotoCoreError) -> bool:
    """Whether the same call may succeed later without anybody's help."""
    if not isinstance(error, ClientError):
        return isinstance(error, _PASSING)
    status = _status(error)
    return (
        code_of(error) in _PASSING_CODES
        or status in {_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT}
        or status >= _SERVER_ERRORS
    )


def code_of(error: ClientError | BotoCoreError) -> str:
    """AWS's code, to look up what it means; not checked to be free of values. Else the class."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "unknown")
    return type(error).__name__


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
