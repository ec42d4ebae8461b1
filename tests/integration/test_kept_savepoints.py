"""The present code restores the savepoints of every release; nothing is lost, nothing repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.keep import PARALLELISM
from tests.fixtures.layout import FIXTURES, Layout
from tests.fixtures.restore import restored

pytestmark = pytest.mark.integration

KEPT = sorted(FIXTURES.glob("savepoint-*"))


@pytest.mark.parametrize("folder", KEPT, ids=lambda folder: folder.name)
def test_a_kept_savepoint_goes_on_at_another_parallelism(folder: Path, tmp_path: Path) -> None:
    kept = Layout(folder)
    with restored(kept, tmp_path) as run:
        before = run.progress()
        assert 0 < before.records < run.put  # the rest is in parts that are pending
        run.changes(run.example.script("later"))
        with run.minicluster(restore_from=str(kept.savepoint), parallelism=PARALLELISM + 1):
            after = run.wait_until_all_loaded()
        assert after.batches > before.batches
        assert after.dead_lettered == before.dead_lettered == 1
        run.assert_equal_to_source()
