"""The range of staged keys: for which targets it is asked, and what it bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from connectors.redshift.key_ranges import read_key_ranges
from connectors.redshift.names import Names
from connectors.redshift.plan import plan_load
from connectors.redshift.spec import ColumnSpec, WarehouseSpec
from connectors.redshift.statements import KeyRange, StagedBatch, StagedTable
from flink_app.warehouse import warehouse_spec
from tests.unit.stars import freight, placed_freight, star, ticket_seller

NAMES: Final = Names("bookkeeping")
SPEC: Final = warehouse_spec(ticket_seller())
(TARGET,) = SPEC.targets
STAGED: Final = StagedTable("s3://m/staged")
RANGE: Final = KeyRange("ticket_id", -5, 9_000_000_000)


# A table that is read or deleted from, and the line with what it is joined by.
JOIN: Final = re.compile(r"^(?:DELETE|.*\bFROM \S+ AS [tb]\b).*\n?.*$", re.MULTILINE)


class Stage:
    """A cursor whose stages have these least and greatest keys, by their place in the query."""

    def __init__(self, *answer: tuple[int, int | None, int | None]) -> None:
        self.asked: list[str] = []
        self._answer = list(answer)

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        assert args is None
        self.asked.append(operation)

    def fetchall(self) -> list[tuple[int, int | None, int | None]]:
        return self._answer


def with_key(types: dict[str, str], key: tuple[str, ...]) -> WarehouseSpec:
    """The ticket seller's, whose fact has a key of such columns."""
    columns = tuple(
        ColumnSpec(column.name, types.get(column.name, column.sql_type))
        for column in TARGET.columns
    )
    return replace(SPEC, targets=(replace(TARGET, columns=columns, key=key),))


def ranges(
    batch: StagedBatch, *answer: tuple[int, int | None, int | None], spec: WarehouseSpec = SPEC
) -> tuple[dict[str, KeyRange], list[str]]:
    """What is read, and what was asked for it."""
    stage = Stage(*answer)
    return read_key_ranges(stage, spec, NAMES, batch), stage.asked


FACTS: Final = StagedBatch(rows={TARGET.table: STAGED})


def test_facts_alone_have_the_range_of_their_keys() -> None:
    found, (asked,) = ranges(FACTS, (0, -5, 9_000_000_000))
    assert found == {TARGET.table: RANGE}
    assert 'MIN("ticket_id")' in asked
    assert 'FROM "stage_rows_sport_event_activity"' in asked


def test_an_empty_stage_has_none() -> None:
    assert ranges(FACTS, (0, None, None))[0] == {}


@pytest.mark.parametrize("patch", [patch.table for patch in SPEC.patches])
def test_nothing_is_asked_where_patches_reach_the_target(patch: str) -> None:
    batch = StagedBatch(rows={TARGET.table: STAGED}, patches={patch: STAGED})
    assert ranges(batch, (0, 1, 2)) == ({}, [])
    assert ranges(StagedBatch(patches={patch: STAGED}), (0, 1, 2)) == ({}, [])


def test_nothing_is_asked_where_a_dimension_in_the_warehouse_has_changed() -> None:
    spec = warehouse_spec(placed_freight())
    rows = {target.table: STAGED for target in spec.targets}
    batch = StagedBatch(rows=rows, dimensions={"port": STAGED})
    reached = {t.table for t in spec.targets if any(p.dimension == "port" for p in t.paths)}
    _, asked = ranges(batch, (0, 1, 2), spec=spec)
    assert reached
    for table in rows:
        assert any(f'"stage_rows_{table}"' in sql for sql in asked) == (table not in reached)


def test_one_query_asks_for_all_targets_that_no_patch_reaches() -> None:
    spec = warehouse_spec(freight())
    rows = {target.table: STAGED for target in spec.targets}
    reached = [t for t in spec.targets if any(p.dimension == "region" for p in t.paths)]
    free = [t for t in spec.targets if t not in reached]
    assert reached
    assert free
    found, (_,) = ranges(StagedBatch(rows=rows), *((n, n, n) for n in range(len(rows))), spec=spec)
    assert list(found) == list(rows)
    assert [r.least for r in found.values()] == list(range(len(rows)))
    batch = StagedBatch(rows=rows, patches={"region": STAGED})
    found, (asked,) = ranges(batch, *((n, 1, 2) for n in range(len(free))), spec=spec)
    assert set(found) == {target.table for target in free}
    assert asked.count("MIN(") == len(free)


@pytest.mark.parametrize(
    ("types", "key", "column"),
    [
        ({}, ("ticket_id",), "ticket_id"),
        ({"ticket_id": "SMALLINT"}, ("ticket_id",), "ticket_id"),
        ({"ticket_id": "BIGINT"}, ("ticket_id",), "ticket_id"),
        ({}, ("location", "ticket_id", "event_id"), "ticket_id"),
        ({"ticket_id": "VARCHAR(64)"}, ("ticket_id",), None),
        ({"ticket_id": "DECIMAL(38,0)"}, ("ticket_id",), None),
        ({"ticket_id": "DATE"}, ("ticket_id", "location"), None),
    ],
)
def test_the_range_is_of_the_first_integer_of_the_key(
    types: dict[str, str], key: tuple[str, ...], column: str | None
) -> None:
    found, asked = ranges(FACTS, (0, 1, 2), spec=with_key(types, key))
    assert found == ({} if column is None else {TARGET.table: KeyRange(column, 1, 2)})
    assert len(asked) == (column is not None)


def test_a_key_that_is_treated_is_no_integer() -> None:
    """So no statement's text ever holds what a treatment is to hide."""
    people = star(
        """
        name: shop
        source_schema: shop
        tables:
          person:
            key: [person_id]
            columns:
              person_id: {type: bigint, treatment: tokenise}
              city: varchar(40)
        targets:
          people:
            fact: person
            columns: {person_id: person_id, city: city}
        """
    )
    spec = warehouse_spec(people)
    assert ranges(StagedBatch(rows={"people": STAGED}), (0, 1, 2), spec=spec) == ({}, [])


@pytest.mark.parametrize("undeclared", [(), ("remark",)])
def test_every_statement_that_reads_the_target_or_its_tombstones_is_bounded(
    undeclared: tuple[str, ...],
) -> None:
    planned = plan_load(
        SPEC,
        NAMES,
        FACTS,
        ranges={TARGET.table: RANGE},
        undeclared={TARGET.table: undeclared} if undeclared else {},
    )
    reading = [
        join
        for statement in planned
        for join in re.findall(JOIN, statement.sql)
        if NAMES.base(TARGET) in join or NAMES.tombstones(TARGET) in join
    ]
    assert len(reading) == 4 + len(undeclared)
    for join in reading:
        assert ' "ticket_id" BETWEEN -5 AND 9000000000' in re.sub(r"\S+\.(?=\")", "", join), join


def test_without_a_range_nothing_is_bounded() -> None:
    assert all(" BETWEEN " not in statement.sql for statement in plan_load(SPEC, NAMES, FACTS))
