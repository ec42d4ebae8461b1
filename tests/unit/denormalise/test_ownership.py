from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

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
