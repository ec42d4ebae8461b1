"""Dimensions that are kept in the warehouse: what runs when, and where the loader refuses."""

from __future__ import annotations

import re

import pytest

from connectors.blocks import Kind
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.statements import StagedBatch, StagedTable, Statement
from connectors.staging.part import Part
from flink_app.denormalise.join import wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.positions.position import make_position
from flink_app.warehouse import warehouse_spec
from infra.simulation.placement import place_dimensions
from tests.unit.denormalise.histories import Change, batch
from tests.unit.redshift.sqlite import NAMES, SqliteWarehouse
from tests.unit.redshift.warehouse import FakeWarehouse, Manifests, existing, loader, shape_in
from tests.unit.stars import placed_freight, ticket_seller

# Companies in the stream; ports, regions and the register, to which paths lead on, are not.
SPEC = warehouse_spec(placed_freight())
REPORT = "consignment_report"


def planned(*staged: str) -> list[Statement]:
    """The statements of a batch: of a target's rows, a dimension's patches or its changes."""

    def addresses(tables: list[str]) -> dict[str, StagedTable]:
        return {table: StagedTable(f"s3://m/{table}") for table in tables if table in staged}

    batch = StagedBatch(
        rows=addresses([target.table for target in SPEC.targets]),
        patches=addresses([patch.table for patch in SPEC.patches]),
        dimensions=addresses([dimension.table for dimension in SPEC.dimensions]),
    )
    return [*plan_staging(SPEC, NAMES, batch, "default"), *plan_load(SPEC, NAMES, batch)]


def joined(*staged: str) -> list[str]:
    """Along which paths the larger target is joined to the warehouse's tables, in order."""
    (sql,) = [s.sql for s in planned(*staged) if (s.step, s.about) == (5, REPORT)] or [""]
    joins = r'LEFT JOIN "starjoin"\."dimension_(\w+)" AS q\d+\n *ON [^\n]*"_pos_(\w+)" < q\d+\.'
    return [path for _, path in re.findall(joins, sql)]


def searched(*staged: str) -> list[str]:
    """By which paths rows of the larger target are looked for, and in which table of changes."""
    (sql,) = [s.sql for s in planned(*staged) if (s.step, s.about) == (5, REPORT)] or [""]
    searches = r'FROM "([a-z]+)_\w+" GROUP BY [^\n]*\n[^\n]*"_pos_(\w+)" < c\d+\.'
    return [f"{path} in {source}" for source, path in re.findall(searches, sql)]


def test_rows_of_a_target_need_all_its_paths_parents_first() -> None:
    assert joined(REPORT) == [
        "origin_port",
        "sender_company__home_port",
        "sender_company__entry",
        "receiver_company__home_port",
        "origin_port__region",
        "sender_company__home_port__region",
    ]
    assert searched(REPORT) == []
    assert joined("sender_report") == []


def test_a_change_reaches_the_paths_of_its_dimension_and_what_lies_below_is_looked_up() -> None:
    assert searched("port") == [
        "origin_port in newest",
        "sender_company__home_port in newest",
        "receiver_company__home_port in newest",
    ]
    assert joined("port") == [
        "origin_port",
        "sender_company__home_port",
        "receiver_company__home_port",
        "origin_port__region",
        "sender_company__home_port__region",
    ]
    below = ["origin_port__region", "sender_company__home_port__region"]
    assert joined("region") == below
    assert searched("region") == [f"{path} in newest" for path in below]


def test_a_patch_has_what_lies_below_it_looked_up() -> None:
    assert searched("company") == ["sender_company in stage", "receiver_company in stage"]
    assert joined("company") == [
        "sender_company__home_port",
        "sender_company__entry",
        "receiver_company__home_port",
        "sender_company__home_port__region",
    ]


def test_tables_of_dimensions_are_replaced_before_a_target_is_joined_to_them() -> None:
    everything = [*(t.table for t in SPEC.targets), *(p.table for p in SPEC.patches)]
    steps = [statement.step for statement in planned(*everything, "region", "port")]
    assert max(n for n, step in enumerate(steps) if step == 4) < steps.index(5)


def test_a_dimension_is_distributed_by_a_key_of_one_column_as_its_stage_is() -> None:
    created = {one.about: one.sql for one in planned("port", "region") if "CREATE TEMP" in one.sql}
    assert 'DISTKEY ("port_id")' in created["port"]
    assert "DISTSTYLE EVEN" in created["region"]


PLACED_EVENT = warehouse_spec(place_dimensions(ticket_seller(), "sport_event"))
TABLE = "dimension_sport_event"
TABLES = existing(PLACED_EVENT)


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def test_changes_are_copied_and_stand_in_the_ledger(warehouse: FakeWarehouse) -> None:
    warehouse.tables = TABLES
    loading = loader(warehouse, manifests := Manifests(), spec=PLACED_EVENT)
    loading.start(5)
    shape = shape_in(PLACED_EVENT, Kind.DIMENSION, "sport_event")
    changes = Part("a", Kind.DIMENSION, "sport_event", 2, url="s3://b/a", size=10, shape=shape)
    assert loading.load([changes], 5).parts == ("a",)
    assert len(warehouse.statements('COPY "stage_dimension_sport_event" FROM ')) == 1
    assert [key.rpartition("-")[2] for key in manifests.written] == ["sport_event.json"]
    (row,) = [
        v for sql, v in warehouse.values if sql.startswith('INSERT INTO "bookkeeping".ledger')
    ]
    assert [row[0], *row[2:4]] == ["a", "dimension", "sport_event"]


@pytest.mark.parametrize("kind", [Kind.DIMENSION, Kind.PATCHES])
def test_parts_of_a_dimension_that_is_kept_elsewhere_are_not_taken_for_loaded(
    warehouse: FakeWarehouse, kind: Kind
) -> None:
    table = {Kind.DIMENSION: "ticket", Kind.PATCHES: "sport_event"}[kind]
    warehouse.tables = TABLES
    loading = loader(warehouse, spec=PLACED_EVENT)
    loading.start(5)
    part = Part("a", kind, table, rows=2, url="s3://b/a", size=10)
    with pytest.raises(NeedsRepairError, match=f"have another placement: {table}. Start with"):
        loading.load([part], 5)
    assert warehouse.parts == set()


def test_a_dimension_that_goes_back_into_the_stream_is_refused(warehouse: FakeWarehouse) -> None:
    warehouse.tables = TABLES
    with pytest.raises(NeedsRepairError, match="sport_event was kept in the warehouse") as caught:
        loader(warehouse).start(5)
    assert 'or drop "bookkeeping"."dimension_sport_event", raise the generation' in str(
        caught.value
    )
    assert warehouse.fence == []


@pytest.mark.parametrize("alters", [False, True])
def test_a_column_that_the_dimension_lacks_is_not_added_unasked(
    warehouse: FakeWarehouse, *, alters: bool
) -> None:
    columns = {name: kind for name, kind in TABLES[TABLE].items() if name != "location"}
    warehouse.tables = TABLES | {TABLE: columns}
    addition = (
        r'ALTER TABLE "bookkeeping"."dimension_sport_event" ADD COLUMN "location" VARCHAR\(200\)'
    )
    with pytest.raises(NeedsRepairError, match=f"NULL until the source's table is .*: {addition}"):
        loader(warehouse, spec=PLACED_EVENT, alters=alters).start(5)
    assert warehouse.fence == []


def test_a_column_of_the_dimension_that_is_too_short_is_lengthened(
    warehouse: FakeWarehouse,
) -> None:
    shorter = TABLES[TABLE] | {"location": "VARCHAR(20)"}
    warehouse.tables = TABLES | {TABLE: shorter}
    loader(warehouse, spec=PLACED_EVENT, alters=True).start(5)
    assert warehouse.tables[TABLE] == TABLES[TABLE]


def test_what_a_row_knows_better_stays() -> None:
    """An older snapshot is restored, and the dimension has moved: its state is behind the rows."""
    star = place_dimensions(ticket_seller(), "sport_event")
    ticket = Change(
        "ticket", {"ticket_id": 1, "event_id": 7}, make_position(1, 1, 0), deleted=False
    )
    bought = Change("ticket_activity", {"ticket_id": 1}, make_position(1, 2, 0), deleted=False)
    mirror = Mirror(ticket_seller())
    for change in (ticket, event(5, "newer")):
        changes = batch(ticket_seller(), change.table, [change])
        mirror.tables[change.table].accept(changes)
    facts = batch(ticket_seller(), "ticket_activity", [bought])
    (target,) = PLACED_EVENT.targets
    rows = wide_rows(facts, JoinPlan(ticket_seller()).targets[target.table], mirror)
    with SqliteWarehouse(PLACED_EVENT) as warehouse:
        warehouse.load({target.table: [rows]}, {})
        before = warehouse.rows(target)
        assert any("newer" in row for row in before)
        warehouse.load({}, {}, {"sport_event": [batch(star, "sport_event", [event(3, "older")])]})
        assert warehouse.rows(target) == before
        latest = batch(star, "sport_event", [event(9, "latest")])
        warehouse.load({}, {}, {"sport_event": [latest]})
        assert any("latest" in row for row in warehouse.rows(target))


def event(at: int, sport: str) -> Change:
    return Change(
        "sport_event", {"event_id": 7, "sport_type": sport}, make_position(1, at, 0), deleted=False
    )
