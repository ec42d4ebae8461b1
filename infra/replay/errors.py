"""What can go wrong in a replay, as sentences that say what to do."""

from __future__ import annotations

from connectors.failures import StarjoinError


class ReplayError(StarjoinError, RuntimeError):
    """A replay cannot be done, or stopped half way; run it again to continue."""
