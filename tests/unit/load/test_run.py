"""A whole run against a Kinesis and a warehouse in memory: its outcomes, and what ends it early."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from infra.local.cluster import newest_exception
from tests.load.changes import SourceTables
from tests.load.clock import RunClock
from tests.load.destination import Destination, LoadTestError, Warehouse
from tests.load.figures import Ceiling, Checkpoint, Reconciled, Report
from tests.load.judging import exit_code
from tests.load.model import WIDE_COLUMNS
from tests.load.operators import OperatorLoad
from tests.load.options import Options
from tests.load.run import LoadTest
from tests.load.traffic import TrafficSettings
from tests.unit.load.test_sender import Kinesis

OPTIONS = Options(rate=2_000, minutes=0.5 / 60)
TRAFFIC = TrafficSettings(events=5, tickets=50, customers=20, purchases=20)
KEY = b"key"


class Silent:
    def note(self, text: str) -> None:
        """Nobody reads it."""

    def show(self, text: str) -> None:
        """Nobody reads it."""


class Connection:
    """Accounts of everything that the stream holds; the table is whatever the test says."""

    def __init__(self, kinesis: Kinesis, table: Callable[[], list[Any]]) -> None:
        self._kinesis = kinesis
        self._table = table
        self._query = ""

    def cursor(self) -> Connection:
        return self

    @property
    def description(self) -> list[tuple[str]]:
        return [("batch",)]

    def execute(self, query: str, arguments: Any = None) -> None:  # noqa: ARG002
        self._query = query

    def fetchall(self) -> list[Any]:
        if "account" in self._query:
            held = {shard: len(records) for shard, records in self._kinesis.shards.items()}
            return [(shard, f"{count:0129}", count, 0) for shard, count in held.items()]
        return [] if "ledger" in self._query else self._table()

    def close(self) -> None:
        """Nothing to close."""


@dataclasses.dataclass
class Target:
    destination: Destination
    on_start: Callable[[], None] = lambda: None
    on_check: Callable[[], None] = lambda: None
    process_names: dict[str, str] = dataclasses.field(default_factory=dict)

    def ceiling(self) -> Ceiling:
        return Ceiling(rendered_per_second=1.0)

    def start_job(self) -> None:
        self.on_start()

    def check(self) -> None:
        self.on_check()

    def reconcile(self, tables: SourceTables) -> Reconciled:
        rows = len(tables["ticket_activity"])
        return Reconciled(
            verdict="equal", rows=rows, ranges=1, different_keys=0, bytes_moved=100, seconds=0.1
        )

    def operator_loads(self) -> list[OperatorLoad]:
        return [OperatorLoad("load", 1, 0.5, 0.5, 0.0, 0.0)]

    def checkpoints(self, clock: RunClock) -> list[Checkpoint]:
        return [Checkpoint(number=1, at=clock.now(), status="COMPLETED", seconds=0.1, bytes=1)]


def run(
    change: Callable[[list[Any]], list[Any]] = lambda rows: rows,
    *,
    warehouse: bool = True,
    options: Options = OPTIONS,
    **target: Any,
) -> Report:
    kinesis: Any = Kinesis()
    tests: list[LoadTest] = []

    def table() -> list[Any]:
        return change(list(tests[0]._traffic.compute_true_tables(KEY)[0].rows))

    def connect() -> Any:
        return Connection(kinesis, table)

    destination = Destination(
        kinesis, "changes", Warehouse(connect, KEY) if warehouse else None, "it is far away"
    )
    opened = nullcontext(Target(destination, **target))
    tests.append(LoadTest(options, TRAFFIC, lambda *_: opened, Silent()))
    return tests[0].run()


def test_an_equal_table_is_equal() -> None:
    report = run()
    assert (report.outcome, exit_code(report)) == ("equal", 0)
    assert report.generator.due == report.generator.put == 1_000
    assert report.generator.full_load == 4 + 95
    assert report.records_read == 1_000 + 99
    assert report.latency is not None
    assert report.latency.from_arrival.count == 1_000
    assert report.latency.not_visible == 0
    assert report.settled_seconds is not None
    assert sum(report.generator.operations.values()) == 1_000
    assert report.comparison is not None
    assert report.comparison.equal
    assert report.reconciled is not None
    assert report.reconciled.rows == report.comparison.expected_rows
    assert [checkpoint.number for checkpoint in report.checkpoints] == [1]


def test_a_row_too_few_is_seen_and_named_by_its_key() -> None:
    report = run(lambda rows: rows[1:])
    assert (report.outcome, exit_code(report)) == ("different", 1)
    assert report.comparison is not None
    assert report.comparison.missing == 1


def test_a_changed_value_is_named_by_its_column_only() -> None:
    place = WIDE_COLUMNS.index("seat_level")
    report = run(lambda rows: [(*rows[0][:place], "Secret", *rows[0][place + 1 :]), *rows[1:]])
    assert report.outcome == "different"
    assert report.comparison is not None
    (difference,) = report.comparison.first_differences
    assert difference.endswith("other values in seat_level")
    assert "Secret" not in report.model_dump_json()


def test_without_a_warehouse_it_sends_and_says_so() -> None:
    report = run(warehouse=False)
    assert (report.outcome, exit_code(report)) == ("not compared", 3)
    assert report.reason == "Not compared: it is far away."
    assert report.generator.put == 1_000
    assert report.latency is None
    assert report.records_read is None


def test_a_job_that_fails_ends_the_run_with_what_was_measured() -> None:
    calls: list[int] = []

    def fail_later() -> None:
        calls.append(1)
        if len(calls) > 1:
            message = "the job is FAILED: because"
            raise LoadTestError(message)

    # The first check is that of the wait for the full load.
    report = run(options=dataclasses.replace(OPTIONS, minutes=1.0), on_check=fail_later)
    assert (report.outcome, exit_code(report)) == ("failed", 1)
    assert "because" in report.reason
    assert report.generator.full_load == 99
    assert report.generator.due < 120_000


def test_the_cause_of_a_failure_is_the_newest_exception() -> None:
    entries = [
        {"timestamp": 5, "stacktrace": "the second"},
        {"timestamp": 3, "stacktrace": "first"},
    ]
    assert (
        newest_exception({"exceptionHistory": {"entries": entries, "truncated": False}})
        == "the second"
    )
    assert newest_exception({"exceptionHistory": {"entries": []}}) == "no cause given"


def test_an_interrupt_keeps_what_was_measured() -> None:
    calls: list[int] = []

    def interrupt_later() -> None:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt

    report = run(options=dataclasses.replace(OPTIONS, minutes=1.0), on_check=interrupt_later)
    assert (report.outcome, exit_code(report)) == ("interrupted", 130)
    assert report.comparison is None
    assert report.generator.due < 120_000
    assert report.checkpoints


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LoadTestError("no cluster")])
def test_what_ends_a_start_is_reported_too(error: BaseException) -> None:
    def fail() -> None:
        raise error

    report = run(on_start=fail)
    assert report.outcome == ("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
    assert report.generator.full_load == 99
    assert report.generator.put == 0


def test_an_error_of_the_generator_itself_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        message = "a mistake in the generator"
        raise AssertionError(message)

    monkeypatch.setattr("tests.load.traffic.Traffic.next", broken)
    with pytest.raises(AssertionError, match="a mistake"):
        run()
