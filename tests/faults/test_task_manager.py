"""kill -9 of a task manager on the multi-process cluster: nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from infra.local.cluster import FlinkCluster
from tests.support.running import running

pytestmark = pytest.mark.faults

# A dimension that many facts reach changes while nobody runs: what patches are for.
_MEANWHILE: Final = "UPDATE sales_region SET region_title = 'Region {number}'"


@pytest.mark.timeout(900)
def test_killed_task_managers_change_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "order_book") as started:
        started.full_load()
        environment = started.stack.environment()
        run = started.run(restarts=20)
        with FlinkCluster(run, tmp_path / "cluster", environment) as cluster:
            job = cluster.submit(started.stack.properties)
            cluster.wait_until_running(job)
            started.wait(lambda seen: seen.batches > 0, "a first batch")
            started.changes()
            # Once right after a change was put, once in the middle of the recovery's own epochs.
            for number in range(2):
                workers = cluster.task_manager.pids()
                assert len(workers) > 1, "Python workers are processes of their own"
                cluster.kill_task_manager()
                assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
                started.changes(_MEANWHILE.format(number=number))
                cluster.replace_task_manager()
                cluster.wait_until_running(job)
            started.wait_until_all_loaded()
            started.assert_equal_to_source()
            assert cluster.failures(job) >= 2
            savepoint = cluster.stop_with_savepoint(job)
    assert savepoint
