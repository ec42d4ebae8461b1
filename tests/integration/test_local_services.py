"""Nothing that a local run starts outlives it, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import reaper
from infra.local.cluster import FlinkCluster
from infra.local.configuration import LocalRun
from infra.local.processes import Service, ServiceError
from infra.local.toolchain import ROOT, connectors_jar, python_environment

pytestmark = pytest.mark.integration

# A service whose own child moves to another session, as a daemon does.
FAMILY = ["bash", "-c", "setsid sleep 1001 & sleep 1002 & echo ready; wait"]
PATIENCE_SECONDS = 60.0


def _alive(pids: list[int]) -> list[int]:
    """The pids that are more than zombies."""
    found = []
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            found.append(pid)
    return found


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_a_stopped_service_leaves_no_descendant(tmp_path: Path) -> None:
    with Service("family", FAMILY, log=tmp_path / "log") as service:
        service.wait_for_line("ready", timeout=PATIENCE_SECONDS)
        _until(lambda: len(service.pids()) == 3)
        pids = service.pids()
    assert _alive(pids) == []


def test_a_service_killed_with_9_leaves_no_descendant(tmp_path: Path) -> None:
    with Service("family", FAMILY, log=tmp_path / "log") as service:
        service.wait_for_line("ready", timeout=PATIENCE_SECONDS)
        _until(lambda: len(service.pids()) == 3)
        pids = service.pids()
        os.kill(service.command_pid(), signal.SIGKILL)
        assert service.wait(timeout=PATIENCE_SECONDS) == 128 + signal.SIGKILL
        assert _alive(pids) == []


def test_services_end_when_the_process_that_started_them_is_killed_with_9(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom infra.local.processes import Service\n"
        f"s = Service('family', {FAMILY!r}, log=Path(sys.argv[1]))\n"
        "s.wait_for_line('ready', timeout=60)\n"
        "while len(s.pids()) < 3: time.sleep(0.05)\n"
        "print(*s.pids(), flush=True)\ntime.sleep(1000)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        env=python_environment(),
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(_alive(pids)) == 3
        owner.kill()
    _until(lambda: not _alive(pids))


def test_a_service_is_not_taken_for_the_one_before_it(tmp_path: Path) -> None:
    for number in range(2):
        with Service("once", ["echo", f"start {number}"], log=tmp_path / "log") as service:
            assert service.wait_for_line(r"start (\d)", timeout=PATIENCE_SECONDS)[1] == str(number)


def test_a_service_that_ends_early_is_an_error_that_shows_its_log(tmp_path: Path) -> None:
    with (
        Service("short", ["bash", "-c", "echo why; exit 3"], log=tmp_path / "log") as service,
        pytest.raises(ServiceError, match=r"short ended with 3.*\n.*why"),
    ):
        service.wait_for_line("ready", timeout=PATIENCE_SECONDS)


def test_a_job_manager_chooses_its_ports_itself(tmp_path: Path) -> None:
    run = LocalRun(state=tmp_path / "state", jar=connectors_jar(), short_lived=True)
    with FlinkCluster(run, tmp_path / "cluster", {}) as cluster:
        # A port that had been chosen for it could be another process's before it binds it.
        started = (tmp_path / "cluster" / "log" / "jobmanager.out").read_text()
        loaded = dict(re.findall(r"Loading configuration property: (\S+), (.*)", started))
        given = {key: port for key, port in loaded.items() if re.search(r"port$", key)}
        assert given == dict.fromkeys(("jobmanager.rpc.port", "rest.port", "rest.bind-port"), "0")
        assert len(cluster.get("/taskmanagers")["taskmanagers"]) == 1


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_demo_leaves_nothing_running(tmp_path: Path, stop: signal.Signals) -> None:
    connectors_jar()
    with subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "demo", "--keep", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env=python_environment(),
    ) as demo:
        log = tmp_path / "job.log"
        _until(lambda: log.exists() and "job is running" in log.read_text())
        pids = reaper.descendants(demo.pid)
        assert len(pids) > 5, "the local servers, the job, its JVM"
        demo.send_signal(stop)
        output = demo.communicate()[0].decode()
    _until(lambda: not _alive(pids))
    if stop is signal.SIGINT:
        assert demo.returncode == 130
        assert "nothing is left running" in output
