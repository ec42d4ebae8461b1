"""Computed columns in the simulation's warehouse: the SQL of a view, in SQLite, is Redshift's."""

from __future__ import annotations

from connectors.redshift.ddl import create_base, create_view
from connectors.redshift.names import Names
from flink_app.warehouse import warehouse_spec
from infra.simulation.computed import compute
from infra.simulation.database import Database
from tests.contract.test_computed_columns import COLUMNS, FORMULAS, declared, extremes

NAMES = Names("starjoin")


def test_every_formula_is_what_python_computes() -> None:
    of = declared("public", FORMULAS)
    spec = warehouse_spec(of)
    (target,) = spec.targets
    database = Database(spec)
    connection = database.connect(1).cursor()
    view = create_view(target, NAMES, target.declared)
    connection.execute(create_base(target, NAMES))
    connection.execute(view)
    columns = ", ".join(f'"{name}"' for name in ("id", *COLUMNS))
    marks = ", ".join("?" * (1 + len(COLUMNS)))
    present = extremes()
    for number, row in enumerate(present):
        insert = f"INSERT INTO {NAMES.base(target)} ({columns}) VALUES ({marks})"
        database.execute(insert, [number, *(row[name] for name in COLUMNS)])
    shown = database.query(f"SELECT * FROM {NAMES.view(target)} ORDER BY id")
    expressions = of.computed_columns("t")
    for line, values in zip(shown, present, strict=True):
        computed = line[1 + len(COLUMNS) : -1]
        for (name, expression), value in zip(expressions.items(), computed, strict=True):
            assert value == compute(expression, values), (name, values)
