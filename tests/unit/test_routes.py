"""Blocks are spread evenly over subtasks by their rows, in whatever pattern they come."""

from __future__ import annotations

from collections import Counter
from unittest.mock import MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyflink.datastream import DataStream

from connectors import routes
from connectors.routes import Routes


@given(st.lists(st.integers(0, 1000), max_size=60), st.integers(1, 9), st.data())
def test_no_subtask_is_ahead_by_more_than_a_block(
    blocks: list[int], parallelism: int, data: st.DataObject
) -> None:
    chosen = Routes(data.draw(st.integers(0, parallelism - 1)), parallelism)
    rows = Counter(dict.fromkeys(range(parallelism), 0))
    for size in blocks:
        rows[chosen.choose(size)] += size
    assert max(rows.values()) - min(rows.values()) <= max(blocks, default=0)


def test_blocks_that_alternate_with_small_ones_reach_every_subtask() -> None:
    chosen = Routes(0, 4)
    facts = []
    for _ in range(8):
        facts.append(chosen.choose(500))
        chosen.choose(1)  # an account
    assert Counter(facts) == {0: 2, 1: 2, 2: 2, 3: 2}


def test_senders_that_begin_together_begin_with_different_receivers() -> None:
    assert [Routes(sender, 3).choose(10) for sender in range(3)] == [0, 1, 2]


def test_the_jvm_sends_blocks_without_another_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, j_stream = MagicMock(), MagicMock()
    monkeypatch.setattr(routes, "get_gateway", lambda: gateway)

    sent = routes.send_by_route(DataStream(j_stream))

    blocks = gateway.jvm.io.starjoin.blocks
    j_stream.partitionCustom.assert_called_once_with(
        blocks.RoutePartitioner(), blocks.RouteSelector()
    )
    assert sent._j_data_stream is j_stream.partitionCustom.return_value
    j_stream.process.assert_not_called()
