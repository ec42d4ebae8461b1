"""A job on Managed Flink: the service's state, the metrics of CloudWatch, the raised alarms.

CloudWatch has a value a minute and bills each that is asked for, so it is asked no more often.
Of a metric with a value for each subtask it knows the greatest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from infra.aws.alarms import raised_alarms
from infra.aws.application import Description
from infra.watch.metrics import WATCHED, gather
from infra.watch.picture import Job
from infra.watch.reader import utc_now

MANAGED_SECONDS: Final = 60.0
_NAMESPACE: Final = "AWS/KinesisAnalytics"
_PERIOD: Final = 60
# A value reaches CloudWatch some minutes after its minute.
_LOOK_BACK: Final = dt.timedelta(minutes=10)
# Flink's own.
_RESTARTS: Final = "numRestarts"
_CHECKPOINT: Final = "lastCheckpointDuration"  # milliseconds
_FAILED: Final = "numberOfFailedCheckpoints"
_NAMES: Final = (*(metric.label for metric, _ in WATCHED.values()), _RESTARTS, _CHECKPOINT, _FAILED)


class ManagedJob:
    """The job of one application.

    Args:
        name: of the application.
        describe: gives its present state, None where there is no such application.
        cloudwatch: boto3's client.
        alarms: the names of the environment's alarms.
        now: the time.
    """

    def __init__(
        self,
        name: str,
        describe: Callable[[], Description | None],
        cloudwatch: Any,
        alarms: Sequence[str],
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._name = name
        self._describe = describe
        self._cloudwatch = cloudwatch
        self._alarms = alarms
        self._now = now

    def read(self) -> Job:
        """Its state and metrics. Raises what boto3 raises."""
        description = self._describe()
        if description is None:
            return Job("NOT THERE")
        values = dict(self._read_metrics())
        checkpoint = values.get(_CHECKPOINT)
        return Job(
            description.status,
            restarts=values.get(_RESTARTS),
            metrics=gather({label: [value] for label, value in values.items()}),
            checkpoint_seconds=None if checkpoint is None else checkpoint / 1_000,
            checkpoints_failed=values.get(_FAILED),
            alarms=tuple(raised_alarms(self._cloudwatch, self._alarms)),
        )

    def _read_metrics(self) -> Iterator[tuple[str, int]]:
        """The newest value of each metric that has one."""
        end = self._now()
        queries = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": _NAMESPACE,
                        "MetricName": name,
                        "Dimensions": [{"Name": "Application", "Value": self._name}],
                    },
                    "Period": _PERIOD,
                    "Stat": "Maximum",
                },
            }
            for number, name in enumerate(_NAMES)
        ]
        answer = self._cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=end - _LOOK_BACK,
            EndTime=end,
            ScanBy="TimestampDescending",
        )
        for result in answer["MetricDataResults"]:
            if result["Values"]:
                yield _NAMES[int(result["Id"][1:])], round(result["Values"][0])
