"""Which subtask of the next stage a block is sent to, and the exchanges that send it there.

PyFlink's own ways (`key_by`, `partition_custom`, `get_side_output`) call Python, in an operator of
its own through which every block would go once more. So the sender writes the route into the
block's head, and the JVM module reads it.
"""

from __future__ import annotations

from typing import Any

from pyflink.datastream import DataStream, OutputTag
from pyflink.java_gateway import get_gateway


class Routes:
    """Gives each block to the subtask that has been given the fewest rows so far.

    In turn would not do: blocks of facts alternate with accounts, or those of a busy shard with
    those of a quiet one, and then some subtasks get all the work. Of subtasks with equally many
    rows comes first the sender's own number, so that senders which begin together do not all begin
    with the same receiver.
    """

    def __init__(self, subtask: int, parallelism: int) -> None:
        self._rows = {(subtask + i) % parallelism: 0 for i in range(parallelism)}

    def choose(self, rows: int) -> int:
        """The number of the subtask that a block of so many rows goes to."""
        route = min(self._rows, key=self._rows.__getitem__)
        self._rows[route] += rows
        return route


def take_side_output(stream: DataStream, tag: OutputTag) -> DataStream:
    """A side output of an operator; PyFlink's `get_side_output` adds a Python operator for it."""
    j_stream: Any = stream._j_data_stream  # noqa: SLF001 -- PyFlink's way in for JVM functions
    return DataStream(j_stream.getSideOutput(tag.get_java_output_tag()))


def send_by_route(blocks: DataStream) -> DataStream:
    """The same blocks, each to the subtask that its route names."""
    jvm: Any = get_gateway().jvm.io.starjoin.blocks
    j_stream: Any = blocks._j_data_stream  # noqa: SLF001 -- PyFlink's way in for JVM functions
    return DataStream(j_stream.partitionCustom(jvm.RoutePartitioner(), jvm.RouteSelector()))
