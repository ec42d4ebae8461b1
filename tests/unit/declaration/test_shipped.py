"""The shipped declarations: valid, and each with an example that has all its SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from flink_app.declaration import Star, Treatment, load_declaration
from infra.local.example import declaration_of
from infra.local.examples import DEFAULT, EXAMPLES
from tests.unit.stars import ROOT, SHIPPED, order_book

FOLDER: Final = ROOT / "infra" / "local" / "examples"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_a_shipped_file_is_valid_and_named_like_its_declaration(file: Path) -> None:
    assert load_declaration(file).name == file.stem


def test_every_declaration_has_an_example_and_every_example_a_declaration() -> None:
    assert {ROOT / declaration_of(name) for name in EXAMPLES} == set(SHIPPED)
    assert DEFAULT in EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_its_scripts_and_a_query_for_each_target(name: str) -> None:
    star = Star(load_declaration(ROOT / declaration_of(name)))
    found = {str(path.relative_to(FOLDER / name)) for path in (FOLDER / name).rglob("*.sql")}
    scripts = {"source.sql", "changes.sql", "later.sql", "personal.sql"}
    assert found == scripts | {f"expected/{target}.sql" for target in star.targets}


def test_the_second_example_has_what_the_first_lacks() -> None:
    star = order_book()
    assert len(star.facts) > 1
    assert len(star.targets) > len(star.facts)
    keys = {name: len(table.key) for name, table in star.tables.items()}
    assert any(keys[name] > 1 for name in star.facts)
    assert any(keys[name] > 1 for name in star.dimensions)
    paths = [path for target in star.targets for path in star.target_paths(target)]
    assert {len(path.steps) for path in paths} == {1, 2, 3, 4}
    shared = {
        name
        for name in star.dimensions
        if all(
            any(
                path.table == name
                for target, declared in star.targets.items()
                if declared.fact == fact
                for path in star.target_paths(target)
            )
            for fact in star.facts
        )
    }
    assert shared >= {"customer", "postal_address", "sales_region"}
    columns = [column for table in star.tables.values() for column in table.columns.values()]
    assert {column.type.name for column in columns} == {
        "smallint",
        "integer",
        "bigint",
        "decimal",
        "double precision",
        "boolean",
        "date",
        "timestamp",
        "varchar",
    }
    assert {column.treatment for column in columns} == set(Treatment)
