"""Staging for one subtask: blocks in, references of parts out when an epoch ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyflink.datastream import RuntimeContext

from connectors.blocks import Block
from connectors.floors import NO_FLOORS, Floors
from connectors.metrics import Metrics, StageMetric
from connectors.staging.waiting import RETRY_SECONDS, WaitingStore
from connectors.staging.writer import PartWriter, Store


class Stager:
    """Writes what it is given to parts, and counts it.

    Made where the graph is built, opened in the worker. Whoever has it closes an epoch before the
    epoch's barrier: what an epoch staged is referred to in that epoch or never.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        *,
        floors: Floors = NO_FLOORS,
        retry_seconds: float = RETRY_SECONDS,
        key_id: str = "",
    ) -> None:
        self._open_store = open_store
        self._floors = floors
        self._retry_seconds = retry_seconds
        self._key_id = key_id

    def open(self, runtime_context: RuntimeContext) -> None:
        """Connects to the store."""
        self._metrics = Metrics(
            runtime_context,
            StageMetric.ROWS_STAGED,
            StageMetric.BYTES_STAGED,
            StageMetric.UPLOADS_REPEATED,
        )
        self._store = WaitingStore(
            self._open_store(),
            self._retry_seconds,
            lambda: self._metrics.add(StageMetric.UPLOADS_REPEATED),
        )
        self._writer = PartWriter(self._store, floors=self._floors, key_id=self._key_id)

    def begin(self) -> None:
        """Called with each element, before it is processed."""
        self._metrics.begin()

    def add(self, block: Block) -> None:
        """Takes in one block. Raises StagingError where a part of it cannot be uploaded."""
        self._writer.add(block)

    def close(self, epoch: int) -> Iterator[bytes]:
        """Ends the epoch: the references of its parts, and time for uploads of the next one."""
        for part in self._writer.close(epoch):
            self._metrics.add(StageMetric.ROWS_STAGED, part.rows)
            self._metrics.add(StageMetric.BYTES_STAGED, part.size)
            yield part.encode()
        self._store.begin_epoch()
