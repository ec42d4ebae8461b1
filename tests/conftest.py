"""What holds for every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

# The time of an example says nothing on a busy machine; what hangs is stopped by the timeout.
settings.register_profile("starjoin", deadline=None)
settings.load_profile("starjoin")
# What the helpers of the tests assert is told as in the tests themselves.
pytest.register_assert_rewrite("tests.running")
