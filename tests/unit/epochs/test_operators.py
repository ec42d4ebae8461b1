"""How the JVM operators are applied; what they do is tested in Java and in the job tests."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from pyflink.datastream import DataStream, KeyedStream

from connectors.epochs import operators
from connectors.epochs.signals import Edge


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    gateway = MagicMock()
    monkeypatch.setattr(operators, "get_gateway", lambda: gateway)
    monkeypatch.setattr(operators, "Types", MagicMock())
    return gateway


@pytest.mark.parametrize(
    ("edge", "given"),
    [(Edge.FACTS, ("F", False)), (Edge.BLOCKS, ("B", True)), (Edge.DIMENSIONS, ("D", False))],
)
def test_the_marker_keeps_the_parallelism(
    gateway: MagicMock, edge: Edge, given: tuple[str, bool]
) -> None:
    j_stream = MagicMock()

    marked = operators.mark_epochs(DataStream(j_stream), edge, name="marks", uid="mark-epochs")

    name, _, operator = j_stream.transform.call_args.args
    marker = gateway.jvm.io.starjoin.epochs.EpochMarker
    assert (name, operator) == ("marks", marker.return_value)
    marker.assert_called_once_with(*given)
    j_marked = j_stream.transform.return_value
    assert marked._j_data_stream is j_marked
    j_marked.uid.assert_called_once_with("mark-epochs")
    j_marked.setParallelism.assert_not_called()


def bundles_of(j_stream: MagicMock, size: int) -> None:
    configuration = j_stream.getExecutionEnvironment.return_value.getConfiguration.return_value
    configuration.get.return_value = size


def test_the_signal_runs_once(gateway: MagicMock) -> None:
    j_stream = MagicMock()
    bundles_of(j_stream, 1000)

    operators.signal_completion(DataStream(j_stream), uid="signal-completion")

    name, _, operator = j_stream.transform.call_args.args
    assert name == "signal completion"
    assert operator is gateway.jvm.io.starjoin.epochs.CompleteSignal.return_value
    j_signalled = j_stream.transform.return_value
    j_signalled.uid.assert_called_once_with("signal-completion")
    j_signalled.setParallelism.assert_called_once_with(1)
    j_signalled.forceNonParallel.assert_not_called()
    j_signalled.setMaxParallelism.assert_not_called()
    # Else a savepoint taken at parallelism 1 can be restored at no other.
    j_signalled.startNewChain.assert_called_once_with()


def test_what_is_signalled_is_keyed_in_the_jvm(gateway: MagicMock) -> None:
    j_stream = MagicMock()
    bundles_of(j_stream, 1000)

    signalled = operators.signal_completion(DataStream(j_stream), uid="signal-completion")

    j_keyed = j_stream.transform.return_value.keyBy
    assert j_keyed.call_args.args[0] is gateway.jvm.KeyByKeySelector.return_value
    assert isinstance(signalled, KeyedStream)
    assert signalled._j_data_stream is j_keyed.return_value


@pytest.mark.parametrize(("size", "fillers"), [(1000, 999), (10_001, 10_000), (100_000, 0)])
def test_so_many_fillers_follow_a_signal_as_complete_a_bundle(
    gateway: MagicMock, size: int, fillers: int
) -> None:
    j_stream = MagicMock()
    bundles_of(j_stream, size)

    operators.signal_completion(DataStream(j_stream), uid="signal-completion")

    gateway.jvm.io.starjoin.epochs.CompleteSignal.assert_called_once_with(fillers)
    option = gateway.jvm.org.apache.flink.python.PythonOptions.MAX_BUNDLE_SIZE
    configuration = j_stream.getExecutionEnvironment.return_value.getConfiguration.return_value
    configuration.get.assert_called_once_with(option)
