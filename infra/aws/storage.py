"""The buckets, as a deployment uses them: the code goes up, and at the very end all goes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.aws.errors import DeployError
from infra.aws.plan import code_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Say = Callable[[str], None]


def digest_of(package: Path) -> str:
    """What the code's key is made from. Raises DeployError when there is no such file."""
    try:
        with package.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        message = f"{package}: there is no such package; make it with `python3 build.py package`"
        raise DeployError(message) from error


def upload_code(client: S3Client, bucket: str, package: Path, say: Say) -> str:
    """Uploads the zip, unless these very bytes are there already; gives its key."""
    key = code_key(digest_of(package))
    if _exists(client, bucket, key):
        say(f"code: s3://{bucket}/{key} is there already")
    else:
        client.upload_file(str(package), bucket, key)
        say(f"code: uploaded {package.stat().st_size:,} bytes as s3://{bucket}/{key}")
    return key


def empty_bucket(client: S3Client, bucket: str) -> int:
    """Deletes every object; gives their number."""
    count = 0
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": each["Key"]} for each in page.get("Contents", [])]
        if keys:
            client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
            count += len(keys)
    return count


def _exists(client: S3Client, bucket: str, key: str) -> bool:
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True
