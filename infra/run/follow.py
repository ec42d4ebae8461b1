"""Puts what changes at the source on the stream, and reports what the loads have made of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

from botocore.exceptions import BotoCoreError
from redshift_connector.error import InterfaceError

from flink_app.declaration import Star
from infra.catalogue.model import TableName
from infra.local.minicluster import MiniCluster
from infra.local.source import stream
from infra.local.stack import STREAM, LocalStack
from infra.run.batches import Batch, Batches
from infra.run.capture import Capture
from infra.run.errors import RunError
from infra.run.printing import Printer
from infra.run.wide_rows import ChangedRows, WideRows

# A loaded machine may take a minute to start the workers; three without any progress is a fault.
_STALLED_SECONDS: Final = 180.0
# What is said stands behind an exception's name; what the application itself says is best.
_SENTENCES: Final = (
    re.compile(r"^(?:connectors|flink_app)\.[\w.]+Error: (\S.*)$", re.MULTILINE),
    re.compile(r"^[\w.]*(?:Error|Exception): (\S.*)$", re.MULTILINE),
)


@dataclass(frozen=True)
class Running:
    """What has been started, in the order of the data path."""

    capture: Capture
    stack: LocalStack
    job: MiniCluster
    star: Star


@contextmanager
def _explain_loss() -> Iterator[None]:
    """A server that is gone, in a sentence. Raises RunError."""
    try:
        yield
    except (InterfaceError, OSError) as error:
        message = f"the warehouse does not answer any more: {error}"
        raise RunError(message) from error
    except BotoCoreError as error:
        message = f"Kinesis or S3 do not answer any more: {error}"
        raise RunError(message) from error


class Follower:
    """Follows the source of a running job.

    Args:
        running: what has been started.
        put: records of the full load, which are on the stream.
        look_seconds: how often the source is asked for changes.
    """

    def __init__(self, running: Running, put: int, look_seconds: float) -> None:
        self._running = running
        self._kinesis = running.stack.client("kinesis")
        self._put = put
        self._look_seconds = look_seconds
        self._warehouse = running.stack.warehouse()
        # One look sees one state of the warehouse.
        self._warehouse.autocommit = False
        self._batches = Batches(self._warehouse, running.stack.client("s3"))
        self._wide_rows: dict[str, WideRows] = {}
        self._moved = time.monotonic()

    def load(self, report: Callable[[int, int], None]) -> Batch:
        """Returns when the full load is in the warehouse, with what became of it.

        `report` is given how many records are loaded, and of how many. Raises RunError when the job
        ends, or nothing moves.
        """
        whole = self._put
        total = Batch("full load")
        while total.records < whole:
            with _explain_loss():
                self._put_changes()
                for batch in self._look_at_batches():
                    total.add(batch)
                if total.records >= whole:
                    self._begin_rows()
                self._warehouse.commit()
            report(total.records, whole)
            self._check()
            time.sleep(self._look_seconds)
        return total

    def follow(self, printer: Printer) -> NoReturn:
        """Prints each batch, for ever. Raises RunError when the job or the source ends."""
        while True:
            changes: dict[str, ChangedRows] = {}
            with _explain_loss():
                truncated = self._put_changes()
                batches = self._look_at_batches()
                if batches:
                    changes = {target: rows.look() for target, rows in self._wide_rows.items()}
                self._warehouse.commit()
            for schema, table in truncated:
                printer.print_event(
                    f"{schema}.{table} was truncated: DMS sends no record of that, so its rows "
                    "stay in the warehouse; DELETE takes them out"
                )
            for number, batch in enumerate(batches, start=1):
                # Rows are looked at once, after the last of several batches.
                printer.print_batch(batch, changes if number == len(batches) else {})
            self._check()
            time.sleep(self._look_seconds)

    def close(self) -> None:
        """Leaves the warehouse."""
        self._warehouse.close()

    def _look_at_batches(self) -> list[Batch]:
        batches = self._batches.look()
        if batches:
            self._moved = time.monotonic()
        return batches

    def _begin_rows(self) -> None:
        star = self._running.star
        for target in star.targets:
            rows = WideRows(self._warehouse, star, target)
            if rows.begin():
                self._wide_rows[target] = rows

    def _put_changes(self) -> Sequence[TableName]:
        """Puts what was committed on the stream; the tables that were emptied meanwhile."""
        changes = self._running.capture.read()
        if changes.entries:
            if self._put <= self._batches.records:
                self._moved = time.monotonic()  # from here on there is something to wait for
            self._put += stream.put(self._kinesis, STREAM, changes.entries)
        self._running.capture.confirm(changes)
        return changes.truncated

    def _check(self) -> None:
        service = self._running.job.service
        if service.returncode() is not None:
            status = service.returncode()
            raise RunError(explain_end(service.log.read_text(errors="replace"), status))
        is_behind = self._batches.records < self._put
        if is_behind and time.monotonic() - self._moved > _STALLED_SECONDS:
            message = (
                f"nothing was loaded for {_STALLED_SECONDS:.0f} s, and "
                f"{self._put - self._batches.records:,} records wait: look into {service.log}"
            )
            raise RunError(message)


def explain_end(log: str, status: int | None) -> str:
    """Why a job has ended, from its log: the application's last sentence, or what is likest one."""
    said = (pattern.findall(log) for pattern in _SENTENCES)
    sentences = next(filter(None, said), [f"its process ended with {status} and gave no reason"])
    return f"the job has ended: {sentences[-1].strip()} (--keep FOLDER keeps its log)"
