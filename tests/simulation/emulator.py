"""The same worlds on the Redshift emulator: a real driver, real transactions, files in S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redshift_connector

from connectors.staging.store import S3Store
from infra.simulation.database import BOOKKEEPING
from infra.simulation.faults import Breaking, Planned

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class EmulatedWarehouse:
    """A warehouse for one world after the other; a closed world leaves it empty.

    Args:
        connection: arguments of `redshift_connector.connect`.
        s3: where parts and manifests go.
        bucket: that exists.
    """

    def __init__(self, connection: dict[str, Any], s3: S3Client, bucket: str) -> None:
        self.planned: Planned | None = None
        self.committed: Callable[[int], None] = lambda _: None
        self._connection = connection
        self._store = S3Store(s3, bucket, "simulation")
        self._asking = redshift_connector.connect(**connection)
        self._asking.autocommit = True

    def close(self) -> None:
        """The tables go; the next world begins empty."""
        tables = (
            "SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END, table_schema, "
            "table_name FROM information_schema.tables"
        )
        for schema in (BOOKKEEPING, "public"):
            for found in self.query(f"{tables} WHERE table_schema = '{schema}'"):
                self.execute('DROP {} "{}"."{}"'.format(*found))

    def shut(self) -> None:
        """Ends the connection that asks."""
        self._asking.close()

    def put(self, key: str, body: bytes) -> str:
        return self._store.put(key, body)

    def connect(self, owner: int) -> Breaking:
        return Breaking(self, owner, lambda: redshift_connector.connect(**self._connection))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._asking.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All queries inside see one snapshot: one transaction, REPEATABLE READ."""
        self._asking.autocommit = False
        try:
            yield
        finally:
            self._asking.rollback()
            self._asking.autocommit = True

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._asking.cursor().execute(sql.replace("?", "%s"), tuple(values))
