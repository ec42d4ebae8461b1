"""Staging for one subtask: blocks in, references of parts out when an epoch ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pyflink.datastream import RuntimeContext

from connectors.blocks import Block
from connectors.floors import NO_FLOORS, Floors
from connectors.metrics import Metrics, StageMetric
from connectors.staging.waiting import RETRY_SECONDS, WaitingStore
from connectors.staging.writer import PartWriter, Store

# An epoch of a small star ends within one round trip to S3, and no more than this many files wait
# in memory beside the blocks that they are made of.
UPLOADS: Final = 4


class Stager:
    """Writes what it is given to parts, and counts it.

    Made where the graph is built, opened in the worker. Whoever has it closes an epoch before the
    epoch's barrier: what an epoch staged is referred to in that epoch or never.

    Args:
        open_store: makes the store, in the worker.
        floors: the generations below which nothing comes.
        retry_seconds: for how long the uploads of an epoch are repeated.
        key_id: of the key that the values are made under; empty where none is used.
        uploads: how many an epoch's end makes at once; 1 for a store of one thread.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        *,
        floors: Floors = NO_FLOORS,
        retry_seconds: float = RETRY_SECONDS,
        key_id: str = "",
        uploads: int = UPLOADS,
    ) -> None:
        self._open_store = open_store
        self._floors = floors
        self._retry_seconds = retry_seconds
        self._key_id = key_id
        self._uploads = uploads
        self._threads: ThreadPoolExecutor | None = None

    def open(self, runtime_context: RuntimeContext) -> None:
        """Connects to the store."""
        self._metrics = Metrics(
            runtime_context,
            StageMetric.ROWS_STAGED,
            StageMetric.BYTES_STAGED,
            StageMetric.UPLOADS_REPEATED,
        )
        self._store = WaitingStore(self._open_store(), self._retry_seconds)
        if self._uploads > 1:
            self._threads = ThreadPoolExecutor(self._uploads)
        self._writer = PartWriter(
            self._store, uploads=self._threads, floors=self._floors, key_id=self._key_id
        )

    def begin(self) -> None:
        """Called with each element, before it is processed."""
        self._metrics.begin()

    def add(self, block: Block) -> None:
        """Takes in one block. Raises StagingError where a part of it cannot be uploaded."""
        self._writer.add(block)

    def close(self, epoch: int) -> Iterator[bytes]:
        """Ends the epoch: the references of its parts, and time for uploads of the next one."""
        parts = self._writer.close(epoch)
        self._metrics.add(StageMetric.UPLOADS_REPEATED, self._store.take_repeats())
        for part in parts:
            self._metrics.add(StageMetric.ROWS_STAGED, part.rows)
            self._metrics.add(StageMetric.BYTES_STAGED, part.size)
            yield part.encode()
        self._store.begin_epoch()

    def stop(self) -> None:
        """Ends its threads; called where the worker's work ends."""
        if self._threads is not None:
            self._threads.shutdown(wait=False)
