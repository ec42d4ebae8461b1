"""Which peers run, in which order: all in turns, so that what else the machine does slows all."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from tests.bench.peers.case import CASES, DISTINCT_BLOCKS, Inputs
from tests.bench.peers.figures import CaseFigures, Machine, sum_up
from tests.bench.peers.names import CaseName, Peer
from tests.bench.peers.plot import draw_plot
from tests.bench.peers.pyflink_jobs import build_jar
from tests.bench.peers.report import write_table
from tests.bench.peers.services import Load
from tests.bench.peers.spark_environment import make_spark_environment
from tests.bench.peers.trial import Trial, run_trial


@dataclass(frozen=True)
class PeerChoice:
    """What is measured.

    Attributes:
        records: of each trial; rounded up to whole rounds of the distinct blocks.
    """

    cases: Sequence[CaseName]
    peers: Sequence[Peer]
    records: int
    repeats: int


def measure_peers(
    console: Console,
    choice: PeerChoice,
    *,
    json_file: Path | None = None,
    markdown_file: Path | None = None,
    plot_file: Path | None = None,
) -> list[CaseFigures]:
    """Prints the figures of each case, and writes them.

    Raises RowsError where a peer makes other rows than the job should.
    """
    if Peer.SPARK in choice.peers:
        make_spark_environment()
    load_before = os.getloadavg()[0]
    measured: list[CaseFigures] = []
    with tempfile.TemporaryDirectory(prefix="starjoin-bench-") as name:
        jar = build_jar(Path(name))
        for case_name in choice.cases:
            case = CASES[case_name]
            peers = [peer for peer in Peer if peer in case.peers & {*choice.peers}]
            inputs = Inputs(case, Path(name) / case_name)
            records = choice.records * case.share
            loads = {peer: _make_load(inputs, records * peer.share, jar) for peer in peers}
            measured.append(_measure_case(console, inputs, loads, choice.repeats))
            machine = Machine.describe(load_before)
            table = write_table(machine, measured)
            # After each case: a long run may be interrupted.
            if json_file is not None:
                written = {"machine": asdict(machine), "cases": [asdict(c) for c in measured]}
                json_file.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
            if markdown_file is not None:
                markdown_file.write_text(table, encoding="utf-8")
            if plot_file is not None:
                plot_file.write_text(draw_plot(machine, measured), encoding="utf-8")
    console.print(table)
    return measured


def _make_load(inputs: Inputs, records: float, jar: Path) -> Load:
    rounds = math.ceil(records / (DISTINCT_BLOCKS * inputs.case.block_records))
    return Load(inputs, rounds * DISTINCT_BLOCKS, jar)


def _measure_case(
    console: Console, inputs: Inputs, loads: Mapping[Peer, Load], repeats: int
) -> CaseFigures:
    case = inputs.case
    trials: dict[Peer, list[Trial]] = defaultdict(list)
    for repeat in range(repeats):
        for peer, load in loads.items():
            folder = inputs.folder / "trial"
            trial = run_trial(peer, load, folder, compares=repeat == 0)
            shutil.rmtree(folder)
            trials[peer].append(trial)
            console.print(
                f"{case.name}, repeat {repeat + 1}, {peer}: {trial.cpu_in_all:.2f} us of CPU a "
                f"record, {trial.clock:.2f} us of the clock, start-up {trial.start_seconds:.0f} s"
            )
    return CaseFigures(
        case.name,
        round(inputs.record_bytes, 1),
        case.block_records,
        inputs.dimension_rows,
        repeats,
        sum_up(trials, {peer: load.records for peer, load in loads.items()}),
    )
