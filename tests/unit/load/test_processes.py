"""Processes are recognised, and what they use is what they used since the last look."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.load.clock import RunClock
from tests.load.figures import ProcessSample
from tests.load.processes import GENERATOR, Sampler, Samples

# Says when it is there, then works for as long as its input is open.
_BUSY = """
import sys, threading
print('up', flush=True)
threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
sys.stdin.read()
"""


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _BUSY, "a-name-of-its-own"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def test_a_child_is_known_by_its_command_and_measured(busy: subprocess.Popen[str]) -> None:
    clock = RunClock()
    sampler = Sampler(clock, {"a-name-of-its-own": "the child"})
    sampler.sample()
    before = sampler._known[busy.pid].cpu_seconds
    # Not time but work is waited for: the child's CPU time is what the sampler reads.
    while sampler._known[busy.pid].process.cpu_times().user < before + 0.1:
        clock.wait(0.02)
    sampler.sample()
    (child,) = [p for p in sampler.samples.figures(0, 60) if p.name == "the child"]
    assert child.processes == 1
    assert child.cpu_mean * child.samples[0].at > 0.05
    assert 2**20 < child.memory_max < 2**30
    assert not child.single_threaded
    (own,) = [p for p in sampler.samples.figures(0, 60) if p.name == GENERATOR]
    assert own.single_threaded
    assert sampler.samples.machine_mean(0, 60) >= 0


def test_figures_are_of_the_time_that_was_asked_for() -> None:
    samples = Samples(
        by_name={
            "late": [
                ProcessSample(at=at, cpu=at, waited=0.5, memory=int(at)) for at in (1.0, 2.0, 9.0)
            ],
            "early": [ProcessSample(at=0.5, cpu=0.1, waited=0, memory=5)],
        },
        processes={"late": 1, "early": 2},
        machine=[(1.0, 1.0), (2.0, 2.0), (9.0, 0.0)],
    )
    late, early = samples.figures(0, 5)
    assert (late.name, late.cpu_mean, late.cpu_max, late.memory_max) == ("late", 1.5, 2.0, 9)
    assert late.waited_mean == 0.5
    assert (early.name, early.processes) == ("early", 2)
    assert samples.machine_mean(0, 5) == 1.5
    assert Samples().machine_mean(0, 5) == 0


def test_the_thread_ends_with_its_context() -> None:
    with Sampler(RunClock()) as sampler:
        assert sampler._thread.is_alive()
    assert not sampler._thread.is_alive()
