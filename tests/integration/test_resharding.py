"""Shards are split and merged under load: nothing is lost, nothing counted twice.

The Kinesis is one that ends closed shards, and it is read in CBOR, as in production.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.redshift.cuts import Evidence
from infra.arguments import ExitCode
from infra.cut.main import main
from tests.support.resharding import Load, Shards
from tests.support.running import Running, running
from tests.support.stream import records_on

pytestmark = pytest.mark.integration


@pytest.mark.timeout(900)
def test_the_table_is_the_join_across_splits_merges_and_a_savepoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path, "order_book", resharding=True) as run:
        shards = Shards(run.stack.client("kinesis"))
        with Load(run) as load:
            with run.minicluster() as job:
                run.wait(lambda seen: seen.batches > 0, "a first batch")
                shards.split(0)
                _wait_until_read(run, load, shards)
                # One parent of the merge is a child of the split.
                shards.merge(1)
                savepoint = job.stop_with_savepoint()
            # Two generations; of the first, no listing sees all open.
            shards.split(1)
            shards.split(2)
            shards.merge(0)
            with run.minicluster(restore_from=savepoint, parallelism=3):
                _wait_until_read(run, load, shards)
                shards.merge(0)
                shards.split(0)
                _wait_until_read(run, load, shards)
                load.stop()
                run.wait_until_all_loaded()
        run.assert_equal_to_source()
        for name, value in run.stack.environment().items():
            monkeypatch.setenv(name, value)
        _require_cut(run, shards)
        assert _shards_read(run) == {shard for (shard, _), _ in records_on(shards.kinesis)}


def _wait_until_read(run: Running, load: Load, shards: Shards) -> None:
    """Waits until records of each open shard are in the warehouse."""
    wanted = set(shards.open())

    def all_read() -> bool:
        load.check()
        return wanted <= _shards_read(run)

    run.wait(lambda _: all_read(), f"records of {sorted(wanted)}")


def _require_cut(run: Running, shards: Shards) -> None:
    """The cut promises something: the shards that are left hold every hash key."""
    (cut,) = run.query("SELECT complete_until, evidence FROM starjoin.data_complete_until")
    assert cut[0] is not None
    assert cut[1] in {Evidence.COMMITS, Evidence.ARRIVAL}
    newest = "SELECT MAX(cut_number) FROM starjoin.cut"
    left = run.query(f"SELECT shard FROM starjoin.cut WHERE cut_number = ({newest}) AND NOT ended")
    assert {shard for (shard,) in left} == {"", *shards.open()}
    until = "SELECT complete_until FROM starjoin.cut WHERE shard = '' ORDER BY cut_number"
    times = [time for (time,) in run.query(until) if time is not None]
    assert times == sorted(times)
    assert main(["--properties", str(run.stack.properties), "--within", "3600"]) == ExitCode.DONE


def _shards_read(run: Running) -> set[str]:
    return {str(shard) for (shard,) in run.query("SELECT DISTINCT shard FROM starjoin.account")}
