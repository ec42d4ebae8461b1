"""Which output of the operator a table's changes go to."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from connectors.accounts import Gap, Tip
from connectors.blocks import Kind, decode, route_of
from connectors.kinesis.gap import write_gap
from connectors.kinesis.tip import write_tip
from connectors.metrics import GROUP
from flink_app.declaration import Star
from flink_app.decode.operator import DIMENSIONS
from flink_app.privacy.keys import WrongKeyError
from flink_app.schemas import BlockSchemas
from infra.simulation.placement import place_dimensions
from tests.unit.decode.records import KEYS, OTHER_KEYS, line, record, region
from tests.unit.decode.subtask import frame, opened
from tests.unit.stars import freight, placed_freight, shapes


def outputs(star: Star, *records: bytes) -> list[Any]:
    """Of one block, in two subtasks."""
    operator, context = opened(star, subtasks=2)
    return list(operator.process_element(frame(*records), context))


def test_a_dimension_of_the_stream_is_broadcast() -> None:
    side, account = outputs(freight(), region())
    assert side[0] == DIMENSIONS
    assert decode(side[1], BlockSchemas(freight())).kind is Kind.DIMENSION
    assert decode(account, BlockSchemas(freight())).kind is Kind.ACCOUNT


def test_a_dimension_that_is_kept_in_the_warehouse_goes_where_facts_go() -> None:
    changes, account = outputs(placed_freight(), region())
    block = decode(changes, BlockSchemas(placed_freight()))
    assert (block.kind, block.table, len(block.batch)) == (Kind.DIMENSION, "region", 1)
    assert {route_of(changes), route_of(account)} == {0, 1}


@pytest.mark.parametrize("placed", [False, True])
def test_a_fact_that_is_a_dimension_too_goes_both_ways(*, placed: bool) -> None:
    found = place_dimensions(shapes(), "purchase", "clerk", "unit") if placed else shapes()
    purchase = record("purchase", {"purchase": 1, "clerk": 2, "state": "a"}, schema="shop")
    dimension, facts, _ = outputs(found, purchase)
    if not placed:
        side, dimension = dimension
        assert side == DIMENSIONS
    blocks = [decode(data, BlockSchemas(found)) for data in (dimension, facts)]
    assert [(b.kind, b.table) for b in blocks] == [
        (Kind.DIMENSION, "purchase"),
        (Kind.FACTS, "purchase"),
    ]
    assert blocks[0].batch == blocks[1].batch


def test_the_facts_of_many_frames_are_spread_over_the_joining_subtasks() -> None:
    operator, context = opened(freight(), subtasks=2, subtask=1)
    schemas = BlockSchemas(freight())
    blocks = [
        data for _ in range(6) for data in operator.process_element(frame(line(), line()), context)
    ]
    sent = [
        route_of(data)
        for data in blocks
        if isinstance(data, bytes) and decode(data, schemas).kind is Kind.FACTS
    ]
    assert sorted(sent) == [0, 0, 0, 1, 1, 1]
    assert sent[0] == 1


def test_a_worker_that_reads_another_secret_than_the_job_was_started_under_is_refused() -> None:
    opened(freight(), key_id=KEYS.key_id)
    with pytest.raises(WrongKeyError) as caught:
        opened(freight(), key_id=OTHER_KEYS.key_id)
    assert str(caught.value).startswith(
        f"the privacy secret has key id {KEYS.key_id}, and the job was started under "
        f"{OTHER_KEYS.key_id}: it was rotated since"
    )


GAP = Gap("changes", "shard-0", "8", "11", 98, 99, "the retention period had ended")


def test_a_gap_goes_where_accounts_go_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    operator, context = opened(freight(), subtasks=2)
    list(operator.process_element(frame(region()), context))
    assert context.counts[GROUP, "streamGaps"] == 0
    (output,) = operator.process_element(write_gap(GAP), context)
    assert isinstance(output, bytes)
    block = decode(output, BlockSchemas(freight()))
    assert (block.kind, Gap.from_batch(block.batch)) == (Kind.GAP, [GAP])
    assert route_of(output) in {0, 1}
    assert context.counts[GROUP, "streamGaps"] == 1
    assert "records of changes/shard-0 between 8 and 11 were lost" in caplog.text
    assert "the retention period had ended" in caplog.text


def test_a_gap_at_either_end_of_a_shard_is_said_in_words() -> None:
    whole = dataclasses.replace(GAP, last_sequence_number=None, first_sequence_number=None)
    assert str(whole) == "changes/shard-0 between the beginning of the shard and its end"


def test_a_tip_goes_where_accounts_go() -> None:
    operator, context = opened(freight(), subtasks=2)
    tip = Tip("changes", "shard-0", 98, True, "0", "340282366920938463463374607431768211455")
    (output,) = operator.process_element(write_tip(tip), context)
    assert isinstance(output, bytes)
    block = decode(output, BlockSchemas(freight()))
    assert (block.kind, Tip.from_batch(block.batch)) == (Kind.TIP, [tip])
    assert route_of(output) in {0, 1}
