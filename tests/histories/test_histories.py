"""The warehouse is the join after every commit of a real job, at any parallelism and across them.

A failure says its seed; `.venv/bin/python -m tests.histories --seed N` runs it again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.engines import on_cluster, on_mini_cluster
from tests.histories.history import History

pytestmark = pytest.mark.integration

_PIECES = 9


def test_on_a_mini_cluster_at_parallelism_1_then_2_then_4(tmp_path: Path) -> None:
    _assert_seen(on_mini_cluster(1, tmp_path, (1, 2, 4), _PIECES), starts=3)


def test_on_a_cluster_of_processes_at_parallelism_3_then_2(tmp_path: Path) -> None:
    _assert_seen(on_cluster(2, tmp_path, (3, 2), _PIECES), starts=2)


def _assert_seen(history: History, starts: int) -> None:
    """That every commit is right has been asserted; here, that there was something to be right."""
    assert history.commits.seen >= starts  # how many more is a matter of the machine's speed
    assert history.put > 40 * _PIECES
    assert min(history.largest.values()) > 0, f"a target never had a row: {history.largest}"
