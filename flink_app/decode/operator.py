"""The decode stage in Flink: frames of raw records and gaps in, blocks of changes out.

Frames of what is surely facts do not come here (`connectors.kinesis.sure_facts`); how many did not
is said before the next frame that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, RuntimeContext

from connectors.accounts import Gap, Tip
from connectors.blocks import Block, Kind
from connectors.failures import guard
from connectors.kinesis.element import read_element
from connectors.kinesis.passed import Passed
from connectors.routes import Routes
from connectors.worker import prepare_worker
from flink_app.decode.decoder import RecordDecoder

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
DIMENSIONS = OutputTag("dimensions", BYTES)


class Decode(ProcessFunction):  # type: ignore[misc]
    """Facts, dead letters, accounts and gaps to the main output, dimensions to the side output.

    Dimensions that are kept in the warehouse need no subtask to know them: to the main output.

    Nothing is held between elements. Each block has a route to a joining subtask. Which one joins a
    fact does not matter, since positions decide between versions.
    """

    def __init__(self, decoder: RecordDecoder) -> None:
        self._decoder = decoder
        self._broadcast = decoder.star.broadcast_dimensions

    @guard
    def open(self, runtime_context: RuntimeContext) -> None:
        """Reads the privacy keys.

        Raises WrongKeyError when the job was started under another secret than the present one.
        """
        prepare_worker()
        self._decoder.open(runtime_context)
        self._routes = Routes(
            runtime_context.get_index_of_this_subtask(),
            runtime_context.get_number_of_parallel_subtasks(),
        )

    @guard
    def process_element(
        self,
        value: bytes,
        ctx: ProcessFunction.Context,  # noqa: ARG002
    ) -> Iterator[bytes | tuple[OutputTag, bytes]]:
        """Decodes one frame, hands on a gap or a tip, or takes note of what has passed.

        Raises SchemaChangedError where the mode of schema changes says so, LogRestartedError where
        the source's log has started again, and TooManyDeadLettersError where their limit is passed.
        """
        element = read_element(value)
        if isinstance(element, Gap):
            yield self._send(self._decoder.take_gap(element))
            return
        if isinstance(element, Tip):
            yield self._send(self._decoder.take_tip(element))
            return
        if isinstance(element, Passed):
            self._decoder.take_passed(element)
            return
        for block in self._decoder.decode(element):
            if block.kind is Kind.DIMENSION and block.table in self._broadcast:
                yield DIMENSIONS, block.encode()
            else:
                yield self._send(block)

    def _send(self, block: Block) -> bytes:
        return replace(block, route=self._routes.choose(len(block.batch))).encode()
