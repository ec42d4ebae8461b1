"""`starjoin init` reads real databases, changes nothing in them, and says why where it cannot.

`STARJOIN_SNAPSHOTS=write .venv/bin/python -m pytest tests/integration/test_init.py` writes the
declarations that it proposes to tests/snapshots/init; `tests/declarations/test_proposed.py` runs
histories of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from infra.arguments import ExitCode
from infra.catalogue import connection, samples
from infra.catalogue.connection import open_session
from infra.check.main import main as check
from infra.init.main import main
from infra.local.postgres import EmbeddedPostgres
from tests.unit.stars import ROOT

pytestmark = pytest.mark.integration

SOURCES: Final = sorted((ROOT / "tests" / "integration" / "init_sources").glob("*.sql"))
SNAPSHOTS: Final = ROOT / "tests" / "snapshots" / "init"
SECRET: Final = "Tr0ub4dor/&3@"
PATIENCE_SECONDS: Final = 120.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One with the three sources, which asks for a password on TCP and not on its socket."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), tcp=True) as running:
        for script in SOURCES:
            run(running, "postgres", f"CREATE DATABASE {script.stem}")
            run(running, script.stem, script.read_text())
        run(running, "postgres", "CREATE DATABASE nothing")
        run(
            running,
            "film_rental",
            f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'; GRANT USAGE ON SCHEMA public TO reader;"
            "CREATE SCHEMA hidden; CREATE TABLE hidden.secret (id integer PRIMARY KEY);"
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; REVOKE SELECT ON actor FROM "
            "reader",
        )
        rules = running.socket_folder / "data" / "pg_hba.conf"
        rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        run(running, "postgres", "SELECT pg_reload_conf()")
        await_password(running)
        yield running


def run(server: EmbeddedPostgres, database: str, script: str) -> None:
    with psycopg.connect(server.dsn(database), autocommit=True) as session:
        session.execute(script.encode())


def await_password(server: EmbeddedPostgres) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert time.monotonic() < deadline, "the server still asks for no password"
        try:
            psycopg.connect(server.dsn(tcp=True)).close()
        except psycopg.OperationalError:
            return


def address(
    server: EmbeddedPostgres,
    database: str,
    *,
    user: str = "reader",
    password: str = SECRET,
    port: int = 0,
) -> str:
    escaped = password.replace("%", "%25").replace("/", "%2F").replace("@", "%40")
    return f"postgresql://{user}:{escaped}@127.0.0.1:{port or server.port}/{database}"


@pytest.mark.parametrize("script", SOURCES, ids=lambda path: path.stem)
def test_what_is_proposed_is_checked_without_a_fault(
    script: Path,
    server: EmbeddedPostgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / f"{script.stem}.yaml"
    public = [] if script.stem != "film_rental" else ["--schema", "public"]
    arguments = ["--dsn", server.dsn(script.stem), "--output", str(output), *public]
    assert main(arguments) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert f"written to {output}" in printed
    assert max(len(line) for line in printed.splitlines() if str(output) not in line) <= 80
    assert check(["--strict", str(output)]) == ExitCode.DONE, capsys.readouterr().out
    text = output.read_text()
    snapshot = SNAPSHOTS / output.name
    if os.environ.get("STARJOIN_SNAPSHOTS") == "write":
        snapshot.write_text(text)
    assert text == snapshot.read_text(), (
        "look at the difference; if it is meant, write it: STARJOIN_SNAPSHOTS=write "
        ".venv/bin/python -m pytest tests/integration/test_init.py"
    )


def test_no_value_of_a_row_is_shown(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dsn", server.dsn("film_rental")]) == ExitCode.DONE
    printed = capsys.readouterr()
    assert "looks like an e-mail address" in printed.out.lower()
    assert "name: film_rental\n" in printed.out
    assert "left out:" in printed.err
    for value in ("example.org", "Long Lane", "Country 1", "Film 1", "5550000001"):
        assert value not in printed.out + printed.err


def test_the_session_can_write_nothing(server: EmbeddedPostgres) -> None:
    with open_session(server.dsn("film_rental")) as session:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), session.transaction():
            session.execute("UPDATE public.language SET name = 'x'")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), session.transaction():
            session.execute("CREATE TABLE public.made (id integer)")


def test_without_samples_no_row_is_read(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user without any right to read is enough."""
    run(server, "trading_company", 'GRANT USAGE ON SCHEMA crm, "Sales Dept" TO reader')
    dsn = address(server, "trading_company")
    assert main(["--dsn", dsn, "--no-samples"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "bytes were seen" not in printed
    assert "sampled values" not in printed


def test_what_this_user_may_not_read_is_named(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dsn", address(server, "film_rental")]) == ExitCode.DONE
    printed = capsys.readouterr()
    assert "no value of actor was looked at: this user may not read it" in printed.err
    assert "# No value was looked at, since this user may not read it: look at" in printed.out
    assert "hidden.*: user reader has no right to read this schema" in printed.err


def test_a_table_that_takes_long_to_read_is_not_waited_for(
    server: EmbeddedPostgres,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(samples, "TABLE_MILLISECONDS", 50)
    run(
        server,
        "film_rental",
        "ALTER TABLE staff ENABLE ROW LEVEL SECURITY; "
        # It is slow for who has said how long it may take, and so never holds this test up.
        "CREATE POLICY slow ON staff USING (pg_sleep(CASE current_setting('statement_timeout') "
        "WHEN '50ms' THEN 60 ELSE 0 END) IS NOT NULL)",
    )
    try:
        assert main(["--dsn", address(server, "film_rental")]) == ExitCode.DONE
    finally:
        run(
            server,
            "film_rental",
            "DROP POLICY slow ON staff; ALTER TABLE staff DISABLE ROW LEVEL SECURITY",
        )
    printed = capsys.readouterr()
    assert "no value of staff was looked at: reading 500 rows took more than" in printed.err
    assert "\n  staff:\n" in printed.out


def test_a_locked_table_is_not_waited_for(
    server: EmbeddedPostgres,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(connection, "LOCK_SECONDS", 0.05)
    with psycopg.connect(server.dsn("film_rental")) as holder:
        holder.execute("LOCK TABLE rental")
        assert main(["--dsn", server.dsn("film_rental")]) == ExitCode.DONE
    assert "no value of rental was looked at: somebody has locked it" in capsys.readouterr().err


def test_looking_at_all_tables_has_an_end(
    server: EmbeddedPostgres,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(samples, "TOTAL_SECONDS", 0.0)
    assert main(["--dsn", server.dsn("film_rental")]) == ExitCode.DONE
    assert "no value of store was looked at: the 0 seconds for" in capsys.readouterr().err


def test_the_planner_estimates_what_was_never_analysed(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        server,
        "nothing",
        "CREATE TABLE counted (id integer PRIMARY KEY); ALTER TABLE counted SET "
        "(autovacuum_enabled = off); INSERT INTO counted SELECT generate_series(1, 20000)",
    )
    try:
        assert main(["--dsn", server.dsn("nothing")]) == ExitCode.DONE
    finally:
        run(server, "nothing", "DROP TABLE counted")
    printed = capsys.readouterr()
    assert "# About " in printed.out
    assert "000 rows." in printed.out
    assert "no table refers to another" in printed.err


def wrong_sources(server: EmbeddedPostgres) -> dict[str, tuple[list[str], ExitCode, str]]:
    """By name: arguments, the exit code, and what is said."""
    film = address(server, "film_rental")
    return {
        "host": (
            [f"postgresql://reader:{SECRET[:5]}@no-such-host.invalid/x"],
            ExitCode.FAILED,
            "host no-such-host.invalid is unknown",
        ),
        "port": (
            [address(server, "film_rental", port=1)],
            ExitCode.FAILED,
            "nothing listens on 127.0.0.1, port 1: start the server",
        ),
        "password": (
            [address(server, "film_rental", password=f"{SECRET}!")],
            ExitCode.FAILED,
            "the password of user reader is wrong",
        ),
        "no password": (
            [f"host=127.0.0.1 port={server.port} user=reader dbname=film_rental"],
            ExitCode.FAILED,
            "user reader needs a password: set PGPASSWORD",
        ),
        "database": (
            [address(server, "film_rentals")],
            ExitCode.FAILED,
            "there is no database film_rentals on 127.0.0.1",
        ),
        "schema": ([film, "--schema", "pubic"], ExitCode.WRONG_ARGUMENTS, "did you mean public?"),
        "right": (
            [film, "--schema", "hidden"],
            ExitCode.FAILED,
            'GRANT USAGE ON SCHEMA "hidden" TO "reader"',
        ),
        "empty": ([server.dsn("nothing")], ExitCode.FAILED, "database nothing has no tables"),
        "socket": (
            ["host=/nowhere user=reader dbname=x"],
            ExitCode.FAILED,
            "no server has its socket at /nowhere",
        ),
    }


@pytest.mark.parametrize(
    "wrong",
    ["host", "port", "password", "no password", "database", "schema", "right", "empty", "socket"],
)
def test_what_is_wrong_is_said_in_a_sentence_without_the_password(
    wrong: str,
    server: EmbeddedPostgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
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


def test_a_database_without_a_single_key_is_refused_with_the_reason(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    run(server, "nothing", "CREATE TABLE keyless (id integer)")
    try:
        assert main(["--dsn", server.dsn("nothing")]) == ExitCode.FAILED
    finally:
        run(server, "nothing", "DROP TABLE keyless")
    assert "no table that can be declared (public.keyless: it has no primary key" in (
        capsys.readouterr().err
    )
