"""Every statement of a load as a committed file, so that a change of SQL is a visible difference.

`STARJOIN_SNAPSHOTS=write .venv/bin/python -m pytest tests/unit/redshift/test_snapshots.py` writes
them again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlglot

from connectors.floors import Floors
from connectors.redshift.ddl import create_statements
from connectors.redshift.key_ranges import read_key_ranges
from connectors.redshift.names import Names
from connectors.redshift.plan import plan_load, plan_staging
from connectors.redshift.statements import StagedBatch, StagedTable, Statement
from connectors.redshift.sweep import Floor, plan_sweep
from flink_app.declaration import Star
from flink_app.positions.position import floor_position
from flink_app.warehouse import warehouse_spec
from tests.simulation.stars import PARTIAL_STARS
from tests.unit.stars import ROOT, freight, order_book, placed_freight, shapes, ticket_seller

FOLDER = ROOT / "tests" / "snapshots"
NAMES = Names("starjoin")
ROLE = "arn:aws:iam::123456789012:role/copy"
STARS = {
    "freight": freight(),
    "freight_placed": placed_freight(),
    "order_book": order_book(),
    "partial": PARTIAL_STARS[0],  # nearly every column is unchanged
    "shapes": shapes(),
    "ticket_seller": ticket_seller(),
}


def tables(star: Star) -> list[tuple[str, str]]:
    """Captions and statements."""
    return [("", sql) for sql in create_statements(warehouse_spec(star), NAMES)]


def load(star: Star) -> list[tuple[str, str]]:
    spec = warehouse_spec(star)
    staged = StagedBatch(
        rows={t.table: StagedTable(f"s3://staged/{t.table}-rows.json") for t in spec.targets},
        patches={p.table: StagedTable(f"s3://staged/{p.table}-patches.json") for p in spec.patches},
        dimensions={d.table: StagedTable(f"s3://staged/{d.table}.json") for d in spec.dimensions},
    )
    planned = [*plan_staging(spec, NAMES, staged, ROLE), *plan_load(spec, NAMES, staged)]
    return [(f"-- step {s.step}, {s.about}\n", s.sql) for s in planned]


def facts(star: Star) -> list[tuple[str, str]]:
    """A load of facts alone, whose keys lie between 1 and 1,000."""
    spec = warehouse_spec(star)
    staged = StagedBatch({t.table: StagedTable(f"s3://staged/{t.table}") for t in spec.targets})
    asked = Asked()
    ranges = read_key_ranges(asked, spec, NAMES, staged)
    planned = [
        *plan_staging(spec, NAMES, staged, ROLE),
        *(Statement(2, "the range of staged keys", sql) for sql in asked.statements),
        *plan_load(spec, NAMES, staged, ranges=ranges),
    ]
    return [(f"-- step {s.step}, {s.about}\n", s.sql) for s in planned]


class Asked:
    """A cursor that notes queries for ranges, and answers each number with one range."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        assert args is None
        self.statements.append(operation)

    def fetchall(self) -> list[tuple[int, int, int]]:
        (sql,) = self.statements
        return [(number, 1, 1_000) for number in range(sql.count("target_number"))]


def sweep(star: Star) -> list[tuple[str, str]]:
    floor = Floor(Floors(2), floor_position)
    planned = plan_sweep(warehouse_spec(star), NAMES, floor, star.used_tables)
    return [(f"-- step {s.step}, {s.about}\n", s.sql) for s in planned]


CASES = [
    pytest.param(f"{name}-{what.__name__}.sql", what(star))
    for name, star in STARS.items()
    for what in (tables, load, facts, sweep)
]


IDS = [str(case.values[0]) for case in CASES]


@pytest.mark.parametrize(("name", "statements"), CASES, ids=IDS)
def test_the_sql_is_the_committed_one(name: str, statements: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{caption}{sql};\n" for caption, sql in statements)
    path = FOLDER / name
    if os.environ.get("STARJOIN_SNAPSHOTS") == "write":
        path.write_text(text)
    assert path.read_text() == text, f"write it again: {__doc__}"


def test_no_snapshot_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.sql")} == set(IDS)


@pytest.mark.parametrize(("name", "statements"), CASES, ids=IDS)
def test_every_statement_is_redshifts(name: str, statements: list[tuple[str, str]]) -> None:
    for _, sql in statements:
        (parsed,) = sqlglot.parse(sql, dialect="redshift")
        assert parsed is not None, (name, sql)
        if not sql.startswith(("COPY", "CREATE SCHEMA")):  # sqlglot only skims these
            assert not isinstance(parsed, sqlglot.exp.Command), sql


def one_statement_each(star: Star) -> Iterator[str]:
    yield from (sql for _, sql in tables(star) + load(star) + facts(star) + sweep(star))


@pytest.mark.parametrize("star", STARS.values(), ids=list(STARS))
def test_statements_can_be_executed_one_by_one_in_a_transaction(star: Star) -> None:
    for sql in one_statement_each(star):
        assert ";" not in sql
        assert "%" not in sql  # the driver would take it for a parameter
        # TRUNCATE commits; a primary key is not enforced, and misleads the planner.
        for word in ("TRUNCATE", "BEGIN", "COMMIT", "PRIMARY KEY", "MERGE"):
            assert word not in sql
