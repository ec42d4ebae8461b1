"""The buckets, as a deployment uses them: the code goes up, and at the very end all goes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infra.aws.errors import DeployError
from infra.aws.package import APP
from infra.bootstrap import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Say = Callable[[str], None]

# The package's directory of a few thousand entries takes a handful of reads of this size.
_BLOCK: Final = 256 * 1024


def digest_of(package: Path) -> str:
    """The digest that the code's key is derived from. Raises DeployError if there is no package."""
    try:
        with package.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        message = f"{package}: there is no such package; build it with `python3 build.py package`"
        raise DeployError(message) from error


def upload_code(client: S3Client, bucket: str, package: Path, key: str, say: Say) -> str:
    """Uploads the zip unless it is there already; returns its key."""
    if _exists(client, bucket, key):
        say(f"code: s3://{bucket}/{key} is there already")
    else:
        client.upload_file(str(package), bucket, key)
        say(f"code: uploaded {package.stat().st_size:,} bytes as s3://{bucket}/{key}")
    return key


def check_packaged(package: Path, declaration: str) -> None:
    """Raises DeployError if the package's declaration differs from this working tree's.

    DMS's mapping is generated from the tree's, and the application reads the package's.
    """
    if not zipfile.is_zipfile(package):
        return
    with zipfile.ZipFile(package) as archive:
        packaged = _member(archive, declaration)
    if packaged != (ROOT / declaration).read_text(encoding="utf-8"):
        message = (
            f"{package} contains no {declaration}, or one that differs from this working tree's, "
            f"from which DMS's mapping is generated: build it again with `python3 build.py package`"
        )
        raise DeployError(message)


def read_packaged(client: S3Client, bucket: str, key: str, declaration: str) -> str | None:
    """The declaration in an uploaded package; None if there is none."""
    if not key or not _exists(client, bucket, key):
        return None
    file = io.BufferedReader(_S3File(client, bucket, key), buffer_size=_BLOCK)
    try:
        with zipfile.ZipFile(file) as archive:
            return _member(archive, declaration)
    except zipfile.BadZipFile:
        return None


class _S3File(io.RawIOBase):
    """An object that is read in ranges, so that a package of many megabytes is not fetched."""

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._offset = 0
        self._size = client.head_object(Bucket=bucket, Key=key)["ContentLength"]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        self._offset = max(0, base + offset)
        return self._offset

    def readinto(self, buffer: Any) -> int:
        end = min(self._offset + len(buffer), self._size)
        if end <= self._offset:
            return 0
        content = self._client.get_object(
            Bucket=self._bucket, Key=self._key, Range=f"bytes={self._offset}-{end - 1}"
        )["Body"].read()
        buffer[: len(content)] = content
        self._offset += len(content)
        return len(content)


def _member(archive: zipfile.ZipFile, declaration: str) -> str | None:
    try:
        return archive.read(f"{APP}/{declaration}").decode("utf-8")
    except KeyError:
        return None


def empty_bucket(client: S3Client, bucket: str) -> int:
    """Deletes every object; returns their number."""
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
