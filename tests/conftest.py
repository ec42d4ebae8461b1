"""What holds for every test."""

from __future__ import annotations

import os
import time
from typing import Any, Final

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# The time of an example says nothing on a busy machine; what hangs is stopped by the timeout.
settings.register_profile("starjoin", deadline=None)
settings.load_profile("starjoin")
# Assertions of the tests' shared functions are reported as those of the tests themselves.
pytest.register_assert_rewrite("tests.support.running")

# Files whose tests share nothing, so that each test may run in another worker.
TESTS_APART: Final = (
    "tests/contract/test_bookkeeping_migrations.py",
    "tests/histories/",
    "tests/integration/test_dead_letters.py",
    "tests/integration/test_job.py",
    "tests/integration/test_load.py",
    "tests/integration/test_replay.py",
    "tests/simulation/test_histories.py",
    "tests/simulation/test_mutations.py",
    "tests/simulation/test_placement.py",
    "tests/simulation/test_reloads.py",
    "tests/unit/decode/test_fuzz.py",
)
# What takes longest, first: the workers then end at about the same time. Only the order depends on
# this list; what is not in it comes after, in pytest's own order.
LONGEST_FIRST: Final = (
    "tests/histories/",
    "tests/faults/test_task_manager.py",
    "tests/integration/test_resharding.py",
    "tests/integration/test_hung_load_gauges.py",
    "tests/integration/test_schema_changes.py",
    "tests/integration/test_reload.py",
    "tests/integration/test_silent_faults.py",
    "tests/integration/test_rotated_secret.py",
    "tests/integration/test_package.py",
    "tests/integration/test_replay.py",
    "tests/integration/test_job.py",
    "tests/faults/",
    "tests/integration/",
    "tests/contract/test_bookkeeping_migrations.py",
    "tests/unit/decode/test_fuzz.py",
    "tests/unit/decode/test_written_otherwise.py",
    "tests/unit/decode/test_round_trips.py",
    "tests/unit/redshift/test_join_and_load.py",
    "tests/unit/redshift/test_unchanged.py",
    "tests/unit/privacy/test_treatments.py",
    "tests/unit/declaration/test_files.py",
    "tests/unit/decode/test_paths_agree.py",
)


# Seconds since 1970; where it is set, no test begins later. `.ci/run` sets it.
_UNTIL: Final = "STARJOIN_TESTS_UNTIL"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:  # noqa: ARG001 - pytest asks for it
    """Before the fixtures of a test: is there time for it?"""
    until = os.environ.get(_UNTIL)
    if until is not None and time.time() > float(until):
        pytest.skip("the time that this run may take is nearly over")


def _rank(nodeid: str) -> int:
    ranks = (rank for rank, start in enumerate(LONGEST_FIRST) if nodeid.startswith(start))
    return next(ranks, len(LONGEST_FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker: the longest tests first, each file's in their own order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.nodeid))


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file run in one worker, unless they share nothing."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(TESTS_APART) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """Which worker runs which tests, where there are several."""
    config.option.loadscopereorder = False  # the order is that of `LONGEST_FIRST`
    return FilesTogether(config, log)
