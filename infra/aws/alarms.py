"""Which alarms of an environment are raised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def raised_alarms(cloudwatch: Any, names: Iterable[str]) -> list[str]:
    """Those of these alarms that are raised; `cloudwatch` is boto3's client."""
    asked = list(names)
    if not asked:
        return []
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=asked)
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    return [each["AlarmName"] for each in alarms if each["StateValue"] == "ALARM"]
