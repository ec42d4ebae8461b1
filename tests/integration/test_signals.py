"""On real Flink, the load is given a signal at once and not with whatever comes next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.running import running

pytestmark = pytest.mark.integration

FENCE = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'starjoin' AND table_name = 'fence'
"""


def test_the_load_learns_of_the_start_though_no_timer_and_no_barrier_hands_it_over(
    tmp_path: Path,
) -> None:
    with (
        running(tmp_path) as run,
        run.minicluster(checkpoint_interval="1 h", bundle_milliseconds=3_600_000),
    ):
        run.wait(lambda _: bool(run.query(FENCE)), "the load to take its fence")
