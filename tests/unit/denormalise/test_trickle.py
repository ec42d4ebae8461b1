"""Mirror and durable copy together, against a dictionary: any changes, restores at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.blocks import to_stream
from flink_app.declaration import POSITION
from flink_app.declaration.star import DELETED, unchanged_position_column
from flink_app.denormalise import durable, tiers
from flink_app.denormalise import mirror as mirrors
from flink_app.denormalise.durable import DimensionStateError, DurableTable, blocks, forget
from flink_app.denormalise.mirror import Mirror, TableMirror
from flink_app.positions.position import UNKNOWN, make_position
from tests.unit.decode.records import UNCHANGED
from tests.unit.denormalise.test_durable import STAR, State, content, region, write

SCHEMA: Final = UNCHANGED.changes_schema("page")
UNCHANGED_COLUMNS: Final = ("body", "scan")

Row = dict[str, Any]
# What a change brings: page, commit position, deleted, and which columns it has.
CHANGES = st.tuples(
    st.integers(1, 4),
    st.integers(1, 30),
    st.booleans(),
    st.sets(st.sampled_from(UNCHANGED_COLUMNS)),
)
STEPS = st.one_of(
    st.lists(CHANGES, min_size=1, max_size=5),
    st.lists(CHANGES, min_size=1, max_size=1),
    st.just("restore"),
    st.just("floor"),
)


def change(page: int, at: int, deleted: bool, has: set[str]) -> Row:
    own = make_position(1 + at // 16, at, 0)
    row: Row = {"page": page, POSITION: own, DELETED: deleted}
    for name in UNCHANGED_COLUMNS:
        there = not deleted and name in has
        row[name] = f"{name} {at}".encode() if there else None
        if there and name == "body":
            row[name] = f"{name} {at}"
        row[unchanged_position_column(name)] = own if deleted or there else UNKNOWN
    return row


@dataclass
class Model:
    """Every page's registers, by a dictionary."""

    rows: dict[int, Row] = field(default_factory=dict)
    floor: str = UNKNOWN

    def apply(self, new: Row) -> None:
        if new[POSITION] < self.floor:
            return
        known = self.rows.setdefault(new["page"], {})
        registers: dict[str, tuple[str, ...]] = {POSITION: (POSITION, DELETED, "page")}
        registers |= {
            unchanged_position_column(name): (name, unchanged_position_column(name))
            for name in UNCHANGED_COLUMNS
        }
        for at, names in registers.items():
            if not known or at not in known or new[at] > known[at]:
                known.update((name, new[name]) for name in names)

    def restored(self, floor: str) -> None:
        self.floor = floor
        self.rows = {page: row for page, row in self.rows.items() if row[POSITION] >= floor}
        for row in self.rows.values():
            for name in UNCHANGED_COLUMNS:
                if row[unchanged_position_column(name)] < floor:
                    row |= {name: None, unchanged_position_column(name): UNKNOWN}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merges and rewrites at every turn."""
    monkeypatch.setattr(durable, "_COMPACT_FLOOR", 6)
    monkeypatch.setattr(durable, "_RECENT_ROWS", 1)
    monkeypatch.setattr(mirrors, "_COMPACT_FLOOR", 3)
    monkeypatch.setattr(mirrors, "_FEW", 2)
    monkeypatch.setattr(tiers, "BLOCK_ROWS", 8)
    monkeypatch.setattr(tiers, "FAN", 2)


def by_page(rows: pa.RecordBatch) -> dict[int, Row]:
    found = rows.to_pylist()
    assert len({row["page"] for row in found}) == len(found)
    return {row["page"]: row for row in found}


def opened(state: State, floor: str) -> tuple[TableMirror, DurableTable]:
    columns = UNCHANGED.unchanged_columns("page")
    mirror = TableMirror(SCHEMA, ("page",), columns, floor)
    table = DurableTable("page", mirror)
    table.rebuild(state)
    return mirror, table


@pytest.mark.usefixtures("small")
@given(st.lists(STEPS, max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_restore_has_what_the_changes_say_whatever_was_merged(steps: list[Any]) -> None:
    state, model = State(), Model()
    mirror, table = opened(state, UNKNOWN)
    for step in steps:
        if step == "restore":
            mirror, table = opened(state, model.floor)
        elif step == "floor":
            model.restored(make_position(2, 0, 0))
            mirror, table = opened(state, model.floor)
        else:
            rows = [change(*one) for one in step]
            accepted = mirror.accept(pa.RecordBatch.from_pylist(rows, schema=SCHEMA))
            for row in rows:
                model.apply(row)
            if len(accepted):
                table.append(state, accepted)
        assert by_page(mirror.rows()) == model.rows
        restored, _ = opened(state, model.floor)
        assert by_page(restored.rows()) == model.rows


def one_row_changes(state: State, count: int, keys: int) -> Mirror:
    """So many changes of one row each, of keys that a full load has brought."""
    mirror = Mirror(STAR)
    table = DurableTable("region", mirror.tables["region"])
    for at in range(1, count + 1):
        code = f"{at * 7 % keys}"
        accepted = mirror.tables["region"].accept(rows_of(region(at, code=code)))
        table.append(state, accepted)
    return mirror


def rows_of(*changes: Any) -> pa.RecordBatch:
    rows = [{**c.values, POSITION: c.position, DELETED: c.deleted} for c in changes]
    return pa.RecordBatch.from_pylist(rows, schema=STAR.changes_schema("region"))


def test_one_row_changes_do_not_pile_up() -> None:
    state = State()
    mirror = one_row_changes(state, count=3_000, keys=500)
    assert sum("#" in key for key in state.values) < 4 * tiers.FAN
    kept = list(blocks(state, "region", STAR.changes_schema("region")))
    assert sum(map(len, kept)) <= 500 + durable._COMPACT_FLOOR + 1
    restored = Mirror(STAR).tables["region"]
    DurableTable("region", restored).rebuild(state)
    assert content(restored) == content(mirror.tables["region"])


def test_changes_of_few_keys_are_few_rows() -> None:
    state = State()
    one_row_changes(state, count=1_000, keys=2)
    kept = list(blocks(state, "region", STAR.changes_schema("region")))
    assert sum(map(len, kept)) < 2 * tiers.FAN


@pytest.mark.usefixtures("small")
def test_what_is_below_the_floor_does_not_come_back_with_a_merge() -> None:
    state, floor = State(), make_position(2, 0, 0)
    mirror, table = opened(state, UNKNOWN)
    rows = pa.RecordBatch.from_pylist([change(1, 3, False, {"body"})], schema=SCHEMA)
    table.append(state, mirror.accept(rows))
    mirror, table = opened(state, floor)
    rows = pa.RecordBatch.from_pylist([change(1, 20, False, set())], schema=SCHEMA)
    table.append(state, mirror.accept(rows))
    assert sum("#" in key for key in state.values) == 1
    assert by_page(mirror.rows())[1]["body"] is None
    assert by_page(opened(state, floor)[0].rows()) == by_page(mirror.rows())


def test_a_small_block_is_not_read_again_to_be_merged() -> None:
    state = State()
    one_row_changes(state, count=200, keys=100)
    assert state.reads == 1  # the directory


def test_large_values_that_change_again_and_again_do_not_pile_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(durable, "_SIZE_FLOOR", 100_000)
    monkeypatch.setattr(tiers, "BLOCK_BYTES", 20_000)
    state, mirror = State(), Mirror(STAR)
    table = DurableTable("region", mirror.tables["region"])
    for at in range(1, 201):
        title = "x" * (10_000 if at % 2 else 1)
        change = region(at, code=f"{at % 4}", title=title)
        table.append(state, mirror.tables["region"].accept(rows_of(change)))
        assert sum(map(len, state.values.values())) < 250_000


def first_form(state: State, *changes: pa.RecordBatch) -> None:
    """A state as the first form of the directory has it: block after block."""
    for number, rows in enumerate(changes, 3):
        state.put(f"region#{number}", to_stream(rows))
    rows = sum(map(len, changes))
    state.put("region", durable._FIRST_FORM.pack(3, 3 + len(changes), rows))


def test_a_state_of_the_first_form_is_read_and_rewritten_with_the_first_change() -> None:
    state = State()
    old = [rows_of(region(at, code=f"{at % 3}", title=f"{at}")) for at in range(1, 10)]
    first_form(state, *old)
    mirror = Mirror(STAR)
    DurableTable("region", mirror.tables["region"]).rebuild(state)
    found = {row["code"]: row["title"] for row in mirror.tables["region"].rows().to_pylist()}
    assert found == {"0": "9", "1": "7", "2": "8"}
    handed_on = list(blocks(state, "region", STAR.changes_schema("region")))
    assert [len(rows) for rows in handed_on] == [1] * 9
    write(state, mirror, "region", [region(20, code="1", title="new")])
    assert sum("#" in key for key in state.values) == 1
    restored = Mirror(STAR).tables["region"]
    DurableTable("region", restored).rebuild(state)
    assert content(restored) == content(mirror.tables["region"])


def test_a_state_of_either_form_is_forgotten_whole() -> None:
    for form in ("first", "today's"):
        state = State()
        if form == "first":
            first_form(state, rows_of(region(1)), rows_of(region(2)))
        else:
            one_row_changes(state, count=40, keys=30)
        forget(state, "region")
        assert state.values == {}


def test_a_directory_of_a_later_version_is_refused() -> None:
    state = State()
    one_row_changes(state, count=1, keys=1)
    state.put("region", b"blocks/9" + state.values["region"][8:])
    with pytest.raises(
        DimensionStateError, match="written by a version of this application that this"
    ):
        DurableTable("region", Mirror(STAR).tables["region"]).rebuild(state)
