"""The commands that a trial starts, one for each peer or, of `lean`, one for each core."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.configuration import LocalRun
from infra.local.processes import Service
from infra.local.toolchain import ROOT, connectors_jar, python_environment
from tests.bench.peers.case import DISTINCT_BLOCKS, Inputs
from tests.bench.peers.names import Peer
from tests.bench.peers.spark_environment import SPARK_PYTHON

CORES: Final = 2
_HERE: Final = Path(__file__).parent
# Of a job on the service it is a minute; here an epoch is a small part of a trial.
_CHECKPOINT_INTERVAL: Final = "5 s"
_BATCH_BLOCKS: Final = 20  # of Spark: as many records as the job makes in some seconds


@dataclass(frozen=True)
class Load:
    """What a trial reads: so many blocks of a case."""

    inputs: Inputs
    blocks: int
    blocks_jar: Path

    @property
    def records(self) -> int:
        """Fact records in all."""
        return self.blocks * self.inputs.case.block_records


def start_services(peer: Peer, load: Load, trial: Path) -> list[Service]:
    """Starts a peer on `load`; its files are in `trial`."""
    for name in ("marks", "parts", "staged"):
        (trial / name).mkdir(parents=True)
    case = load.inputs.folder
    match peer:
        case Peer.JOB | Peer.BY_RECORD | Peer.BY_RECORD_STATE:
            return [_start_pyflink(peer, load, trial)]
        case Peer.SPARK:
            _link_lines(case, trial / "lines", load.blocks)
            command = [SPARK_PYTHON, _HERE / "spark_job.py", case, trial, _BATCH_BLOCKS, CORES]
            environment = {**python_environment(), "PATH": _path_of_spark()}
            return [Service(peer, [*map(str, command)], log=trial / "log", env=environment)]
        case Peer.LEAN:
            module = [sys.executable, "-m", "tests.bench.peers.lean"]
            return [
                Service(
                    peer,
                    [*module, str(case), str(trial), str(first), str(CORES), str(load.blocks)],
                    log=trial / f"log-{first}",
                    env=python_environment(),
                )
                for first in range(CORES)
            ]


def _path_of_spark() -> str:
    # The workers that Spark starts must be of its own environment; it starts none here.
    return f"{SPARK_PYTHON.parent}:{python_environment()['PATH']}"


def _link_lines(case: Path, lines: Path, blocks: int) -> None:
    lines.mkdir()
    for number in range(blocks):
        (lines / f"{number:05}").hardlink_to(case / "lines" / str(number % DISTINCT_BLOCKS))


def _start_pyflink(peer: Peer, load: Load, trial: Path) -> Service:
    run = LocalRun(
        state=trial / "state",
        jar=connectors_jar(),
        parallelism=CORES,
        checkpoint_interval=_CHECKPOINT_INTERVAL,
    )
    configuration = run.configuration()
    configuration["pipeline.jars"] += f";{load.blocks_jar.as_uri()}"
    case = load.inputs.case
    return Service(
        peer,
        [
            sys.executable,
            "-m",
            "tests.bench.peers.pyflink_jobs",
            peer,
            str(ROOT / case.star_file),
            str(load.inputs.folder),
            str(trial),
            str(load.blocks),
            str(case.block_records),
            json.dumps(configuration),
        ],
        log=trial / "log",
        env=run.environment(trial),
    )
