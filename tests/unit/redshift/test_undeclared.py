"""Columns that a target has beside the declared ones: what stands in them outlives every load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from connectors.redshift.names import Names
from flink_app.positions.position import make_position
from flink_app.warehouse import warehouse_spec
from tests.unit.denormalise.histories import Change
from tests.unit.redshift.sqlite import NAMES, SqliteWarehouse
from tests.unit.redshift.test_counterexamples import STAR, Run, c, e, f, t
from tests.unit.redshift.warehouse import TARGET, FakeWarehouse, loader, part

SPEC: Final = warehouse_spec(STAR)
TABLE: Final = NAMES.base(TARGET)


class Wider(Run):
    """A target with a remark on each row, which loads know nothing of."""

    def __init__(self, warehouse: SqliteWarehouse) -> None:
        super().__init__(warehouse)
        self._wider = warehouse
        warehouse.execute(f"ALTER TABLE {TABLE} ADD COLUMN remark VARCHAR(20) DEFAULT 'none'")
        warehouse.undeclared = {TARGET.table: ("remark",)}

    def remark(self, key: int, text: str) -> None:
        self._wider.execute(f"UPDATE {TABLE} SET remark = '{text}' WHERE ticket_id = {key}")

    def remarks(self, column: str) -> list[tuple[Any, ...]]:
        return sorted(self._wider.query(f"SELECT ticket_id, {column}, remark FROM {TABLE}"))


@pytest.fixture
def run() -> Iterator[Wider]:
    with SqliteWarehouse(SPEC) as warehouse:
        yield Wider(warehouse)


@pytest.mark.parametrize(
    ("changes", "column", "shown"),
    [
        ([c(7, 5)], "name", "name 5"),
        ([t(1, 5, 3)], "seat_level", "level 5"),
        ([t(1, 5, 3), e(3, 4)], "sport_type", "sport 4"),
        ([f(1, 5, 8)], "purchased_by", 8),
        ([f(1, 5, deleted=True), f(1, 6, 8)], "purchased_by", 8),
        ([replace(f(1, 0, 8), position=make_position(2, 0, 9))], "purchased_by", 8),
    ],
    ids=[
        "patched",
        "patched by another",
        "patched along a path",
        "replaced",
        "inserted again",
        "loaded again in a new generation",
    ],
)
def test_a_row_that_is_written_again_keeps_them(
    run: Wider, changes: list[Change], column: str, shown: Any
) -> None:
    run.load(f(1, 1, 7), f(2, 2))
    run.remark(1, "seen")
    run.load(*changes)
    assert run.remarks(column)[0] == (1, shown, "seen")
    assert run.remarks(column)[1][2] == "none"


def test_a_new_row_has_their_defaults_and_a_deleted_one_takes_them_along(run: Wider) -> None:
    run.load(f(1, 1))
    run.remark(1, "seen")
    run.load(f(1, 2, deleted=True), f(2, 3))
    run.load(f(1, 4))
    assert run.remarks("_pos")[0][2] == "none"
    assert [(key, remark) for key, _, remark in run.remarks("_pos")] == [(1, "none"), (2, "none")]


def test_a_column_counts_from_the_load_after_it_was_added() -> None:
    warehouse = FakeWarehouse()
    loading = loader(warehouse)
    loading.start(5)
    loading.load([part("a")], 5)
    assert not warehouse.statements('CREATE TEMP TABLE "aside_')
    warehouse.tables[Names.base_table(TARGET)] |= {"remark": "VARCHAR(20)"}
    loading.load([part("b")], 5)
    (aside,) = warehouse.statements('CREATE TEMP TABLE "aside_')
    assert 't."remark"' in aside
    (again, _) = [sql for sql in warehouse.statements("INSERT INTO") if 'JOIN "aside_' in sql]
    assert 'a."remark"' in again
