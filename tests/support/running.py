"""A stack with a shipped example on it, as integration and fault tests use them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.redshift.balance import Balance, balance_query, balances
from connectors.redshift.names import Names
from flink_app.settings import Application, property_groups
from infra.local.configuration import LocalRun
from infra.local.example import Example, declaration_of
from infra.local.examples import DEFAULT
from infra.local.minicluster import MiniCluster
from infra.local.progress import Progress, progress, rows
from infra.local.stack import LocalStack
from infra.local.toolchain import ROOT, connectors_jar
from tests.support.stream import on_stream, records_on

# Generous: it bounds a hanging test and judges no speed.
PATIENCE_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.5
# Less often than in production: a tenth of a test's CPU time goes into answers without records.
_POLL_MILLISECONDS: Final = 500


@dataclass
class Running:
    """A running stack and the number of records put on its stream so far."""

    folder: Path
    stack: LocalStack
    example: Example
    put: int = 0
    job: MiniCluster | None = None

    def run(self, **changes: Any) -> LocalRun:
        """The configuration of a job on this stack."""
        settings = {"short_lived": True} | changes
        return LocalRun(state=self.folder / "state", jar=connectors_jar(), **settings)

    @contextmanager
    def minicluster(self, **changes: Any) -> Iterator[MiniCluster]:
        """The job on a mini cluster."""
        cluster = MiniCluster(
            self.run(**changes), self.stack.properties, self.folder, self.stack.environment()
        )
        with cluster:
            cluster.wait_until_running()
            self.job = cluster
            try:
                yield cluster
            finally:
                self.job = None

    def full_load(self) -> None:
        """Puts the example's tables on the stream."""
        self.put += self.example.put_full_load()

    def configure(self, **application: Any) -> None:
        """Other settings of `starjoin.application`, for the next start of the job."""
        settings = self.stack.settings
        application = dict(settings.application) | application
        changed = settings.model_copy(update={"application": Application(**application)})
        self.stack.properties.write_text(json.dumps(property_groups(changed), indent=2))

    def place(self, *dimensions: str) -> None:
        """Keeps these dimensions in the warehouse, from the next start of the job on."""
        given = ROOT / self.stack.settings.application.declaration
        content = yaml.safe_load(given.read_text())
        for name in dimensions:
            content["tables"][name]["placement"] = "warehouse"
        path = self.folder / given.name
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        self.configure(declaration=str(path))

    def reload(self) -> None:
        """Puts every row of the source's tables on the stream once more, as a new full load."""
        self.put += self.example.put(self.example.database.task.load_again())

    def changes(self, script: str | None = None) -> None:
        """Puts the example's changes, or those of `script`, on the stream."""
        self.put += self.example.put_changes(script)

    def raw(self, *records: bytes) -> None:
        """Puts records as they are."""
        self.put += self.example.put([("raw", record) for record in records])

    def again(self, every: int) -> None:
        """Puts some records of the stream on it once more, the newest first."""
        records = [data for _, data in records_on(self.stack.client("kinesis"))]
        entries = [(str(place), record) for place, record in enumerate(records[::-every])]
        self.put += self.example.put(entries)

    def progress(self) -> Progress:
        """What the warehouse says of itself."""
        connection = self.stack.warehouse()
        try:
            return progress(connection)
        finally:
            connection.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse."""
        connection = self.stack.warehouse()
        try:
            return rows(connection, sql)
        finally:
            connection.close()

    def wait(self, condition: Callable[[Progress], bool], what: str) -> Progress:
        """Waits until the warehouse's progress meets a condition."""
        for ended in self._looks():
            if condition(seen := self.progress()):
                return seen
            if ended:
                break
        message = f"{ended} before {what}; {seen}; {self.logs()}"
        raise AssertionError(message)

    def wait_for_log(self, what: str) -> None:
        """Waits until one of the job's logs has a text."""
        for ended in self._looks():
            logs = self.folder.glob("*.log*")
            if any(what in log.read_text(errors="replace") for log in logs):
                return
            if ended:
                break
        message = f"{ended} before {what!r}; {self.logs()}"
        raise AssertionError(message)

    def _looks(self) -> Iterator[str]:
        """One for each look at what is waited for; the last says why it is the last."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            if self.job is not None and self.job.service.returncode() is not None:
                yield "the job ended"
            elif time.monotonic() > deadline:
                yield f"{PATIENCE_SECONDS:.0f} s passed"
            else:
                yield ""
            time.sleep(_LOOK_SECONDS)

    def wait_until_all_loaded(self) -> Progress:
        """Waits until every record put so far is accounted for in the warehouse."""
        return self.wait(lambda seen: seen.records >= self.put, f"{self.put} records")

    def wait_for_floor(self, floor: int) -> None:
        """Waits until the warehouse is swept of everything below a generation."""
        query = "SELECT table_name, generation FROM starjoin.floor"
        self.wait(lambda _: self.query(query) == [("", floor)], f"floor {floor} in the warehouse")

    def assert_equal_to_source(self, bad: Container[bytes] = ()) -> None:
        """Every target is the join that the source computes, and every record counted once.

        `bad` are the records that must be dead letters.
        """
        for target, difference in self.example.differences().items():
            assert not difference.only_in_warehouse, target
            assert not difference.only_in_source, target
        assert self.progress().records == self.put
        self.assert_balanced(bad)
        assert not self.query("SELECT part FROM starjoin.ledger GROUP BY part HAVING COUNT(*) > 1")

    def balance(self) -> list[Balance]:
        """The balance of each table at each destination."""
        return balances(self.query(balance_query(Names("starjoin"))))

    def assert_balanced(self, bad: Container[bytes] = ()) -> None:
        """Each record of the stream is accounted for once under its table."""
        star = self.example.star
        found = on_stream(self.stack.client("kinesis"), star.declaration, bad)
        expected = {}
        for table, count in found.read.items():
            destinations = [name for name, target in star.targets.items() if target.fact == table]
            destinations += ["(dimension)"] if table in star.dimensions else []
            for destination in destinations or [""]:
                expected[table, destination] = (count, found.split[table], 0)
        lines = {
            (line.table, line.destination): (line.read, line.split, line.difference)
            for line in self.balance()
        }
        assert lines == expected

    def logs(self) -> str:
        """The end of the job's log."""
        log = self.folder / "job.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else "no log"


@contextmanager
def running(
    folder: Path,
    name: str = DEFAULT,
    *,
    shards: int = 2,
    resharding: bool = False,
    declaration: Path | None = None,
    history: Path | None = None,
) -> Iterator[Running]:
    """A shipped example on a stack of its own, with its own declaration and SQL or others."""
    declared = declaration_of(name) if declaration is None else str(declaration)
    local = LocalStack(
        declared,
        folder=folder,
        shards=shards,
        resharding=resharding,
        poll_milliseconds=_POLL_MILLISECONDS,
    )
    with local as stack:
        example = Example(name, stack, history)
        try:
            yield Running(folder, stack, example)
        finally:
            example.close()
