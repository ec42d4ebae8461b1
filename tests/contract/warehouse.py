"""What the contract tests say to a warehouse: connections, staged files, COPY, expected errors."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import localcontext
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector
from redshift_connector.core import Connection
from redshift_connector.error import ProgrammingError

from connectors.redshift.connection import disconnect, open_connection
from infra.local.redshift import RedshiftEmulator

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

# What the tests make begins with it: schemas, and the keys of files.
PREFIX: Final = "contract"
_SCHEMA: Final = re.compile(rf"{PREFIX}_[0-9a-f]{{12}}")


@dataclass
class Warehouse:
    """A Redshift, real or not, and the bucket that its COPY reads."""

    connection: dict[str, Any]
    s3: S3Client
    bucket: str
    role: str
    emulator: RedshiftEmulator | None = None
    schema: str = ""
    _open: list[Connection] = field(default_factory=list)

    @contextmanager
    def in_schema(self) -> Iterator[None]:
        """Makes a schema; drops it with all that is in it, and deletes its files."""
        self.schema = f"{PREFIX}_{uuid.uuid4().hex[:12]}"
        self._administer(f"create schema {self.schema}")
        try:
            yield
        finally:
            while self._open:  # the first first: others may wait for its locks
                disconnect(self._open.pop(0))
            if self.emulator is not None:
                self.emulator.faults.clear()
            self._administer(f"drop schema {self.schema} cascade")
            self._delete_files(f"{PREFIX}/{self.schema}/")

    def remaining(self) -> list[str]:
        """Schemas of tests that were interrupted."""
        with closing(self._admin()) as admin:
            found = rows(
                admin, f"select nspname from pg_namespace where nspname like '{PREFIX}\\_%%'", ()
            )
        return sorted(name for (name,) in found if _SCHEMA.fullmatch(name))

    def clean(self) -> list[str]:
        """Drops the schemas and deletes the files of tests that were interrupted; their schemas."""
        schemas = self.remaining()
        for schema in schemas:
            self._administer(f"drop schema {schema} cascade")
        self._delete_files(f"{PREFIX}/{PREFIX}_")
        return schemas

    def _delete_files(self, prefix: str) -> None:
        pages = self.s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            for file in page.get("Contents", []):
                self.s3.delete_object(Bucket=self.bucket, Key=file["Key"])

    def _administer(self, sql: str) -> None:
        with closing(self._admin()) as admin:
            admin.cursor().execute(sql)

    def _admin(self) -> Connection:
        admin = redshift_connector.connect(**self.connection)
        admin.autocommit = True
        return admin

    def connect(self, *, autocommit: bool = False, **settings: Any) -> Connection:
        """A connection that finds the test's schema first."""
        connection = open_connection(**self.connection | settings)
        self._open.append(connection)
        connection.autocommit = True
        connection.cursor().execute(f"set search_path to {self.schema}")
        connection.autocommit = autocommit
        return connection

    def put(self, table: pa.Table, **options: Any) -> Entry:
        """Writes a Parquet file; its entry in a manifest."""
        sink = io.BytesIO()
        pq.write_table(table, sink, **options)
        return self.put_bytes(sink.getvalue())

    def put_bytes(self, data: bytes) -> Entry:
        key = f"{PREFIX}/{self.schema}/{uuid.uuid4().hex}.parquet"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)
        return Entry(f"s3://{self.bucket}/{key}", len(data))

    def missing(self, *, mandatory: bool | None = True) -> Entry:
        """The entry of a file that is not there."""
        key = f"{PREFIX}/{self.schema}/{uuid.uuid4().hex}.parquet"
        return Entry(f"s3://{self.bucket}/{key}", 100, mandatory)

    def manifest(self, *entries: Entry) -> str:
        """Writes a manifest; its URL."""
        text = json.dumps({"entries": [entry.as_json() for entry in entries]})
        key = f"{PREFIX}/{self.schema}/{uuid.uuid4().hex}.manifest"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return f"s3://{self.bucket}/{key}"

    def copy_sql(self, table: str, *entries: Entry, options: str = "") -> str:
        """The statement that loads these files through a manifest."""
        role = "default" if self.role == "default" else f"'{self.role}'"
        return (
            f"copy {table} from '{self.manifest(*entries)}' "
            f"iam_role {role} format as parquet manifest {options}"
        )

    def copy(self, connection: Connection, table: str, *tables: pa.Table) -> None:
        """Loads these tables of Arrow's."""
        entries = [self.put(one) for one in tables]
        connection.cursor().execute(self.copy_sql(table, *entries))


@dataclass(frozen=True)
class Entry:
    """An entry of a manifest; None leaves the field out."""

    url: str
    content_length: int | None
    mandatory: bool | None = True

    def as_json(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"url": self.url}
        if self.mandatory is not None:
            entry["mandatory"] = self.mandatory
        if self.content_length is not None:
            entry["meta"] = {"content_length": self.content_length}
        return entry


def run(connection: Connection, sql: str, parameters: Sequence[Any] | None = None) -> int:
    """Runs a statement; how many rows it wrote."""
    cursor = connection.cursor()
    cursor.execute(sql, parameters)
    return int(cursor.rowcount)


def rows(
    connection: Connection, sql: str, parameters: Sequence[Any] | None = None
) -> list[list[Any]]:
    """Runs a query; its rows."""
    cursor = connection.cursor()
    with localcontext(prec=38):  # in the binary protocol the driver rounds numbers to the context
        cursor.execute(sql, parameters)
        return [list(row) for row in cursor.fetchall()]


def value(connection: Connection, sql: str) -> Any:
    """Runs a query of one row and column."""
    ((only,),) = rows(connection, sql)
    return only


@dataclass
class Refusal:
    """What a refused statement was refused with."""

    sqlstate: str = ""
    message: str = ""
    detail: str = ""


@contextmanager
def refused(sqlstate: str, *words: str) -> Iterator[Refusal]:
    """Expects an error with this SQLSTATE and these words in its message or detail."""
    refusal = Refusal()
    with pytest.raises(ProgrammingError) as caught:
        yield refusal
    fields = caught.value.args[0]
    refusal.sqlstate, refusal.message = fields["C"], fields["M"]
    refusal.detail = fields.get("D", "")
    assert refusal.sqlstate == sqlstate, fields
    for word in words:
        assert word in f"{refusal.message} {refusal.detail}", fields
