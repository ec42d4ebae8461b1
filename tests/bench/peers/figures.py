"""Medians of the trials of a case, and the machine that they ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pyarrow as pa

from tests.bench.peers.names import CaseName, Peer
from tests.bench.peers.trial import JVM, WORKER, Trial
from tests.bench.spread import Spread, spread_of

_GIGABYTE: Final = 2**30


@dataclass(frozen=True)
class Figures:
    """A peer in one case; microseconds are those of a record.

    Attributes:
        records: how many a trial reads.
        clock: microseconds of the clock, with all cores of the machine.
        cpu: microseconds of CPU time of all its processes.
        cpu_of_workers: of it, those of Python workers.
        cpu_of_jvm: of it, those of the JVM.
        start_seconds: until the first record was read.
        clock_of_job: how many times the job's clock it takes, repeat by repeat.
        cpu_of_job: how many times the job's CPU time.
    """

    peer: Peer
    records: int
    clock: Spread
    cpu: Spread
    cpu_of_workers: Spread
    cpu_of_jvm: Spread
    start_seconds: Spread
    clock_of_job: Spread | None
    cpu_of_job: Spread | None


@dataclass(frozen=True)
class CaseFigures:
    """A case.

    Attributes:
        record_bytes: the mean size of a record.
        block_records: how many a frame has.
    """

    case: CaseName
    record_bytes: float
    block_records: int
    dimension_rows: int
    repeats: int
    peers: list[Figures]


@dataclass(frozen=True)
class Machine:
    """Where it ran. The load is the mean number of running processes of the last minute."""

    processor: str
    cores: int
    memory_gigabytes: int
    python: str
    pyarrow: str
    load_before: float
    load_after: float

    @classmethod
    def describe(cls, load_before: float) -> Machine:
        """This one."""
        return cls(
            _processor(),
            os.cpu_count() or 0,
            round(psutil.virtual_memory().total / _GIGABYTE),
            platform.python_version(),
            pa.__version__,
            round(load_before, 1),
            round(os.getloadavg()[0], 1),
        )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def sum_up(trials: Mapping[Peer, Sequence[Trial]], records: Mapping[Peer, int]) -> list[Figures]:
    """The figures of each peer, from its trials in the order in which they ran."""
    job = trials.get(Peer.JOB)
    return [_sum_up_peer(peer, records[peer], its, job) for peer, its in trials.items()]


def _sum_up_peer(
    peer: Peer, records: int, trials: Sequence[Trial], job: Sequence[Trial] | None
) -> Figures:
    pairs = [*zip(trials, job, strict=True)] if job and peer is not Peer.JOB else []
    return Figures(
        peer,
        records,
        spread_of(trial.clock for trial in trials),
        spread_of(trial.cpu_in_all for trial in trials),
        spread_of(trial.cpu[WORKER] for trial in trials),
        spread_of(trial.cpu[JVM] for trial in trials),
        spread_of(trial.start_seconds for trial in trials),
        spread_of(its.clock / of_job.clock for its, of_job in pairs) if pairs else None,
        spread_of(its.cpu_in_all / of_job.cpu_in_all for its, of_job in pairs) if pairs else None,
    )
