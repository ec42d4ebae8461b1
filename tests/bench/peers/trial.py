"""One run of one peer: that it made the right rows, how fast it went, and what CPU time it took.

Pace and CPU time are those of a window: from when half of the records have been read to when the
last has. So neither the start of JVMs and workers counts, nor their compilers' first work, nor
their end. Each peer writes marks: lines of CLOCK_MONOTONIC in nanoseconds and of records that were
read since its last mark. The job reads ahead of its output by what its buffers hold, at both ends
of the window alike.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flink_app.declaration import POSITION
from infra.local.processes import Service, ServiceError
from tests.bench.peers.case import DISTINCT_BLOCKS, Inputs
from tests.bench.peers.names import Peer
from tests.bench.peers.services import CORES, Load, start_services

_LOOK_SECONDS: Final = 0.2
_LIMIT_SECONDS: Final = 600.0
_NANOS: Final = 1e9
_MICROS: Final = 1e6
JVM, WORKER, CLIENT = "jvm", "worker", "client"


@dataclass(frozen=True)
class Trial:
    """What was measured.

    Attributes:
        peer: which one ran.
        start_seconds: from its start to the first record.
        clock: microseconds of the clock a record.
        cpu: microseconds of CPU time a record, by kind of process.
    """

    peer: Peer
    start_seconds: float
    clock: float
    cpu: dict[str, float]

    @property
    def cpu_in_all(self) -> float:
        """Microseconds of CPU time a record."""
        return sum(self.cpu.values())


class WindowError(AssertionError):
    """A trial was too short to be measured."""


class RowsError(AssertionError):
    """A peer made other rows than the others; the message says of which target."""


@dataclass
class Meter:
    """CPU seconds of the processes below some services, as they grow."""

    services: list[Service]
    times: list[float] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _kinds: dict[int, str] = field(default_factory=dict)
    _used: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Adds a sample. A process that has ended counts with what it was last seen with."""
        for pid in [pid for service in self.services for pid in service.pids()]:
            try:
                process = psutil.Process(pid)
                used = process.cpu_times()
                # Again each time: what starts as a shell may become a JVM.
                self._kinds[pid] = _kind(process.cmdline())
            except psutil.NoSuchProcess:
                continue
            self._used[pid] = used.user + used.system
        self.times.append(time.monotonic())
        for kind in (JVM, WORKER, CLIENT):
            used_by_kind = [s for pid, s in self._used.items() if self._kinds[pid] == kind]
            self.seconds[kind].append(sum(used_by_kind))

    def between(self, start: float, end: float) -> dict[str, float]:
        """CPU seconds by kind from one time to another."""
        used = {k: np.interp([start, end], self.times, s) for k, s in self.seconds.items()}
        return {kind: float(at_end - at_start) for kind, (at_start, at_end) in used.items()}


def _kind(command: list[str]) -> str:
    if command and Path(command[0]).name == "java":
        return JVM
    if any("fn_execution" in word or "peers.lean" in word for word in command):
        return WORKER
    return CLIENT


def run_trial(peer: Peer, load: Load, folder: Path, *, compares: bool) -> Trial:
    """Runs a peer until all of its rows are there.

    Args:
        peer: which one.
        load: what it reads.
        folder: for its files.
        compares: whether to compare its rows; else they are counted.

    Raises:
        RowsError: its rows are others than expected.
        WindowError: it read too few records.
        ServiceError: it ended early, or does not end.
    """
    started = time.monotonic()
    services = start_services(peer, load, folder)
    meter = Meter(services)
    try:
        while not _has_ended(peer, load, folder, services):
            meter.look()
            if time.monotonic() > started + _LIMIT_SECONDS:
                message = f"{peer} still ran after {_LIMIT_SECONDS} s: {services[0].tail()}"
                raise ServiceError(message)
            time.sleep(_LOOK_SECONDS)
    finally:
        for service in services:
            service.stop()
    check_rows(peer, load, folder, compares=compares)
    return measure_window(peer, started, folder, meter)


def measure_window(peer: Peer, started: float, folder: Path, meter: Meter) -> Trial:
    """Pace and CPU time between the marks of the window. Raises WindowError."""
    times, read = _read_marks(folder)
    (begin, *_) = np.flatnonzero(read >= read[-1] / 2)
    records = float(read[-1] - read[begin])
    if not records:
        message = f"{peer} read the second half of its records at once: raise --records"
        raise WindowError(message)
    used = meter.between(times[begin], times[-1])
    return Trial(
        peer,
        times[0] - started,
        (times[-1] - times[begin]) / records * _MICROS,
        {kind: seconds / records * _MICROS for kind, seconds in used.items()},
    )


def _has_ended(peer: Peer, load: Load, folder: Path, services: list[Service]) -> bool:
    """Whether all rows are there; lets facts go where the dimensions are known by now."""
    codes = [service.returncode() for service in services]
    if any(codes) or (peer.is_endless and codes != [None]):
        message = f"{peer} ended with {codes}: {services[0].tail()}"
        raise ServiceError(message)
    if not peer.is_endless:
        return None not in codes
    go = folder / "go"
    known = _count_rows(folder, "patches-*") == count_known_dimensions(peer, load.inputs)
    if not go.exists() and known:
        go.touch()
    expected = sum(load.inputs.target_rows.values()) * load.blocks // DISTINCT_BLOCKS
    return _count_rows(folder, "rows-*") >= expected


def count_known_dimensions(peer: Peer, inputs: Inputs) -> int:
    """How many rows of dimensions a peer says it has, before facts may come."""
    if not peer.reads_dimensions:
        return 0
    # One subtask makes the job's patches; the other peer's subtasks speak for themselves.
    return inputs.dimension_rows * (1 if peer is Peer.JOB else CORES)


def _count_rows(folder: Path, pattern: str) -> int:
    return sum(int(path.name.rpartition("+")[2]) for path in (folder / "parts").glob(pattern))


def _read_marks(folder: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Seconds of the marks, and how many records had been read by then."""
    lines = [
        line.split() for p in (folder / "marks").iterdir() for line in p.read_text().splitlines()
    ]
    marks = sorted((int(nanos) / _NANOS, int(records)) for nanos, records in lines)
    times, records = np.array(marks).T
    return times, records.cumsum()


def check_rows(peer: Peer, load: Load, folder: Path, *, compares: bool) -> None:
    """Counts the rows that a trial has left, and compares them. Raises RowsError."""
    times = load.blocks // DISTINCT_BLOCKS
    for target, rows in load.inputs.target_rows.items():
        paths = [
            *(folder / "parts").glob(f"rows-{target}+*"),
            *(folder / "spark" / target).glob("*.parquet"),
        ]
        made = sum(pq.read_metadata(path).num_rows for path in paths)
        if made != rows * times:
            message = f"{peer} made {made} rows of {target}, expected are {rows * times}"
            raise RowsError(message)
        if compares and (different := _find_differences(load.inputs.read_target(target), paths)):
            message = f"{peer} made other rows of {target}: columns {', '.join(different)} differ"
            raise RowsError(message)


def _find_differences(expected: pa.Table, paths: list[Path]) -> list[str]:
    """The columns in which files differ from the rows expected, each as often as the others."""
    made = pa.concat_tables(pq.read_table(path) for path in paths)
    made = made.select(expected.column_names).cast(expected.schema)
    made = made.take(pc.sort_indices(made.column(POSITION)))
    order = pc.sort_indices(expected.column(POSITION)).to_numpy()
    expected = expected.take(order.repeat(len(made) // len(expected)))
    return [n for n in expected.column_names if not made.column(n).equals(expected.column(n))]
