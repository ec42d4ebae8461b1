"""`starjoin cut`: what it prints, for people and scripts, and its exit codes."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from connectors.accounts import Account, Tip
from connectors.redshift.bookkeeping import CUT, SCHEMA_VERSION
from connectors.redshift.cuts import Cut, CutRule, rows_of
from connectors.redshift.errors import RetryLoadError
from connectors.redshift.ledger import insert
from connectors.redshift.migrations import LATEST
from connectors.redshift.names import Names
from infra.arguments import ExitCode
from infra.cut.main import Warehouse, main
from infra.simulation.sqlite_dialect import as_sqlite, connect

NAMES: Final = Names("starjoin")
RULE: Final = CutRule()
LAST_KEY: Final = str(2**128 - 1)
FIRST: Final = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)


class Cursor:
    """The bookkeeping tables on SQLite, with the Data API's values: times are text."""

    def __init__(self) -> None:
        self.sqlite: sqlite3.Connection = connect()
        self.sqlite.execute("ATTACH ':memory:' AS starjoin")
        for table in (CUT, SCHEMA_VERSION):
            self.sqlite.execute(as_sqlite(table.create_statement(NAMES)))
        version = {"version": LATEST.number, "release": LATEST.release, "migrated_at": FIRST}
        insert(self, NAMES, SCHEMA_VERSION, [version])
        self.number = 0

    def execute(self, operation: str, args: Any = None) -> None:
        if "information_schema.columns" in operation:
            self._rows: list[Any] = self.sqlite.execute(
                "SELECT name FROM starjoin.pragma_table_info('schema_version')"
            ).fetchall()
            return
        sql = as_sqlite(operation).replace("%s", "?").replace("CAST(? AS TIMESTAMP)", "?")
        values = [v.isoformat(" ") if isinstance(v, dt.datetime) else v for v in args or ()]
        self._rows = self.sqlite.execute(sql, values).fetchall()

    def fetchall(self) -> list[Any]:
        return self._rows

    def load(self, cut: Cut, at: dt.datetime) -> None:
        rows = rows_of(cut, f"batch-{cut.number}", 7, at.replace(tzinfo=None))
        insert(self, NAMES, CUT, rows)


def millis(time: dt.datetime) -> int:
    return round(time.timestamp() * 1_000)


def read(cut: Cut, committed: dt.datetime, last: int = 9) -> Cut:
    arrival = millis(committed) + 1_000
    account = Account(
        "changes", "shard-0", "sale", "1", str(last), 1, 0, 0, 0, arrival,
        last_committed=1_000 * millis(committed), commit_lag_ms=1_000,
    )  # fmt: skip
    return cut.advance([account], [Tip("changes", "shard-0", None, False, "0", LAST_KEY)], RULE)


@pytest.fixture
def cursor() -> Cursor:
    return Cursor()


def run(cursor: Cursor, *arguments: str) -> int:
    @contextmanager
    def opened(options: argparse.Namespace) -> Iterator[Warehouse]:
        assert options.environment == "shop"
        yield cursor, NAMES

    return main(["--environment", "shop", *arguments], opened=opened)


def test_the_newest_cut_and_its_shards(cursor: Cursor, capsys: pytest.CaptureFixture[str]) -> None:
    cut = read(Cut(), FIRST)
    cursor.load(cut, FIRST + dt.timedelta(seconds=30))
    assert run(cursor) == ExitCode.DONE
    assert capsys.readouterr().out == (
        "complete until 2026-11-26T08:59:55Z: by the latest commit times that are loaded\n"
        "cut 1, loaded at 2026-11-26T09:00:30Z with batch batch-1\n"
        "  changes/shard-0: complete until 2026-11-26T08:59:55Z (commits), loaded up to 9, newest "
        "commit 2026-11-26T09:00:00Z, read until unknown\n"
    )


def test_the_cut_that_held_at_a_time(cursor: Cursor, capsys: pytest.CaptureFixture[str]) -> None:
    first = read(Cut(), FIRST)
    cursor.load(first, FIRST + dt.timedelta(minutes=1))
    cursor.load(read(first, FIRST + dt.timedelta(hours=1), 10), FIRST + dt.timedelta(minutes=61))
    assert run(cursor, "--at", "2026-11-26T11:00:59+01:00") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("complete until 2026-11-26T08:59:55Z")
    assert run(cursor, "--at", "2026-11-26T10:01:00Z") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("complete until 2026-11-26T09:59:55Z")
    assert run(cursor, "--at", "2026-11-26T09:00:59Z") == ExitCode.FAILED
    assert capsys.readouterr().out.startswith("not complete: there is no cut of that time")


@pytest.mark.parametrize(("within", "code"), [("65", ExitCode.DONE), ("64", ExitCode.FAILED)])
def test_a_cut_may_be_too_old(
    cursor: Cursor, within: str, code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    cursor.load(read(Cut(), FIRST), FIRST)
    assert run(cursor, "--at", "2026-11-26T09:01:00Z", "--within", within) == code
    said = capsys.readouterr().out
    assert ("not complete: that is 65 s before the time asked for" in said) is (code != 0)


def test_for_scripts(cursor: Cursor, capsys: pytest.CaptureFixture[str]) -> None:
    cursor.load(read(Cut(), FIRST), FIRST)
    assert run(cursor, "--json") == ExitCode.DONE
    said = json.loads(capsys.readouterr().out)
    assert (said["complete"], said["fault"]) == (True, None)
    assert said["cut"]["complete_until"] == "2026-11-26T08:59:55Z"
    (shard,) = said["cut"]["shards"]
    assert (shard["shard"], shard["last_sequence_number"], shard["ended"]) == (
        "shard-0",
        "9",
        False,
    )
    assert shard["read_until"] is None


def test_a_time_that_does_not_hold_fails(
    cursor: Cursor, capsys: pytest.CaptureFixture[str]
) -> None:
    first = read(Cut(), FIRST)
    cursor.load(first, FIRST)
    replayed = read(first.begin_start(), FIRST, 5)
    cursor.load(replayed, FIRST)
    assert run(cursor, "--json") == ExitCode.FAILED
    said = json.loads(capsys.readouterr().out)
    assert (said["complete"], said["cut"]["evidence"]) == (False, "replaying")
    assert said["cut"]["complete_until"] == "2026-11-26T08:59:55Z"
    assert "read again" in said["fault"]


def test_without_a_cut_it_fails(cursor: Cursor, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(cursor, "--json") == ExitCode.FAILED
    assert json.loads(capsys.readouterr().out)["cut"] is None


def test_tables_of_an_earlier_layout_are_said(
    cursor: Cursor, capsys: pytest.CaptureFixture[str]
) -> None:
    cursor.execute("UPDATE starjoin.schema_version SET version = 11")
    assert run(cursor) == ExitCode.FAILED
    assert "have version 11, and this release" in capsys.readouterr().err


def test_a_warehouse_that_does_not_answer_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def opened(_: argparse.Namespace) -> Iterator[Warehouse]:
        message = "reading the cut: no answer"
        raise RetryLoadError(message)
        yield

    assert main(["--properties", "x.json"], opened=opened) == ExitCode.FAILED
    assert capsys.readouterr().err == "cut: reading the cut: no answer\n"


def test_a_file_that_cannot_be_used_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--properties", os.devnull]) == ExitCode.WRONG_ARGUMENTS
    assert capsys.readouterr().err.startswith("cut: /dev/null")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--at", "2026-11-26T09:00:00"],
        ["--at", "yesterday"],
        ["--within", "-1"],
        ["--within", "nan"],
        ["--properties", "x.json"],
    ],
)
def test_wrong_arguments_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--environment", "shop", *wrong])
    assert ended.value.code == ExitCode.WRONG_ARGUMENTS
