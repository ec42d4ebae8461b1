"""The index of keys against a dictionary: any keys, any codes, wherever they lie."""

from __future__ import annotations

import builtins
from collections.abc import Hashable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.denormalise import key_index, keys, slots
from flink_app.denormalise.column_versions import _find_last as find_last
from flink_app.denormalise.key_index import KeyIndex
from flink_app.denormalise.keys import Keys, are_exact
from flink_app.denormalise.slots import NO_SLOT, PlacedSlots, SortedSlots

INTEGERS = st.one_of(
    st.integers(0, 40),
    st.integers(-5_000, 5_000),
    st.sampled_from([-(2**63), -(2**63) + 1, 2**63 - 1, 2**62, -1, -2]),
)
PAIRS = st.tuples(st.integers(-2, 9), st.sampled_from(["a", "b", "", "ab"]))
KINDS: dict[str, tuple[list[pa.DataType], st.SearchStrategy[Any]]] = {
    "integers": ([pa.int64()], INTEGERS),
    "small integers": ([pa.int16()], st.integers(-300, 300)),
    "texts": ([pa.string()], st.sampled_from([f"key {n}" for n in range(60)])),
    "several columns": ([pa.int32(), pa.string()], PAIRS),
}


@pytest.fixture(autouse=True, params=["few codes", "any codes"])
def code(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small runs; and, of keys that are not their own codes, five codes for all."""
    monkeypatch.setattr(slots, "_SMALL_RUN", 4)
    monkeypatch.setattr(slots, "_MOST_ALONE", 3)
    monkeypatch.setattr(slots, "_FEW_PLACES", 8)
    if request.param == "few codes":
        for module in (keys, key_index):
            monkeypatch.setattr(module, "hash", lambda key: builtins.hash(key) % 5, raising=False)


class Rows:
    """The keys of rows by slot, as a mirror has them."""

    def __init__(self, types: list[pa.DataType]) -> None:
        self.types = types
        self.keys: list[Any] = []
        self.index = KeyIndex(
            is_exact=are_exact(types),
            read_keys=lambda slots: list(self.make([self.keys[n] for n in slots]).columns),
            read_key=lambda slot: self.keys[slot],
        )

    def make(self, values: list[Any]) -> Keys:
        columns = [values] if len(self.types) == 1 else zip(*values, strict=True)
        if not values:
            columns = [[] for _ in self.types]
        return Keys([pa.array(c, kind) for c, kind in zip(columns, self.types, strict=True)])

    def add(self, values: list[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
        start = len(self.keys)
        self.keys += values
        return np.arange(start, len(self.keys))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_a_key_has_the_slot_that_it_was_given_last(kind: str, data: st.DataObject) -> None:
    types, some = KINDS[kind]
    rows, model = Rows(types), dict[Hashable, int]()
    steps = st.lists(st.tuples(st.sampled_from("oonmnr"), st.lists(some, unique=True, max_size=12)))
    for step, values in data.draw(steps):
        if step == "o":
            for value in values[:2]:
                model[value] = int(rows.add([value])[0])
                rows.index.put_one(value, model[value], rows.index.find_one(value))
                assert rows.index.find_one(value) == model[value]
        elif step == "r":
            kept = rows.index.slots()
            assert kept.tolist() == sorted(model.values())
            rows.keys = [rows.keys[slot] for slot in kept]
            rows.index.renumber(kept)
            model = {value: kept.tolist().index(slot) for value, slot in model.items()}
        else:
            added = rows.add(values)
            rows.index.put(rows.make(values), added)
            model.update(zip(values, added.tolist(), strict=True))
        assert len(rows.index) == len(model)
        if step != "m":
            asked = [*model, *data.draw(st.lists(some, max_size=5))]
            expected = [model.get(value, NO_SLOT) for value in asked]
            assert rows.index.find(rows.make(asked)).tolist() == expected
            assert [rows.index.find_one(value) for value in asked] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_null_is_no_key(kind: str) -> None:
    types, _ = KINDS[kind]
    rows = Rows(types)
    value = {"texts": "a", "several columns": (0, "a")}.get(kind, 0)
    rows.index.put(rows.make([value]), rows.add([value]))
    absent = Keys([pa.array([None, None], kind) for kind in types])
    assert rows.index.find(absent).tolist() == [NO_SLOT, NO_SLOT]
    if kind == "several columns":
        half = Keys([pa.array([0], types[0]), pa.array([None], types[1])])
        assert rows.index.find(half).tolist() == [NO_SLOT]


def test_numbers_from_a_sequence_have_places_and_others_are_sorted() -> None:
    rows = Rows([pa.int64()])
    chance = np.random.default_rng(1)
    numbers = chance.permutation(2_000).tolist()
    for start in range(0, 2_000, 50):
        rows.index.put(
            rows.make(numbers[start : start + 50]), rows.add(numbers[start : start + 50])
        )
    assert isinstance(rows.index._slots, PlacedSlots)
    rows.index.put_one(2**40, int(rows.add([2**40])[0]), NO_SLOT)
    assert isinstance(rows.index._slots, SortedSlots)
    assert rows.index.find(rows.make([*numbers, 2**40])).tolist() == list(range(2_001))


def test_equal_numbers_are_equal_keys_and_no_others() -> None:
    pairs = [(-1, "a"), (-2, "a"), (-1, "a"), (3, "b"), (-2, "a"), (3, "a")]
    columns = zip(*pairs, strict=True)
    found = Keys([pa.array(column) for column in columns]).number_equal().tolist()
    assert [found.index(number) for number in found] == [pairs.index(pair) for pair in pairs]


def test_sorted_codes_are_in_few_runs_and_copied_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = 0

    def insert(run: Any, places: Any, values: Any) -> Any:
        nonlocal copied
        copied += len(run)
        return numpy_insert(run, places, values)

    numpy_insert = np.insert
    monkeypatch.setattr(np, "insert", insert)
    monkeypatch.setattr(slots, "_SMALL_RUN", 64)
    table, count = SortedSlots(), 20_000
    codes = np.random.default_rng(1).permutation(count) * 2**32
    for number, code in enumerate(codes.tolist()):
        table.put_one(code, number)
        if number % 4 == 0:  # a fact is joined
            assert table.find(codes[:1]).tolist() == [0]
        assert len(table._runs) < 6
    assert table.find(codes).tolist() == list(range(count))
    assert copied / 2 < 64 * count


@given(st.lists(INTEGERS | st.integers(0, 8), max_size=30))
def test_of_each_key_the_last_row_is_found(codes: list[int]) -> None:
    last = dict(zip(codes, range(len(codes)), strict=True))
    found = find_last(np.array(codes, np.int64))
    assert found.tolist() == [last[code] for code in codes]
