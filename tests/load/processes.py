"""CPU and memory of every process below this one, by what it is.

Owns how a process is recognised. Memory is resident memory; of several processes with one name,
what they share is counted once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from infra.local.lifetimes import Lifetime
from tests.load.figures import Process, ProcessSample
from tests.load.pace import Clock

SAMPLE_SECONDS: Final = 1.0
GENERATOR: Final = "generator and watcher"
KINESIS: Final = "moto (Kinesis, S3)"
EMULATOR: Final = "warehouse (emulator)"
_WORKER: Final = "Python worker"
# What a command line holds, and what the process is. A child without a name of its own has its
# parent's: PostgreSQL's sessions, the shell around a worker.
_NAMES: Final = {
    "infra.local.moto_server": KINESIS,
    "StandaloneSessionClusterEntrypoint": "job manager (JVM)",
    "TaskManagerRunner": "task manager (JVM)",
    "pyflink.fn_execution.beam": _WORKER,
    "infra.redshift_emulator": EMULATOR,
}
# Pure Python, which one core's worth of work fills. Workers may use more inside Arrow.
_SINGLE_THREADED: Final = (KINESIS, EMULATOR, GENERATOR, _WORKER)


@dataclass
class _Known:
    """A process that has been seen before."""

    process: psutil.Process
    name: str
    cpu_seconds: float = 0.0
    waited_seconds: float = 0.0


@dataclass
class Samples:
    """What was measured; only the sampler's thread changes it."""

    by_name: dict[str, list[ProcessSample]] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)
    machine: list[tuple[float, float]] = field(default_factory=list)

    def figures(self, begin: float, end: float) -> list[Process]:
        """What each used between two times, the busiest first."""
        found = []
        for name, samples in self.by_name.items():
            within = [s for s in samples if begin <= s.at <= end] or samples
            found.append(
                Process(
                    name=name,
                    processes=self.processes[name],
                    cpu_mean=sum(s.cpu for s in within) / len(within),
                    cpu_max=max(s.cpu for s in within),
                    waited_mean=sum(s.waited for s in within) / len(within),
                    memory_max=max(s.memory for s in samples),
                    single_threaded=name.startswith(_SINGLE_THREADED),
                    samples=samples,
                )
            )
        return sorted(found, key=lambda process: -process.cpu_mean)

    def machine_mean(self, begin: float, end: float) -> float:
        """Cores in use by everything on the machine between two times."""
        within = [cores for at, cores in self.machine if begin <= at <= end]
        return sum(within) / len(within) if within else 0.0


def _waited(pid: int) -> float:
    """Seconds in which threads of the process were ready to run and had no core, added up."""
    nanoseconds = 0
    for statistics in Path("/proc").glob(f"{pid}/task/*/schedstat"):
        with suppress(OSError):  # the thread has ended since it was listed
            nanoseconds += int(statistics.read_text().split()[1])
    return nanoseconds / 1e9


class Sampler(Lifetime):
    """A thread that measures until it is stopped; a context manager.

    Args:
        clock: the run's.
        names: further parts of command lines, and what such a process is.
    """

    def __init__(self, clock: Clock, names: Mapping[str, str] | None = None) -> None:
        self.samples = Samples()
        self._clock = clock
        self._names = {**_NAMES, **(names or {})}
        self._own = psutil.Process()
        self._known: dict[int, _Known] = {}
        self._workers = 0
        self._last: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def sample(self) -> None:
        """Measures once; what a process used is known from the second time on."""
        now = self._clock.now()
        passed = None if self._last is None else now - self._last
        cpu: dict[str, float] = {}
        waited: dict[str, float] = {}
        memory: dict[str, int] = {}
        counted: dict[str, int] = {}
        for known, is_new in self._find():
            try:
                times, size = known.process.cpu_times(), known.process.memory_info()
            except psutil.NoSuchProcess:
                continue
            name, used, ready = known.name, times.user + times.system, _waited(known.process.pid)
            if not is_new:
                cpu[name] = cpu.get(name, 0.0) + used - known.cpu_seconds
                # Threads that have ended take their waiting with them.
                waited[name] = waited.get(name, 0.0) + max(ready - known.waited_seconds, 0.0)
            known.cpu_seconds, known.waited_seconds = used, ready
            memory[name] = memory.get(name, 0) + size.rss - (size.shared if name in memory else 0)
            counted[name] = counted.get(name, 0) + 1
        self._last = now
        machine = psutil.cpu_percent() * (psutil.cpu_count() or 1) / 100
        if passed is None or passed <= 0:
            return
        self.samples.machine.append((now, machine))
        for name, used in cpu.items():
            point = ProcessSample(
                at=now, cpu=used / passed, waited=waited[name] / passed, memory=memory[name]
            )
            self.samples.by_name.setdefault(name, []).append(point)
            most = max(counted[name], self.samples.processes.get(name, 0))
            self.samples.processes[name] = most

    def _find(self) -> list[tuple[_Known, bool]]:
        """This process and all below it that have a name, parents first."""
        found = []
        for process in (self._own, *self._own.children(recursive=True)):
            known = self._known.get(process.pid)
            if known is not None and known.process == process:
                found.append((known, False))
            # Looked at again each time while it has no name: a shell may yet become a JVM.
            elif name := self._name(process):
                self._known[process.pid] = _Known(process, name)
                found.append((self._known[process.pid], True))
        return found

    def _name(self, process: psutil.Process) -> str:
        """What a process is; empty for reapers and helpers."""
        if process == self._own:
            return GENERATOR
        try:
            command, parent = " ".join(process.cmdline()), process.ppid()
        except psutil.NoSuchProcess:
            return ""
        if "reaper.py" in command:
            return ""
        for part, name in self._names.items():
            if part in command:
                if name != _WORKER:
                    return name
                self._workers += 1
                return f"{_WORKER} {self._workers}"
        above = self._known.get(parent)
        return above.name if above is not None and "PostgreSQL" in above.name else ""

    def _start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        self.sample()
        while not self._stop.wait(SAMPLE_SECONDS):
            self.sample()
