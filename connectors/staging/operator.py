"""The staging stage in Flink: blocks in, references out at each epoch marker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyflink.datastream import ProcessFunction, RuntimeContext

from connectors.blocks import SchemaOf, decode
from connectors.epochs.signals import EpochEnds, parse_signal
from connectors.failures import guard
from connectors.floors import NO_FLOORS, Floors
from connectors.metrics import Metrics, StageMetric
from connectors.staging.waiting import RETRY_SECONDS, WaitingStore
from connectors.staging.writer import PartWriter, Store
from connectors.worker import prepare_worker


class Stage(ProcessFunction):  # type: ignore[misc]
    """Writes what it is given to parts; hands on their references when the epoch ends.

    The epoch marker is chained right before this operator, so the flush is done before the
    operator's own barrier: what an epoch staged is referred to in that epoch or never.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        schema_of: SchemaOf,
        *,
        floors: Floors = NO_FLOORS,
        retry_seconds: float = RETRY_SECONDS,
        key_id: str = "",
    ) -> None:
        self._open_store = open_store
        self._schema_of = schema_of
        self._floors = floors
        self._retry_seconds = retry_seconds
        self._key_id = key_id

    @guard
    def open(self, runtime_context: RuntimeContext) -> None:
        """Connects to the store."""
        prepare_worker()
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

    @guard
    def process_element(self, value: bytes, ctx: ProcessFunction.Context) -> Iterator[bytes]:  # noqa: ARG002
        """A block is buffered, a marker flushes."""
        self._metrics.begin()
        signal = parse_signal(value)
        if signal is None:
            self._writer.add(decode(value, self._schema_of))
        elif isinstance(signal, EpochEnds):
            for part in self._writer.close(signal.epoch):
                self._metrics.add(StageMetric.ROWS_STAGED, part.rows)
                self._metrics.add(StageMetric.BYTES_STAGED, part.size)
                yield part.encode()
            self._store.begin_epoch()
