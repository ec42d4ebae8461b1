"""A source made from a file of SQL: a PostgreSQL of this run, with what the file makes in it.

psql runs the file, so that whatever psql and pg_dump write is understood, data of `COPY` included.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from flink_app.declaration import Star
from infra.catalogue.model import Catalogue, CatalogueError
from infra.local.postgres import EmbeddedPostgres, find_program
from infra.run.errors import RunError
from infra.run.source import Source
from infra.run.suggestion import suggest_change

DATABASE: Final = "source"
# What is committed is in the log at once, from which changes are read.
_SETTINGS: Final = {"synchronous_commit": "on"}
# psql says which line of the file a statement that failed ends at.
_ERROR: Final = re.compile(
    r"^psql:.*?:(?P<line>\d+): (?:ERROR|FATAL):\s+(?P<problem>.*)$", re.MULTILINE
)
_REMEDIES: Final = (
    (
        r'^role ".*" does not exist',
        "write CREATE ROLE at the file's head, or dump with --no-owner --no-privileges",
    ),
    (r"^extension .* is not available", "take the extension out: this PostgreSQL does not have it"),
    (r"^could not open extension control", "this PostgreSQL does not have that extension"),
    (r"^invalid byte sequence", "save the file as UTF-8"),
)


class SqlFile(Source):
    """A PostgreSQL below this process, filled by a file.

    Args:
        script: the file.
        folder: for the server's files.
        schemas: those of the declared tables; sessions find tables in them without naming them.
    """

    look_seconds = 0.2
    made = "starjoin_run"

    def __init__(self, script: Path, folder: Path, schemas: Sequence[str]) -> None:
        self._script = script
        self._schemas = schemas
        self._server = EmbeddedPostgres(folder, tcp=True, logical=True, settings=_SETTINGS)
        self.name = f"PostgreSQL with the tables of {script}"
        self.psql = ""

    @property
    def address(self) -> str:
        """Over its socket, as its superuser."""
        return self._server.dsn(DATABASE)

    def _start(self) -> None:
        """Starts the server, and runs the file in a database of its own."""
        self._server.start()
        with psycopg.connect(self._server.dsn(), autocommit=True) as session:
            session.execute(f"CREATE DATABASE {DATABASE}")
        url = f"postgresql://{self._server.superuser}@127.0.0.1:{self._server.port}/{DATABASE}"
        self.psql = f"psql {url}"
        run_script(self._script, self.address)
        with psycopg.connect(self.address, autocommit=True) as session:
            schemas = dict.fromkeys([*self._schemas, "public"])
            path = sql.SQL(", ").join(map(sql.Identifier, schemas))
            session.execute(
                sql.SQL("ALTER DATABASE {} SET search_path = {}").format(
                    sql.Identifier(DATABASE), path
                )
            )

    def read_catalogue(self, report: Callable[[int, int], None] = lambda *_: None) -> Catalogue:
        """What the file has made. Raises RunError where that is nothing."""
        try:
            return super().read_catalogue(report)
        except CatalogueError as error:
            message = f"{self._script} makes no table that could be followed"
            raise RunError(message, is_of_arguments=True) from error

    def suggest_change(self, star: Star) -> str:
        """SQL to try first, where a simple change is to be seen in a target."""
        with psycopg.connect(self.address, autocommit=True) as session:
            return suggest_change(session, star)

    def stop(self) -> None:
        """Ends the server and removes its data. May be repeated."""
        self._server.stop()


def run_script(script: Path, address: str) -> None:
    """Runs a file by psql, as far as its first error.

    Raises RunError that says in which line of the file a statement was refused, and why.
    """
    command = [str(find_program("psql")), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    command += ["--output=/dev/null", f"--file={script}", address]
    # Settings for other servers would lead elsewhere.
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        command,
        env=settings | {"PGCLIENTENCODING": "UTF8", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise RunError(explain_failure(script, done.stderr), is_of_arguments=True)


def explain_failure(script: Path, said: str) -> str:
    """Why psql has not come to the end of a file, from what it has said."""
    if (refused := _ERROR.search(said)) is None:
        last = (said.strip() or "it said nothing").splitlines()[-1]
        return f"--source: {shlex.quote(str(script))} could not be run: {last}"
    problem = refused["problem"]
    remedies = (remedy for pattern, remedy in _REMEDIES if re.search(pattern, problem))
    remedy = next(remedies, "correct the statement that ends there")
    return f"{script}:{refused['line']}: {problem}; {remedy}"
