"""The replication task: settings that CloudFormation does not know, its state, stopping it.

It is started only for a reload: any other first start, which loads every declared table in full, is
the user's to give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from infra.aws.dms import LateStreamSettings, to_json
from infra.aws.errors import DeployError
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

_EVERY: Final = 10.0
# A task that stops writes what it has read; minutes, unless the source has stalled.
_LIMIT: Final = 900.0
_ALL: Final = 100  # percent
_AT_WORK: Final = frozenset({"starting", "running", "stopping"})


@dataclass(frozen=True)
class TaskState:
    """The task as DMS describes it; moments in milliseconds since 1970, 0 where there is none."""

    status: str
    start_ms: int = 0  # of any kind
    fresh_start_ms: int = 0  # the last that loads every table anew
    stop_ms: int = 0
    load_end_ms: int = 0
    percent: int = 0  # of the full load
    errored: int = 0  # tables that could not be loaded

    @property
    def at_work(self) -> bool:
        """Whether it may still send something."""
        return self.status in _AT_WORK

    def is_loaded(self, *, since_ms: int) -> bool:
        """Whether a full load that began after a moment is complete."""
        return self.percent == _ALL and self.load_end_ms > since_ms


class Replication:
    """The replication tasks of one region.

    Args:
        client: boto3's DMS client.
        clock: for waiting.
        say: where progress goes, line by line.
    """

    def __init__(self, client: Any, clock: Clock, say: Say) -> None:
        self._client = client
        self._clock = clock
        self._say = say

    def complete_target(self, endpoint: str) -> None:
        """Sets what the template could not say, unless it is set already."""
        wanted = to_json(LateStreamSettings())
        found = self._client.describe_endpoints(
            Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}]
        )["Endpoints"][0]["KinesisSettings"]
        if {name: found.get(name) for name in wanted} == wanted:
            return
        # What is not named keeps its value.
        self._client.modify_endpoint(EndpointArn=endpoint, KinesisSettings=wanted)
        self._say(f"target endpoint: set {', '.join(wanted)}")

    def status(self, task: str) -> str:
        """The task's state, in DMS's words."""
        found = self._client.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": [task]}]
        )["ReplicationTasks"]
        return str(found[0]["Status"]) if found else "not there"

    def state(self, task: str) -> TaskState:
        """The task's state, with its times. Raises DeployError where there is no such task."""
        found = self._client.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": [task]}]
        )["ReplicationTasks"]
        if not found:
            message = f"there is no replication task {task}: deploy the environment first"
            raise DeployError(message)
        stats = found[0].get("ReplicationTaskStats") or {}

        def moment(name: str) -> int:
            return int(stats[name].timestamp() * 1_000) if stats.get(name) else 0

        return TaskState(
            status=found[0]["Status"],
            start_ms=moment("StartDate"),
            fresh_start_ms=moment("FreshStartDate"),
            stop_ms=moment("StopDate"),
            load_end_ms=moment("FullLoadFinishDate"),
            percent=stats.get("FullLoadProgressPercent", 0),
            errored=stats.get("TablesErrored", 0),
        )

    def reload(self, task: str) -> None:
        """Starts the task so that it loads every table anew, and goes on with changes."""
        self._client.start_replication_task(
            ReplicationTaskArn=task, StartReplicationTaskType="reload-target"
        )
        self._say("replication task: starting with reload-target")

    def stop(self, task: str) -> None:
        """Stops the task, if it is at work, and waits. Raises DeployError."""
        if self.status(task) not in _AT_WORK:
            return
        self._say("replication task: stopping")
        self._client.stop_replication_task(ReplicationTaskArn=task)

        def stopped() -> str | None:
            status = self.status(task)
            return None if status in _AT_WORK else status

        wait_for(
            stopped,
            clock=self._clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=lambda: DeployError(
                f"the replication task {task} has not stopped after {_LIMIT / 60:.0f} minutes; "
                f"look at it in DMS, then try again"
            ),
        )
