"""Gathered frames as the simulation makes them, and how the operator of the JVM joins the graph."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest
from pyflink.datastream import DataStream

from connectors.kinesis import gathering
from connectors.kinesis.frame import write_frame
from connectors.kinesis.gap import write_gap
from connectors.kinesis.gathering import FrameGatherer
from tests.unit.kinesis.test_gap import GAP


def frame(shard: str, *numbers: int, behind: int | None = None) -> bytes:
    columns: dict[str, Any] = {
        "sequence_numbers": [str(number) for number in numbers],
        "partition_keys": [None if number % 2 else f"key {number}" for number in numbers],
        "arrival_millis": [None if number % 3 else number for number in numbers],
        "records": [b"x" * number for number in numbers],
    }
    return write_frame(stream="changes", shard=shard, millis_behind_latest=behind, **columns)


def test_frames_of_a_shard_become_one_in_their_order() -> None:
    gatherer = FrameGatherer()
    for element in (frame("0", 1, 2), frame("1", 5), frame("0", 3, behind=7), frame("0", 4)):
        assert [*gatherer.add(element)] == []
    assert gatherer.holds
    assert [*gatherer.hand_on()] == [frame("0", 1, 2, 3, 4), frame("1", 5)]
    assert not gatherer.holds
    assert [*gatherer.hand_on()] == []


def test_what_is_no_frame_goes_behind_what_came_before() -> None:
    gatherer, gap = FrameGatherer(), write_gap(GAP)
    assert [*gatherer.add(frame("0", 1))] == []
    assert [*gatherer.add(gap)] == [frame("0", 1), gap]


def test_the_jvm_gathers_without_another_operator_of_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway, j_stream = MagicMock(), MagicMock()
    monkeypatch.setattr(gathering, "get_gateway", lambda: gateway)
    monkeypatch.setattr(gathering, "Types", MagicMock())

    gathered = gathering.gather_frames(DataStream(j_stream), name="gather", uid="g")

    name, _, operator = j_stream.transform.call_args.args
    assert (name, operator) == ("gather", gateway.jvm.io.starjoin.frames.FrameGatherer.return_value)
    assert gathered._j_data_stream is j_stream.transform.return_value
    j_stream.transform.return_value.uid.assert_called_once_with("g")
