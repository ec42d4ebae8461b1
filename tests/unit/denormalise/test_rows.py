"""Rows by number: the same whatever chunks they lie in, and few copies of each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.denormalise import rows as module
from flink_app.denormalise.rows import Rows
from flink_app.denormalise.slots import NO_SLOT
from flink_app.records.arrays import concatenate

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])


def batch(numbers: list[int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {"n": numbers, "text": [f"t{number}" for number in numbers]}, schema=SCHEMA
    )


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["", "read", "keep", "whole"]))),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_a_row_is_found_by_its_number(steps: list[tuple[int, str]], chance: object) -> None:
    rows, model = Rows(SCHEMA), list[int]()
    random = chance.sample  # type: ignore[attr-defined]
    for count, then in steps:
        new = list(range(1_000 * len(model), 1_000 * len(model) + count))
        rows.append(batch(new))
        model += new
        if then == "keep":
            kept = random(range(len(model)), max(1, len(model) // 2))
            rows.keep(np.array(kept))
            model = [model[number] for number in kept]
        elif then == "whole":
            assert rows.to_batch().column("n").to_pylist() == model
        elif then == "read":
            wanted = [NO_SLOT, *random(range(len(model)), min(9, len(model)))]
            found = rows.gather(np.array(wanted), ["text", "n"])
            values = [None, *(model[number] for number in wanted[1:])]
            assert found[1].to_pylist() == values
            assert found[0].to_pylist() == [None if v is None else f"t{v}" for v in values]
        assert len(rows) == len(model)
        last = len(model) - 1
        assert rows.read(last, ("text",)) == [f"t{model[last]}"]
        assert rows.read(0, ("text",)) == [f"t{model[0]}"]


def test_nothing_is_read_of_no_rows() -> None:
    rows = Rows(SCHEMA)
    assert rows.gather(np.array([NO_SLOT, NO_SLOT]), ["n"])[0].to_pylist() == [None, None]
    assert rows.gather(np.array([], np.int64), ["n"])[0].to_pylist() == []
    assert rows.to_batch().num_rows == 0


def test_a_row_is_copied_a_few_times_however_many_come(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = 0

    def counted(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
        nonlocal copied
        copied += sum(map(len, batches))
        return concatenate(batches)

    monkeypatch.setattr(module, "concatenate", counted)
    rows = Rows(SCHEMA)
    rows.append(batch(list(range(20_000))))
    for number in range(4_000):
        rows.append(batch([number]))
        if number % 4 == 0:  # a fact joins what has just come
            rows.gather(np.array([len(rows) - 1]), ["n"])
        assert len(rows._chunks) < 12
    assert copied < 20_000 + 40 * 4_000
