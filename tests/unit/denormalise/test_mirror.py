"""The mirror against a plain dictionary, with merges forced at every turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.declaration import POSITION
from flink_app.declaration.star import DELETED
from flink_app.denormalise import mirror as module
from flink_app.denormalise.keys import Keys
from flink_app.denormalise.mirror import Mirror, TableMirror
from flink_app.denormalise.slots import NO_SLOT
from flink_app.positions.position import make_position
from tests.unit.denormalise.histories import Change, Oracle, batch, random_change
from tests.unit.stars import freight, ticket_seller

STAR = freight()


@pytest.fixture(autouse=True, params=[0, 32], ids=["by columns", "one by one"])
def compact_often(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMPACT_FLOOR", 3)
    monkeypatch.setattr(module, "_FEW", request.param)


def region(at: int, title: str | None = "x", *, code: str = "V", deleted: bool = False) -> Change:
    values = {"country": "NO", "code": code, "title": None if deleted else title}
    return Change("region", values, make_position(1, at, 0), deleted)


def accept(table: TableMirror, *changes: Change) -> list[dict[str, Any]]:
    return list(table.accept(batch(STAR, "region", changes)).to_pylist())


def regions() -> TableMirror:
    return Mirror(STAR).tables["region"]


def keys_of(table: TableMirror, values: list[Any]) -> Keys:
    columns = zip(*map(_tuple, values), strict=True)
    types = [table.schema.field(name).type for name in table.key]
    return Keys([pa.array(column, kind) for column, kind in zip(columns, types, strict=True)])


def content(table: TableMirror, keys: list[Any]) -> list[tuple[Any, ...]]:
    """Position, delete flag and columns at the keys."""
    names = [POSITION, DELETED, *STAR.stored_columns("region")]
    columns = table.gather(table.find(keys_of(table, keys)), names)
    return list(zip(*[column.to_pylist() for column in columns], strict=True))


def test_what_is_below_the_floor_is_not_taken_in() -> None:
    floor = make_position(1, 5, 0)
    table = TableMirror(STAR.changes_schema("region"), tuple(STAR.tables["region"].key), (), floor)
    assert accept(table, region(4), region(4, code="W", deleted=True)) == []
    assert accept(table, region(4, code="X"), region(5, "y"))[0]["title"] == "y"
    assert len(table) == 1


@given(st.lists(st.lists(st.integers(0, 2**32), max_size=8), max_size=25))
@settings(max_examples=80, deadline=None)
def test_it_holds_the_newest_of_each_key(blocks: list[list[int]]) -> None:
    oracle, mirror = Oracle(STAR), Mirror(STAR)
    for number, seeds in enumerate(blocks):
        changes = [random_change(STAR, seed, 1 + seed % 7) for seed in seeds]
        for table in STAR.dimensions:
            own = [change for change in changes if change.table == table]
            before = dict(oracle.newest.get(table, {}))
            oracle.apply(own)
            accepted = mirror.tables[table].accept(batch(STAR, table, own))
            after = oracle.newest.get(table, {})
            newer = {k: c.position for k, c in after.items() if k not in before or c != before[k]}
            accepted_keys = map(_tuple, _keys(table, accepted))
            positions = accepted.column(POSITION).to_pylist()
            assert dict(zip(accepted_keys, positions, strict=True)) == newer, number
    for table in STAR.dimensions:
        newest = oracle.newest.get(table, {})
        found = mirror.tables[table]
        assert len(found) == len(newest)
        slots = found.find(keys_of(found, [*newest, tuple(None for _ in found.key)]))
        assert slots[-1] == NO_SLOT
        for name in STAR.stored_columns(table):
            values = found.gather(slots, [name])[0].to_pylist()
            assert values == [*(c.values[name] for c in newest.values()), None]
        assert found.gather(slots, [DELETED])[0].to_pylist() == [
            *(c.deleted for c in newest.values()),
            None,
        ]
        stored = {_tuple(key) for key in _keys(table, found.rows())}
        assert stored == newest.keys()
        assert len(found.rows()) == len(newest)


def _keys(table: str, rows: Any) -> Sequence[Any]:
    return Keys([rows.column(name) for name in STAR.tables[table].key]).values


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


@pytest.mark.parametrize("second", [1, 2])
def test_only_a_greater_position_is_accepted(second: int) -> None:
    table = regions()
    assert accept(table, region(2, "new"))
    assert accept(table, region(second, "other")) == []
    assert content(table, [("NO", "V")])[0][-1] == "new"


def test_of_one_batch_the_newest_counts_wherever_it_stands() -> None:
    table = regions()
    (accepted,) = accept(table, region(1, "a"), region(3, "c"), region(2, "b"))
    assert (accepted["title"], len(table)) == ("c", 1)


def test_a_deleted_row_stays_as_a_tombstone_that_older_changes_cannot_revive() -> None:
    table = regions()
    accept(table, region(1), region(5, deleted=True))
    assert accept(table, region(4, "late")) == []
    assert content(table, [("NO", "V")]) == [(make_position(1, 5, 0), True, "NO", "V", None)]
    assert accept(table, region(6, "again"))
    assert content(table, [("NO", "V")])[0][-1] == "again"


def test_a_delete_of_an_unknown_key_is_remembered() -> None:
    table = regions()
    assert accept(table, region(5, deleted=True))
    assert accept(table, region(4)) == []


def test_an_empty_batch_changes_nothing() -> None:
    assert accept(regions()) == []


def test_many_changes_of_one_key_take_the_room_of_few() -> None:
    table = regions()
    for at in range(1, 500):
        accept(table, region(at, str(at)))
        assert len(table._rows) <= 6
    assert content(table, [("NO", "V")])[0][-1] == "499"


def test_a_merge_moves_no_row_to_another_key() -> None:
    table = regions()
    codes = [f"c{number}" for number in range(40)]
    for at, code in enumerate(codes, 1):
        accept(table, region(at, code, code=code))
    accept(table, *(region(100, code + "!", code=code) for code in codes[::3]))
    expected = [code + "!" if number % 3 == 0 else code for number, code in enumerate(codes)]
    assert [row[-1] for row in content(table, [("NO", code) for code in codes])] == expected
    assert sorted(table.rows().column("title").to_pylist()) == sorted(expected)


def test_keys_of_one_column_are_plain_values() -> None:
    mirror = Mirror(ticket_seller())
    (single,) = [t for t in mirror.tables.values() if t.key == ("customer_id",)]
    assert single.find(keys_of(single, [1])).tolist() == [NO_SLOT]
    assert Keys([batch(STAR, "region", [region(1)]).column("code")]).values == ["V"]
