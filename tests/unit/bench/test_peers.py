"""`build.py bench peers`: peers make the rows of the job, and the report says what they took.

Few records, and no process is started; Spark is not here, since its packages are not.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from tests.bench.command_line import parser
from tests.bench.peers import run
from tests.bench.peers.by_record import DIMENSIONS, ByRecord, JoinBesideState, ReadRecord
from tests.bench.peers.case import CASES, DISTINCT_BLOCKS, Inputs
from tests.bench.peers.lean import Lean
from tests.bench.peers.names import CaseName, Peer
from tests.bench.peers.run import PeerChoice, measure_peers
from tests.bench.peers.services import Load
from tests.bench.peers.trial import (
    CLIENT,
    JVM,
    WORKER,
    Meter,
    RowsError,
    Trial,
    WindowError,
    check_rows,
    measure_window,
)

RECORDS = 50  # of a block


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    case = replace(CASES[CaseName.TICKETS], block_records=RECORDS)
    return Inputs(case, tmp_path_factory.mktemp("inputs"))


def make_lean_rows(inputs: Inputs, parts: Path) -> None:
    lean = Lean(inputs.folder)
    for number in range(DISTINCT_BLOCKS):
        lines = (inputs.folder / "lines" / str(number)).read_bytes()
        pq.write_table(lean.make_rows(lines), parts / f"rows-{lean.target}+{number}+{RECORDS}")


def make_rows_by_record(inputs: Inputs, parts: Path) -> None:
    function = ByRecord(inputs.folder, parts, part_rows=RECORDS)
    function.open(SimpleNamespace(get_index_of_this_subtask=lambda: 0))
    for number in range(DISTINCT_BLOCKS):
        for line in (inputs.folder / "lines" / str(number)).read_bytes().splitlines():
            assert [*function.process_element(line, None)] == []
    assert function.bad_records == 0


def make_rows_beside_state(inputs: Inputs, parts: Path) -> None:
    """Both functions, with a dict for Flink's state."""
    reader, context = (
        ReadRecord(inputs.folder),
        SimpleNamespace(get_index_of_this_subtask=lambda: 1),
    )
    reader.open(context)
    join = JoinBesideState(inputs.folder, parts, part_rows=RECORDS)
    join.open(context)
    rows: dict[str, Any] = {}
    state = SimpleNamespace(get=rows.get, put=rows.__setitem__)
    flink = SimpleNamespace(get_broadcast_state=lambda _: state)
    for name in ("dimensions", *range(DISTINCT_BLOCKS)):
        for line in (inputs.folder / "lines" / str(name)).read_bytes().splitlines():
            (made,) = reader.process_element(line, None)
            if made[0] is DIMENSIONS:
                assert [*join.process_broadcast_element(made[1], flink)] == []
            else:
                assert [*join.process_element(made, flink)] == []
    assert reader.bad_records == 0
    assert (parts / f"patches-1+{inputs.dimension_rows}").exists()


@pytest.mark.parametrize("make_rows", [make_lean_rows, make_rows_by_record, make_rows_beside_state])
def test_a_peer_makes_the_rows_of_the_job(
    make_rows: Callable[[Inputs, Path], None], inputs: Inputs, tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    make_rows(inputs, tmp_path / "parts")
    load = Load(inputs, DISTINCT_BLOCKS, tmp_path / "no.jar")
    for compares in (True, False):
        check_rows(Peer.LEAN, load, tmp_path, compares=compares)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda rows: rows.set_column(2, "sport_type", rows.column("location")),
            "sport_type differ",
        ),
        (lambda r: r.slice(1), "made 799 rows of sport_event_activity, expected are 800"),
    ],
)
def test_a_peer_that_makes_other_rows_is_refused(
    change: Callable[[Any], Any], sentence: str, inputs: Inputs, tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    (target,) = inputs.target_rows
    rows = inputs.read_target(target)
    pq.write_table(change(rows), tmp_path / "parts" / f"rows-{target}+1+{RECORDS}")
    load = Load(inputs, DISTINCT_BLOCKS, tmp_path / "no.jar")
    with pytest.raises(RowsError, match=sentence):
        check_rows(Peer.SPARK, load, tmp_path, compares=True)


def test_each_peer_takes_its_turn_and_the_figures_are_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    took = {
        Peer.JOB: 10.0,
        Peer.SPARK: 25.0,
        Peer.BY_RECORD: 100.0,
        Peer.BY_RECORD_STATE: 500.0,
        Peer.LEAN: 5.0,
    }
    turns: list[tuple[Peer, bool]] = []
    records: dict[Peer, int] = {}

    def run_trial(peer: Peer, load: Load, folder: Path, *, compares: bool) -> Trial:
        folder.mkdir()
        turns.append((peer, compares))
        records[peer] = load.records
        micros = took[peer] + len(turns)
        return Trial(peer, 9.0, micros / 2, {WORKER: micros - 3, JVM: 2.0, CLIENT: 1.0})

    monkeypatch.setattr(run, "run_trial", run_trial)
    monkeypatch.setattr(run, "make_spark_environment", lambda: None)
    monkeypatch.setattr(run, "build_jar", lambda folder: folder)
    case = replace(CASES[CaseName.TICKETS], block_records=RECORDS)
    monkeypatch.setitem(CASES, CaseName.TICKETS, case)
    json_file, markdown_file = tmp_path / "peers.json", tmp_path / "peers.md"
    plot_file = tmp_path / "peers.svg"
    arguments = ["peers", "--cases", "tickets", "--records", "8000", "--repeats", "2"]
    given = parser().parse_args([*arguments, "--json", str(json_file)])
    choice = PeerChoice(given.cases, given.peers, given.records, given.repeats)
    measure_peers(
        Console(quiet=True),
        choice,
        json_file=given.json,
        markdown_file=markdown_file,
        plot_file=plot_file,
    )
    assert turns == [(peer, first) for first in (True, False) for peer in Peer]
    (written,) = json.loads(json_file.read_text())["cases"]
    assert written["dimension_rows"] == 6_050
    spark = next(figures for figures in written["peers"] if figures["peer"] == "spark")
    assert spark["cpu"] == {"median": 29.5, "least": 27.0, "most": 32.0}
    assert spark["cpu_of_job"] == {
        "median": (27 / 11 + 32 / 16) / 2,
        "least": 32 / 16,
        "most": 27 / 11,
    }
    assert [*records.values()] == [8_000, 8_000, 2_400, 800, 8_000]
    assert "| spark | 8,000 | 29.50 (27.00-32.00) | 26.50 " in markdown_file.read_text()
    plot = ET.parse(plot_file)  # noqa: S314 - it has just been made here
    widths = [float(bar.get("width", "")) for bar in plot.iter("{http://www.w3.org/2000/svg}rect")]
    medians = [
        figures["cpu"]["median"]
        for figures in json.loads(json_file.read_text())["cases"][0]["peers"]
    ]
    assert [width / widths[0] for width in widths] == pytest.approx(
        [median / medians[0] for median in medians], rel=0.05
    )


def write_marks(folder: Path, *marks: tuple[float, int]) -> Path:
    (folder / "marks").mkdir()
    lines = [f"{int(second * 1e9)} {records}\n" for second, records in marks]
    (folder / "marks" / "peer").write_text("".join(lines))
    return folder


def test_only_the_second_half_of_a_trial_is_measured(tmp_path: Path) -> None:
    seconds = {WORKER: [0.0, 7.0, 9.0], JVM: [0.0, 5.0, 5.5], CLIENT: [0.0, 0.0, 0.0]}
    meter = Meter([], times=[100.0, 120.0, 130.0], seconds=seconds)
    folder = write_marks(tmp_path, (110, 500), (120, 500), (130, 1_000))
    trial = measure_window(Peer.JOB, 90.0, folder, meter)
    assert (trial.start_seconds, trial.clock) == (20.0, 10_000.0)
    assert trial.cpu == pytest.approx({WORKER: 2_000.0, JVM: 500.0, CLIENT: 0.0})
    assert trial.cpu_in_all == pytest.approx(2_500.0)


def test_a_trial_without_a_second_half_says_what_to_do(tmp_path: Path) -> None:
    folder = write_marks(tmp_path, (110, 500))
    with pytest.raises(WindowError, match="spark read the second half of its records at once"):
        measure_window(Peer.SPARK, 90.0, folder, Meter([]))
