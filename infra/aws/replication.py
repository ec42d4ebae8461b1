"""The replication task: settings that CloudFormation does not know, its state, stopping it.

It is never started here: its first start loads every declared table in full.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from infra.aws.dms import LateStreamSettings, to_json
from infra.aws.errors import DeployError
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

_EVERY: Final = 10.0
# A task that stops writes what it has read; minutes, unless the source has stalled.
_LIMIT: Final = 900.0
_AT_WORK: Final = frozenset({"starting", "running", "stopping"})


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
