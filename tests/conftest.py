"""What holds for every test."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import settings

# The time of an example says nothing on a busy machine; what hangs is stopped by the timeout.
settings.register_profile("starjoin", deadline=None)
settings.load_profile("starjoin")
# What the helpers of the tests assert is told as in the tests themselves.
pytest.register_assert_rewrite("tests.running")

# Folders whose tests start Flink: one after the other, since each takes the cores that there are.
_ENGINE: Final = frozenset({"integration", "faults", "histories"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers the tests of a file stay together, and those that start Flink do."""
    for item in items:
        place = item.path.relative_to(item.config.rootpath / "tests")
        group = "engine" if place.parts[0] in _ENGINE else str(place)
        item.add_marker(pytest.mark.xdist_group(group))
