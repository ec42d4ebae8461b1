"""What a load test is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.load.figures import Parameters
from tests.load.pace import Schedule
from tests.load.thresholds import Threshold
from tests.load.traffic import WEIGHTS


@dataclass(frozen=True)
class Options:
    """One load test.

    Attributes:
        rate: records per second, on average.
        minutes: for so long.
        seed: of the traffic.
        declaration: whose tables it is of; None is the ticket seller's business.
        rows: of each table of the declaration in the full load.
        burst: factor of the bursts; 1 is none.
        senders: threads that put.
        shards, parallelism, checkpoint_interval: of the local stream and job.
        environment: a deployed one, in place of the local servers.
        environments: the folder of its file; None is the shipped one.
        first_key: smallest key of every table.
        weights: of the operations.
        output: folder of the report.
        search: whether to look for the highest rate that is sustained, from `rate` on.
        fail_if: thresholds that the report is judged by.
        compare: two earlier reports, to be put side by side in place of a run.
        keep: folder for logs and state of the local servers; a temporary one when None.
    """

    rate: float = 500.0
    minutes: float = 1.0
    seed: int = 1
    declaration: Path | None = None
    rows: int = 2_000
    burst: float = 3.0
    senders: int = 2
    shards: int = 2
    parallelism: int = 2
    checkpoint_interval: str = "2 s"
    environment: str | None = None
    environments: Path | None = None
    first_key: int = 1
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    search: bool = False
    fail_if: list[Threshold] = field(default_factory=list)
    compare: list[Path] | None = None
    output: Path = Path("build/load-test")
    keep: Path | None = None

    def schedule(self) -> Schedule:
        """When records are due."""
        return Schedule(rate=self.rate, seconds=self.minutes * 60, burst=self.burst)

    def parameters(self) -> Parameters:
        """For the report; what the environment decides is left out."""
        local = self.environment is None
        return Parameters(
            rate=self.rate,
            minutes=self.minutes,
            seed=self.seed,
            declaration=None if self.declaration is None else self.declaration.stem,
            burst=self.burst,
            senders=self.senders,
            shards=self.shards if local else None,
            parallelism=self.parallelism if local else None,
            checkpoint_interval=self.checkpoint_interval if local else None,
            environment=self.environment,
            first_key=self.first_key,
            weights=self.weights,
        )
