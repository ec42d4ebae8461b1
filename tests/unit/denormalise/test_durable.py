"""The durable copy: what is written comes back, in bounded room and by few reads."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.blocks import from_stream, to_stream
from flink_app.declaration import POSITION, Star
from flink_app.denormalise import durable, tiers
from flink_app.denormalise.durable import DimensionStateError, DurableTable
from flink_app.denormalise.mirror import Mirror, TableMirror
from flink_app.positions.position import make_position
from tests.unit.denormalise.histories import Change, batch, random_change
from tests.unit.stars import freight, star

STAR = freight()


class State:
    """Flink's map state by a dictionary; counts its calls."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.reads = 0
        self.bytes_written = 0

    def get(self, key: str) -> bytes | None:
        self.reads += 1
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.bytes_written += len(value)
        self.values[key] = value

    def remove(self, key: str) -> None:
        del self.values[key]


def append(state: State, table: str, accepted: pa.RecordBatch, mirror: TableMirror) -> None:
    """As the first change after a restore does: the directory is read from the state."""
    DurableTable(table, mirror).append(state, accepted)


def write(state: State, mirror: Mirror, table: str, changes: list[Change]) -> None:
    """As the operator does: the mirror first, then the state."""
    accepted = mirror.tables[table].accept(batch(STAR, table, changes))
    if len(accepted):
        append(state, table, accepted, mirror.tables[table])


def rebuilt(state: State, table: str) -> TableMirror:
    mirror = Mirror(STAR).tables[table]
    DurableTable(table, mirror).rebuild(state)
    return mirror


def content(mirror: TableMirror) -> list[tuple[object, ...]]:
    return sorted((tuple(row.items()) for row in mirror.rows().to_pylist()), key=repr)


def region(at: int, code: str = "V", title: str = "x") -> Change:
    values = {"country": "NO", "code": code, "title": title}
    return Change("region", values, make_position(1, at, 0), deleted=False)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_COMPACT_FLOOR", 6)
    monkeypatch.setattr(durable, "_RECENT_ROWS", 1)
    monkeypatch.setattr(tiers, "BLOCK_ROWS", 4)
    monkeypatch.setattr(tiers, "FAN", 3)


@pytest.mark.usefixtures("small")
@given(st.lists(st.lists(st.integers(0, 2**32), max_size=6), max_size=25))
@settings(max_examples=60, deadline=None)
def test_what_is_written_comes_back(blocks: list[list[int]]) -> None:
    state, mirror = State(), Mirror(STAR)
    for at, seeds in enumerate(blocks, 1):
        changes = [random_change(STAR, seed, at) for seed in seeds]
        for table in STAR.dimensions:
            write(state, mirror, table, [c for c in changes if c.table == table])
    for table in STAR.dimensions:
        assert content(rebuilt(state, table)) == content(mirror.tables[table])


def test_a_thousand_changes_of_one_key_take_the_room_of_few() -> None:
    state, mirror = State(), Mirror(STAR)
    for at in range(1, 3_001):
        write(state, mirror, "region", [region(at)])
    rows = sum(len(from_stream(v)) for k, v in state.values.items() if "#" in k)
    assert rows <= durable._COMPACT_FLOOR
    assert content(rebuilt(state, "region")) == content(mirror.tables["region"])


@pytest.mark.usefixtures("small")
def test_a_row_is_rewritten_about_once_per_doubling() -> None:
    state, mirror = State(), Mirror(STAR)
    once = len(to_stream(batch(STAR, "region", [region(1)])))
    for at in range(1, 301):
        write(state, mirror, "region", [region(at, code=f"{at % 50}")])
    assert state.bytes_written < 3 * 300 * (once + 24)


@pytest.mark.usefixtures("small")
def test_a_rewrite_cuts_blocks_and_leaves_no_old_one() -> None:
    state, mirror = State(), Mirror(STAR)
    for round_ in range(1, 4):
        changes = [region(round_ * 100 + n, code=f"{n}") for n in range(10)]
        write(state, mirror, "region", changes)
    blocks = [len(from_stream(v)) for k, v in state.values.items() if "#" in k]
    assert sum(blocks) == 10
    assert len(blocks) == 3
    assert max(blocks) <= 4
    assert len(state.values) == 1 + len(blocks)


def test_a_restore_reads_each_block_once_and_the_directory() -> None:
    state, mirror = State(), Mirror(STAR)
    for at in range(1, 11):
        write(state, mirror, "region", [region(at, code=f"{at}")])
    state.reads = 0
    rebuilt(state, "region")
    assert state.reads == 11


def test_tables_do_not_meet() -> None:
    state, mirror = State(), Mirror(STAR)
    write(state, mirror, "region", [region(1)])
    assert len(rebuilt(state, "port")) == 0
    assert len(rebuilt(state, "region")) == 1


def test_a_lost_block_is_noticed() -> None:
    state, mirror = State(), Mirror(STAR)
    write(state, mirror, "region", [region(1)])
    state.remove("region#0")
    with pytest.raises(DimensionStateError, match="state of dimension region lacks its block 0"):
        rebuilt(state, "region")


def stored_as(names: list[str]) -> State:
    """A state whose block has these columns, in this order."""
    state = State()
    rows = batch(STAR, "region", [region(1, code="V", title="Vest")]).select(names)
    append(state, "region", rows, TableMirror(rows.schema, ("country", "code")))
    return state


NAMES = STAR.changes_schema("region").names


def test_columns_are_found_by_name_when_the_declaration_has_put_them_elsewhere() -> None:
    (row,) = rebuilt(stored_as(NAMES[::-1]), "region").rows().to_pylist()
    assert (row["country"], row["code"], row["title"]) == ("NO", "V", "Vest")


def test_a_column_that_is_no_longer_declared_falls_away() -> None:
    state = stored_as(NAMES)
    fewer = STAR.changes_schema("region").remove(NAMES.index("title"))
    mirror = TableMirror(fewer, ("country", "code"))
    DurableTable("region", mirror).rebuild(state)
    assert mirror.rows().schema == fewer


@pytest.mark.parametrize("missing", ["title", POSITION])
def test_a_column_that_the_state_lacks_is_not_made_up(missing: str) -> None:
    state = stored_as([name for name in NAMES if name != missing])
    with pytest.raises(
        DimensionStateError, match=f"dimension region .* column {missing} is not there"
    ):
        rebuilt(state, "region")


def test_a_position_of_another_type_is_not_taken() -> None:
    state = stored_as(NAMES)
    changed = STAR.changes_schema("region")
    changed = changed.set(NAMES.index(POSITION), pa.field(POSITION, pa.int64()))
    with pytest.raises(DimensionStateError, match=f"column {POSITION} is not of type int64"):
        DurableTable("region", TableMirror(changed, ("country", "code"))).rebuild(state)


def test_a_state_that_does_not_say_how_its_columns_were_declared_is_not_taken() -> None:
    state = stored_as(NAMES)
    bare = pa.schema([(f.name, f.type) for f in STAR.changes_schema("region")])
    rows = from_stream(state.values["region#0"])
    state.values["region#0"] = to_stream(pa.RecordBatch.from_arrays(rows.columns, schema=bare))
    with pytest.raises(
        DimensionStateError, match="column country does not say how it was declared"
    ):
        rebuilt(state, "region")


def item(title: str) -> Star:
    """A star with a dimension of one key and one column."""
    return star(f"""
name: shop
source_schema: shop
tables:
  item:
    key: [id]
    columns:
      id: integer
      title: {title}
  sale:
    key: [id]
    columns: {{id: integer, item: integer}}
    references: {{item: {{table: item, columns: [item]}}}}
targets:
  sales: {{fact: sale, columns: {{id: id, title: item.title}}}}
""")


def reread(was: str, now: str, value: object) -> object:
    """A value that was stored under one declaration of its column, as another one finds it."""
    old, new, state = Mirror(item(was)), Mirror(item(now)), State()
    row = {"id": 1, "title": value, POSITION: make_position(1, 1, 0), "_deleted": False}
    table = old.tables["item"]
    accepted = table.accept(pa.RecordBatch.from_pylist([row], schema=table.schema))
    append(state, "item", accepted, table)
    DurableTable("item", new.tables["item"]).rebuild(state)
    (found,) = new.tables["item"].rows().to_pylist()
    return found["title"]


@pytest.mark.parametrize(
    ("was", "now", "value", "found"),
    [
        ("varchar(10)", "varchar(20)", "x", "x"),
        ("char(10)", "{type: varchar(20), trailing_blanks: trim}", "x", "x"),
        ("smallint", "bigint", 7, 7),
        ("integer", "decimal(12,2)", 7, Decimal("7.00")),
        ("decimal(9,2)", "decimal(12,3)", Decimal("1.25"), Decimal("1.250")),
        ("real", "double", 0.5, 0.5),
        ("{type: integer, treatment: tokenise}", "{type: bigint, treatment: tokenise}", "t", "t"),
        (
            "{type: varchar(9), trailing_blanks: refuse}",
            "{type: varchar(9), trailing_blanks: trim}",
            "x",
            "x",
        ),
    ],
)
def test_a_wider_column_takes_what_was_stored(
    was: str, now: str, value: object, found: object
) -> None:
    assert reread(was, now, value) == found


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        (
            "varchar(90)",
            "{type: varchar(90), treatment: tokenise}",
            "column title has the treatment keep, and today's is tokenise",
        ),
        (
            "{type: varchar(90), treatment: mask}",
            "varchar(90)",
            "column title has the treatment mask, and today's is keep",
        ),
        ("varchar(90)", "varchar(80)", r"was of type varchar\(90\), and is varchar\(80\) today"),
        ("varchar(90)", "integer", r"was of type varchar\(90\), and is integer today"),
        ("bigint", "integer", "was of type bigint, and is integer today"),
        ("decimal(9,2)", "decimal(9,3)", "was of type"),
        (
            "{type: 'decimal(9,2)', treatment: tokenise}",
            "{type: 'decimal(12,3)', treatment: tokenise}",
            "was of type",
        ),
        (
            "{type: varchar(9), trailing_blanks: trim}",
            "varchar(9)",
            "has trailing blanks by the rule trim, and today's is keep",
        ),
        ("varchar(9)", "char(9)", "has trailing blanks by the rule keep, and today's is trim"),
    ],
)
def test_values_that_today_would_not_be_made_are_not_taken(
    was: str, now: str, message: str
) -> None:
    with pytest.raises(DimensionStateError, match=message):
        reread(was, now, None)


def test_a_column_that_is_read_from_another_name_is_taken_and_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert reread("varchar(9)", "{type: varchar(9), source: label}", "Zq7") == "Zq7"
    (warning,) = caplog.messages
    assert "column title of dimension item was read from 'title' and is now from 'label'" in warning
    assert "Zq7" not in warning
