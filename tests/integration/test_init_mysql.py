"""`starjoin init` reads a real MariaDB, changes nothing in it, and says why where it cannot.

The declaration that it proposes is in tests/snapshots/init, written as test_init.py says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pymysql
import pytest

from infra.arguments import ExitCode
from infra.catalogue import mysql_samples, samples
from infra.catalogue.mysql_connection import connect, open_session, read_address
from infra.check.main import main as check
from infra.init.main import main
from infra.local.mariadb import HOW_TO_GET_ONE, MariaDb, find_mariadb
from tests.unit.stars import ROOT

pytestmark = pytest.mark.integration

SOURCE: Final = ROOT / "tests" / "integration" / "init_sources" / "mysql" / "bicycle_shop.sql"
SNAPSHOT: Final = ROOT / "tests" / "snapshots" / "init" / "bicycle_shop.yaml"
SECRET: Final = "Tr0ub4dor/&3@"
BOTH: Final = ("--schema", "bicycle_shop", "--schema", "workshop")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    """One with the bicycle shop, and with a user who has a password and may not read everything."""
    if find_mariadb() is None:
        # Only where no one relies on it: CI installs one.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_ONE)
    with MariaDb(tmp_path_factory.mktemp("mariadb")) as running:
        run(running, "SET sql_mode = ''", *statements(SOURCE.read_text()))
        run(
            running,
            f"CREATE USER reader IDENTIFIED BY '{SECRET}'",
            "GRANT SELECT ON bicycle_shop.* TO reader",
            "CREATE DATABASE nothing",
            "GRANT SELECT ON nothing.* TO reader",
        )
        yield running


def statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    return [each for each in "\n".join(lines).split(";\n") if each.strip()]


@contextmanager
def session(server: MariaDb) -> Iterator[pymysql.cursors.DictCursor]:
    connection = connect(read_address(server.address()), "test")
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def run(server: MariaDb, *script: str) -> None:
    with session(server) as cursor:
        for statement in script:
            cursor.execute(statement)


def test_what_is_proposed_is_checked_without_a_fault(
    server: MariaDb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bicycle_shop.yaml"
    arguments = ["--dsn", server.address("bicycle_shop"), "--output", str(output), *BOTH]
    assert main(arguments) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert f"written to {output}" in printed
    assert "note:" not in printed, "the server's log is as DMS needs it"
    assert check(["--strict", str(output)]) == ExitCode.DONE, capsys.readouterr().out
    text = output.read_text()
    if os.environ.get("STARJOIN_SNAPSHOTS") == "write":
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text(), (
        "look at the difference; if it is meant, write it: STARJOIN_SNAPSHOTS=write "
        ".venv/bin/python -m pytest tests/integration/test_init_mysql.py"
    )
    assert "example.org" not in text + printed, "no value of a row is shown"


def test_the_database_of_the_address_is_read_alone(
    server: MariaDb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dsn", server.address("bicycle_shop"), "--no-samples"]) == ExitCode.DONE
    printed = capsys.readouterr()
    assert "workshop.mechanic is not declared: --schema workshop reads it" in " ".join(
        printed.err.split()
    )
    assert "zero_dates" not in printed.out, "no row was looked at"


def test_nothing_can_be_changed_and_no_table_stays_locked(server: MariaDb) -> None:
    address = read_address(server.address("bicycle_shop"))
    with open_session(address, "test") as (connection, _), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM brand")
        with pytest.raises(pymysql.MySQLError, match="READ ONLY"):
            cursor.execute("INSERT INTO brand VALUES ('x', 'x')")
        run(
            server,
            "SET lock_wait_timeout = 1",
            "ALTER TABLE bicycle_shop.brand ADD note int",
            "ALTER TABLE bicycle_shop.brand DROP note",
        )


def test_a_table_that_somebody_has_locked_is_not_waited_for(
    server: MariaDb, capsys: pytest.CaptureFixture[str]
) -> None:
    with session(server) as cursor:
        cursor.execute("LOCK TABLES bicycle_shop.rider WRITE")
        assert main(["--dsn", server.address("bicycle_shop")]) == ExitCode.DONE
    assert "no value of rider was looked at: somebody has locked it" in capsys.readouterr().err


def test_looking_at_a_table_and_at_all_of_them_has_an_end(
    server: MariaDb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        server,
        "CREATE DATABASE slow",
        "CREATE TABLE slow.words (id int PRIMARY KEY, words text)",
        # Whatever could be an e-mail address is looked at from each of its letters on.
        "INSERT INTO slow.words SELECT seq, REPEAT('a', 2000) FROM slow.seq_1_to_500",
    )
    try:
        monkeypatch.setattr(mysql_samples, "TABLE_MILLISECONDS", 1)
        assert main(["--dsn", server.address("slow")]) == ExitCode.DONE
        said = capsys.readouterr().err
        monkeypatch.setattr(samples, "TOTAL_SECONDS", 0.0)
        assert main(["--dsn", server.address("slow")]) == ExitCode.DONE
    finally:
        run(server, "DROP DATABASE slow")
    assert "no value of words was looked at: reading 500 rows took more than 1 ms" in said
    assert "no value of words was looked at: the 0 seconds for" in capsys.readouterr().err


def test_what_a_log_lacks_for_dms_is_noted(
    server: MariaDb, capsys: pytest.CaptureFixture[str]
) -> None:
    run(server, "SET GLOBAL binlog_row_image = MINIMAL", "SET GLOBAL binlog_format = MIXED")
    try:
        assert main(["--dsn", server.address("bicycle_shop")]) == ExitCode.DONE
    finally:
        run(server, "SET GLOBAL binlog_row_image = 'FULL'", "SET GLOBAL binlog_format = ROW")
    said = capsys.readouterr().err
    assert "note: binlog_format is MIXED, and DMS needs ROW\n" in said
    assert "note: binlog_row_image is MINIMAL, so updates lack columns" in said


def as_reader(server: MariaDb, database: str, password: str = "") -> str:
    escaped = password.replace("%", "%25").replace("/", "%2F").replace("@", "%40")
    given = f"reader:{escaped}" if password else "reader"
    return f"mysql://{given}@/{database}?socket={server.socket}"


def wrong_sources(server: MariaDb) -> dict[str, tuple[list[str], ExitCode, str]]:
    """By name: arguments, the exit code, and what is said."""
    shop = as_reader(server, "bicycle_shop", SECRET)
    return {
        "host": (
            [f"mysql://reader:{SECRET[:5]}@no-such-host.invalid/x"],
            ExitCode.FAILED,
            "host no-such-host.invalid is unknown",
        ),
        "port": (
            ["mysql://reader@127.0.0.1:1/x"],
            ExitCode.FAILED,
            "nothing listens on 127.0.0.1, port 1: start the server",
        ),
        "socket": (
            ["mysql://reader@/x?socket=/nowhere"],
            ExitCode.FAILED,
            "no server has its socket /nowhere",
        ),
        "password": (
            [as_reader(server, "bicycle_shop", f"{SECRET}!")],
            ExitCode.FAILED,
            "the password of user reader is wrong",
        ),
        "no password": (
            [as_reader(server, "bicycle_shop")],
            ExitCode.FAILED,
            "user reader needs a password: set MYSQL_PWD",
        ),
        "tls": (
            [f"{shop}&ssl-mode=REQUIRED"],
            ExitCode.FAILED,
            "has no TLS, which ssl-mode asks for",
        ),
        "database": (
            [server.address("bicycle_shops")],
            ExitCode.FAILED,
            "there is no database bicycle_shops on socket",
        ),
        "right": (
            [as_reader(server, "workshop", SECRET)],
            ExitCode.FAILED,
            "user reader has no right to use database workshop, or there is none",
        ),
        "schema": (
            [shop, "--schema", "bicycle_shopp"],
            ExitCode.WRONG_ARGUMENTS,
            "did you mean bicycle_shop?",
        ),
        "no database": (
            [as_reader(server, "", SECRET)],
            ExitCode.WRONG_ARGUMENTS,
            "--dsn names no database: write it behind the host and a slash; there are bicycle_shop",
        ),
        "empty": (
            [as_reader(server, "nothing", SECRET)],
            ExitCode.FAILED,
            "database nothing has no tables that user reader may see",
        ),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        *("host", "port", "socket", "password", "no password", "tls", "database", "right"),
        *("schema", "no database", "empty"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_without_the_password(
    wrong: str,
    server: MariaDb,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("MYSQL_PWD", raising=False)
    output = tmp_path / "mine.yaml"
    arguments, code, sentence = wrong_sources(server)[wrong]
    assert main(["--output", str(output), "--dsn", *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("init: ")
    assert printed.err.count("\n") == 1
    assert sentence in printed.err
    assert SECRET[:5] not in printed.err
    assert not output.exists()


def test_the_password_may_come_from_the_environment(
    server: MariaDb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MYSQL_PWD", SECRET)
    assert main(["--dsn", as_reader(server, "bicycle_shop")]) == ExitCode.DONE
    assert SECRET[:5] not in "".join(capsys.readouterr())
