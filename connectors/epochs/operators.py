"""Owns how the JVM's signal operators are put into a PyFlink job.

Both take ``Types.PRIMITIVE_ARRAY(Types.BYTE())`` and pass every element on unchanged, in order.
`starjoin-connectors.jar` must be on the job's class path.
"""

from __future__ import annotations

from typing import Any, Final

from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedStream
from pyflink.java_gateway import get_gateway

from connectors.epochs.signals import Edge

# Each costs some microseconds: a bundle so large that they would matter is left to Flink's timer.
_MOST_FILLERS: Final = 10_000


def mark_epochs(stream: DataStream, edge: Edge, *, name: str, uid: str) -> DataStream:
    """Adds `EpochEnds(N)` right before each barrier N, and `InputEnded` at the end.

    Args:
        stream: elements of bytes; none may begin with E, I, C, R or N.
        edge: where the stream leads. Blocks are sent by their routes, and a marker goes by each.
        name: shown to people.
        uid: names the operator in savepoints; never change it.

    Returns:
        The stream with the markers. The operator that must finish its epoch before its barrier
        counts them (`connectors.epochs.markers`); it must have the same parallelism.
    """
    jvm: Any = get_gateway().jvm.io.starjoin.epochs
    marker = jvm.EpochMarker(edge.value.decode(), edge is Edge.BLOCKS)
    return DataStream(_transform(stream, name, marker, _bytes())).uid(uid)


def signal_completion(
    stream: DataStream, *, name: str = "signal completion", uid: str
) -> KeyedStream:
    """Adds `CheckpointComplete(N)` once N is complete, and `Started` after each start.

    Runs once, at parallelism 1, so that each signal is said once. It begins a chain of its own: at
    a job's parallelism 1 Flink would chain it to what is before it, all states of a chain are
    saved with one maximum parallelism, and such a savepoint could be restored at no other
    parallelism. For the same reason no maximum is set: Flink's own gives way to a savepoint's.

    Behind each signal come as many `Filler` as complete a bundle of the Python operator that
    follows, so that it learns of the signal at once.

    Args:
        stream: elements of bytes; none may begin with E, I, C, R or N.
        name: shown to people.
        uid: names the operator and its state in savepoints; never change it, or the operator is
            unaware that it was restored.

    Returns:
        The stream with the signals, all under one key, as `key_by(lambda _: 0)` gives it.
    """
    jvm: Any = get_gateway().jvm
    signal = jvm.io.starjoin.epochs.CompleteSignal(_count_fillers(stream))
    keyed = Types.ROW([Types.INT(), _bytes()])
    signalled = DataStream(_transform(stream, name, signal, keyed)).uid(uid)
    signalled = signalled.set_parallelism(1).start_new_chain()
    key = Types.ROW([Types.INT()]).get_java_type_info()
    j_keyed = signalled._j_data_stream.keyBy(jvm.KeyByKeySelector(), key)  # noqa: SLF001
    return KeyedStream(j_keyed, _bytes(), signalled)


def _count_fillers(stream: DataStream) -> int:
    """How many elements complete a bundle that has one."""
    bundle_size: Any = get_gateway().jvm.org.apache.flink.python.PythonOptions.MAX_BUNDLE_SIZE
    j_stream: Any = stream._j_data_stream  # noqa: SLF001 -- PyFlink shows no configuration
    fillers = int(j_stream.getExecutionEnvironment().getConfiguration().get(bundle_size)) - 1
    return fillers if fillers <= _MOST_FILLERS else 0


def _bytes() -> Any:
    return Types.PRIMITIVE_ARRAY(Types.BYTE())


def _transform(stream: DataStream, name: str, operator: Any, gives: Any) -> Any:
    j_stream: Any = stream._j_data_stream  # noqa: SLF001 -- PyFlink's way in for JVM operators
    return j_stream.transform(name, gives.get_java_type_info(), operator)
