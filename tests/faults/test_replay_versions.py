"""A replay on bookkeeping tables of another release: it ends before it reads or writes any."""

from __future__ import annotations

from contextlib import closing
from typing import Final

import pytest

from connectors.redshift.loader import Loader
from connectors.redshift.migrations import LATEST
from infra.replay.cli import main
from tests.faults.loads import START, make_loader
from tests.support.running import Running
from tests.unit.stars import ROOT

pytestmark = pytest.mark.faults

# Of an earlier release, without a table that says which version they have.
LAYOUT: Final = ROOT / "tests" / "snapshots" / "bookkeeping" / "version-3.sql"


def replay(run: Running) -> int:
    return main(["--properties", str(run.stack.properties)])


def execute(run: Running, sql: str) -> None:
    with closing(run.stack.warehouse()) as connection:
        connection.cursor().execute(sql)


def test_tables_that_are_not_migrated_yet_are_left_to_a_start(
    started: Running, loader: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    del loader
    execute(started, "DROP VIEW starjoin.data_complete_until")
    # The tombstones stay: without them the targets would be another application's.
    for (table,) in started.query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'starjoin' "
        "AND table_name NOT LIKE 'tombstones%'"
    ):
        execute(started, f'DROP TABLE starjoin."{table}"')
    for sql in LAYOUT.read_text().split(";\n"):
        if sql.strip():
            execute(started, sql)
    assert replay(started) == 1
    error = capsys.readouterr().err
    assert f"have version 3, and this release (Starjoin {LATEST.release}) needs version" in error
    assert "Start the application with this release first" in error
    make_loader(started).start(START)
    assert replay(started) == 0


def test_tables_of_a_later_release_are_refused(
    started: Running, loader: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    del loader
    later = f"UPDATE starjoin.schema_version SET version = {LATEST.number + 1}, release = '9.1'"
    execute(started, later)
    assert replay(started) == 1
    assert "Run Starjoin 9.1 or later" in capsys.readouterr().err
