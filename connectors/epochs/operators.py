"""Owns how the JVM's signal operators are put into a PyFlink job.

Both take and give ``Types.PRIMITIVE_ARRAY(Types.BYTE())`` and pass every element on unchanged, in
order. `starjoin-connectors.jar` must be on the job's class path.
"""

from __future__ import annotations

from typing import Any

from pyflink.common import Types
from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway


def mark_epochs(stream: DataStream, *, name: str = "mark epochs", uid: str) -> DataStream:
    """Adds `EpochEnds(N)` right before each barrier N, in every subtask.

    Args:
        stream: elements of bytes; none may begin with E, C or R.
        name: shown to people.
        uid: names the operator in savepoints; never change it.

    Returns:
        The stream with the markers. Put the operator that must finish its epoch before the barrier
        right behind, at the same parallelism and without a shuffle, so that it is chained.
    """
    return _transform(stream, name, uid, "EpochMarker")


def signal_completion(
    stream: DataStream, *, name: str = "signal completion", uid: str
) -> DataStream:
    """Adds `CheckpointComplete(N)` once N is complete, and `Started` after each start.

    Runs once, at parallelism 1, so that each signal is said once. It begins a chain of its own: at
    a job's parallelism 1 Flink would chain it to what is before it, all states of a chain are
    saved with one maximum parallelism, and such a savepoint could be restored at no other
    parallelism. For the same reason no maximum is set: Flink's own gives way to a savepoint's.

    Args:
        stream: elements of bytes; none may begin with E, C or R. Epoch markers pass.
        name: shown to people.
        uid: names the operator and its state in savepoints; never change it, or the operator is
            unaware that it was restored.

    Returns:
        The stream with the signals, in one subtask.
    """
    return _transform(stream, name, uid, "CompleteSignal").set_parallelism(1).start_new_chain()


def _transform(stream: DataStream, name: str, uid: str, operator: str) -> DataStream:
    operators: Any = get_gateway().jvm.io.starjoin.epochs
    j_type = Types.PRIMITIVE_ARRAY(Types.BYTE()).get_java_type_info()
    j_stream: Any = stream._j_data_stream  # noqa: SLF001 -- PyFlink's way in for JVM operators
    return DataStream(j_stream.transform(name, j_type, getattr(operators, operator)())).uid(uid)
