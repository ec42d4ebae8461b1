"""When the warehouse is swept, and what a start with another floor finds."""

from __future__ import annotations

import pytest

from connectors.blocks import Kind
from connectors.redshift.errors import NeedsRepairError, OutcomeUnknownError
from connectors.redshift.names import Names
from connectors.redshift.sweep import Floor, plan_sweep
from connectors.staging.part import Part
from flink_app.positions.position import floor_position
from tests.unit.redshift.test_loader import fail_at
from tests.unit.redshift.warehouse import SPEC, FakeWarehouse, loader, part

SWEEP = [s.sql for s in plan_sweep(SPEC, Names("bookkeeping"), Floor(2, floor_position(2)))]


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def swept(warehouse: FakeWarehouse) -> bool:
    """Whether all of it was said since last asked."""
    said = [sql for sql in warehouse.said if sql in SWEEP]
    warehouse.said.clear()
    assert said in ([], SWEEP)
    return bool(said)


def start(warehouse: FakeWarehouse, floor: int, number: int = 5) -> bool:
    due = loader(warehouse, floor=floor).start(number)
    assert not swept(warehouse)
    return due


def test_a_sweep_is_due_until_it_is_committed(warehouse: FakeWarehouse) -> None:
    assert start(warehouse, 0) is False
    assert start(warehouse, 2) is True
    warehouse.fails = fail_at("commit", ConnectionError())
    with pytest.raises(OutcomeUnknownError):
        loader(warehouse, floor=2).load([], 5)
    warehouse.fails = lambda _: None
    assert swept(warehouse)
    assert start(warehouse, 2) is True
    loader(warehouse, floor=2).load([], 5)
    assert swept(warehouse)
    assert warehouse.floor == 2
    assert start(warehouse, 2) is False
    loader(warehouse, floor=2).load([part("a", floor=2)], 5)
    assert not swept(warehouse)


def test_the_sweep_comes_after_rows_and_patches(warehouse: FakeWarehouse) -> None:
    start(warehouse, 2)
    loader(warehouse, floor=2).load([part("a"), part("b", kind=Kind.PATCHES)], 5)
    applied = [
        i
        for i, sql in enumerate(warehouse.said)
        if "newest_" in sql or sql.startswith("COPY") or '"bookkeeping".account' in sql
    ]
    assert max(applied) < warehouse.said.index(SWEEP[0])
    assert warehouse.parts == {"a", "b"}


@pytest.mark.parametrize("floor", [0, 1])
def test_parts_that_were_staged_under_a_lower_floor_are_swept_again(
    warehouse: FakeWarehouse, floor: int
) -> None:
    warehouse.floor = 2
    assert start(warehouse, 2) is False
    loader(warehouse, floor=2).load([part("a", floor=2), part("b", floor=floor)], 5)
    assert swept(warehouse)
    loader(warehouse, floor=2).load([part("b", floor=floor)], 5)  # is in the ledger
    assert not swept(warehouse)


def test_a_lower_floor_is_refused_before_the_fence_is_taken(warehouse: FakeWarehouse) -> None:
    warehouse.floor, warehouse.fence = 2, [("app", 4)]
    with pytest.raises(NeedsRepairError, match=r"Set application\.floor to 2\."):
        loader(warehouse, floor=1).start(5)
    assert warehouse.fence == [("app", 4)]


def test_a_part_of_a_former_version_was_staged_under_no_floor() -> None:
    old = part("a").encode().replace(b',"floor":0', b"")
    assert b"floor" not in old
    assert Part.decode(old).floor == 0
