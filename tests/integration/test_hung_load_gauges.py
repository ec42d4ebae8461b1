"""A load that hangs, on a cluster of processes: what Flink's own metrics say of it meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.metrics import Gauge, LoadMetric, Metric, StageMetric
from infra.local.cluster import FlinkCluster
from infra.redshift_emulator import Rule, When
from infra.redshift_emulator.faults import Action
from tests.integration.test_silent_faults import metric, wait
from tests.support.running import running

pytestmark = pytest.mark.integration


@pytest.mark.timeout(900)
def test_a_copy_that_hangs_shows_in_the_gauges_and_its_end_as_well(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.full_load()
        folder = tmp_path / "cluster"
        with FlinkCluster(run.run(parallelism=2), folder, run.stack.environment()) as cluster:
            job = cluster.submit(run.stack.properties)
            cluster.wait_until_running(job)

            def values(metric_of: Metric | Gauge) -> list[int]:
                return metric(cluster, job, metric_of.label)

            run.wait_until_all_loaded()
            wait(lambda: values(Gauge.PENDING_EPOCHS) == [0], "no epoch to wait")
            assert values(Gauge.OLDEST_PENDING) == [0]
            wait(
                lambda: set(values(StageMetric.UPLOADS_REPEATED)) == {0},
                "a report of no repeated upload",
            )
            wait(lambda: values(LoadMetric.LOADS_RETRIED) == [0], "a report of no repeated load")

            fault = run.stack.redshift.faults.add(Rule(r"^\s*copy\b", When.BEFORE, Action.HANG))
            run.changes()
            fault.wait()
            wait(lambda: max(values(Gauge.PENDING_EPOCHS)) > 0, "an epoch to wait")
            wait(lambda: max(values(Gauge.OLDEST_PENDING)) > 10, "the oldest to grow old")
            before = max(values(Gauge.OLDEST_PENDING))
            wait(lambda: max(values(Gauge.OLDEST_PENDING)) > before + 5, "it to grow on")

            fault.release()
            run.wait_until_all_loaded()
            run.assert_equal_to_source()
            wait(lambda: values(Gauge.PENDING_EPOCHS) == [0], "no epoch to wait any more")
            wait(lambda: values(Gauge.OLDEST_PENDING) == [0], "the age to go back")
            assert cluster.failures(job) == 0
