"""Faults that fail nothing, on a cluster of processes: what the metrics say of them in Flink.

A declaration that names its schema in another case, and a stream that is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import yaml

from connectors.accounts import CONTROL, UNDECLARED
from connectors.metrics import GROUP, Gauge, Metric, WatchedSourceMetric
from flink_app.diagnostics.metrics import SourceCheck
from infra.local.cluster import FlinkCluster
from infra.local.toolchain import ROOT
from tests.support.running import PATIENCE_SECONDS, Running, running

pytestmark = pytest.mark.integration

# Far above what a healthy local job reports, and soon reached by one that gets no answer.
SILENCE_MILLISECONDS: Final = 20_000


def other_case(run: Running) -> None:
    """Declares the schema in capitals, from the next start of the job on."""
    given = ROOT / run.stack.settings.application.declaration
    content = yaml.safe_load(given.read_text())
    content["source_schema"] = content["source_schema"].upper()
    path = run.folder / given.name
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    run.configure(declaration=str(path))


def metric(cluster: FlinkCluster, job: str, label: str) -> list[int]:
    """The values of a metric, one for each subtask that reports it."""
    found = []
    for vertex in cluster.get(f"/jobs/{job}")["vertices"]:
        metrics = f"/jobs/{job}/vertices/{vertex['id']}/metrics"
        names = [each["id"] for each in cluster.get(metrics)]
        for name in names:
            if name.endswith(f".{GROUP}.{label}"):
                found += [int(each["value"]) for each in cluster.get(f"{metrics}?get={name}")]
    return found


def wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS:.0f} s for {what}"
        time.sleep(0.5)


@pytest.mark.timeout(900)
def test_a_schema_of_another_case_and_a_stream_that_is_gone_show_in_the_metrics(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        other_case(run)
        run.full_load()
        folder = tmp_path / "cluster"
        with FlinkCluster(run.run(parallelism=2), folder, run.stack.environment()) as cluster:
            job = cluster.submit(run.stack.properties)
            cluster.wait_until_running(job)
            run.wait_until_all_loaded()

            def values(metric_of: Metric | Gauge | WatchedSourceMetric) -> list[int]:
                return metric(cluster, job, metric_of.label)

            tables = len(run.example.star.used_tables)
            wait(lambda: values(Gauge.TABLES_NEVER_READ) == [tables], "tables without records")
            lines = {line.table: line for line in run.balance()}
            assert lines.keys() <= {CONTROL, UNDECLARED}
            undeclared = lines[UNDECLARED]
            assert undeclared.read == undeclared.passed_over > 0
            assert all(line.difference == 0 for line in lines.values())
            wait(
                lambda: sum(values(SourceCheck.RECORDS_OF_SIMILAR_TABLES)) == undeclared.read,
                "all of them to be counted",
            )
            logs = "".join(path.read_text() for path in folder.glob("log/*") if path.is_file())
            assert "names are compared letter by letter" in logs

            assert max(values(WatchedSourceMetric.LAG)) < SILENCE_MILLISECONDS
            assert values(WatchedSourceMetric.LISTINGS_FAILED) == [0, 0]
            name = run.stack.settings.source.stream_arn.rpartition("/")[2]
            run.stack.client("kinesis").delete_stream(StreamName=name)
            wait(
                lambda: max(values(WatchedSourceMetric.LAG)) > SILENCE_MILLISECONDS,
                "the lag to grow",
            )
            wait(lambda: sum(values(WatchedSourceMetric.LISTINGS_FAILED)) > 0, "a failed listing")
            assert cluster.failures(job) == 0
