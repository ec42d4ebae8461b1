"""Everything that a run has measured so far, and the report that can be made of it at any time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil
from redshift_connector.core import Connection

from connectors.version import VERSION
from infra.local.progress import batches
from tests.load.clock import RunClock
from tests.load.figures import (
    Batch,
    Ceiling,
    Checkpoint,
    Comparison,
    Generator,
    Latency,
    Machine,
    Outcome,
    Reconciled,
    Report,
)
from tests.load.latency import backlog, latency, lateness, rates
from tests.load.operators import OperatorSamples
from tests.load.options import Options
from tests.load.pace import Schedule
from tests.load.processes import Samples
from tests.load.sender import Sent
from tests.load.watcher import Seen
from tests.support.commit import find_commit


@dataclass
class Gathered:
    """Filled by the run, part after part; what is not there yet is not in the report."""

    options: Options
    schedule: Schedule
    clock: RunClock
    ceiling: Ceiling = field(default_factory=lambda: Ceiling(rendered_per_second=0.0))
    full_load: int = 0
    due: int = 0
    operations: Mapping[str, int] = field(default_factory=dict)
    sent: Sent = field(default_factory=Sent)
    seen: Seen | None = None
    samples: Samples = field(default_factory=Samples)
    operators: OperatorSamples = field(default_factory=OperatorSamples)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    settled_at: float | None = None
    comparison: Comparison | None = None
    reconciled: Reconciled | None = None

    def note_batches(self, connection: Connection, schema: str) -> None:
        """Reads the batches that were committed since the clock was started.

        Call it when the checkpoints are known.
        """
        completed = {c.number: c.at + c.seconds for c in self.checkpoints}
        found = [_batch(row, self.clock, completed) for row in batches(connection, schema)]
        self.batches = [batch for batch in found if batch.at >= 0]

    def report(self, outcome: Outcome, reason: str) -> Report:
        """The report as of now."""
        sent, seen = self.sent, self.seen
        dues = [self.schedule.due(number) for number in range(self.due)]
        ended = dues[-1] if dues else 0.0
        last_put = max((trace.sent[-1] for trace in sent.shards.values()), default=0.0)
        drive = max(ended, last_put)
        measured: Latency | None = latency(sent, seen) if seen is not None else None
        return Report(
            version=VERSION,
            commit=find_commit(),
            started_at=dt.datetime.fromtimestamp(self.clock.epoch, dt.UTC).isoformat(
                " ", timespec="seconds"
            ),
            outcome=outcome,
            reason=reason,
            parameters=self.options.parameters(),
            machine=Machine(
                cores=psutil.cpu_count() or 1,
                cpu_mean=self.samples.machine_mean(0, drive),
            ),
            seconds=rates(dues, sent, seen),
            bursts=self.schedule.bursts(),
            generator=Generator(
                full_load=self.full_load,
                due=self.due,
                put=sent.records,
                lateness=lateness(sent),
                calls=sent.calls,
                refused_at_first=sent.refused,
                operations=dict(self.operations),
                ceiling=self.ceiling,
            ),
            records_read=None if seen is None else seen.records,
            dead_lettered=None if seen is None else seen.dead_lettered,
            drive_seconds=drive,
            settled_seconds=None if self.settled_at is None else max(self.settled_at - ended, 0.0),
            backlog_records=None if seen is None else backlog(sent, seen, ended),
            latency=measured,
            checkpoints=[c for c in self.checkpoints if c.at >= 0],
            batches=self.batches,
            processes=self.samples.figures(0, drive),
            operators=self.operators.figures(0, drive),
            comparison=self.comparison,
            reconciled=self.reconciled,
        )


def _batch(row: dict[str, Any], clock: RunClock, completed: Mapping[int, float]) -> Batch:
    at = clock.since_start(row["loaded_at"].replace(tzinfo=dt.UTC).timestamp())
    checkpoint = completed.get(row["last_epoch"])
    return Batch(
        at=at,
        after_checkpoint=None if checkpoint is None else at - checkpoint,
        first_epoch=row["first_epoch"],
        last_epoch=row["last_epoch"],
        parts=row["parts"],
        fact_rows=row["fact_rows"],
        patches=row["patches"],
        dead_letters=row["dead_letters"],
        bytes=row["bytes"],
    )
