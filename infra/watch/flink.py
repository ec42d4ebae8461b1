"""A local job, by the REST API of its Flink."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import urllib3

from connectors.failures import StarjoinError
from connectors.metrics import GROUP
from infra.watch.metrics import WATCHED, gather
from infra.watch.picture import Job

# It is on this machine: what takes longer hangs.
_SECONDS: Final = 5.0
_LABELS: Final = frozenset(metric.label for metric, _ in WATCHED.values())
_RESTARTS: Final = "numRestarts"


class FlinkError(StarjoinError):
    """Flink's REST API does not answer as it should."""


class FlinkJob:
    """The newest job of a Flink.

    Args:
        address: of its REST API, as `http://localhost:8081`.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._http = urllib3.PoolManager(retries=False, timeout=_SECONDS)

    def read(self) -> Job:
        """Its state and metrics. Raises FlinkError."""
        try:
            return self._read()
        except (LookupError, TypeError, ValueError) as error:
            message = f"Flink at {self._address} answers in another form ({type(error).__name__})"
            raise FlinkError(message) from error

    def _read(self) -> Job:
        jobs = self._get("/jobs/overview")["jobs"]
        if not jobs:
            return Job("NOT SUBMITTED")
        overview = max(jobs, key=lambda job: job["start-time"])
        job = f"/jobs/{overview['jid']}"
        if overview["state"] != "RUNNING":
            return Job(str(overview["state"]))
        checkpoints = self._get(f"{job}/checkpoints")
        last = checkpoints["latest"]["completed"]
        return Job(
            str(overview["state"]),
            restarts=self._read_restarts(job),
            metrics=gather(self._read_metrics(job)),
            checkpoint_seconds=None if last is None else last["end_to_end_duration"] / 1_000,
            checkpoint_at=None if last is None else _completion(last),
            # Not of all time: what Flink declines while tasks start counts as failed too.
            checkpoints_failed=sum(
                entry["status"] == "FAILED" and (last is None or entry["id"] > last["id"])
                for entry in checkpoints["history"]
            ),
            epochs={
                int(entry["id"]): _completion(entry)
                for entry in checkpoints["history"]
                if entry["status"] == "COMPLETED"
            },
        )

    def _read_restarts(self, job: str) -> int | None:
        for metric in self._get(f"{job}/metrics?get={_RESTARTS}"):
            return int(metric["value"])
        return None

    def _read_metrics(self, job: str) -> dict[str, list[int]]:
        """The values of the watched metrics, one for each subtask that reports one."""
        values: defaultdict[str, list[int]] = defaultdict(list)
        for vertex in self._get(job)["vertices"]:
            metrics = f"{job}/vertices/{vertex['id']}/metrics"
            names = list(self._find_watched(metrics))
            if names:
                for metric in self._get(f"{metrics}?get={','.join(names)}"):
                    values[metric["id"].rpartition(".")[2]].append(int(metric["value"]))
        return values

    def _find_watched(self, metrics: str) -> Iterator[str]:
        for metric in self._get(metrics):
            group, _, label = str(metric["id"]).rpartition(".")
            if label in _LABELS and group.endswith(f".{GROUP}"):
                yield metric["id"]

    def _get(self, path: str) -> Any:
        try:
            answer = self._http.request("GET", f"{self._address}{path}")
            if answer.status == 200:
                return answer.json()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            message = f"Flink at {self._address} does not answer ({type(error).__name__})"
            raise FlinkError(message) from error
        message = f"Flink at {self._address} answers GET {path} with {answer.status}"
        raise FlinkError(message)


def _completion(entry: dict[str, Any]) -> dt.datetime:
    """When a checkpoint was complete."""
    millis = entry["trigger_timestamp"] + entry["end_to_end_duration"]
    return dt.datetime.fromtimestamp(millis / 1_000, dt.UTC)
