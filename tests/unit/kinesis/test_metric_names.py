"""The typed list of metrics holds the names that the JVM source registers, no more and no fewer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors import metrics

_SOURCE = (
    Path(metrics.__file__).parent / "jvm/src/main/java/io/starjoin/kinesis/ReaderMetrics.java"
).read_text()


@pytest.mark.parametrize(
    ("group", "listed"),
    [("group", metrics.SourceMetric), ("watched", metrics.WatchedSourceMetric)],
)
def test_names_and_kinds_are_those_of_the_java_source(
    group: str, listed: type[metrics.SourceMetric | metrics.WatchedSourceMetric]
) -> None:
    registered = set(re.findall(rf'\b{group}\.(counter|gauge)\("(\w+)"', _SOURCE))
    assert registered == {(metric.kind, metric.label) for metric in listed}


def test_groups_are_those_of_the_java_source() -> None:
    groups = re.findall(r'addGroup\("(\w+)"\)', _SOURCE)
    assert groups == [metrics.GROUP, metrics.SOURCE_GROUP]
