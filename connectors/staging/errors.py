"""What can go wrong with a write to the staging bucket, as types that say what to do.

    StagingError
     +- StagingUnavailableError   it may pass: write the same object again
     +- StagingRefusedError       it cannot pass until someone changes something

A write whose answer was lost may have been done. An object's name is used once and its content does
not change, so writing it again is right in either case.

Messages hold the operation, S3's code, the HTTP status and the request's id; S3's own sentence can
quote what was sent.
"""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.aws_errors import code_of, is_transient
from connectors.failures import StarjoinError, describe_error

# `AccessDenied` passes while a role is being changed, within seconds. But nearly always it stays,
# and waiting would hide it for minutes; the restart that follows is attempt enough.
_DENIED: Final = (
    "the application's role may not write there. Allow it s3:PutObject below this prefix and, if "
    "the bucket is encrypted with a key of its own, kms:GenerateDataKey on that key"
)
_ELSEWHERE: Final = (
    "the bucket is in another Region than the application's. Set `region` of "
    "starjoin.application, or `bucket` of starjoin.staging, so that they agree"
)
_CREDENTIALS: Final = "the application has no valid credentials. Check its service role"
_REMEDIES: Final = {
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "IllegalLocationConstraintException": _ELSEWHERE,
    "PermanentRedirect": _ELSEWHERE,
    "InvalidAccessKeyId": _CREDENTIALS,
    "NoCredentialsError": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "NoSuchBucket": "there is no such bucket. Set `bucket` of starjoin.staging, or create it",
}
_UNKNOWN: Final = "look the code up in S3's list of error responses, and change what it names"


class StagingError(StarjoinError):
    """An object was not written, or nobody knows whether it was."""


class StagingUnavailableError(StagingError):
    """It may pass; the same object can be written again, whether or not it was written."""


class StagingRefusedError(StagingError):
    """It cannot pass; the message says what to change."""


def write_error(error: ClientError | BotoCoreError, bucket: str, prefix: str) -> StagingError:
    """The StagingError for what boto3 raised while writing below a prefix of a bucket."""
    return _error(error, f"writing to s3://{bucket}/{prefix}/ failed: {describe_error(error)}")


def region_error(error: ClientError | BotoCoreError, bucket: str) -> StagingError:
    """The StagingError for what boto3 raised when it was asked for a bucket's Region."""
    return _error(
        error, f"asking S3 for the Region of bucket {bucket} failed: {describe_error(error)}"
    )


def _error(error: ClientError | BotoCoreError, message: str) -> StagingError:
    if is_transient(error):
        return StagingUnavailableError(message)
    return StagingRefusedError(f"{message}: {_REMEDIES.get(code_of(error), _UNKNOWN)}")
