"""Dimensions whose changes leave columns out: in any order the mirror has the same rows."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Final

import pyarrow as pa
import pytest

from flink_app.declaration.star import unchanged_position_column
from flink_app.denormalise import mirror as module
from flink_app.denormalise.durable import DurableTable
from flink_app.denormalise.join import patches, wide_rows
from flink_app.denormalise.mirror import Mirror, TableMirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.warehouse import warehouse_spec
from tests.unit.decode.records import UNCHANGED
from tests.unit.denormalise.test_durable import State
from tests.unit.stars import ticket_seller

PLAN = JoinPlan(UNCHANGED)
BODY, SCAN = unchanged_position_column("body"), unchanged_position_column("scan")


@pytest.fixture(autouse=True, params=[0, 32], ids=["by columns", "one by one"])
def compact_often(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMPACT_FLOOR", 1)
    monkeypatch.setattr(module, "_FEW", request.param)


def page(at: int, *, deleted: bool = False, **values: Any) -> dict[str, Any]:
    """A change of page 1 that has only the columns which are given."""
    own = make_position(1, at, 0)
    return {
        "page": 1,
        "body": values.get("body"),
        "scan": values.get("scan"),
        BODY: own if deleted or "body" in values else UNKNOWN,
        SCAN: own if deleted or "scan" in values else UNKNOWN,
        "_pos": own,
        "_deleted": deleted,
    }


CHANGES: Final = (
    page(1, body="a", scan=b"a"),
    page(2, scan=b"b"),
    page(3, deleted=True),
    page(4, body="c", scan=None),
    page(5),
)


def batch(*changes: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(changes), schema=UNCHANGED.changes_schema("page"))


def known(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """What these changes tell of the page."""
    row = dict(max(changes, key=lambda change: change["_pos"]))
    for column in ("body", "scan"):
        last = max(changes, key=lambda change: change[unchanged_position_column(column)])
        for name in (column, unchanged_position_column(column)):
            row[name] = last[name]
    return row


def content(mirror: Mirror) -> list[dict[str, Any]]:
    return list(mirror.tables["page"].rows().to_pylist())


def patch_of(accepted: pa.RecordBatch, mirror: Mirror) -> str:
    return str(patches(accepted, PLAN.patches["page"], mirror).column("_pos")[0].as_py())


@pytest.mark.parametrize("size", [1, 2, 5])
def test_any_order_gives_the_same_row_and_versions_only_go_up(size: int) -> None:
    for order in permutations(CHANGES):
        mirror, version = Mirror(UNCHANGED), UNKNOWN
        for start in range(0, len(order), size):
            accepted = mirror.tables["page"].accept(batch(*order[start : start + size]))
            seen = known(list(order[: start + size]))
            assert content(mirror) == [seen]
            if len(accepted):
                assert accepted.to_pylist() == [seen]
                assert patch_of(accepted, mirror) > version
                version = patch_of(accepted, mirror)
        assert version == "".join(known(list(CHANGES))[name] for name in ("_pos", BODY, SCAN))


def test_what_is_known_is_not_accepted_again() -> None:
    table = Mirror(UNCHANGED).tables["page"]
    table.accept(batch(*CHANGES))
    for change in CHANGES:
        assert len(table.accept(batch(change))) == 0


def test_rows_come_back_from_the_state_as_they_were() -> None:
    state = State()
    mirror = Mirror(UNCHANGED)
    for change in CHANGES[::-1]:
        accepted = mirror.tables["page"].accept(batch(change))
        DurableTable("page", mirror.tables["page"]).append(state, accepted)
    restored = Mirror(UNCHANGED)
    DurableTable("page", restored.tables["page"]).rebuild(state)
    assert content(restored) == content(mirror)
    assert len(restored.tables["page"].accept(batch(*CHANGES))) == 0


def test_a_fact_knows_a_dimension_by_the_version_that_its_patch_has() -> None:
    mirror = Mirror(UNCHANGED)
    accepted = mirror.tables["page"].accept(batch(*CHANGES[:2]))
    facts = pa.RecordBatch.from_pylist(
        [
            dict.fromkeys(UNCHANGED.changes_schema("visit").names)
            | {
                "visit": 1,
                "part": 1,
                "page": key,
                "_pos": make_position(1, 9, 0),
                "_deleted": False,
            }
            for key in (1, 2)
        ],
        schema=UNCHANGED.changes_schema("visit"),
    )
    found = wide_rows(facts, PLAN.targets["visits"], mirror).column("_pos_page").to_pylist()
    assert found == [patch_of(accepted, mirror), UNKNOWN]


def test_a_version_has_room() -> None:
    (target,) = warehouse_spec(UNCHANGED).targets
    types = {column.name: column.sql_type for column in target.columns}
    assert (types["_pos_page"], types["_pos"]) == ("VARBYTE(66)", "VARBYTE(22)")
    assert (types["_set_note"], types["_set_protocol"]) == ("VARBYTE(22)", "VARBYTE(22)")
    (patch,) = warehouse_spec(UNCHANGED).patches
    assert {c.name: c.sql_type for c in patch.columns}["_pos"] == "VARBYTE(66)"


def test_a_table_without_such_columns_takes_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("what is known was looked up")

    monkeypatch.setattr(TableMirror, "_gather_known", refuse)
    star = ticket_seller()
    schema = star.changes_schema("sport_event")
    row = dict.fromkeys(schema.names) | {
        "event_id": 1,
        "_pos": make_position(1, 1, 0),
        "_deleted": False,
    }
    accepted = Mirror(star).tables["sport_event"].accept(pa.RecordBatch.from_pylist([row], schema))
    assert len(accepted) == 1
