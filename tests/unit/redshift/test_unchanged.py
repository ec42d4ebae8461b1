"""Columns that changes leave out, in the load: any order and any batches give the same rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.redshift.position_sql import literal
from flink_app.declaration.star import unchanged_position_column
from flink_app.denormalise.join import wide_rows
from flink_app.denormalise.mirror import Mirror
from flink_app.denormalise.plan import JoinPlan
from flink_app.positions.position import UNKNOWN, make_position
from flink_app.warehouse import warehouse_spec
from tests.unit.redshift.sqlite import NAMES, SqliteWarehouse, planned
from tests.unit.stars import star, ticket_seller

pytestmark = pytest.mark.slow

STAR: Final = star("""
name: pages
source_schema: u
tables:
  page:
    key: [page]
    columns:
      page: integer
      title: varchar(20)
      body: {type: varchar(20), unchanged: missing}
targets:
  pages:
    fact: page
    columns: {page: page, title: title, body: body}
""")
SPEC: Final = warehouse_spec(STAR)
(TARGET,) = SPEC.targets


@dataclass(frozen=True)
class Change:
    """A change of the only key; `body` is None where it is left out."""

    at: int
    body: str | None = None
    deleted: bool = False

    def row(self) -> dict[str, Any]:
        own = make_position(1, self.at, 0)
        is_set = self.deleted or self.body is not None
        return {
            "page": 1,
            "title": None if self.deleted else f"title {self.at}",
            "body": self.body,
            unchanged_position_column("body"): own if is_set else UNKNOWN,
            "_pos": own,
            "_deleted": self.deleted,
        }


# A row that is changed, deleted, inserted again and changed, mostly without its body.
CHANGES: Final = (
    Change(1, "a"),
    Change(2),
    Change(3, deleted=True),
    Change(4, "b"),
    Change(5),
)


def known(changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    """The row that these changes make, and the position that its body comes from."""
    newest = max(changes, key=lambda change: change.at)
    if newest.deleted:
        return []
    setters = [change for change in changes if change.deleted or change.body]
    last = max(setters, key=lambda change: change.at, default=None)
    body = (last.body, make_position(1, last.at, 0)) if last else (None, UNKNOWN)
    return [(1, f"title {newest.at}", body[0], make_position(1, newest.at, 0), body[1])]


def load(warehouse: SqliteWarehouse, changes: Sequence[Change], **given: Any) -> None:
    batch = pa.RecordBatch.from_pylist(
        [change.row() for change in changes], schema=STAR.changes_schema("page")
    )
    rows = wide_rows(batch, JoinPlan(STAR).targets["pages"], Mirror(STAR))
    warehouse.load({"pages": [rows]}, {}, **given)


def batches(changes: Sequence[Change]) -> list[list[Sequence[Change]]]:
    """One by one, all at once, and every cut into two."""
    cuts = [[changes[:n], changes[n:]] for n in range(1, len(changes))]
    return [[[change] for change in changes], [changes], *cuts]


def run(
    order: Sequence[Change],
    parts: list[Sequence[Change]],
    change: Callable[[str], str] = lambda sql: sql,
) -> None:
    with SqliteWarehouse(SPEC) as warehouse:
        seen: list[Change] = []
        for part in parts:
            load(warehouse, part, change=change)
            seen += part
            assert warehouse.rows(TARGET) == known(seen), (order, parts, seen)


@pytest.mark.parametrize(
    "chosen", [*combinations(CHANGES, 3), *combinations(CHANGES, 4), CHANGES], ids=str
)
def test_any_order_and_any_batches_give_the_same_row(chosen: tuple[Change, ...]) -> None:
    for order in permutations(chosen):
        ways = batches(order) if len(order) < len(CHANGES) else batches(order)[:2]
        for parts in ways:
            run(order, parts)


def test_a_change_that_comes_again_changes_nothing() -> None:
    with SqliteWarehouse(SPEC) as warehouse:
        for change in [*CHANGES, *CHANGES, *CHANGES[::-1]]:
            load(warehouse, [change])
        assert warehouse.rows(TARGET) == known(CHANGES)


def test_a_row_from_before_the_declaration_keeps_its_value() -> None:
    """A column that was added to a table in use has NULL there: the row's position counts."""
    with SqliteWarehouse(SPEC) as warehouse:
        load(warehouse, [Change(2, "a")])
        warehouse.execute(f'UPDATE {NAMES.base(TARGET)} SET "_set_body" = NULL')
        load(warehouse, [Change(1, "older")])
        load(warehouse, [Change(3)])
        assert warehouse.rows(TARGET) == known([Change(2, "a"), Change(3)])


# What is taken out of the statement: a version's claim to the column, or that a row which stays is
# written.
CASES: Final = {
    "a staged change": (r'"_set_body" DESC', '"_staged", pool."_set_body" DESC'),
    "the target's row": (r'COALESCE\(t\."_set_body", t\."_pos"\)', literal(UNKNOWN)),
    "the key's delete": (r'b\."_pos" AS "_set_body"', f'{literal(UNKNOWN)} AS "_set_body"'),
    "a row that stays": (r"CASE WHEN NOT pool\..*? END", "0"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_needed(case: str) -> None:
    pattern, by = CASES[case]

    def change(sql: str) -> str:
        return re.sub(pattern, by, sql)

    assert any(change(sql) != sql for sql in planned(SPEC, ["pages"]))
    wrong = 0
    for order in permutations(CHANGES):
        for parts in batches(order)[:2]:
            try:
                run(order, parts, change)
            except AssertionError:
                wrong += 1
    assert wrong


def test_a_star_without_such_columns_has_no_such_statement() -> None:
    spec = warehouse_spec(ticket_seller())
    assert all("_set_" not in sql for sql in planned(spec, [spec.targets[0].table]))
