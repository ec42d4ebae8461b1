"""A job on Managed Flink: what the service and CloudWatch say of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from infra.aws.application import Description
from infra.watch.managed import ManagedJob
from infra.watch.picture import Job, JobMetrics
from tests.unit.watch.pictures import NOW

VALUES = {
    "pendingEpochs": [2.0, 1.0],
    "oldestPendingEpochSeconds": [61.0],
    "loadsNeedRepair": [0.0],
    "numRestarts": [3.0],
    "lastCheckpointDuration": [1_250.0],
    "numberOfFailedCheckpoints": [1.0],
    "streamLagMilliseconds": [],
}


class CloudWatch:
    """Has values of some metrics, and two alarms, one of which is raised."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        assert request["EndTime"] - request["StartTime"] >= dt.timedelta(minutes=5)
        assert request["ScanBy"] == "TimestampDescending"  # the newest value comes first
        results = []
        for query in request["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            assert metric["Namespace"] == "AWS/KinesisAnalytics"
            assert metric["Dimensions"] == [{"Name": "Application", "Value": "shop"}]
            values = VALUES.get(metric["MetricName"], [])
            results.append({"Id": query["Id"], "Values": values})
        return {"MetricDataResults": results}

    def get_paginator(self, operation: str) -> CloudWatch:
        assert operation == "describe_alarms"
        return self

    @staticmethod
    def paginate(**request: Any) -> list[dict[str, Any]]:
        assert request["AlarmNames"] == ["lag", "gaps"]
        states = {"lag": "ALARM", "gaps": "OK"}
        alarms = [{"AlarmName": name, "StateValue": state} for name, state in states.items()]
        return [{"MetricAlarms": alarms[:1]}, {"MetricAlarms": alarms[1:]}]


def description() -> Description:
    return Description("shop", "arn", "RUNNING", 3, "code.zip", 2, (), {})


def test_state_metrics_and_raised_alarms() -> None:
    cloudwatch = CloudWatch()
    job = ManagedJob("shop", description, cloudwatch, ["lag", "gaps"], lambda: NOW).read()
    assert job == Job(
        "RUNNING",
        restarts=3,
        metrics=JobMetrics(pending_epochs=2, oldest_pending_seconds=61, loads_need_repair=0),
        checkpoint_seconds=1.25,
        checkpoints_failed=1,
        alarms=("lag",),
    )
    assert len(cloudwatch.asked) == 1


def test_an_application_that_is_not_there_is_no_question_for_cloudwatch() -> None:
    cloudwatch = CloudWatch()
    assert ManagedJob("shop", lambda: None, cloudwatch, []).read() == Job("NOT THERE")
    assert cloudwatch.asked == []
