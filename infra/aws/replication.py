"""The replication task: its state, stopping and starting it, what CloudFormation cannot set.

DMS takes `start-replication` for a task's first start and refuses it for every later one; it starts
a task only while the last connection test of both endpoints was successful. A first start loads
every declared table in full: that is left to the user, or to a reload.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.aws.connections import Connections
from infra.aws.dms import LateStreamSettings, to_json
from infra.aws.errors import DeployError
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

_EVERY: Final = 10.0
# A task that stops writes what it has read; minutes, unless the source has stalled.
_LIMIT: Final = 900.0
_ALL: Final = 100  # percent
_AT_WORK: Final = frozenset({"starting", "running", "stopping"})
_RUNNING: Final = "running"
_BEFORE_LOAD: Final = "Before load"
_COMPLETED: Final = "Table completed"
_NOT_LOADED: Final = frozenset(
    {_BEFORE_LOAD, "Table does not exist", "Table cancelled", "Table error"}
)
# States that a task leaves by itself.
_PASSING: Final = frozenset({"creating", "modifying", "testing", "moving", "starting", "stopping"})


@dataclass(frozen=True)
class TaskState:
    """The task as DMS describes it; times in milliseconds since 1970, 0 where there is none."""

    status: str
    start_ms: int = 0  # of any kind
    fresh_start_ms: int = 0  # the last that loads every table again
    stop_ms: int = 0
    load_end_ms: int = 0
    percent: int = 0  # of the full load
    errored: int = 0  # tables that could not be loaded

    @property
    def at_work(self) -> bool:
        """Whether it may still send something."""
        return self.status in _AT_WORK

    @property
    def runs(self) -> bool:
        """Whether it runs, or will by itself."""
        return self.status in {"starting", _RUNNING}

    @property
    def has_run(self) -> bool:
        """Whether it has ever been started."""
        return self.start_ms > 0 or self.status not in {"ready", "creating"}

    def is_loaded(self, *, since_ms: int) -> bool:
        """Whether a full load that began after a time is complete."""
        return self.percent == _ALL and self.load_end_ms > since_ms


@dataclass(frozen=True)
class TableLoad:
    """The last full load of one table, as DMS describes it; times as in `TaskState`."""

    state: str
    begun_ms: int = 0
    ended_ms: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether it is over, and was successful."""
        return self.state == _COMPLETED and self.ended_ms >= self.begun_ms

    @property
    def failed(self) -> bool:
        """Whether the table could not be loaded."""
        return self.state in _NOT_LOADED - {_BEFORE_LOAD}

    @property
    def is_at_rest(self) -> bool:
        """Whether no load is under way or about to begin."""
        return self.is_complete or self.failed


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
        self._connections = Connections(client, clock, say)

    def target_is_complete(self, endpoint: str) -> bool:
        """Whether the target endpoint has the settings that the template does not support."""
        wanted = to_json(LateStreamSettings())
        settings = self._client.describe_endpoints(
            Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}]
        )["Endpoints"][0]["KinesisSettings"]
        return bool({name: settings.get(name) for name in wanted} == wanted)

    def complete_target(self, endpoint: str) -> bool:
        """Applies settings that the template does not support; False if they are there already.

        DMS refuses this while a task that uses the endpoint is at work.
        """
        if self.target_is_complete(endpoint):
            return False
        wanted = to_json(LateStreamSettings())
        # What is not named keeps its value.
        self._client.modify_endpoint(EndpointArn=endpoint, KinesisSettings=wanted)
        self._say(f"target endpoint: set {', '.join(wanted)}")
        return True

    def test_connections(self, task: str, *, changed: bool) -> None:
        """Both endpoints' last connection test is successful in the end. Raises DeployError.

        Args:
            task: ARN of the task whose endpoints they are.
            changed: whether an endpoint has changed, so that an earlier test says nothing.
        """
        description = self._describe(task)
        for role in ("source", "target"):
            self._connections.ensure(
                role,
                endpoint=description[f"{role.capitalize()}EndpointArn"],
                instance=description["ReplicationInstanceArn"],
                changed=changed,
            )

    def status(self, task: str) -> str:
        """The task's state, in DMS's words."""
        description = self._find(task)
        return "not there" if description is None else str(description["Status"])

    def state(self, task: str) -> TaskState:
        """The task's state, with its times. Raises DeployError where there is no such task."""
        description = self._describe(task)
        stats = description.get("ReplicationTaskStats") or {}

        def time_ms(name: str) -> int:
            return int(stats[name].timestamp() * 1_000) if stats.get(name) else 0

        return TaskState(
            status=description["Status"],
            start_ms=time_ms("StartDate"),
            fresh_start_ms=time_ms("FreshStartDate"),
            stop_ms=time_ms("StopDate"),
            load_end_ms=time_ms("FullLoadFinishDate"),
            percent=stats.get("FullLoadProgressPercent", 0),
            errored=stats.get("TablesErrored", 0),
        )

    def unloaded_tables(self, task: str) -> list[str]:
        """The captured tables, as schema.table, that DMS has not loaded in full."""
        pages = self._client.get_paginator("describe_table_statistics").paginate(
            ReplicationTaskArn=task
        )
        return sorted(
            f"{table['SchemaName']}.{table['TableName']}"
            for page in pages
            for table in page["TableStatistics"]
            if table["TableState"] in _NOT_LOADED
        )

    def read_table_load(self, task: str, schema: str, name: str) -> TableLoad:
        """What DMS says of the last load of a table. Raises DeployError where it has no such."""
        pages = self._client.get_paginator("describe_table_statistics").paginate(
            ReplicationTaskArn=task,
            Filters=[
                {"Name": "schema-name", "Values": [schema]},
                {"Name": "table-name", "Values": [name]},
            ],
        )
        statistics = [
            table
            for page in pages
            for table in page["TableStatistics"]
            if (table["SchemaName"], table["TableName"]) == (schema, name)
        ]
        if not statistics:
            message = (
                f'the replication task {task} captures no table "{schema}"."{name}": compare '
                "schema and name with the source and the declaration, including case"
            )
            raise DeployError(message)
        (table,) = statistics

        def time_ms(key: str) -> int:
            return int(table[key].timestamp() * 1_000) if table.get(key) else 0

        return TableLoad(
            table["TableState"], time_ms("FullLoadStartTime"), time_ms("FullLoadEndTime")
        )

    def load_table(self, task: str, schema: str, name: str) -> None:
        """Asks for another full load of one table, while the running task goes on."""
        self._client.reload_tables(
            ReplicationTaskArn=task,
            TablesToReload=[{"SchemaName": schema, "TableName": name}],
            ReloadOption="data-reload",
        )
        self._say(f'replication task: loads "{schema}"."{name}" again')

    def reload(self, task: str) -> None:
        """Starts the task so that it loads every table again, and goes on with changes.

        Raises DeployError where an endpoint cannot be reached.
        """
        has_run = self.state(task).has_run
        self._start(task, "reload-target" if has_run else "start-replication")

    def resume(self, task: str) -> None:
        """Starts the task where it stopped, unless it runs, and waits. Raises DeployError."""
        if self._await_rest(task, doing="settled") == _RUNNING:
            return
        self._start(task, "resume-processing")
        status = self._await_rest(task, doing="started")
        if status != _RUNNING:
            message = (
                f"the replication task {task} is {status} after resume-processing: its log in DMS "
                f"says why; start it again there with resume-processing"
            )
            raise DeployError(message)

    def stop(self, task: str) -> None:
        """Stops the task, if it is at work, and waits. Raises DeployError."""
        # DMS stops a running task only, not one that is still starting.
        if self._await_rest(task, doing="settled") != _RUNNING:
            return
        self._say("replication task: stopping")
        self._client.stop_replication_task(ReplicationTaskArn=task)
        self._await_rest(task, doing="stopped")

    def _start(self, task: str, kind: str) -> None:
        self._await_rest(task, doing="settled")
        self.test_connections(task, changed=False)
        self._client.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType=kind)
        self._say(f"replication task: starting with {kind}")

    def _await_rest(self, task: str, *, doing: str) -> str:
        """The status once it no longer changes by itself. Raises DeployError."""

        def rests() -> str | None:
            status = self.status(task)
            return None if status in _PASSING else status

        return wait_for(
            rests,
            clock=self._clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=lambda: DeployError(
                f"the replication task {task} has not {doing} after {_LIMIT / 60:.0f} minutes; "
                f"check it in DMS, then try again"
            ),
        )

    def _describe(self, task: str) -> dict[str, Any]:
        description = self._find(task)
        if description is None:
            message = f"there is no replication task {task}: deploy the environment first"
            raise DeployError(message)
        return description

    def _find(self, task: str) -> dict[str, Any] | None:
        try:
            tasks: list[dict[str, Any]] = self._client.describe_replication_tasks(
                Filters=[{"Name": "replication-task-arn", "Values": [task]}]
            )["ReplicationTasks"]
        except ClientError as error:
            # A filter that nothing passes is a fault to DMS.
            if error.response["Error"]["Code"] == "ResourceNotFoundFault":
                return None
            raise
        return tasks[0] if tasks else None
