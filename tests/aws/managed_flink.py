"""Managed Flink's control plane on top of moto, which can only create and describe applications.

Imitated, as the service documents it:

- an application is created READY, and only when its code object exists;
- start is taken in state READY only: STARTING, then RUNNING; a program that fails: READY again;
- stop without Force is taken in state RUNNING only, and makes a snapshot; with Force in any other
  state that moves too, and makes none: (FORCE_)STOPPING, then READY;
- an update counts the version up; of a RUNNING application: UPDATING, then RUNNING; one that fails
  is rolled back to the old configuration: ROLLING_BACK, then RUNNING;
- a snapshot to start from must exist; delete is taken in state READY only and takes the snapshots;
- a log stream must exist before it is configured;
- operations that failed can be listed and say why;
- a state in motion comes to rest after it has been looked at twice.

Not imitated: the job itself, autoscaling, maintenance, permissions.
"""

from __future__ import annotations

import copy
import itertools
import json
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.kinesisanalyticsv2.models import Application
from moto.kinesisanalyticsv2.responses import KinesisAnalyticsV2Response

from tests.aws.clients import client

_LOOKS: Final = 2
_MOVING: Final = frozenset({"STARTING", "STOPPING", "FORCE_STOPPING", "UPDATING", "ROLLING_BACK"})
ACTIONS: Final = (
    "create_application",
    "describe_application",
    "start_application",
    "stop_application",
    "update_application",
    "delete_application",
    "add_application_cloud_watch_logging_option",
    "list_application_snapshots",
    "list_application_operations",
    "describe_application_operation",
)


class InUseError(JsonRESTError):
    def __init__(self, message: str) -> None:
        super().__init__("ResourceInUseException", message)


class NotFoundError(JsonRESTError):
    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message)


class ArgumentError(JsonRESTError):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidArgumentException", message)


@dataclass
class Life:
    """What moto does not keep of an application."""

    model: Application
    configuration: dict[str, Any]
    status: str = "READY"
    version: int = 1
    goal: str = ""
    looks: int = 0
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    operations: list[dict[str, Any]] = field(default_factory=list)
    log_streams: list[str] = field(default_factory=list)

    def move(self, status: str, goal: str) -> None:
        self.status, self.goal, self.looks = status, goal, 0

    def look(self) -> None:
        if self.status in _MOVING:
            self.looks += 1
            if self.looks > _LOOKS:
                self.status = self.goal


class ManagedFlink:
    """The service of one test; its dictionaries say what is to fail."""

    def __init__(self) -> None:
        self.applications: dict[str, Life] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failing_programs: dict[str, str] = {}  # application -> what the service will say
        self.failing_code: dict[str, str] = {}  # key of a code object -> likewise, at a start
        self._numbers = itertools.count(1)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Puts the actions into moto's handler for the rest of the test."""

        def handler(action: str) -> Any:
            def handle(response: KinesisAnalyticsV2Response) -> str:
                given = json.loads(response.body)
                self.calls.append((action, given))
                return json.dumps(getattr(self, action)(response, **given))

            handle.__name__ = action
            return handle

        for action in ACTIONS:
            monkeypatch.setattr(KinesisAnalyticsV2Response, action, handler(action), raising=False)

    def create_application(self, response: Any, **given: Any) -> dict[str, Any]:
        name = given["ApplicationName"]
        if name in self.applications:
            message = f"application {name} exists"
            raise InUseError(message)
        self._check_code(given["ApplicationConfiguration"])
        model = Application(
            account_id=response.current_account,
            region_name=response.region,
            application_name=name,
            application_description=given.get("ApplicationDescription"),
            runtime_environment=given["RuntimeEnvironment"],
            service_execution_role=given["ServiceExecutionRole"],
            application_configuration=copy.deepcopy(given["ApplicationConfiguration"]),
            cloud_watch_logging_options=None,
            application_mode=given.get("ApplicationMode"),
        )
        self.applications[name] = Life(model, given["ApplicationConfiguration"])
        return {"ApplicationDetail": self._detail(self.applications[name])}

    def describe_application(self, _: Any, **given: Any) -> dict[str, Any]:
        life = self._find(given)
        life.look()
        return {"ApplicationDetail": self._detail(life)}

    def start_application(self, _: Any, **given: Any) -> dict[str, Any]:
        life = self._find(given)
        self._expect(life, {"READY"})
        restore = given["RunConfiguration"]["ApplicationRestoreConfiguration"]
        if restore["ApplicationRestoreType"] == "RESTORE_FROM_CUSTOM_SNAPSHOT":
            known = {each["SnapshotName"] for each in life.snapshots}
            if restore["SnapshotName"] not in known:
                message = f"there is no snapshot {restore['SnapshotName']}"
                raise NotFoundError(message)
        code = life.configuration["ApplicationCodeConfiguration"]["CodeContent"]
        reason = self.failing_programs.get(given["ApplicationName"], "")
        reason = self.failing_code.get(code["S3ContentLocation"]["FileKey"], reason)
        life.move("STARTING", "READY" if reason else "RUNNING")
        return {"OperationId": self._operate(life, "StartApplication", reason)}

    def stop_application(self, _: Any, **given: Any) -> dict[str, Any]:
        life = self._find(given)
        if given.get("Force"):
            self._expect(life, {"RUNNING", *_MOVING})
            life.move("FORCE_STOPPING", "READY")
        else:
            self._expect(life, {"RUNNING"})
            number = next(self._numbers)
            life.snapshots.append(
                {
                    "SnapshotName": f"snapshot-{number}",
                    "SnapshotStatus": "READY",
                    "ApplicationVersionId": life.version,
                    "SnapshotCreationTimestamp": float(number),
                }
            )
            life.move("STOPPING", "READY")
        return {"OperationId": self._operate(life, "StopApplication")}

    def update_application(self, _: Any, **given: Any) -> dict[str, Any]:
        """Only what the tests send by hand; CloudFormation's updates come by `configure`."""
        life = self._find(given)
        self.configure(life, {**life.configuration, **given["ApplicationConfigurationUpdate"]})
        return {"ApplicationDetail": self._detail(life)}

    def configure(self, life: Life, configuration: dict[str, Any]) -> None:
        """An update of the whole configuration."""
        self._expect(life, {"READY", "RUNNING"})
        self._check_code(configuration)
        reason = self.failing_programs.get(life.model.application_arn.rpartition("/")[2], "")
        was_running = life.status == "RUNNING"
        life.version += 1
        self._operate(life, "UpdateApplication", reason if was_running else "")
        if was_running and reason:
            life.move("ROLLING_BACK", "RUNNING")
            return
        life.configuration = configuration
        life.model.app_config_description = life.model._generate_app_config_description(
            copy.deepcopy(configuration)
        )
        if was_running:
            life.move("UPDATING", "RUNNING")

    def delete_application(self, _: Any, **given: Any) -> dict[str, Any]:
        self._expect(self._find(given), {"READY"})
        del self.applications[given["ApplicationName"]]
        return {}

    def add_application_cloud_watch_logging_option(self, _: Any, **given: Any) -> dict[str, Any]:
        life = self._find(given)
        arn = given["CloudWatchLoggingOption"]["LogStreamARN"]
        group, _, stream = arn.split(":log-group:", 1)[1].partition(":log-stream:")
        found = client("logs").describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
        if not found["logStreams"]:
            message = f"there is no log stream {arn}"
            raise ArgumentError(message)
        life.log_streams.append(arn)
        life.version += 1
        return {"ApplicationARN": life.model.application_arn}

    def list_application_snapshots(self, _: Any, **given: Any) -> dict[str, Any]:
        return {"SnapshotSummaries": self._find(given).snapshots}

    def list_application_operations(self, _: Any, **given: Any) -> dict[str, Any]:
        wanted = given.get("OperationStatus")
        found = [
            {key: each[key] for key in ("Operation", "OperationId", "OperationStatus")}
            for each in reversed(self._find(given).operations)
            if wanted in {None, each["OperationStatus"]}
        ]
        return {"ApplicationOperationInfoList": found[: given.get("Limit")]}

    def describe_application_operation(self, _: Any, **given: Any) -> dict[str, Any]:
        for each in self._find(given).operations:
            if each["OperationId"] == given["OperationId"]:
                return {"ApplicationOperationInfoDetails": each}
        raise NotFoundError(given["OperationId"])

    def _find(self, given: dict[str, Any]) -> Life:
        name = given["ApplicationName"]
        if name not in self.applications:
            message = f"there is no application {name}"
            raise NotFoundError(message)
        return self.applications[name]

    def _expect(self, life: Life, states: set[str]) -> None:
        if life.status not in states:
            message = f"the application is in state {life.status}, not in one of {sorted(states)}"
            raise InUseError(message)

    def _operate(self, life: Life, operation: str, reason: str = "") -> str:
        entry: dict[str, Any] = {
            "Operation": operation,
            "OperationId": f"operation-{next(self._numbers)}",
            "OperationStatus": "FAILED" if reason else "SUCCESSFUL",
            "StartTime": 0.0,
            "EndTime": 0.0,
        }
        if reason:
            entry["OperationFailureDetails"] = {"ErrorInfo": {"ErrorString": reason}}
        life.operations.append(entry)
        return str(entry["OperationId"])

    def _check_code(self, configuration: dict[str, Any]) -> None:
        location = configuration["ApplicationCodeConfiguration"]["CodeContent"]["S3ContentLocation"]
        try:
            client("s3").head_object(
                Bucket=location["BucketARN"].rpartition(":")[2], Key=location["FileKey"]
            )
        except ClientError as error:
            message = "Please check the role provided or validity of S3 location"
            raise ArgumentError(message) from error

    def _detail(self, life: Life) -> dict[str, Any]:
        model = life.model
        return {
            "ApplicationARN": model.application_arn,
            "ApplicationName": model.application_arn.rpartition("/")[2],
            "RuntimeEnvironment": model.runtime_environment,
            "ServiceExecutionRole": model.service_execution_role,
            "ApplicationStatus": life.status,
            "ApplicationVersionId": life.version,
            "CreateTimestamp": 0.0,
            "ApplicationConfigurationDescription": model.app_config_description,
            "CloudWatchLoggingOptionDescriptions": [
                {"CloudWatchLoggingOptionId": str(number), "LogStreamARN": arn}
                for number, arn in enumerate(life.log_streams, 1)
            ],
            "ApplicationMode": model.application_mode,
        }
