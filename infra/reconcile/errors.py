"""Why nothing can be compared."""

from __future__ import annotations

from connectors.failures import StarjoinError


class NotComparableError(StarjoinError, RuntimeError):
    """The two sides cannot be compared now, or not at all; the message says why and what to do."""
