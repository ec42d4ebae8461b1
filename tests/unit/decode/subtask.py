"""The decode stage as one subtask of a job, and the frames that it is given."""

from __future__ import annotations

from typing import Any

from connectors.kinesis.frame import write_frame
from flink_app.dead_letters.limit import DeadLetterLimit
from flink_app.declaration import Star
from flink_app.decode.decoder import RecordDecoder
from flink_app.decode.operator import Decode
from tests.unit.decode.records import GENERATIONS, KEYS
from tests.unit.test_metrics import Context


def opened(
    star: Star,
    limit: DeadLetterLimit = DeadLetterLimit(),  # noqa: B008 - it is immutable
    subtasks: int = 1,
    subtask: int = 0,
    key_id: str = "",
) -> tuple[Decode, Any]:
    """One of so many subtasks, and its context, which has its metrics."""
    operator = Decode(RecordDecoder(star, GENERATIONS, lambda: KEYS, limit, key_id=key_id))
    context: Any = Context()
    context.get_number_of_parallel_subtasks = lambda: subtasks
    context.get_index_of_this_subtask = lambda: subtask
    operator.open(context)
    return operator, context


def frame(*records: bytes) -> bytes:
    return write_frame(
        stream="changes",
        shard="shard-0",
        sequence_numbers=[str(n) for n in range(len(records))],
        partition_keys=[None] * len(records),
        arrival_millis=[None] * len(records),
        records=records,
    )
