"""Small frames of a shard made into larger ones, before anything of them crosses to Python.

`gather_frames` puts the JVM's operator into the graph. `FrameGatherer.java` says when a frame is
held and when it is handed on; `FrameGatherer` is its equal in Python, for the simulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyflink.common import Types
from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from connectors.kinesis.frame import RecordBlock, is_frame, read_frame, write_frame


def gather_frames(records: DataStream, *, name: str, uid: str) -> DataStream:
    """The elements of the source, with frames of one shard that came close together as one.

    Args:
        records: elements of the source.
        name: shown to people.
        uid: names the operator in savepoints; never change it.
    """
    jvm: Any = get_gateway().jvm.io.starjoin.frames
    bytes_ = Types.PRIMITIVE_ARRAY(Types.BYTE()).get_java_type_info()
    j_stream: Any = records._j_data_stream  # noqa: SLF001 -- PyFlink's way in for JVM operators
    return DataStream(j_stream.transform(name, bytes_, jvm.FrameGatherer())).uid(uid)


class FrameGatherer:
    """What `FrameGatherer.java` does in one subtask; the caller has the clock and the barriers."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], list[RecordBlock]] = {}

    @property
    def holds(self) -> bool:
        """Whether anything is held."""
        return bool(self._held)

    def add(self, element: bytes) -> Iterator[bytes]:
        """What is handed on with an element of the source."""
        if not is_frame(element):
            yield from self.hand_on()
            yield element
            return
        block = read_frame(element)
        self._held.setdefault((block.stream, block.shard), []).append(block)

    def hand_on(self) -> Iterator[bytes]:
        """Everything that is held: when a second has passed, and before a barrier."""
        held, self._held = self._held, {}
        yield from map(_join, held.values())


def _join(blocks: Sequence[RecordBlock]) -> bytes:
    last = blocks[-1]
    arrival = pa.chunked_array([block.arrival for block in blocks]).cast(pa.int64())
    return write_frame(
        stream=last.stream,
        shard=last.shard,
        sequence_numbers=[n for block in blocks for n in block.sequence_numbers.to_pylist()],
        partition_keys=[key for block in blocks for key in block.partition_keys.to_pylist()],
        arrival_millis=arrival.to_pylist(),
        records=[block.record(row) for block in blocks for row in range(len(block))],
        millis_behind_latest=last.millis_behind_latest,
    )
