"""Versions of the bookkeeping tables: each has its number, its committed layout, and a way here."""

from __future__ import annotations

import os
import re
from typing import Any, Final

import pytest
import sqlglot

from connectors.redshift import migrations
from connectors.redshift.bookkeeping import FIRST_TABLES, create_statements
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.migrations import LATEST, MIGRATIONS
from connectors.redshift.names import Names
from tests.unit.redshift.warehouse import FakeWarehouse, loader
from tests.unit.stars import ROOT

LAYOUTS: Final = ROOT / "tests" / "snapshots" / "bookkeeping"
NAMES: Final = Names("starjoin")
BOOKKEEPING: Final = Names("bookkeeping")
# Versions that change targets, tombstones and dimensions alone.
OF_OTHER_TABLES: Final = {10, 11}


def layout(version: int) -> str:
    return (LAYOUTS / f"version-{version}.sql").read_text()


def table(sql: str, name: str) -> str:
    """What stands between a table's name and the end of the statement that creates it."""
    found = re.search(rf'"starjoin"\.{name} (\(.*?SORTKEY \(\w+\))', sql, re.DOTALL)
    assert found is not None, name
    return found[1]


def test_the_layout_of_a_version_never_changes() -> None:
    text = "\n".join(f"{sql};\n" for sql in create_statements(NAMES))
    path = LAYOUTS / f"version-{LATEST.number}.sql"
    if os.environ.get("STARJOIN_SNAPSHOTS") == "write" and not path.exists():
        path.write_text(text)
    assert path.read_text() == text, (
        f"the bookkeeping tables are not those of version {LATEST.number}: give the new layout a "
        "number of its own (CONTRIBUTING.md, 'A bookkeeping table')"
    )


def test_every_version_names_a_release_that_is_out_or_comes_next() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    releases = set(re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE))
    releases |= set(re.findall(r"^It will be (\d+\.\d+\.\d+)", changelog, re.MULTILINE))
    assert {migration.version.release for migration in MIGRATIONS} <= releases


def test_every_version_has_its_number_and_its_layout() -> None:
    numbers = [migration.version.number for migration in MIGRATIONS]
    assert numbers == list(range(2, LATEST.number + 1))
    written = {f"version-{number}.sql" for number in [1, *numbers]}
    assert {path.name for path in LAYOUTS.iterdir()} == written


def test_no_two_versions_have_the_same_layout() -> None:
    numbers = set(range(1, LATEST.number + 1)) - OF_OTHER_TABLES
    assert len({layout(number) for number in numbers}) == len(numbers)


@pytest.mark.parametrize("name", ["account", "outcome"])
def test_a_table_that_version_3_replaces_is_that_of_version_3(name: str) -> None:
    (to_3,) = (m for m in MIGRATIONS if m.version.number == 3)
    made = "\n".join(to_3.statements(NAMES)).replace("account_by_batch", "account")
    assert table(made, name) == table(layout(3), name)


def test_every_statement_can_be_run_in_a_transaction_of_redshift() -> None:
    statements = [sql for _, sql in migrations.statements(NAMES, MIGRATIONS)]
    assert len(statements) > len(MIGRATIONS)
    for sql in statements:
        (parsed,) = sqlglot.parse(sql, dialect="redshift")
        assert not isinstance(parsed, sqlglot.exp.Command), sql
        assert ";" not in sql
        assert "%" not in sql
        assert not re.search(r"TRUNCATE|VACUUM|COMMIT|ALTER COLUMN|PRIMARY KEY", sql), sql


def recorded(version: tuple[int, str]) -> FakeWarehouse:
    """A warehouse that has been started on before, and says that it has this version."""
    warehouse = FakeWarehouse()
    columns: dict[str, Any] = dict.fromkeys(("version", "release", "migrated_at"), "INTEGER")
    warehouse.tables["schema_version"] = columns
    warehouse.record(version)
    return warehouse


def test_a_later_version_is_refused_by_the_release_to_run_and_nothing_is_changed() -> None:
    warehouse = recorded((LATEST.number + 1, "7.5.0"))
    with pytest.raises(NeedsRepairError, match=r"Nothing was changed.*Run Starjoin 7\.5\.0 or"):
        loader(warehouse).start(5)
    assert all(said.startswith(("SELECT", "connect", "close")) for said in warehouse.said)


def test_a_version_that_is_later_once_the_lock_is_held_is_refused() -> None:
    warehouse = recorded((LATEST.number, LATEST.release))

    def migrate(what: str) -> None:
        if what.startswith("LOCK"):
            warehouse.fails = lambda _: None
            warehouse.record((LATEST.number + 1, "7.5.0"))

    warehouse.fails = migrate
    with pytest.raises(NeedsRepairError, match=r"Run Starjoin 7\.5\.0 or later"):
        loader(warehouse).start(5)
    assert not warehouse.statements("CREATE TABLE")[len(FIRST_TABLES) :]
    assert warehouse.fence == []


def test_the_latest_version_is_not_written_again() -> None:
    warehouse = recorded((LATEST.number, LATEST.release))
    loader(warehouse).start(5)
    assert warehouse.statements('INSERT INTO "bookkeeping".schema_version') == []


def test_tables_of_an_unknown_layout_are_refused_by_their_columns() -> None:
    warehouse = FakeWarehouse()
    warehouse.tables["account"] = {"iban": "VARCHAR(34)", "owner": "VARCHAR(64)"}
    with pytest.raises(
        NeedsRepairError, match=r'"bookkeeping"\.account has the columns iban, owner'
    ):
        loader(warehouse).start(5)


@pytest.mark.parametrize(
    ("tables", "says"),
    [({}, "do not exist"), ({"account": {"batch": "VARCHAR(64)"}}, "have version 3")],
)
def test_who_does_not_migrate_requires_the_latest(
    tables: dict[str, dict[str, str]], says: str
) -> None:
    warehouse = FakeWarehouse()
    warehouse.tables |= tables
    with pytest.raises(NeedsRepairError, match=f"{says}, and this release .*Start the application"):
        migrations.require_latest(warehouse, BOOKKEEPING)


def test_the_latest_version_is_what_is_required() -> None:
    warehouse = recorded((LATEST.number, LATEST.release))
    migrations.require_latest(warehouse.connect(), BOOKKEEPING)
