"""DMS's rules on top of moto, which takes any call in any state.

Imitated, as the service documents it or as its users have met it:

- a task's identifier has letters, digits and single hyphens, begins with a letter and does not end
  with a hyphen;
- a task is modified only while it is at rest; "Replication Task cannot be modified while it is in
  running state", through CloudFormation too;
- a task's first start is `start-replication`; any other type is refused, and `start-replication`
  is refused afterwards;
- a task starts only where the newest connection test of both endpoints was successful;
- only a running task can be stopped;
- an endpoint of a task that is at work is not modified;
- ModifyEndpoint keeps settings that it does not name, and begins a connection test by itself; a
  test on top of one that is under way is refused;
- a table that a mapping gains after the first start is not loaded by `resume-processing`;
- a single table is loaded again only while the task runs: at some time later the load begins, and
  its begin stands in the table's statistics;
- a state in motion comes to rest after it has been looked at twice.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from moto.core.exceptions import JsonRESTError
from moto.dms.exceptions import InvalidResourceStateFault, ResourceNotFoundFault
from moto.dms.models import FakeReplicationTask, dms_backends
from moto.dms.responses import DatabaseMigrationServiceResponse

from tests.aws.clients import REGION
from tests.aws.clock import FakeClock

ACCOUNT: Final = "123456789012"
_LOOKS: Final = 2
_IDENTIFIER: Final = re.compile(r"[A-Za-z](-?[A-Za-z0-9]){0,254}")
ACTIONS: Final = (
    "add_tags_to_resource",
    "describe_connections",
    "describe_replication_tasks",
    "describe_table_statistics",
    "modify_endpoint",
    "modify_replication_task",
    "reload_tables",
    "remove_tags_from_resource",
    "start_replication_task",
    "stop_replication_task",
    "test_connection",
)
_SETTINGS: Final = {
    "KinesisSettings": "kinesis_settings",
    "PostgreSQLSettings": "postgre_sql_settings",
}
_SCALARS: Final = {"SslMode": "ssl_mode", "DatabaseName": "database_name"}


def _backend() -> Any:
    return dms_backends[ACCOUNT][REGION]


@dataclass
class Moving:
    """Something whose state comes to rest after it has been looked at."""

    status: str
    goal: str = ""
    looks: int = 0

    def move(self, status: str, goal: str) -> None:
        self.status, self.goal, self.looks = status, goal, 0

    def look(self) -> bool:
        """Whether it has come to rest just now."""
        if not self.goal:
            return False
        self.looks += 1
        if self.looks <= _LOOKS:
            return False
        self.status, self.goal = self.goal, ""
        return True


@dataclass
class TableReload:
    """The last load of one table that was asked for alone.

    Attributes:
        requests: how often it was asked for.
        ends: the state that it comes to.
        times: as the table's statistics give them.
    """

    state: Moving = field(default_factory=lambda: Moving("Table completed"))
    requests: int = 0
    ends: str = "Table completed"
    times: dict[str, dt.datetime] = field(default_factory=dict)

    def request(self) -> None:
        self.requests += 1
        self.state.move("Table is being reloaded", "Full load")

    def look(self, now: dt.datetime) -> None:
        """Begins, and later ends."""
        if not self.state.look():
            return
        if self.state.status == "Full load":
            self.times = {"FullLoadStartTime": now}
            self.state.move("Full load", self.ends)
        else:
            self.times["FullLoadEndTime"] = now


@dataclass
class Task:
    """What moto does not keep of a task.

    Attributes:
        starts: types of all its starts.
        stats: as DescribeReplicationTasks gives them.
        loaded: tables (schema, name) that a full load has brought.
        errored: tables that the next load cannot take.
    """

    state: Moving = field(default_factory=lambda: Moving("ready"))
    starts: list[str] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    loaded: set[tuple[str, str]] = field(default_factory=set)
    errored: int = 0
    reloads: dict[tuple[str, str], TableReload] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return self.state.status

    @property
    def at_work(self) -> bool:
        return self.status in {"starting", "running", "stopping"}


class Dms:
    """The service of one test.

    Attributes:
        failing_endpoints: engine -> what its connection test will say.
        refused_mappings: what ModifyReplicationTask will say, if anything.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.calls: list[str] = []
        self.failing_endpoints: dict[str, str] = {}
        self.refused_mappings = ""
        self._clock = clock
        self._tasks: dict[str, Task] = {}
        self._connections: dict[str, Moving] = {}

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Puts the actions into moto's handler for the rest of the test."""

        def handler(action: str) -> Any:
            def handle(response: Any) -> str:
                self.calls.append(action)
                return json.dumps(getattr(self, action)(**json.loads(response.body)))

            handle.__name__ = action
            return handle

        for action in ACTIONS:
            monkeypatch.setattr(
                DatabaseMigrationServiceResponse, action, handler(action), raising=False
            )
        create = DatabaseMigrationServiceResponse.create_replication_task

        def create_named(response: DatabaseMigrationServiceResponse) -> str:
            identifier = json.loads(response.body)["ReplicationTaskIdentifier"]
            if not _IDENTIFIER.fullmatch(identifier):
                code, message = "InvalidParameterValueException", "Invalid task identifier"
                raise JsonRESTError(code, f"{message}: {identifier}")
            return create(response)

        monkeypatch.setattr(
            DatabaseMigrationServiceResponse, "create_replication_task", create_named
        )

    @property
    def task(self) -> Task:
        """The only task."""
        (arn,) = _backend().replication_tasks
        return self._task(arn)

    def run_task(self) -> Task:
        """The only task, as it is long after its first start."""
        (arn,) = _backend().replication_tasks
        task = self._task(arn)
        task.state.move("running", "")
        task.starts.append("start-replication")
        now = self._now()
        task.stats = {
            "StartDate": now,
            "FreshStartDate": now,
            "FullLoadStartDate": now,
            "FullLoadFinishDate": now,
            "FullLoadProgressPercent": 100,
        }
        task.loaded = self._tables(arn)
        return task

    def test_connection(self, **given: Any) -> dict[str, Any]:
        endpoint = self._endpoint(given["EndpointArn"])
        connection = self._connections.setdefault(endpoint.endpoint_arn, Moving(""))
        if connection.status == "testing":
            message = "A connection test is already in progress"
            raise InvalidResourceStateFault(message)
        self._test(endpoint)
        return {"Connection": self._connection(endpoint.endpoint_arn)}

    def describe_connections(self, **given: Any) -> dict[str, Any]:
        (wanted,) = (f["Values"] for f in given["Filters"] if f["Name"] == "endpoint-arn")
        found = [arn for arn in wanted if arn in self._connections]
        for arn in found:
            self._connections[arn].look()
        return {"Connections": [self._connection(arn) for arn in found]}

    def modify_endpoint(self, **given: Any) -> dict[str, Any]:
        endpoint = self._endpoint(given["EndpointArn"])
        for arn, task in self._tasks.items():
            model = _backend().replication_tasks.get(arn)
            uses = model and endpoint.endpoint_arn in {
                model.source_endpoint_arn,
                model.target_endpoint_arn,
            }
            if uses and task.at_work:
                message = "Endpoint is in use by a running replication task and cannot be modified"
                raise InvalidResourceStateFault(message)
        for name, attribute in _SETTINGS.items():
            if name in given:
                settings = getattr(endpoint, attribute) or {}
                setattr(endpoint, attribute, settings | given[name])
        for name, attribute in _SCALARS.items():
            if name in given:
                setattr(endpoint, attribute, given[name])
        if self._connections.get(endpoint.endpoint_arn):
            self._test(endpoint)
        return {"Endpoint": endpoint.to_dict()}

    def modify_replication_task(self, **given: Any) -> dict[str, Any]:
        model, task = self._find(given)
        if task.state.status not in {"ready", "stopped", "failed"}:
            message = f"Replication Task cannot be modified while it is in {task.status} state"
            raise InvalidResourceStateFault(message)
        if self.refused_mappings:
            raise InvalidResourceStateFault(self.refused_mappings)
        model.table_mappings = given.get("TableMappings", model.table_mappings)
        settings = given.get("ReplicationTaskSettings", model.replication_task_settings)
        model.replication_task_settings = settings
        return {"ReplicationTask": model.to_dict()}

    def describe_replication_tasks(self, **given: Any) -> dict[str, Any]:
        filters = given.get("Filters", [])
        found = [
            self._detail(arn)
            for arn, model in _backend().replication_tasks.items()
            if all(
                {"replication-task-arn": arn, "replication-task-id": model.id}[each["Name"]]
                in each["Values"]
                for each in filters
            )
        ]
        if filters and not found:
            message = "No Tasks found matching provided filters"
            raise ResourceNotFoundFault(message)
        return {"ReplicationTasks": found}

    def describe_table_statistics(self, **given: Any) -> dict[str, Any]:
        arn = given["ReplicationTaskArn"]
        wanted = {each["Name"]: each["Values"] for each in given.get("Filters", [])}
        return {
            "ReplicationTaskArn": arn,
            "TableStatistics": [
                self._table_statistics(arn, schema, table)
                for schema, table in sorted(self._tables(arn))
                if schema in wanted.get("schema-name", [schema])
                and table in wanted.get("table-name", [table])
            ],
        }

    def _table_statistics(self, arn: str, schema: str, table: str) -> dict[str, Any]:
        task = self._task(arn)
        state = "Table completed" if (schema, table) in task.loaded else "Before load"
        times: dict[str, dt.datetime] = {}
        if "FullLoadFinishDate" in task.stats:
            times = {
                "FullLoadStartTime": task.stats["FullLoadStartDate"],
                "FullLoadEndTime": task.stats["FullLoadFinishDate"],
            }
        if reload := task.reloads.get((schema, table)):
            reload.look(self._now())
            state, times = reload.state.status, reload.times or times
        return {"SchemaName": schema, "TableName": table, "TableState": state} | {
            name: time.timestamp() for name, time in times.items()
        }

    def reload_tables(self, **given: Any) -> dict[str, Any]:
        model, task = self._find(given)
        if task.status != "running":
            message = f"Tables cannot be reloaded, invalid state: {task.status}"
            raise InvalidResourceStateFault(message)
        for table in given["TablesToReload"]:
            name = (table["SchemaName"], table["TableName"])
            if name not in self._tables(model.arn):
                message = f"Table {name} not found"
                raise ResourceNotFoundFault(message)
            task.reloads.setdefault(name, TableReload()).request()
        return {"ReplicationTaskArn": model.arn}

    def start_replication_task(self, **given: Any) -> dict[str, Any]:
        model, task = self._find(given)
        if task.status not in {"ready", "stopped", "failed"}:
            message = f"Replication Task cannot be started, invalid state: {task.status}"
            raise InvalidResourceStateFault(message)
        kind = given["StartReplicationTaskType"]
        if (kind == "start-replication") != (not task.starts):
            message = (
                f"Start Type {kind.upper()}: not valid for a task with {len(task.starts)} runs"
            )
            raise InvalidResourceStateFault(message)
        for endpoint in (model.source_endpoint_arn, model.target_endpoint_arn):
            connection = self._connections.get(endpoint)
            if connection is None or connection.status != "successful":
                message = (
                    "Test connection for replication instance and endpoint should be successful"
                )
                raise InvalidResourceStateFault(message)
        task.starts.append(kind)
        task.state.move("starting", "running")
        task.stats["StartDate"] = self._now()
        if kind != "resume-processing":
            task.stats |= {
                "FreshStartDate": self._now(),
                "FullLoadStartDate": self._now(),
                "FullLoadProgressPercent": 0,
            }
            task.stats.pop("FullLoadFinishDate", None)
        return {"ReplicationTask": self._detail(model.arn)}

    def stop_replication_task(self, **given: Any) -> dict[str, Any]:
        model, task = self._find(given)
        if task.status != "running":
            message = f"Replication Task cannot be stopped, invalid state: {task.status}"
            raise InvalidResourceStateFault(message)
        task.state.move("stopping", "stopped")
        return {"ReplicationTask": self._detail(model.arn)}

    def add_tags_to_resource(self, **given: Any) -> dict[str, Any]:
        _backend().tagger.tag_resource(given["ResourceArn"], given["Tags"])
        return {}

    def remove_tags_from_resource(self, **given: Any) -> dict[str, Any]:
        _backend().tagger.untag_resource_using_names(given["ResourceArn"], given["TagKeys"])
        return {}

    def _find(self, given: dict[str, Any]) -> tuple[FakeReplicationTask, Task]:
        arn = given["ReplicationTaskArn"]
        model = _backend().replication_tasks.get(arn)
        if model is None:
            message = f"Replication task {arn} not found"
            raise ResourceNotFoundFault(message)
        return model, self._task(arn)

    def _task(self, arn: str) -> Task:
        return self._tasks.setdefault(arn, Task())

    def _detail(self, arn: str) -> dict[str, Any]:
        model, task = _backend().replication_tasks[arn], self._task(arn)
        if task.state.look():
            self._rested(arn, task)
        stats = {
            name: value.timestamp() if isinstance(value, dt.datetime) else value
            for name, value in task.stats.items()
        }
        return {**model.to_dict(), "Status": task.status, "ReplicationTaskStats": stats} | {
            "ReplicationTaskCreationDate": 0.0,
            "ReplicationTaskStartDate": stats.get("StartDate", 0.0),
        }

    def _rested(self, arn: str, task: Task) -> None:
        if task.status == "stopped":
            task.stats["StopDate"] = self._now()
        elif "FullLoadFinishDate" not in task.stats:
            task.stats |= {"FullLoadFinishDate": self._now(), "FullLoadProgressPercent": 100}
            task.stats["TablesErrored"] = task.errored
            task.loaded = self._tables(arn)

    def _tables(self, arn: str) -> set[tuple[str, str]]:
        rules = json.loads(_backend().replication_tasks[arn].table_mappings)["rules"]
        places = [rule["object-locator"] for rule in rules if rule["rule-type"] == "selection"]
        # Statistics name tables, and no patterns; here a set has one character.
        names = ((place["schema-name"], place["table-name"]) for place in places)
        return {(re.sub(r"\[(.)\]", r"\1", s), re.sub(r"\[(.)\]", r"\1", t)) for s, t in names}

    def _endpoint(self, arn: str) -> Any:
        for endpoint in _backend().endpoints.values():
            if endpoint.endpoint_arn == arn:
                return endpoint
        message = f"Endpoint {arn} not found"
        raise ResourceNotFoundFault(message)

    def _test(self, endpoint: Any) -> None:
        fails = endpoint.engine_name in self.failing_endpoints
        connection = self._connections.setdefault(endpoint.endpoint_arn, Moving(""))
        connection.move("testing", "failed" if fails else "successful")

    def _connection(self, arn: str) -> dict[str, Any]:
        endpoint, status = self._endpoint(arn), self._connections[arn].status
        reason = self.failing_endpoints.get(endpoint.engine_name, "") if status == "failed" else ""
        return {
            "EndpointArn": arn,
            "EndpointIdentifier": endpoint.endpoint_identifier,
            "Status": status,
            "LastFailureMessage": reason,
        }

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock.now(), dt.UTC)
