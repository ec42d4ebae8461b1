"""The COPY command: its grammar, as far as it loads Parquet from S3.

Owns the options, which of them columnar formats take, and the error messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.redshift_emulator.errors import (
    INVALID_VALUE,
    NOT_SUPPORTED,
    RedshiftError,
    emulation_error,
)
from infra.redshift_emulator.lexer import Cursor, string_value

_S3_URL = re.compile(r"s3://([^/]+)/(.+)", re.DOTALL)
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
# Known to COPY, but not for columnar formats.
_TEXT_ONLY = {
    "ACCEPTANYDATE", "BLANKSASNULL", "BZIP2", "COMPROWS", "COMPUPDATE", "DATEFORMAT", "DELIMITER",
    "EMPTYASNULL", "ENCODING", "ENCRYPTED", "ESCAPE", "GZIP", "IGNOREBLANKLINES", "IGNOREHEADER",
    "LZOP", "MASTER_SYMMETRIC_KEY", "MAXERROR", "NOLOAD", "NULL", "QUOTE", "READRATIO", "REGION",
    "REMOVEQUOTES", "ROUNDEC", "SSH", "TIMEFORMAT", "TRIMBLANKS", "TRUNCATECOLUMNS", "ZSTD",
}  # fmt: skip
_OTHER_FORMATS = {"CSV", "JSON", "AVRO", "ORC", "FIXEDWIDTH", "SHAPEFILE"}
_OTHER_KEYS = {"CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"}
_SWITCH = {"ON", "OFF", "TRUE", "FALSE"}


@dataclass(frozen=True)
class S3Url:
    """The address of an object, or a prefix of keys."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class CopyCommand:
    """COPY `table` (`columns`) FROM `source`; the source is a manifest or a prefix of keys.

    `fills`: whether columns that files lack at their end become NULL (FILLRECORD).
    `replacement`: of characters that are not valid (ACCEPTINVCHARS); None refuses them.
    """

    table: str
    columns: tuple[str, ...]
    source: S3Url
    manifest: bool
    fills: bool = False
    replacement: str | None = None


def s3_url(url: str) -> S3Url:
    """Reads `s3://bucket/key`. Raises RedshiftError."""
    match = _S3_URL.fullmatch(url)
    if match is None:
        text = f"Invalid S3 URL: {url}"
        raise RedshiftError(text, sqlstate=INVALID_VALUE)
    return S3Url(match[1], match[2])


def read_copy(cursor: Cursor) -> CopyCommand:
    """Reads the statement; the cursor stands at COPY. Raises RedshiftError."""
    cursor.expect("COPY")
    table = cursor.name()
    columns: tuple[str, ...] = ()
    if cursor.peek().text == "(":
        columns = tuple(item.name() for item in cursor.items())
    cursor.expect("FROM")
    source = cursor.take()
    if source.kind != "string":
        text = f'syntax error at or near "{source.text}": COPY reads from S3 only'
        raise RedshiftError(text, sqlstate="42601")
    url = s3_url(string_value(source))
    options = _Options()
    while not cursor.done:
        options.read(cursor)
    options.check()
    return CopyCommand(table, columns, url, options.manifest, options.fills, options.replacement)


class _Options:
    def __init__(self) -> None:
        self.manifest = False
        self.fills = False
        self.replacement: str | None = None
        self._parquet = False
        self._role = False
        self._text_only: str | None = None

    def read(self, cursor: Cursor) -> None:
        if cursor.accept("IAM_ROLE"):
            self._read_role(cursor)
        elif cursor.is_ahead("FORMAT") or cursor.is_ahead("PARQUET"):
            self._read_format(cursor)
        elif cursor.accept("MANIFEST"):
            self.manifest = True
        elif cursor.accept("FILLRECORD"):
            self.fills = True
        elif cursor.accept("ACCEPTINVCHARS"):
            cursor.accept("AS")
            is_given = cursor.peek().kind == "string"
            self.replacement = string_value(cursor.take()) if is_given else "?"
        elif cursor.accept("STATUPDATE") or cursor.accept("EXPLICIT_IDS"):
            _skip_values(cursor)
        else:
            self._read_refused(cursor)

    def _read_role(self, cursor: Cursor) -> None:
        self._role = True
        if cursor.accept("DEFAULT"):
            return
        token = cursor.take()
        if token.kind != "string" or not _ROLE.fullmatch(string_value(token)):
            text = f"Invalid IAM role: {token.text}"
            raise RedshiftError(text, sqlstate=INVALID_VALUE)

    def _read_format(self, cursor: Cursor) -> None:
        if cursor.accept("FORMAT"):
            cursor.accept("AS")
        if cursor.peek().word in _OTHER_FORMATS:
            text = f"COPY of {cursor.peek().word}"
            raise emulation_error(text)
        cursor.expect("PARQUET")
        self._parquet = True

    def _read_refused(self, cursor: Cursor) -> None:
        word = cursor.peek().word
        if word in _OTHER_KEYS:
            text = "COPY from this file format only accepts IAM_ROLE credentials"
            raise RedshiftError(text)
        if word in _OTHER_FORMATS:
            text = f"COPY of {word}"
            raise emulation_error(text)
        if word == "SERIALIZETOJSON":
            text = f"COPY with {word}"
            raise emulation_error(text)
        if word not in _TEXT_ONLY:
            raise cursor.fail()
        cursor.take()
        self._text_only = self._text_only or word
        _skip_values(cursor)

    def check(self) -> None:
        if not self._parquet:
            text = "COPY of a format other than Parquet"
            raise emulation_error(text)
        if self._text_only is not None:
            text = f"{self._text_only} argument is not supported for PARQUET based COPY"
            raise RedshiftError(text, sqlstate=NOT_SUPPORTED)
        if not self._role:
            text = "COPY from this file format only accepts IAM_ROLE credentials"
            raise RedshiftError(text)


def _skip_values(cursor: Cursor) -> None:
    cursor.accept("AS")
    if cursor.peek().kind in {"string", "number"} or cursor.peek().word in _SWITCH:
        cursor.take()
