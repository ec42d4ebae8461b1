from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.blocks import Block, Kind, route_of
from connectors.routes import key_group, routes
from flink_app.denormalise.ownership import find_owned, select

keys = st.lists(st.integers() | st.text() | st.tuples(st.integers(), st.text()))


@given(keys, st.integers(1, 9))
def test_a_key_has_one_owner_at_any_parallelism(found: list[Any], parallelism: int) -> None:
    owners = [
        find_owned(found, "table", subtask=subtask, parallelism=parallelism)
        for subtask in range(parallelism)
    ]
    assert np.sum(owners, axis=0).tolist() == [1] * len(found)


def test_the_owner_is_the_same_in_every_process() -> None:
    # Written down once: Python's own hash of a text differs from process to process.
    mine = find_owned(["a", "b", "c", 1, 2, 3, ("a", 1)], "table", subtask=0, parallelism=2)
    assert mine.tolist() == [True, False, True, False, False, False, False]


def test_tables_with_equal_keys_are_spread_differently() -> None:
    numbers: list[Any] = list(range(200))
    one = find_owned(numbers, "one", subtask=0, parallelism=2)
    other = find_owned(numbers, "other", subtask=0, parallelism=2)
    assert one.tolist() != other.tolist()
    assert 60 < one.sum() < 140


def test_selected_rows() -> None:
    batch = pa.RecordBatch.from_pylist([{"a": 1}, {"a": 2}])
    assert select(batch, np.array([False, True])).to_pylist() == [{"a": 2}]
    assert select(batch, np.array([True, True])) is batch


@pytest.mark.parametrize(("parallelism", "most"), [(1, 1), (1, 128), (4, 128), (7, 128), (32, 512)])
def test_there_is_a_route_to_each_subtask(parallelism: int, most: int) -> None:
    found = routes(parallelism, most)
    assert [key_group(route, most) * parallelism // most for route in found] == list(
        range(parallelism)
    )
    assert max(found) < 2**16  # a block's head has two bytes for it
    encoded = [Block(Kind.ACCOUNT, "", pa.RecordBatch.from_pylist([]), r).encode() for r in found]
    assert [route_of(data) for data in encoded] == found


# In a process of its own, since PyFlink leaves its gateway's pipes open.
ASK_FLINK = """
import json, sys
from pyflink.java_gateway import get_gateway

jvm = get_gateway().jvm
assignment = jvm.org.apache.flink.runtime.state.KeyGroupRangeAssignment

def row(field):
    # PyFlink keys a stream by a row of one field.
    found = jvm.org.apache.flink.types.Row(1)
    found.setField(0, field)
    return found

print(json.dumps([
    [
        [assignment.assignToKeyGroup(row(n), most) for n in numbers],
        [assignment.assignKeyToParallelOperator(row(r), most, parallelism) for r in routes],
    ]
    for parallelism, most, numbers, routes in json.load(sys.stdin)
]))
"""


@pytest.mark.integration
def test_flink_sends_each_route_where_we_say() -> None:
    numbers = [*range(40), 999, 65535]
    places = [(1, 1), (2, 128), (5, 128), (12, 4096)]
    questions = [(p, most, numbers, routes(p, most)) for p, most in places]
    asked = subprocess.run(
        [sys.executable, "-c", ASK_FLINK],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    for (parallelism, most), answer in zip(places, json.loads(asked.stdout), strict=True):
        assert answer == [
            [key_group(number, most) for number in numbers],
            list(range(parallelism)),
        ]
