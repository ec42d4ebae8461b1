"""What holds for every test."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# The time of an example says nothing on a busy machine; what hangs is stopped by the timeout.
settings.register_profile("starjoin", deadline=None)
settings.load_profile("starjoin")
# What the helpers of the tests assert is told as in the tests themselves.
pytest.register_assert_rewrite("tests.support.running")

# Folders whose tests start Flink: one after the other, since each takes the cores that there are.
_ENGINE: Final = ("tests/integration/", "tests/faults/", "tests/histories/")


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a file run in one worker, and so do all that start Flink."""

    def _split_scope(self, nodeid: str) -> str:
        return "engine" if nodeid.startswith(_ENGINE) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """Which worker runs which tests, where there are several."""
    return FilesTogether(config, log)
