"""The files of a COPY: a manifest or a prefix in S3, and the objects' bytes.

Owns what a manifest means. `mandatory` is false by default, and a missing file is then skipped
silently; an entry listed twice is loaded twice; Parquet needs `meta.content_length`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.redshift_emulator.copy_grammar import CopyCommand, S3Url, s3_url
from infra.redshift_emulator.errors import CopyError, LoadErrorDetail, RedshiftError, detail_block

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_NOT_FOUND = {"NoSuchKey", "404"}
_FILE_NOT_FOUND = 1212


@dataclass(frozen=True)
class Entry:
    """One file to load."""

    url: S3Url
    mandatory: bool
    content_length: int | None


def entries(s3: S3Client, command: CopyCommand) -> list[Entry]:
    """The files of a COPY in their order, including missing ones. Raises RedshiftError."""
    _check_region(s3, command.source)
    if command.manifest:
        return _manifest(s3, command.source)
    return _prefix(s3, command.source)


def read(s3: S3Client, entry: Entry) -> bytes | None:
    """A file's bytes; None for a missing file that is not mandatory. Raises RedshiftError."""
    try:
        data = s3.get_object(Bucket=entry.url.bucket, Key=entry.url.key)["Body"].read()
    except (BotoCoreError, ClientError) as error:
        if not entry.mandatory and _answer(error).get("Code") in _NOT_FOUND:
            return None
        raise _s3_error(error, entry.url) from error
    if entry.content_length is not None and entry.content_length != len(data):
        text = (
            f"The manifest's content_length of {entry.url} is {entry.content_length}, "
            f"the file has {len(data)} bytes"
        )
        raise spectrum_error(15001, text, LoadErrorDetail(15001, text, file=str(entry.url)))
    return data


def missing_files_error(command: CopyCommand) -> RedshiftError:
    """The error of a COPY that finds no file at all, mandatory or not."""
    text = f"The specified S3 prefix '{command.source.key}' does not exist"
    return RedshiftError(text, detail=detail_block(text, 8001, "", location="s3_utility.cpp:763"))


def spectrum_error(code: int, context: str, load_error: LoadErrorDetail) -> CopyError:
    """An error of the layer that reads columnar files."""
    text = "Spectrum Scan Error"
    detail = detail_block(text, code, context, location="dory_util.cpp:1450")
    return CopyError(text, load_error, detail=detail)


def _check_region(s3: S3Client, url: S3Url) -> None:
    """Columnar files must be in the Region of the cluster, here that of the emulator's client."""
    try:
        answer = s3.head_bucket(Bucket=url.bucket)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        answer = error.response["ResponseMetadata"].get("HTTPHeaders", {})
    except BotoCoreError as error:
        raise _s3_error(error, url) from error
    if answer.get("x-amz-bucket-region", s3.meta.region_name) != s3.meta.region_name:
        text = (
            "S3ServiceException:The S3 bucket addressed by the query is in a different region from "
            "this cluster.,Status 301,Error PermanentRedirect,Rid 0,ExtRid 0,CanRetry 1"
        )
        load_error = LoadErrorDetail(_FILE_NOT_FOUND, text, file=str(url))
        detail = detail_block(text, 8001, str(url), location="s3_utility.cpp:290")
        raise CopyError(text, load_error, detail=detail)


def _manifest(s3: S3Client, url: S3Url) -> list[Entry]:
    try:
        data = s3.get_object(Bucket=url.bucket, Key=url.key)["Body"].read()
    except (BotoCoreError, ClientError) as error:
        raise _s3_error(error, url, "Problem reading manifest file - ") from error
    try:
        listed = json.loads(data)["entries"]
        return [_entry(entry) for entry in listed]
    except (ValueError, KeyError, TypeError) as error:
        text = "Manifest file is not in correct json format"
        raise RedshiftError(text, detail=detail_block(text, 8001, str(url), location="")) from error


def _entry(entry: dict[str, Any]) -> Entry:
    for key, parent in (("meta", entry), ("content_length", entry.get("meta", {}))):
        if key not in parent:
            text = f"File entry does not have '{key}' key."
            location = "spectrum_manifest.cpp:204"
            raise RedshiftError(text, detail=detail_block(text, 15003, "", location=location))
    return Entry(
        url=s3_url(entry["url"]),
        mandatory=bool(entry.get("mandatory", False)),
        content_length=int(entry["meta"]["content_length"]),
    )


def _prefix(s3: S3Client, url: S3Url) -> list[Entry]:
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=url.bucket, Prefix=url.key)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    except (BotoCoreError, ClientError) as error:
        raise _s3_error(error, url) from error
    return [Entry(S3Url(url.bucket, key), mandatory=True, content_length=None) for key in keys]


def _s3_error(error: BotoCoreError | ClientError, url: S3Url, prefix: str = "") -> CopyError:
    answer = _answer(error)
    text = (
        f"{prefix}S3ServiceException:{answer.get('Message', '')},Status {answer.get('Status', 0)},"
        f"Error {answer.get('Code', 'Unreachable')},Rid 0,ExtRid 0,CanRetry 1"
    )
    load_error = LoadErrorDetail(_FILE_NOT_FOUND, text, file=str(url))
    detail = detail_block(text, 8001, str(url), location="s3_utility.cpp:290")
    return CopyError(text, load_error, detail=detail)


def _answer(error: BotoCoreError | ClientError) -> dict[str, Any]:
    """S3's error with its HTTP status; only a message if S3 did not answer."""
    if isinstance(error, BotoCoreError):
        return {"Message": str(error)}
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return {"Status": status, **error.response["Error"]}
