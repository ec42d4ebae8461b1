"""The job on a mini cluster: one JVM below this process, Python workers as processes of their own.

`MiniCluster` starts it as a service; run as a module, this is that service. It says on standard
output when the job runs and, stopped with SIGUSR1, where the savepoint is.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from infra.local.configuration import LocalRun
from infra.local.lifetimes import Lifetime
from infra.local.processes import Service

# A start takes some ten seconds; the limit is for a machine under load.
_START_SECONDS: Final = 180.0
_SAVEPOINT_SECONDS: Final = 180.0
_LOOK_SECONDS: Final = 0.5
_RUNNING: Final = "job is running"
_SAVEPOINT: Final = "savepoint is at "


class MiniCluster(Lifetime):
    """A running job; as a context manager it is stopped with everything below it.

    `module` is what runs as the service: this one, or one that calls its `main`.

    Attributes:
        service: the process.
        web_address: of Flink's user interface, once the job runs.
    """

    def __init__(
        self,
        run: LocalRun,
        properties: Path,
        folder: Path,
        env: dict[str, str],
        *,
        module: str = "infra.local.minicluster",
    ) -> None:
        self.web_address = ""
        arguments = json.dumps(asdict(run), default=str)
        self.service = Service(
            "the job on the mini cluster",
            [sys.executable, "-m", module, arguments, str(properties)],
            log=folder / "job.log",
            env=run.environment(folder, env),
        )

    def wait_until_running(self) -> None:
        """Returns when the job has been submitted; ServiceError when it was not."""
        line = self.service.wait_for_line(f"{_RUNNING}, see (.+)$", timeout=_START_SECONDS)
        self.web_address = line[1].strip()

    def stop_with_savepoint(self) -> str:
        """Stops the job after a savepoint; gives its address."""
        os.kill(self.service.command_pid(), signal.SIGUSR1)
        match = self.service.wait_for_line(f"{_SAVEPOINT}(.+)$", timeout=_SAVEPOINT_SECONDS)
        self.service.wait(timeout=_SAVEPOINT_SECONDS)
        return match[1].strip()

    def stop(self) -> None:
        """Ends the job and everything below it. May be repeated."""
        self.service.stop()


def _serve(run: LocalRun, properties: Path) -> int:
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    from flink_app.job import build, read_stream
    from flink_app.main import load_star
    from flink_app.settings import load_settings

    stop = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: stop.set())
    settings = load_settings(properties)
    configuration = Configuration()
    for key, value in run.configuration().items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    build(read_stream(env, settings), settings, load_star(settings))
    job = env.execute_async(settings.application.name)
    # The mini cluster ends with its job and then knows no status: the result tells it at any time.
    result = job.get_job_execution_result()
    _say(f"{_RUNNING}, see {_find_web_address(job)}")
    while not stop.wait(_LOOK_SECONDS):
        if result.done():
            result.result()  # raises the job's failure
            return 1
    _say(f"{_SAVEPOINT}{_stop_with_savepoint(job, run.state / 'savepoints')}")
    return 0


def _stop_with_savepoint(job: Any, folder: Path) -> str:
    """PyFlink 2.2's own method calls a Java signature that is gone; this calls its successor."""
    from pyflink.java_gateway import get_gateway

    formats: Any = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType
    client = job._j_job_client  # noqa: SLF001
    drain = False  # the stream goes on after the restart
    return str(client.stopWithSavepoint(drain, str(folder), formats.CANONICAL).get())


def _find_web_address(job: Any) -> str:
    """Flink's user interface, on a port that the mini cluster has chosen.

    The client of a job on a mini cluster has the cluster in a field of its own, and in no method.
    """
    client = job._j_job_client  # noqa: SLF001
    field = client.getClass().getDeclaredField("miniCluster")
    field.setAccessible(True)
    return str(field.get(client).getRestAddress().get().toString())


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """The service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=json.loads, help="a LocalRun as JSON")
    parser.add_argument("properties", type=Path, help="the application's property groups")
    arguments = parser.parse_args()
    fields = arguments.run | {name: Path(arguments.run[name]) for name in ("state", "jar")}
    return _serve(LocalRun(**fields), arguments.properties)


if __name__ == "__main__":
    sys.exit(main())
