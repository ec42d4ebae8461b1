"""Collects the blocks of an epoch and writes them as Parquet parts.

1. Blocks of one table are kept until they are large enough for a part of their own, or until the
   epoch ends.
2. A large part is uploaded early, but stays unreferenced until the marker comes.
3. At the marker everything is flushed, several parts at a time, and all of the epoch's parts get
   the marker's number: a part belongs to the marker that closes it.

What an epoch that fails had uploaded is never referred to; a lifecycle rule removes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.accounts import Account, Gap, Outcome, Tip, sum_by_group
from connectors.blocks import Block, Kind
from connectors.floors import NO_FLOORS, Floors
from connectors.positions import with_position_bytes
from connectors.staging.part import Part
from connectors.staging.shape import shape_of

# Arrow bytes in memory. Parquet shrinks them to about a quarter: files of some 30 MB, within
# Redshift's advised 1 to 125 MB, and a bounded share of a worker's memory.
PART_BYTES: Final = 128 * 1024 * 1024


class Store(Protocol):
    """Where parts are written to."""

    def put(self, key: str, body: bytes) -> str:
        """Writes an object and gives its address. Raises StagingError."""


class PartWriter:
    """The open epoch of one subtask.

    Args:
        store: where parts go.
        uploads: runs the uploads that end an epoch; without it they run one after the other.
        part_bytes: how many Arrow bytes of a table make a part.
        floors: the generations below which nothing comes.
        key_id: of the key that the values are made under; empty where none is used.
    """

    def __init__(
        self,
        store: Store,
        *,
        uploads: Executor | None = None,
        part_bytes: int = PART_BYTES,
        floors: Floors = NO_FLOORS,
        key_id: str = "",
    ) -> None:
        self._store = store
        self._uploads = uploads
        self._key_id = key_id
        self._floors = floors
        self._part_bytes = part_bytes
        self._batches: dict[tuple[Kind, str], list[pa.RecordBatch]] = defaultdict(list)
        self._sizes: dict[tuple[Kind, str], int] = defaultdict(int)
        self._accounts: list[Account] = []
        self._outcomes: list[Outcome] = []
        self._gaps: list[Gap] = []
        self._tips: list[Tip] = []
        self._uploaded: list[Part] = []

    def add(self, block: Block) -> None:
        """Takes in one block; uploads a part when its table has grown large enough (2)."""
        if block.kind is Kind.ACCOUNT:
            self._accounts += Account.from_batch(block.batch)
        elif block.kind is Kind.OUTCOME:
            self._outcomes += Outcome.from_batch(block.batch)
        elif block.kind is Kind.GAP:
            self._gaps += Gap.from_batch(block.batch)
        elif block.kind is Kind.TIP:
            self._tips += Tip.from_batch(block.batch)
        elif len(block.batch):
            table = (block.kind, block.table)
            self._batches[table].append(block.batch)
            self._sizes[table] += block.batch.nbytes
            if self._sizes[table] >= self._part_bytes:
                self._uploaded.append(self._take_table(table).upload(self._store))

    def close(self, epoch: int) -> list[Part]:
        """Ends the epoch: every part of it, labelled with its number (3)."""
        parts = [*self._uploaded, *self._upload_rest()]
        if self._accounts or self._outcomes or self._gaps or self._tips:
            parts.append(self._accounts_part())
        self._uploaded, self._accounts, self._outcomes = [], [], []
        self._gaps, self._tips = [], []
        return [part.label(epoch, self._floors, self._key_id) for part in parts]

    def _accounts_part(self) -> Part:
        """The part without a file: accounts, outcomes and tips, summed up, and gaps."""
        read = tuple(sum_by_group(self._accounts))
        became = tuple(sum_by_group(self._outcomes))
        gaps, tips = tuple(self._gaps), tuple(sum_by_group(self._tips))
        return Part(
            Part.new_name(),
            Kind.ACCOUNT,
            "",
            len(read) + len(became) + len(gaps) + len(tips),
            accounts=read,
            outcomes=became,
            gaps=gaps,
            tips=tips,
        )

    def _upload_rest(self) -> Iterator[Part]:
        files = (self._take_table(table) for table in list(self._batches))
        if self._uploads is None:
            return (file.upload(self._store) for file in files)
        # The next file is made while the last are under way.
        pending = [self._uploads.submit(file.upload, self._store) for file in files]
        return (upload.result() for upload in pending)

    def _take_table(self, table: tuple[Kind, str]) -> _File:
        batches = self._batches.pop(table)
        self._sizes.pop(table)
        kind, name = table
        body = _parquet(with_position_bytes(pa.Table.from_batches(batches)))
        rows = sum(len(batch) for batch in batches)
        shape = shape_of(batches[0].schema)
        return _File(Part(Part.new_name(), kind, name, rows, size=len(body), shape=shape), body)


@dataclass(frozen=True)
class _File:
    """A part that is not in the store yet."""

    part: Part
    body: bytes

    def upload(self, store: Store) -> Part:
        folder = "-".join(filter(None, [self.part.kind.name.lower(), self.part.table]))
        url = store.put(f"{folder}/{self.part.name}.parquet", self.body)
        return replace(self.part, url=url)


def _parquet(table: pa.Table) -> bytes:
    """Parquet as COPY takes it: Snappy, which every Redshift version reads."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="snappy")
    return bytes(sink.getvalue())
