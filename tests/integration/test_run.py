"""`starjoin run`: SQL in, wide row out, and nothing left of it."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
import pytest
import redshift_connector
import urllib3

from infra.arguments import ExitCode
from infra.local import reaper
from infra.local.postgres import EmbeddedPostgres, find_program
from infra.local.runs import LocalRunFile
from infra.run.main import main
from infra.watch.looking import Watch
from infra.watch.opening import open_run
from infra.watch.picture import Picture
from infra.watch.rendering import write_screen
from tests.unit.stars import ROOT

pytestmark = pytest.mark.integration

T = TypeVar("T")
# Generous: it bounds a hanging test and judges no speed.
PATIENCE_SECONDS: Final = 300.0
DECLARATION: Final = """
name: shop
source_schema: Shop Floor
tables:
  city:
    key: [id]
    columns: {id: integer, title: varchar(80)}
  customer:
    key: [id]
    columns:
      id: integer
      city_id: integer
      email: {type: varchar(160), treatment: mask_text}
      tier: varchar(40)
    references:
      city: {table: city, columns: [city_id]}
  sale:
    source: Sales
    key: [id]
    columns: {id: bigint, buyer: integer, amount: 'decimal(9,2)'}
    references:
      customer: {table: customer, columns: [buyer]}
targets:
  sales:
    fact: sale
    columns:
      id: id
      amount: amount
      email: customer.email
      city: customer.city.title
      tier: customer.tier
"""
SOURCE: Final = r"""
CREATE SCHEMA "Shop Floor";
SET search_path = "Shop Floor";
CREATE TABLE city (id integer PRIMARY KEY, title varchar(20) NOT NULL);
CREATE TABLE customer (
    id integer PRIMARY KEY, city_id integer REFERENCES city, email text,
    tier varchar(10) DEFAULT 'gold');
CREATE TABLE "Sales" (id bigint PRIMARY KEY, buyer integer, amount numeric(9,2));
CREATE TABLE undeclared (id integer PRIMARY KEY);
INSERT INTO city VALUES (1, 'Zürich'), (2, 'Genève');
COPY customer (id, city_id, email) FROM stdin;
1	1	a@b.org
2	\N	c@d.org
\.
INSERT INTO "Sales" VALUES (1, 1, 10.50), (2, 2, 20), (3, 3, NULL);
"""
LOADED: Final = [
    (1, "10.50", "*@*.***", "Zürich"),
    (2, "20.00", "*@*.***", None),
    (3, None, None, None),
]


@dataclass
class Run:
    """A running `starjoin run`, and the file that it prints to."""

    process: subprocess.Popen[bytes]
    output: Path
    folders: frozenset[Path] = frozenset()

    def printed(self) -> str:
        return self.output.read_text()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Waits until a line that matches is printed; a run that ends first has failed."""

        def look() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            match = re.search(pattern, self.printed(), re.MULTILINE)
            assert match or not ended, self.printed()
            return match

        return wait(look, f"/{pattern}/", self.printed)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse, at the address that is printed."""
        host, port, database, user, password = self.wait_for(
            r"^Warehouse   host (\S+), port (\d+), database (\S+), user (\S+), password (\S+)$"
        ).groups()
        with redshift_connector.connect(
            host=host, port=int(port), database=database, user=user, password=password, ssl=False
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def end(self, number: signal.Signals) -> int:
        """Ends it by a signal; its exit code. Nothing that it has started may be left."""
        pids = reaper.descendants(self.process.pid)
        assert len(pids) > 5
        folders = {folder for pid in pids for folder in temporary_folders(pid)}
        assert folders
        self.process.send_signal(number)
        self.process.send_signal(number)  # an impatient user
        code = self.process.wait(PATIENCE_SECONDS)
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        assert not [folder for folder in folders if folder.exists()]
        return code


def temporary_folders(pid: int) -> Iterator[Path]:
    """Those that a process of a run was started with."""
    command = Path(f"/proc/{pid}/cmdline")
    for argument in command.read_bytes().split(b"\0") if command.exists() else ():
        if match := re.search(rb"^(?:file:)?(/\S*?/starjoin-[^/\s]+)", argument):
            yield Path(os.fsdecode(match[1]))


def wait(look: Callable[[], T | None], what: str, said: Callable[[], str]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < deadline, f"waited too long for {what}: {said()}"
        time.sleep(0.1)
    return seen


STARJOIN: Final = (sys.executable, "-P", "-m", "infra.cli")


@contextmanager
def running(folder: Path, *command: str, **variables: str) -> Iterator[Run]:
    output = folder / "printed"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Run(process, output)
    finally:
        process.kill()  # what is below it ends with it
        process.wait()


@pytest.fixture(autouse=True)
def _sigint_is_heard() -> Iterator[None]:
    """What a process is started to ignore stays ignored; so tests may have been started."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_sql_in_wide_row_out_and_nothing_left(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(DECLARATION)
    (tmp_path / "shop.sql").write_text(SOURCE)
    command = (*STARJOIN, "run", "shop.yaml", "--source", "shop.sql")
    with running(tmp_path, *command, XDG_RUNTIME_DIR=str(tmp_path)) as run:
        source = run.wait_for(r"psql (postgresql://postgres@\S+)$")[1]
        warehouse = run.wait_for(r"psql (postgresql://awsuser\S+)$")[1]
        flink = run.wait_for(r"^Flink +(http://\S+)$")[1]
        run.wait_for("the full load is in the warehouse: [0-9]+ records")
        run.wait_for("^ +sales: 3 rows$")
        assert rows(run) == LOADED
        change = run.wait_for(r"^Try         at the source: (UPDATE .*;)$")[1]
        assert change == """UPDATE "Shop Floor".customer SET tier = 'changed' WHERE id = '1';"""
        page = urllib3.request("GET", f"{flink}/jobs/overview", retries=False).json()
        assert [job["state"] for job in page["jobs"]] == ["RUNNING"]

        with psycopg.connect(source, autocommit=True) as session:
            session.execute(change.encode())
            run.wait_for(r"^          id = 1, .*tier = changed$")
            # Without its schema: a session of the source finds declared tables.
            session.execute("""INSERT INTO "Sales" VALUES (4, 2, 0.05)""")
            run.wait_for(r"sales: 1 row written \([0-9.]+ s\)$")
            session.execute("UPDATE customer SET city_id = 2, email = 'x-y@z.org' WHERE id = 2")
            session.execute("INSERT INTO undeclared VALUES (1)")
            run.wait_for("sales: 2 rows changed with a dimension; .*: customer 1")
            session.execute("""DELETE FROM "Sales" WHERE id = 1""")
            run.wait_for("sales: 1 row deleted")
        assert rows(run) == [
            (2, "20.00", "*-*@*.***", "Genève"),
            (3, None, None, None),
            (4, "0.05", "*-*@*.***", "Genève"),
        ]
        assert "id = 4, amount = 0.05, email = *@*.***, city = null" in run.printed()
        assert "id = 4, email = *-*@*.***, city = Genève" in run.printed()
        assert "c@d.org" not in run.printed()
        query = "SELECT city FROM sales WHERE id = 4"
        answer = subprocess.run(
            [str(find_program("psql")), "-At", warehouse, "-c", query],
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout == "Genève\n"
        check_watch(tmp_path)
        (file,) = (tmp_path / "starjoin").iterdir()
        watch = Watch(open_run(LocalRunFile(**json.loads(file.read_text()))))
        before = watch.look()
        assert run.end(signal.SIGINT) == ExitCode.DONE
        assert not file.exists()
        check_that_all_are_away(before, watch.look())
        assert run.printed().endswith("Ending\nNothing of it is left running.\n")
        assert "\x1b" not in run.printed()  # progress is for terminals


def check_watch(folder: Path) -> None:
    """What `starjoin watch` shows of the run: for scripts, and as a screen until Ctrl-C."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(folder)}
    looks: list[str] = []

    def look() -> dict[str, Any] | None:
        command = [*STARJOIN, "watch", "--once", "--json"]
        asked = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, check=False
        )
        looks.append(asked.stdout + asked.stderr)
        assert asked.returncode == ExitCode.DONE, looks
        seen: dict[str, Any] = json.loads(asked.stdout)
        metrics = seen["job"]["value"]["metrics"]
        is_whole = seen["health"] == "healthy" and metrics["pending_epochs"] is not None
        return seen if is_whole else None

    seen = wait(look, "a run that is well", lambda: looks[-1])
    assert seen["watched"].startswith("starjoin run of shop.yaml (process ")
    loads, job = seen["warehouse"]["value"], seen["job"]["value"]
    loaded = {each["name"]: each["loaded"] for each in loads["destinations"]}
    assert loaded["sales"] == 5  # three of the full load, an insert, a delete
    assert loads["complete_until"] is not None
    assert sum(batch["records"] for batch in loads["batches"]) > 0
    assert (job["state"], job["metrics"]["loads_need_repair"]) == ("RUNNING", 0)
    assert job["checkpoint_seconds"] > 0
    assert any(batch["after_checkpoint"] is not None for batch in loads["batches"])
    assert [lag["seconds"] for lag in seen["stream"]["value"]["lags"]] == [0.0]

    terminal, screen = pty.openpty()
    watching = subprocess.Popen(
        [*STARJOIN, "watch", "--interval", "0.5"],
        cwd=folder,
        env=variables | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=screen,
        stderr=screen,
    )
    os.close(screen)
    shown = b""
    while b"shop.yaml" not in shown or b"sales" not in shown:
        shown += os.read(terminal, 65_536)
    watching.send_signal(signal.SIGINT)
    with suppress(OSError):  # what ends the reading of a terminal that nobody writes to any more
        while more := os.read(terminal, 65_536):
            shown += more
    os.close(terminal)
    assert watching.wait(PATIENCE_SECONDS) == ExitCode.DONE, shown
    assert shown.count(b"\x1b[?1049h") == shown.count(b"\x1b[?1049l") == 1
    assert b"Traceback" not in shown


def check_that_all_are_away(before: Picture, after: Picture) -> None:
    """What a watch says once nothing answers any more: since when, and what it has seen last."""
    assert (before.ended, after.ended) == (False, True)
    assert before.job is not None
    assert after.job is not None
    for former, present in (
        (before.warehouse, after.warehouse),
        (before.stream, after.stream),
        (before.job, after.job),
    ):
        assert former.fault == ""
        assert present.fault != ""
        assert present.away_since is not None
        assert present.read_at == former.read_at is not None
        assert present.value is not None
    assert write_screen(after, 80).startswith("ended  starjoin run of shop.yaml")
    said = write_screen(replace(after, ended=False), 80)
    assert said.startswith("failing  starjoin run of shop.yaml")
    assert "- the warehouse: no answer since" in said
    assert "report it" not in said  # all of it was foreseen


def rows(run: Run) -> list[tuple[Any, ...]]:
    found = run.query("SELECT id, amount, email, city FROM sales ORDER BY id")
    return [(row[0], None if row[1] is None else str(row[1]), *row[2:]) for row in found]


DATABASE: Final = """
CREATE TABLE city (id integer PRIMARY KEY, title varchar(20) NOT NULL);
CREATE TABLE customer (
    id integer PRIMARY KEY, city_id integer REFERENCES city, email text, preferences jsonb);
CREATE TABLE sale (id bigint PRIMARY KEY, buyer integer REFERENCES customer, sold_at timestamptz);
INSERT INTO city VALUES (1, 'Lyon'), (2, 'Gent');
INSERT INTO customer SELECT n, 1, n || '@example.org', '{"a": [1, 2]}' FROM generate_series(1, 9) n;
INSERT INTO sale SELECT n, 1 + n % 9, '2026-01-02 03:04:05+01' FROM generate_series(1, 90) n;
"""
LEFT_BEHIND: Final = """
SELECT pubname FROM pg_publication UNION ALL SELECT slot_name FROM pg_replication_slots
UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT nspname FROM pg_namespace WHERE nspname NOT IN ('public', 'information_schema')
    AND nspname NOT LIKE 'pg\\_%'
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """Somebody's database, of a user who owns the tables and is no superuser."""
    folder, settings = tmp_path_factory.mktemp("postgres"), {"synchronous_commit": "on"}
    with EmbeddedPostgres(folder, tcp=True, logical=True, settings=settings) as running_server:
        for database, statement in (
            ("postgres", "CREATE ROLE ada LOGIN REPLICATION"),
            ("postgres", "CREATE ROLE bob LOGIN IN ROLE ada"),
            ("postgres", "CREATE DATABASE shop OWNER ada"),
            ("shop", f"SET ROLE ada; {DATABASE}"),
        ):
            with psycopg.connect(running_server.dsn(database), autocommit=True) as session:
                session.execute(statement.encode())
        yield running_server


def test_a_database_that_cannot_be_followed_is_left_as_it_is(
    tmp_path: Path, server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = tmp_path / "shop.yaml"
    declaration.write_text(DECLARATION.replace("Shop Floor", "public"))
    address = f"postgresql://ada@127.0.0.1:{server.port}/shop"
    assert main([str(declaration), "--source", address]) == ExitCode.WRONG_ARGUMENTS
    said = capsys.readouterr().err
    assert "run: database shop on 127.0.0.1, port" in said
    assert "customer, column tier: table public.customer of the source has no column tier" in said
    assert f"{declaration}:17:3: error: table sale: the source has no table public.Sales; " in said
    assert "did you mean sale? Write source: sale" in said
    fitting = DECLARATION.replace("Shop Floor", "public").replace("    source: Sales\n", "")
    fitting = fitting.replace("      tier: varchar(40)\n", "").replace("amount: 'decimal(9,2)'", "")
    fitting = fitting.replace("      amount: amount\n", "").replace(
        "      tier: customer.tier\n", ""
    )
    declaration.write_text(fitting)
    assert main([str(declaration), "--source", address.replace("ada", "bob")]) == ExitCode.FAILED
    assert "user bob has no right to read the source's log: ALTER ROLE" in capsys.readouterr().err
    with psycopg.connect(server.dsn("shop")) as session:
        assert left_behind(session) == []


def test_the_tutorial_leads_to_a_wide_row_of_ones_own_database(
    tmp_path: Path, server: EmbeddedPostgres
) -> None:
    address = f"postgresql://ada@127.0.0.1:{server.port}/shop"
    with running(tmp_path, "bash", "-ec", read_tutorial(address), PATH=shim(tmp_path)) as run:
        run.wait_for("the full load is in the warehouse")
        (target,) = re.findall(r"^ +(\w+): 90 rows$", run.printed(), re.MULTILINE)
        made = run.wait_for(r"publication and slot (\S+) are made there, and removed at the end")[1]
        with psycopg.connect(address, autocommit=True) as session:
            assert left_behind(session) == [made, made]
            session.execute("UPDATE city SET title = 'Aalst' WHERE id = 1")
            session.execute("UPDATE customer SET city_id = 2 WHERE id = 3")
            run.wait_for("changes of dimensions: .*customer 1")
            counted = f"SELECT city_title, COUNT(*) FROM {target} GROUP BY 1 ORDER BY 1"
            assert run.query(counted) == [("Aalst", 80), ("Gent", 10)]
            assert "dead letter" not in run.printed()
            assert run.end(signal.SIGTERM) == ExitCode.DONE
            assert left_behind(session) == []


def left_behind(session: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in session.execute(LEFT_BEHIND.encode())]


def read_tutorial(address: str) -> str:
    """The commands of the README, but for the installation; the last becomes the process."""
    tutorial = (ROOT / "README.md").read_text().partition("## Your own schema")[2]
    lines = tutorial.split("```\n")[1].splitlines()
    assert lines[0].startswith("pip install ")
    assert sum(line.startswith("starjoin ") for line in lines) == len(lines) - 2
    script = "\n".join([*lines[1:-1], f"exec {lines[-1]}"])
    assert "postgresql://USER@HOST:5432/DATABASE" in script
    return script.replace("postgresql://USER@HOST:5432/DATABASE", address)


def shim(folder: Path) -> str:
    """A PATH with `starjoin` on it, as pip installs it."""
    program = folder / "bin" / "starjoin"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(STARJOIN)} "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"
