"""The stage in Flink that decodes facts, joins them, and stages what comes of it, in one function.

A record's bytes cross from the JVM to Python once: frames of facts come here as the source read
them, and only references of parts leave. What decode has routed comes beside them on the same
input, dimension changes come broadcast on the other. Everything is staged in the order in which it
comes; the epoch's references leave when the markers of all channels say that it has ended
(`connectors.epochs.markers`), which is before this operator's barrier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyflink.datastream import BroadcastProcessFunction, RuntimeContext

from connectors.blocks import Block, Kind, SchemaOf, decode
from connectors.epochs.markers import EpochMarkers
from connectors.epochs.signals import EpochEnds, InputEnded, parse_signal
from connectors.failures import StarjoinError, guard
from connectors.kinesis.frame import is_frame, read_frame
from connectors.staging.stager import Stager
from connectors.worker import prepare_worker
from flink_app.decode.decoder import RecordDecoder
from flink_app.denormalise.joiner import Joiner


class DimensionAmongFactsError(StarjoinError, RuntimeError):
    """A frame of facts holds a dimension change, which only a broadcast brings to all subtasks."""


class Denormalise(BroadcastProcessFunction):  # type: ignore[misc]
    """Frames of facts and routed blocks in, dimension changes broadcast; references of parts out.

    Args:
        decoder: for frames of facts.
        joiner: has the broadcast state.
        stager: takes whatever comes of both.
        schemas: of the blocks that come.
    """

    def __init__(
        self, decoder: RecordDecoder, joiner: Joiner, stager: Stager, schemas: SchemaOf
    ) -> None:
        self._decoder = decoder
        self._joiner = joiner
        self._stager = stager
        self._schemas = schemas

    @guard
    def open(self, runtime_context: RuntimeContext) -> None:
        """Reads the privacy keys and connects to the store.

        Raises WrongKeyError when the job was started under another secret than the present one.
        """
        prepare_worker()
        self._decoder.open(runtime_context)
        self._joiner.open(runtime_context)
        self._stager.open(runtime_context)
        self._markers = EpochMarkers(
            runtime_context.get_index_of_this_subtask(),
            runtime_context.get_number_of_parallel_subtasks(),
        )

    @guard
    def close(self) -> None:
        """Ends the stager's threads."""
        self._stager.stop()

    @guard
    def process_element(
        self, value: bytes, ctx: BroadcastProcessFunction.ReadOnlyContext
    ) -> Iterator[bytes]:
        """Takes in a frame of facts or a routed block; a marker may end the epoch.

        Raises DimensionAmongFactsError, and what `RecordDecoder.decode` does.
        """
        self._stager.begin()
        marker = parse_signal(value)
        if isinstance(marker, EpochEnds | InputEnded):
            yield from self._mark(marker)
            return
        blocks = self._decode_facts(value) if is_frame(value) else [decode(value, self._schemas)]
        for block in blocks:
            for joined in self._joiner.join(block, ctx):
                self._stager.add(joined)

    @guard
    def process_broadcast_element(
        self, value: bytes, ctx: BroadcastProcessFunction.Context
    ) -> Iterator[bytes]:
        """Takes in dimension changes; a marker may end the epoch."""
        self._stager.begin()
        marker = parse_signal(value)
        if isinstance(marker, EpochEnds | InputEnded):
            yield from self._mark(marker)
            return
        for block in self._joiner.take_changes(decode(value, self._schemas), ctx):
            self._stager.add(block)

    def _mark(self, marker: EpochEnds | InputEnded) -> Iterator[bytes]:
        epoch = self._markers.add(marker)
        if epoch is not None:
            yield from self._stager.close(epoch)

    def _decode_facts(self, frame: Any) -> Iterator[Block]:
        records = read_frame(frame)
        for block in self._decoder.decode(records):
            if block.kind is Kind.DIMENSION:
                message = (
                    f"a frame of facts holds changes of dimension {block.table} ({records!r}): "
                    "other subtasks would not know them. This is a defect of the splitter, or the "
                    "jar and the Python code are of different releases; deploy both from one build"
                )
                raise DimensionAmongFactsError(message)
            yield block
