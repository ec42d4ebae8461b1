"""A stream with gaps: all else is loaded as ever, and each gap is in the warehouse once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from infra.local.minicluster import MiniCluster
from infra.local.stack import STREAM
from tests.support import gapped
from tests.support.running import Running, running
from tests.support.stream import records_on

pytestmark = pytest.mark.integration


def gapped_job(run: Running, crash: Path, **changes: object) -> MiniCluster:
    """The job, with gaps; it crashes once when the file `crash` is there."""
    env = run.stack.environment() | {gapped.CRASH: str(crash)}
    return MiniCluster(
        run.run(**changes), run.stack.properties, run.folder, env, module="tests.support.gapped"
    )


def recorded(run: Running) -> Counter[tuple[str, ...]]:
    """Every row of the table."""
    return Counter(
        tuple(map(str, row))
        for row in run.query(
            "SELECT application, stream, shard, last_sequence_number, first_sequence_number, cause "
            "FROM starjoin.gap"
        )
    )


def expected(run: Running) -> Counter[tuple[str, ...]]:
    """One for every seventh record of each shard."""
    records = Counter(shard for (shard, _), _ in records_on(run.stack.client("kinesis")))
    gaps = (
        gapped.gap_before(STREAM, shard, number)
        for shard, count in records.items()
        for number in range(gapped.EVERY, count + 1, gapped.EVERY)
    )
    name = run.stack.settings.application.name
    return Counter(
        (
            name, gap.stream, gap.shard,
            str(gap.last_sequence_number), str(gap.first_sequence_number), gap.cause,
        )
        for gap in gaps
    )  # fmt: skip


@pytest.mark.timeout(900)
def test_gaps_are_recorded_once_through_a_crash_and_a_savepoint(tmp_path: Path) -> None:
    crash = tmp_path / "crash"
    with running(tmp_path) as run:
        run.full_load()
        with gapped_job(run, crash, restarts=5) as job:
            job.wait_until_running()
            run.wait_until_all_loaded()
            crash.touch()
            run.changes()
            run.wait(lambda _: not crash.exists(), "the crash")
            run.wait_until_all_loaded()
            run.changes(run.example.script("later"))
            savepoint = job.stop_with_savepoint()
        run.again(every=7)
        with gapped_job(run, crash, restore_from=savepoint, parallelism=3) as job:
            job.wait_until_running()
            run.wait_until_all_loaded()
        run.assert_equal_to_source()
        assert recorded(run) == expected(run)
        assert len(recorded(run)) > 20
