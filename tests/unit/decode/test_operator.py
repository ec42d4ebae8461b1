"""Which output of the operator a table's changes go to."""

from __future__ import annotations

from typing import Any

from connectors.blocks import Kind, decode, route_of
from connectors.kinesis.frame import write_frame
from flink_app.declaration import Star
from flink_app.decode.operator import DIMENSIONS, Decode
from flink_app.denormalise.ownership import routes
from flink_app.schemas import BlockSchemas
from tests.unit.decode.records import GENERATIONS, KEYS, region
from tests.unit.stars import freight, placed_freight
from tests.unit.test_metrics import Context


def outputs(star: Star, *records: bytes) -> list[Any]:
    """Of one block, in two subtasks."""
    operator = Decode(star, GENERATIONS, lambda: KEYS)
    context: Any = Context()
    context.get_number_of_parallel_subtasks = lambda: 2
    context.get_max_number_of_parallel_subtasks = lambda: 128
    operator.open(context)
    frame = write_frame(
        stream="changes",
        shard="shard-0",
        sequence_numbers=[str(n) for n in range(len(records))],
        partition_keys=[None] * len(records),
        arrival_millis=[None] * len(records),
        records=list(records),
    )
    return list(operator.process_element(frame, context))


def test_a_dimension_of_the_stream_is_broadcast() -> None:
    side, account = outputs(freight(), region())
    assert side[0] == DIMENSIONS
    assert decode(side[1], BlockSchemas(freight())).kind is Kind.DIMENSION
    assert decode(account, BlockSchemas(freight())).kind is Kind.ACCOUNT


def test_a_dimension_that_is_kept_in_the_warehouse_goes_where_facts_go() -> None:
    changes, account = outputs(placed_freight(), region())
    block = decode(changes, BlockSchemas(placed_freight()))
    assert (block.kind, block.stream, len(block.batch)) == (Kind.DIMENSION, "region", 1)
    assert {route_of(changes), route_of(account)} == {*routes(2, 128)}
