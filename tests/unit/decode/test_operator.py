"""Which output of the operator a table's changes go to."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.blocks import Kind, decode, route_of
from connectors.routes import routes
from flink_app.declaration import Star
from flink_app.decode.operator import DIMENSIONS
from flink_app.privacy.keys import WrongKeyError
from flink_app.schemas import BlockSchemas
from tests.unit.decode.records import KEYS, OTHER_KEYS, region
from tests.unit.decode.subtask import frame, opened
from tests.unit.stars import freight, placed_freight


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
    assert {route_of(changes), route_of(account)} == {*routes(2, 128)}


def test_a_worker_that_reads_another_secret_than_the_job_was_started_under_is_refused() -> None:
    opened(freight(), key_id=KEYS.key_id)
    with pytest.raises(WrongKeyError) as caught:
        opened(freight(), key_id=OTHER_KEYS.key_id)
    assert str(caught.value).startswith(
        f"the privacy secret has key id {KEYS.key_id}, and the job was started under "
        f"{OTHER_KEYS.key_id}: it was rotated since"
    )
