"""What each committed load has brought in, read from the bookkeeping tables.

Batches are those of the loads of one run, so all of them are kept in mind.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pyarrow.parquet as pq
from redshift_connector.core import Connection
from redshift_connector.error import ProgrammingError

from connectors.accounts import DIMENSION
from infra.local.progress import is_undefined, rows

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The newest batch is looked at again: others may have been committed in the same instant.
_ACCOUNTS: Final = """
SELECT batch, table_name, SUM(records_read), SUM(dead_lettered), MAX(last_arrival_ms),
    MIN(loaded_at)
FROM starjoin.account{since} GROUP BY batch, table_name ORDER BY 6, 1, 2
"""
_OUTCOMES: Final = """
SELECT batch, table_name, destination, SUM(loaded) FROM starjoin.outcome{since}
GROUP BY batch, table_name, destination ORDER BY 1, 2, 3
"""
_DEAD_LETTERS: Final = """
SELECT url FROM starjoin.ledger WHERE batch = '{batch}' AND kind = 'dead_letters' ORDER BY url
"""


@dataclass(frozen=True)
class DeadLetter:
    """Dead letters that are alike: how many, of which table, and why."""

    table: str
    reason: str
    detail: str
    count: int


@dataclass
class Batch:
    """What one load has committed.

    Attributes:
        batch: its id.
        seen_after: seconds between the arrival of its newest record and this look at it.
        loaded: changes by table and destination.
        dead_lettered: how many of its records have become dead letters.
        dead_letters: these, those that are alike together.
    """

    batch: str
    records: int = 0
    dead_lettered: int = 0
    seen_after: float = 0.0
    loaded: dict[tuple[str, str], int] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def add(self, other: Batch) -> None:
        """Takes another batch into this one."""
        self.records += other.records
        self.dead_lettered += other.dead_lettered
        self.seen_after = other.seen_after
        for destination, count in other.loaded.items():
            self.loaded[destination] = self.loaded.get(destination, 0) + count
        self.dead_letters += other.dead_letters

    def rows_of(self, target: str) -> int:
        """Changes of the target's fact that are loaded, deletes among them."""
        return sum(count for (_, to), count in self.loaded.items() if to == target)

    def dimensions(self) -> dict[str, int]:
        """Changes of each dimension that are loaded."""
        return {table: n for (table, to), n in self.loaded.items() if to == DIMENSION and n}


class Batches:
    """Finds batches that were committed since the last look.

    Args:
        warehouse: a session with autocommit.
        s3: where the dead letters are.
    """

    def __init__(self, warehouse: Connection, s3: S3Client) -> None:
        self._warehouse = warehouse
        self._s3 = s3
        self._seen: set[str] = set()
        self._since = ""
        self.records = 0

    def look(self) -> list[Batch]:
        """The new batches, in the order of their commits; none before the job has its tables."""
        try:
            accounts = rows(self._warehouse, _ACCOUNTS.format(since=self._since))
        except ProgrammingError as error:
            if not is_undefined(error):
                raise
            return []
        fresh = [row for row in accounts if row[0] not in self._seen]
        if not fresh:
            return []
        # What is committed after the accounts were read is for the next look.
        outcomes = rows(self._warehouse, _OUTCOMES.format(since=self._since))
        batches = {row[0]: Batch(str(row[0])) for row in fresh}
        for batch, _, read, dead, arrival, _ in fresh:
            self._add(batches[batch], int(read), int(dead), arrival)
        for batch, table, destination, loaded in outcomes:
            if batch in batches:
                batches[batch].loaded[str(table), str(destination)] = int(loaded)
        for each in batches.values():
            each.dead_letters += self._dead_letters(each) if each.dead_lettered else []
        self._seen |= batches.keys()
        self._since = f" WHERE loaded_at >= '{fresh[-1][5].isoformat(sep=' ')}'"
        self.records += sum(batch.records for batch in batches.values())
        return list(batches.values())

    @staticmethod
    def _add(batch: Batch, read: int, dead: int, arrival: int | None) -> None:
        batch.records += read
        batch.dead_lettered += dead
        if arrival is not None:
            age = max(time.time() - int(arrival) / 1_000, 0.0)
            batch.seen_after = min(age, batch.seen_after or age)

    def _dead_letters(self, batch: Batch) -> Iterator[DeadLetter]:
        counts: dict[tuple[str, str, str], int] = {}
        for (url,) in rows(self._warehouse, _DEAD_LETTERS.format(batch=batch.batch)):
            for row in self._read(str(url)):
                kind = (row["table"] or "", row["reason"] or "", row["detail"] or "")
                counts[kind] = counts.get(kind, 0) + 1
        for kind, count in counts.items():
            yield DeadLetter(*kind, count)

    def _read(self, url: str) -> list[dict[str, Any]]:
        part = urlsplit(url)
        answer = self._s3.get_object(Bucket=part.netloc, Key=part.path.lstrip("/"))
        # Not `read_table`: its threads can abort a process that ends right after its first look.
        file = pq.ParquetFile(io.BytesIO(answer["Body"].read()))
        table = file.read(columns=["table", "reason", "detail"], use_threads=False)
        letters: list[dict[str, Any]] = table.to_pylist()
        return letters
