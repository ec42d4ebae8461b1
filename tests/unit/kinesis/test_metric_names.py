"""The typed list of metrics holds the names that the JVM source registers, no more and no fewer."""

from __future__ import annotations

import re
from pathlib import Path

from connectors import metrics

_SOURCE = (
    Path(metrics.__file__).parent / "jvm/src/main/java/io/starjoin/kinesis/ReaderMetrics.java"
).read_text()


def test_names_and_kinds_are_those_of_the_java_source() -> None:
    registered = set(re.findall(r'group\.(counter|gauge)\("(\w+)"', _SOURCE))
    assert registered == {(metric.kind, metric.label) for metric in metrics.SourceMetric}


def test_groups_are_those_of_the_java_source() -> None:
    groups = re.findall(r'addGroup\("(\w+)"\)', _SOURCE)
    assert groups == [metrics.GROUP, metrics.SOURCE_GROUP]
