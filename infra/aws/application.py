"""The application on Managed Flink: what state it is in, starting, stopping, snapshots.

    READY -start-> STARTING -> RUNNING -stop-> STOPPING -> READY
    RUNNING -update-> UPDATING -> RUNNING, or ROLLING_BACK -> RUNNING with the old version

A program that fails in `main` can leave the application RUNNING without a job. Only its log tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from flink_app.settings import PREFIX
from infra.aws.errors import ApplicationError
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

_RESTING: Final = frozenset({"READY", "RUNNING", "ROLLED_BACK"})
_EVERY: Final = 10.0
# The service itself calls a transition stuck after ten minutes; large state may need longer.
_LIMIT: Final = 1_800.0
# A line of the log reaches CloudWatch within seconds; a minute leaves room for a busy service.
_LOG_DELAY: Final = 60.0
_DRIVER: Final = "PythonDriver"
_SETTINGS_GROUP: Final = f"{PREFIX}application"


@dataclass(frozen=True)
class Description:
    """The application as the service describes it."""

    name: str
    arn: str
    status: str
    version: int
    code: str
    parallelism: int
    log_streams: tuple[str, ...]
    settings: Mapping[str, str]  # of its group `starjoin.application`

    @property
    def log_group(self) -> str:
        """The group that its log is in; empty when it has no log."""
        if not self.log_streams:
            return ""
        return self.log_streams[0].split(":log-group:", 1)[1].split(":log-stream:", 1)[0]


@dataclass(frozen=True)
class StartState:
    """What a start is to begin with: the latest snapshot, unless one of these says otherwise."""

    snapshot: str | None = None
    without: bool = False

    @property
    def is_chosen(self) -> bool:
        """Whether somebody asked for something."""
        return self.without or self.snapshot is not None


LATEST: Final = StartState()


class FlinkApplication:
    """One application.

    Args:
        name: of the application.
        client: boto3's client for kinesisanalyticsv2.
        logs: boto3's client for CloudWatch Logs.
        clock: for waiting.
        say: where progress goes, line by line.
    """

    def __init__(self, name: str, *, client: Any, logs: Any, clock: Clock, say: Say) -> None:
        self._name = name
        self._client = client
        self._logs = logs
        self._clock = clock
        self._say = say

    def describe(self) -> Description | None:
        """Its present state, or None when there is no such application."""
        try:
            detail = self._client.describe_application(ApplicationName=self._name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return _description(detail["ApplicationDetail"])

    def start(self, state: StartState = LATEST) -> None:
        """Starts it from that state and waits until it runs.

        Raises ApplicationError when it does not start, or has no snapshot and is to have a state.
        """
        restore: dict[str, str]
        if state.snapshot is not None:
            restore = {
                "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT",
                "SnapshotName": state.snapshot,
            }
            self._say(f"{self._name}: starting from snapshot {state.snapshot}")
        elif state.without:
            restore = {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}
            self._say(f"{self._name}: starting without state, at the stream's initial position")
        elif latest := self.latest_snapshot():
            restore = {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}
            self._say(f"{self._name}: starting from its latest snapshot, {latest}")
        else:
            message = f"{self._name} has no snapshot to start from; deploy says how to start it"
            raise ApplicationError(message)
        self._client.start_application(
            ApplicationName=self._name,
            RunConfiguration={
                "FlinkRunConfiguration": {"AllowNonRestoredState": False},
                "ApplicationRestoreConfiguration": restore,
            },
        )
        self.expect("RUNNING", doing="start")

    def stop(self, *, snapshot: bool = True) -> None:
        """Stops it and waits; a snapshot is taken first where `snapshot` is set.

        Raises ApplicationError when it does not stop.
        """
        manner = "with a snapshot" if snapshot else "without a snapshot"
        self._say(f"{self._name}: stopping {manner}")
        # Without Force the service takes the snapshot itself, and stops only if that succeeds.
        self._client.stop_application(ApplicationName=self._name, Force=not snapshot)
        self.expect("READY", doing="stop")

    def settle(self) -> Description | None:
        """Waits until no transition is under way; None when there is no such application.

        Raises ApplicationError when it does not come to rest.
        """
        return None if self.describe() is None else self._rest("transition under way")

    def expect(self, wanted: str, *, doing: str) -> Description:
        """Waits until it rests, in the wanted state. Raises ApplicationError."""
        description = self._rest(doing)
        if description.status != wanted:
            raise self._explain(doing, f"ended in state {description.status}")
        self._say(f"{self._name}: {description.status}, version {description.version}")
        return description

    def watch_log(self, since_milliseconds: int) -> None:
        """Looks for a program that failed though the application runs, as long as logs may take.

        Raises ApplicationError when there is one.
        """
        self._say(f"{self._name}: watching its log for {_LOG_DELAY:.0f} s")
        end = self._clock.now() + _LOG_DELAY
        while not (lines := self._driver_failures(since_milliseconds)):
            if self._clock.now() >= end:
                return
            self._clock.sleep(_EVERY)
        last = "\n".join(f"  {line}" for line in lines[-10:])
        message = (
            f"{self._name} runs, but its program failed and there is no job. "
            f"{self._where_to_look()} It says:\n{last}"
        )
        raise ApplicationError(message)

    def latest_snapshot(self) -> str | None:
        """The name of the latest snapshot that can be started from."""
        ready = [each for each in self.snapshots() if each["SnapshotStatus"] == "READY"]
        if not ready:
            return None
        return str(max(ready, key=lambda each: each["SnapshotCreationTimestamp"])["SnapshotName"])

    def snapshots(self) -> Sequence[dict[str, Any]]:
        """All its snapshots."""
        snapshots: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self._client.list_application_snapshots(ApplicationName=self._name, **more)
            snapshots += page.get("SnapshotSummaries", [])
            if not page.get("NextToken"):
                return snapshots
            more = {"NextToken": page["NextToken"]}

    def _rest(self, doing: str) -> Description:
        def rests() -> Description | None:
            description = self.describe()
            if description is None:
                message = f"there is no application {self._name}: deploy it first"
                raise ApplicationError(message)
            return description if description.status in _RESTING else None

        return wait_for(
            rests,
            clock=self._clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=lambda: self._explain(doing, f"is not done after {_LIMIT / 60:.0f} minutes"),
        )

    def _explain(self, doing: str, failure: str) -> ApplicationError:
        reason = self._operation_failure()
        explanation = f" The service says: {reason}." if reason else ""
        return ApplicationError(
            f"{self._name}: the {doing} {failure}.{explanation} {self._where_to_look()}"
        )

    def _operation_failure(self) -> str:
        """Why the last operation failed, in the service's words; empty when it did not."""
        operations = self._client.list_application_operations(
            ApplicationName=self._name, OperationStatus="FAILED", Limit=1
        ).get("ApplicationOperationInfoList", [])
        if not operations:
            return ""
        details = self._client.describe_application_operation(
            ApplicationName=self._name, OperationId=operations[0]["OperationId"]
        )["ApplicationOperationInfoDetails"]
        failure = details.get("OperationFailureDetails", {})
        return str(failure.get("ErrorInfo", {}).get("ErrorString", ""))

    def _where_to_look(self) -> str:
        description = self.describe()
        group = description.log_group if description else ""
        return (
            f"Read log group {group or '(none configured)'}, logger {_DRIVER}: a program that "
            f"fails at its start is reported there, and not at level ERROR."
        )

    def _driver_failures(self, since_milliseconds: int) -> list[str]:
        description = self.describe()
        if description is None or not description.log_group:
            return []
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=description.log_group,
            startTime=since_milliseconds,
            filterPattern=f'"{_DRIVER}"',
        )
        messages = [event["message"] for page in pages for event in page["events"]]
        return [text for text in messages if "Error" in text or "Traceback" in text]


def _description(detail: dict[str, Any]) -> Description:
    configuration = detail.get("ApplicationConfigurationDescription", {})
    code = configuration.get("ApplicationCodeConfigurationDescription", {})
    location = code.get("CodeContentDescription", {}).get(
        "S3ApplicationCodeLocationDescription", {}
    )
    parallel = configuration.get("FlinkApplicationConfigurationDescription", {}).get(
        "ParallelismConfigurationDescription", {}
    )
    groups = configuration.get("EnvironmentPropertyDescriptions", {}).get(
        "PropertyGroupDescriptions", []
    )
    return Description(
        name=detail["ApplicationName"],
        arn=detail["ApplicationARN"],
        status=detail["ApplicationStatus"],
        version=detail["ApplicationVersionId"],
        code=location.get("FileKey", ""),
        parallelism=parallel.get("CurrentParallelism", 0),
        log_streams=tuple(
            each["LogStreamARN"] for each in detail.get("CloudWatchLoggingOptionDescriptions") or []
        ),
        settings=next(
            (g["PropertyMap"] for g in groups if g["PropertyGroupId"] == _SETTINGS_GROUP), {}
        ),
    )
