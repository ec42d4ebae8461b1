"""Every row of a bookkeeping table is written by column name, wherever it is written."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from connectors.accounts import DIMENSION, Account, Gap, Outcome
from connectors.blocks import Kind
from connectors.floors import Floors
from connectors.redshift import replay_marks
from connectors.redshift.bookkeeping import FENCE, TABLES
from connectors.redshift.names import Names
from connectors.redshift.replay_marks import Mark
from connectors.staging.part import Part
from tests.unit.redshift.warehouse import FakeWarehouse, loader, part

NAMES: Final = Names("bookkeeping")
_INSERT: Final = re.compile(r'INSERT INTO "bookkeeping"\."?(\w+)"?(?: \(([^)]*)\))?')


@pytest.fixture
def inserts() -> list[tuple[str, list[Any]]]:
    """Whatever is written to the bookkeeping tables, by a start, a load, a sweep and a replay."""
    warehouse = FakeWarehouse()
    account = Account("changes", "shard-1", "table", "9", "10", 7, 3, 1, 2, 99, below_floor=4)
    outcome = Outcome("table", DIMENSION, 5, 2)
    gap = Gap("changes", "shard-1", "8", "9", 98, 99, "they were trimmed")
    counted = Part(
        "n", Kind.ACCOUNT, "", 3, epoch=3, accounts=(account,), outcomes=(outcome,), gaps=(gap,)
    )
    application = loader(warehouse, floors=Floors(2), key_id="key")
    application.start(5)
    application.load([part("a", floors=Floors(2)), counted], 5)
    replay_marks.mark(warehouse, NAMES, [Mark(("changes", "shard-1", "9"), "shard-2", "11")])
    return [(sql, values) for sql, values in warehouse.values if sql.startswith('INSERT INTO "b')]


def test_every_insert_names_every_column_of_its_table(
    inserts: list[tuple[str, list[Any]]],
) -> None:
    columns = {table.name: [name for name, _ in table.columns] for table in TABLES}
    seen = set()
    for sql, values in inserts:
        found = _INSERT.match(sql)
        assert found is not None, sql
        name, named = found.groups()
        assert named is not None, f"names no columns: {sql}"
        if name.startswith("tombstones_"):
            continue  # its columns follow from the declaration
        assert named.split(", ") == columns[name]
        assert len(values) % len(columns[name]) == 0
        seen.add(name)
    assert seen == set(columns) - {Names.LOAD_LOCK}, "no row of some tables is written here"


def test_the_names_and_the_tables_are_the_same() -> None:
    assert tuple(table.name for table in TABLES) == Names.BOOKKEEPING
    assert NAMES.bookkeeping_names == {
        "bookkeeping", *Names.BOOKKEEPING, Names.DATA_COMPLETE_UNTIL
    }  # fmt: skip


def test_a_row_with_other_columns_is_refused() -> None:
    row = {"application": "app", "start_number": 1}
    with pytest.raises(ValueError, match=r"a row of fence has columns \['application', 'start_"):
        FENCE.insert_statement(NAMES, [row])
