"""A Flink cluster of several processes, from the pip package alone: job manager and task managers.

The only local set-up with worker processes, user class loaders and recovery across processes. Each
part is a service of its own below a reaper, so a task manager killed with -9 leaves no worker
behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import urllib3
import yaml

from connectors.failures import StarjoinError
from infra.local.configuration import LocalRun
from infra.local.lifetimes import Lifetime
from infra.local.processes import Service, ServiceError
from infra.local.toolchain import FLINK_HOME, ROOT, python_environment

_START_SECONDS: Final = 300.0
_POLL_SECONDS: Final = 0.2
_UNAVAILABLE: Final = 503  # also during the job manager's own leader election
# What the job manager logs once it has bound its ports.
_RPC_PORT: Final = r"Actor system started at pekko\S*://flink@\S+:(\d+)\n"
_REST_PORT: Final = r"Rest endpoint listening at \S+:(\d+)\n"
_JOB_ID: Final = r"Job has been submitted with JobID ([0-9a-f]{32})"
# A lost task manager is noticed after this; the default of 50 s would only make tests wait.
_PROMPT: Final = {
    "heartbeat.interval": "1000",
    "heartbeat.timeout": "5000",
}


def newest_exception(exceptions: Mapping[str, Any]) -> str:
    """What made a job fail last, by the answer of the REST API."""
    entries = exceptions["exceptionHistory"]["entries"]
    newest = max(entries, key=lambda entry: entry["timestamp"], default=None)
    return str(newest["stacktrace"]) if newest else "no cause given"


class _NotReadyError(StarjoinError):
    """The job manager answers, but has not finished starting."""


class FlinkCluster(Lifetime):
    """A running cluster with one task manager; a context manager.

    Args:
        run: its configuration; `parallelism` slots.
        folder: for its configuration, logs and sockets.
        env: what its processes need beside the interpreter's own environment.
        settings: further configuration.
        prefix: put before every command, to run it as somebody else.
    """

    def __init__(
        self,
        run: LocalRun,
        folder: Path,
        env: dict[str, str],
        settings: dict[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self._run = run
        self._folder = folder
        self._settings = settings or {}
        self._prefix = list(prefix)
        self._env = {
            **python_environment(),
            **env,
            "FLINK_HOME": str(FLINK_HOME),
            "FLINK_CONF_DIR": str(folder / "conf"),
            "FLINK_LOG_DIR": str(folder / "log"),
            "JVM_ARGS": run.jvm_options(folder),
            "TMPDIR": str(folder),
        }
        self._exit = ExitStack()
        self._http = urllib3.PoolManager(retries=False, timeout=10.0)
        self._task_managers = 0

    def _start(self) -> None:
        """Starts the job manager and the first task manager; returns when it has registered."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_configuration(rpc_port=0, rest_port=0)  # the job manager chooses them
        self._job_manager = self._exit.enter_context(self._component("jobmanager", "jobmanager"))
        rpc_port = self._job_manager.wait_for_line(_RPC_PORT, timeout=_START_SECONDS)[1]
        rest_port = self._job_manager.wait_for_line(_REST_PORT, timeout=_START_SECONDS)[1]
        self._port = int(rest_port)
        # Task managers and clients read them here.
        self._write_configuration(rpc_port=int(rpc_port), rest_port=self._port)
        self._wait(lambda: self.get("/overview") is not None, "the job manager")
        self.task_manager = self.start_task_manager()

    def stop(self) -> None:
        """Ends all of its processes. May be repeated."""
        self._exit.close()

    def submit(
        self, properties: Path, *, parallelism: int | None = None, restore_from: str | None = None
    ) -> str:
        """Starts the application as `flink run` does; gives the job's id.

        Args:
            properties: the application's property groups.
            parallelism: that of the cluster's configuration if absent.
            restore_from: a savepoint to start from.
        """
        options = ["-d"]
        options += [] if parallelism is None else ["-p", str(parallelism)]
        options += [] if restore_from is None else ["-s", restore_from]
        program = ["-py", str(ROOT / "flink_app" / "main.py"), "--jarfile", str(self._run.jar)]
        return self.flink_run([*options, *program, "--properties", str(properties)])

    def flink_run(self, arguments: list[str], cwd: Path | None = None) -> str:
        """`flink run` with these arguments; the job's id. ServiceError when it is refused."""
        client = Service(
            "flink run",
            [*self._prefix, str(FLINK_HOME / "bin" / "flink"), "run", *arguments],
            log=self._folder / "client.log",
            env=self._env,
            cwd=cwd,
        )
        with client:
            return client.wait_for_line(_JOB_ID, timeout=_START_SECONDS)[1]

    def start_task_manager(self) -> Service:
        """Adds a task manager; returns when it has registered."""
        before = self._list_registered()
        self._task_managers += 1
        number = self._task_managers
        service = self._exit.enter_context(self._component("taskmanager", f"taskmanager-{number}"))
        self._wait(lambda: bool(self._list_registered() - before), "the task manager to register")
        return service

    def _list_registered(self) -> set[str]:
        return {manager["id"] for manager in self.get("/taskmanagers")["taskmanagers"]}

    def kill_task_manager(self) -> None:
        """Kills the current task manager with -9, as a crash would."""
        os.kill(self.task_manager.command_pid(), signal.SIGKILL)
        self.task_manager.wait(timeout=_START_SECONDS)

    def replace_task_manager(self) -> None:
        """Starts another in place of one that was killed."""
        self.task_manager = self.start_task_manager()

    @property
    def web_address(self) -> str:
        """Of Flink's user interface and REST API."""
        return f"http://127.0.0.1:{self._port}"

    def get(self, path: str) -> Any:
        """The answer of the job manager's REST API."""
        return self._request("GET", path)

    def wait_until_running(self, job: str) -> None:
        """Returns once every task of the job runs."""
        self._wait(lambda: self._all_run(job), f"job {job} to run")

    def failures(self, job: str) -> int:
        """How often the job has failed and been restarted."""
        return len(self.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"])

    def find_cause(self, job: str) -> str:
        """The newest exception of the job."""
        return newest_exception(self.get(f"/jobs/{job}/exceptions"))

    def stop_with_savepoint(self, job: str) -> str:
        """Stops the job after a savepoint; its address."""
        target = {"targetDirectory": str(self._run.state / "savepoints"), "drain": False}
        trigger = self._request("POST", f"/jobs/{job}/stop", target)["request-id"]
        self._wait(
            lambda: self.get(f"/jobs/{job}/savepoints/{trigger}")["status"]["id"] == "COMPLETED",
            "the savepoint",
        )
        operation = self.get(f"/jobs/{job}/savepoints/{trigger}")["operation"]
        if "location" not in operation:
            message = f"the savepoint failed: {operation.get('failure-cause')}"
            raise ServiceError(message)
        return str(operation["location"])

    def _component(self, script: str, name: str) -> Service:
        command = [*self._prefix, str(FLINK_HOME / "bin" / f"{script}.sh"), "start-foreground"]
        return Service(name, command, log=self._folder / "log" / f"{name}.out", env=self._env)

    def _write_configuration(self, *, rpc_port: int, rest_port: int) -> None:
        settings = {
            **_flatten(yaml.safe_load(LocalRun.flink_defaults())),
            **self._run.configuration(),
            "pipeline.jars": "",  # `flink run` is given the jar, as the service does
            **_PROMPT,
            "rest.port": str(rest_port),
            "rest.bind-port": str(rest_port),
            "jobmanager.rpc.port": str(rpc_port),
            "jobmanager.memory.process.size": "1024m",
            "taskmanager.memory.process.size": "2048m",
            "python.executable": sys.executable,
            "python.client.executable": sys.executable,
            "io.tmp.dirs": str(self._folder),
            **self._settings,
        }
        opened = settings.get("env.java.opts.all", "")
        settings["env.java.opts.all"] = f"{opened} {self._run.jvm_options(self._folder)}".strip()
        conf = self._folder / "conf"
        conf.mkdir(exist_ok=True)
        (conf / "config.yaml").write_text(yaml.safe_dump(settings))
        for file in (FLINK_HOME / "conf").glob("log*"):
            (conf / file.name).write_text(file.read_text())

    def _all_run(self, job: str) -> bool:
        answer = self.get(f"/jobs/{job}")
        if answer["state"] == "FAILED":
            cause = self.find_cause(job)[:4000]
            message = f"job {job} has failed: {cause}"
            raise ServiceError(message)
        return all(vertex["status"] == "RUNNING" for vertex in answer["vertices"])

    def _wait(self, condition: Callable[[], bool], awaited: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                if condition():
                    return
            except (urllib3.exceptions.HTTPError, _NotReadyError) as error:
                if self._job_manager.returncode() is not None:
                    message = f"the job manager has ended: {self._job_manager.tail()}"
                    raise ServiceError(message) from error
            if time.monotonic() > deadline:
                message = f"waited {_START_SECONDS:.0f} s for {awaited}"
                raise ServiceError(message)
            time.sleep(_POLL_SECONDS)

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, f"{self.web_address}{path}", json=body)
        content = json.loads(answer.data)
        if answer.status == _UNAVAILABLE:
            raise _NotReadyError
        if answer.status >= 400:
            message = f"{method} {path}: {answer.status} {content.get('errors')}"
            raise ServiceError(message)
        return content


def _flatten(nested: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted keys, which Flink takes as well as nested ones."""
    flat: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
