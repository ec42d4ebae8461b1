"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# The time of an example says nothing on a busy machine; what hangs is stopped by the timeout.
settings.register_profile("starjoin", deadline=None)
settings.load_profile("starjoin")
