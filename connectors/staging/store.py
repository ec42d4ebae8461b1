"""Where staged files lie in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.staging.errors import region_error, write_error

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_HEADERS: Final = "HTTPHeaders"
_REGION: Final = "x-amz-bucket-region"


class S3Store:
    """Writes objects below one prefix.

    Args:
        client: boto3's S3 client; its own retries apply.
        bucket: the staging bucket.
        prefix: without slashes at its ends.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def put(self, key: str, body: bytes) -> str:
        """Writes one object; gives its `s3://` address. Raises StagingError."""
        full = f"{self._prefix}/{key}"
        try:
            self._client.put_object(Bucket=self._bucket, Key=full, Body=body)
        except (ClientError, BotoCoreError) as error:
            # Without its cause, whose sentence may quote what was sent.
            raise write_error(error, self._bucket, self._prefix) from None
        return f"s3://{self._bucket}/{full}"

    def region(self) -> str:
        """The bucket's Region; empty where the answer does not say. Raises StagingError.

        S3 says it in refusals too, so nothing has to be allowed for it.
        """
        try:
            headers = self._client.head_bucket(Bucket=self._bucket)["ResponseMetadata"][_HEADERS]
        except ClientError as error:
            headers = error.response["ResponseMetadata"].get(_HEADERS, {})
            if _REGION not in headers:
                raise region_error(error, self._bucket) from None
        except BotoCoreError as error:
            raise region_error(error, self._bucket) from None
        return headers.get(_REGION, "")
