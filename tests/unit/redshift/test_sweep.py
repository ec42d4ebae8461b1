"""When the warehouse is swept, of which tables, and what a start with another floor finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from connectors.blocks import Kind
from connectors.floors import NO_FLOORS, Floors, TableFloors
from connectors.redshift.errors import NeedsRepairError, OutcomeUnknownError
from connectors.redshift.names import Names
from connectors.redshift.sweep import Floor, plan_sweep
from connectors.staging.part import Part
from flink_app.positions.position import floor_position
from tests.unit.redshift.test_loader import fail_at
from tests.unit.redshift.warehouse import SPEC, FakeWarehouse, loader, part

TABLES: Final = [table for table, _ in SPEC.sources]
ONE, TWO = Floors(1), Floors(2)
CUSTOMER: Final = NO_FLOORS.raise_to(3, "customer")


def plan(floors: Floors, tables: Sequence[str] = TABLES) -> list[str]:
    floor = Floor(floors, floor_position)
    return [s.sql for s in plan_sweep(SPEC, Names("bookkeeping"), floor, tables)]


SWEEP: Final = plan(TWO)


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def swept(warehouse: FakeWarehouse, sweep: Sequence[str] = SWEEP) -> bool:
    """Whether all of it was said since last asked, and no other."""
    said = [sql for sql in warehouse.said if sql.startswith(("DELETE", "UPDATE"))]
    said = [sql for sql in said if " < CAST(FROM_HEX('000" in sql]
    warehouse.said.clear()
    assert said in ([], sweep)
    return bool(said)


def start(warehouse: FakeWarehouse, floors: Floors, number: int = 5) -> bool:
    due = loader(warehouse, floors=floors).start(number)
    assert not swept(warehouse)
    return due


def test_a_sweep_is_due_until_it_is_committed(warehouse: FakeWarehouse) -> None:
    assert start(warehouse, NO_FLOORS) is False
    assert start(warehouse, TWO) is True
    warehouse.fails = fail_at("commit", ConnectionError())
    with pytest.raises(OutcomeUnknownError):
        loader(warehouse, floors=TWO).load([], 5)
    warehouse.fails = lambda _: None
    assert swept(warehouse)
    assert start(warehouse, TWO) is True
    loader(warehouse, floors=TWO).load([], 5)
    assert swept(warehouse)
    assert warehouse.floors == {"": 2}
    assert start(warehouse, TWO) is False
    loader(warehouse, floors=TWO).load([part("a", floors=TWO)], 5)
    assert not swept(warehouse)


def test_the_sweep_comes_after_rows_and_patches(warehouse: FakeWarehouse) -> None:
    start(warehouse, TWO)
    loader(warehouse, floors=TWO).load([part("a"), part("b", kind=Kind.PATCHES)], 5)
    applied = [
        i
        for i, sql in enumerate(warehouse.said)
        if "newest_" in sql or sql.startswith("COPY") or '"bookkeeping".account' in sql
    ]
    assert max(applied) < warehouse.said.index(SWEEP[0])
    assert warehouse.parts == {"a", "b"}


@pytest.mark.parametrize("lower", [NO_FLOORS, ONE])
def test_parts_that_were_staged_under_a_lower_floor_are_swept_again(
    warehouse: FakeWarehouse, lower: Floors
) -> None:
    warehouse.floors = {"": 2}
    assert start(warehouse, TWO) is False
    loader(warehouse, floors=TWO).load([part("a", floors=TWO), part("b", floors=lower)], 5)
    assert swept(warehouse)
    loader(warehouse, floors=TWO).load([part("b", floors=lower)], 5)  # is in the ledger
    assert not swept(warehouse)


def test_only_what_comes_from_a_table_is_swept_when_its_floor_is_raised(
    warehouse: FakeWarehouse,
) -> None:
    assert start(warehouse, CUSTOMER) is True
    loader(warehouse, floors=CUSTOMER).load([], 5)
    sweep = plan(CUSTOMER, ["customer"])
    assert 0 < len(sweep) < len(SWEEP)
    assert all(sql.startswith("UPDATE") and '"_pos_buyer" = ' in sql for sql in sweep)
    assert swept(warehouse, sweep)
    assert warehouse.floors == {"customer": 3}
    assert start(warehouse, CUSTOMER) is False


def test_a_reload_of_a_fact_deletes_its_rows_and_tombstones_and_nothing_else() -> None:
    sweep = plan(NO_FLOORS.raise_to(3, "ticket_activity"), ["ticket_activity"])
    assert [sql.split()[0] for sql in sweep] == ["DELETE", "DELETE"]


def test_parts_that_were_staged_under_a_lower_floor_of_a_table_are_swept_of_it_again(
    warehouse: FakeWarehouse,
) -> None:
    floors = Floors(2, TableFloors((("customer", 3),)))
    warehouse.floors = {"": 2, "customer": 3}
    loader(warehouse, floors=floors).start(5)
    warehouse.said.clear()
    loader(warehouse, floors=floors).load([part("a", floors=TWO)], 5)
    assert swept(warehouse, plan(floors, ["customer"]))
    loader(warehouse, floors=floors).load([part("b", floors=Floors(3))], 5)
    assert not swept(warehouse)


def test_a_floor_of_everything_keeps_those_of_tables_and_sweeps_what_is_below_it(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.floors = {"customer": 3}
    floors = CUSTOMER.raise_to(2)
    assert start(warehouse, floors) is True
    loader(warehouse, floors=floors).load([], 5)
    assert swept(warehouse, plan(floors, [table for table in TABLES if table != "customer"]))
    assert warehouse.floors == {"": 2, "customer": 3}
    assert start(warehouse, Floors(4)) is True  # is above both


def test_a_lower_floor_is_refused_before_the_fence_is_taken(warehouse: FakeWarehouse) -> None:
    warehouse.floors, warehouse.fence = {"": 2}, [("app", 4)]
    with pytest.raises(NeedsRepairError, match=r"Set application\.floor to 2\."):
        loader(warehouse, floors=ONE).start(5)
    assert warehouse.fence == [("app", 4)]


@pytest.mark.parametrize(
    "floors",
    [
        TWO,
        TWO.raise_to(2, "customer"),
        TWO.raise_to(3, "customer"),
        TWO.raise_to(5, "customer"),
        TWO.raise_to(4, "venue"),
    ],
)
def test_a_lower_floor_of_a_table_is_refused_whether_or_not_the_table_is_declared(
    warehouse: FakeWarehouse, floors: Floors
) -> None:
    warehouse.floors = {"": 2, "customer": 3, "gone": 4}
    with pytest.raises(
        NeedsRepairError, match=r"table_floors to: customer \d, gone 4.*\.$"
    ) as refused:
        loader(warehouse, floors=floors).start(5)
    assert warehouse.fence == []
    # Whoever does what it says is not refused again by the next start.
    written = TableFloors.parse(str(refused.value).removesuffix(".").rpartition("to: ")[2])
    assert loader(warehouse, floors=Floors(2, written)).start(5) is not None
    for table, generation in floors.tables.entries:
        assert Floors(2, written).of(table) >= generation


def test_a_part_of_a_former_version_was_staged_under_no_floor() -> None:
    old = part("a").encode().replace(b',"floor":0', b"")
    assert b"floor" not in old
    assert Part.decode(old).floors == NO_FLOORS


def test_a_part_says_under_which_floors_it_was_staged() -> None:
    staged = part("a", floors=TWO.raise_to(3, "customer"))
    assert Part.decode(staged.encode()).floors == staged.floors
    assert staged.floors.of("customer") == 3
    assert staged.floors.of("event") == 2
