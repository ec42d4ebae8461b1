"""One load test from beginning to end.

1. Measure the generator's own ceiling. 2. Put the full load, start the job, wait until it is there:
start-up is in no figure. 3. Start the clock and put every record when it is due, while the
warehouse and the processes are watched. 4. Wait until the warehouse's accounts cover every record
put. 5. Compare its table with the true one, and reconcile it as a user would. Whatever ends a run
early, what was measured is reported.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.core import Connection
from redshift_connector.error import Error

from infra.local.processes import ServiceError
from infra.local.runs import RunFolderError
from infra.local.toolchain import ToolchainError
from infra.reconcile.errors import NotComparableError
from tests.load.changes import ChangesSettings
from tests.load.clock import RunClock
from tests.load.comparison import compare
from tests.load.destination import LoadTestError, Target, Warehouse
from tests.load.figures import Outcome, Report
from tests.load.gather import Gathered
from tests.load.latency import covered_at
from tests.load.markup import in_words
from tests.load.operators import OperatorSampler
from tests.load.options import Options
from tests.load.pace import pace
from tests.load.processes import Sampler
from tests.load.sender import Sender, put_all
from tests.load.waiting import Progress, Waiting
from tests.load.watcher import Seen, Watcher

_EXPECTED_ERRORS: Final = (
    LoadTestError, ServiceError, ToolchainError, RunFolderError, ClientError, BotoCoreError, Error,
    NotComparableError, OSError,
)  # fmt: skip

OpenTarget = Callable[[Options, ChangesSettings], AbstractContextManager[Target]]


class LoadTest:
    """A load test; `run` it once.

    Args:
        options: what to do.
        settings: what the traffic is.
        open_target: opens what is put under load.
        tell: takes the progress.
        before_comparison: for tests: may change the warehouse before it is compared.
    """

    def __init__(
        self,
        options: Options,
        settings: ChangesSettings,
        open_target: OpenTarget,
        tell: Progress,
        before_comparison: Callable[[Connection], None] | None = None,
    ) -> None:
        self._options = options
        self._settings = settings
        self._open_target = open_target
        self._tell = tell
        self._before_comparison = before_comparison
        self._clock = RunClock()
        self._traffic = settings.open()
        self._gathered = Gathered(options, options.schedule(), self._clock)
        self._wait = Waiting(self._clock, tell)
        self._pacing_error: BaseException | None = None

    def run(self) -> Report:
        """Runs to the end, or to what ended it."""
        outcome: Outcome
        try:
            with self._open_target(self._options, self._settings) as target:
                self._tell.note("Measuring the generator by itself")
                self._gathered.ceiling = target.ceiling()
                outcome, reason = self._under_load(target)
        except KeyboardInterrupt:
            outcome, reason = "interrupted", "Stopped by hand; nothing was compared."
        except _EXPECTED_ERRORS as error:
            outcome, reason = "failed", str(error)
        return self._gathered.report(outcome, reason)

    def _under_load(self, target: Target) -> tuple[Outcome, str]:
        """Steps 2 to 5; gathers what there is even when they do not come to their end."""
        warehouse = target.destination.warehouse
        full_load = self._put_full_load(target)
        loaded = in_words(self._gathered.full_load, "record")
        self._tell.note(f"Put {loaded} of full load; starting the job")
        target.start_job()
        with ExitStack() as connections:
            connection = None
            if warehouse is not None:
                connection = connections.enter_context(closing(warehouse.connect()))
                watcher = self._watcher(target, warehouse, connection)
                self._wait_for_full_load(target, watcher, full_load)
            try:
                self._drive(target, connection)
            finally:
                self._gathered.operations = dict(self._traffic.counts)
                self._gathered.checkpoints = target.checkpoints(self._clock)
                if warehouse is not None and connection is not None:
                    self._gathered.note_batches(connection, warehouse.bookkeeping)
            if warehouse is None or connection is None:
                return "not compared", f"Not compared: {target.destination.why_none}."
            return self._compare(target, warehouse, connection)

    def _put_full_load(self, target: Target) -> dict[str, int]:
        sender = self._sender(target)
        try:
            put_all(sender, self._traffic.full_load())
        except KeyboardInterrupt:
            self._clock.stop()
            raise
        self._gathered.full_load = sender.sent.records
        return sender.sent.last_numbers()

    def _sender(self, target: Target) -> Sender:
        destination = target.destination
        return Sender(destination.kinesis, destination.stream, self._options.senders, self._clock)

    def _watcher(self, target: Target, warehouse: Warehouse, connection: Connection) -> Watcher:
        stream = target.destination.stream
        return Watcher(connection, self._clock, stream, warehouse.bookkeeping)

    def _wait_for_full_load(
        self, target: Target, watcher: Watcher, full_load: dict[str, int]
    ) -> None:
        def loaded() -> bool:
            watcher.look()
            return watcher.seen.covers(full_load)

        self._wait.until(
            target,
            loaded,
            moved=lambda: watcher.seen.records,
            line=lambda: (
                f"Waiting for the full load: {watcher.seen.records:,} of "
                f"{in_words(self._gathered.full_load, 'record')} visible"
            ),
        )

    def _drive(self, target: Target, connection: Connection | None) -> None:
        """Steps 3 and 4."""
        warehouse = target.destination.warehouse
        sender = self._sender(target)
        pacing = threading.Thread(target=self._pace, args=(sender,), name="pacing", daemon=True)
        sampler = Sampler(self._clock, target.process_names)
        seen: Seen | None = None
        self._clock.start()
        operators = OperatorSampler(self._clock, target.operator_loads)
        self._gathered.sent, self._gathered.samples = sender.sent, sampler.samples
        self._gathered.operators = operators.samples
        self._tell.note("The clock starts")
        with ExitStack() as running:
            running.callback(sender.close)
            running.callback(self._clock.stop)
            running.enter_context(sampler)
            running.enter_context(operators)
            if warehouse is not None and connection is not None:
                watcher = self._watcher(target, warehouse, connection)
                self._gathered.seen = seen = watcher.seen
                watcher.look()
                running.enter_context(watcher)
            sender.start()
            pacing.start()

            def check_threads() -> None:
                sender.check()
                operators.check()
                if self._pacing_error is not None:
                    raise self._pacing_error
                if seen is not None:
                    watcher.check()

            def moved() -> tuple[int, int]:
                return sender.sent.records, 0 if seen is None else seen.records

            def all_sent() -> bool:
                check_threads()
                return not pacing.is_alive() and sender.waiting() == 0

            def line() -> str:
                return self._line(sender, seen)

            self._wait.until(target, all_sent, moved=moved, line=line)
            sender.finish()
            if seen is not None:
                last = sender.sent.last_numbers()

                def all_visible() -> bool:
                    check_threads()
                    return seen.covers(last)

                self._tell.note("All records are put; waiting until the last is visible")
                self._wait.until(target, all_visible, moved=moved, line=line)
                self._gathered.settled_at = covered_at(seen, last)

    def _pace(self, sender: Sender) -> None:
        def emit(due: float) -> None:
            key, data = self._traffic.next(due)
            self._gathered.due += 1
            sender.offer(due, key, data)

        try:
            pace(self._gathered.schedule, emit, self._clock)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._pacing_error = error

    def _line(self, sender: Sender, seen: Seen | None) -> str:
        before = self._gathered.full_load
        visible = "" if seen is None else f", {max(seen.records - before, 0):,} visible"
        records = in_words(self._gathered.schedule.count, "record")
        return (
            f"{self._clock.now():.0f} of {self._gathered.schedule.seconds:.0f} s, "
            f"{self._gathered.due:,} of {records} due, {sender.sent.records:,} put{visible}; "
            f"{in_words(sender.waiting(), 'waits', 'wait')} for Kinesis"
        )

    def _compare(
        self, target: Target, warehouse: Warehouse, connection: Connection
    ) -> tuple[Outcome, str]:
        """Step 5."""
        self._tell.note("Comparing the warehouse with the truth")
        if self._before_comparison is not None:
            self._before_comparison(connection)
        keys = self._traffic.key_range
        comparison = compare(
            [
                (true, warehouse.read(connection, true, keys))
                for true in self._traffic.compute_true_tables(warehouse.token_key)
            ]
        )
        self._gathered.comparison = comparison
        tables = self._traffic.source_tables()
        if tables is not None:
            self._tell.note("Reconciling the warehouse with these tables as a source has them")
            self._gathered.reconciled = target.reconcile(tables)
        if comparison.equal:
            rows = in_words(comparison.expected_rows, "row is as it", "rows are as they")
            return "equal", f"{rows} should be."
        missing = in_words(comparison.missing, "key is", "keys are")
        different = in_words(comparison.different, "has other rows", "have other rows")
        return "different", (
            f"{missing} missing, {comparison.unexpected:,} should not be there, {different}."
        )
