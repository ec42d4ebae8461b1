"""The error of what cannot be explained."""

from __future__ import annotations

from connectors.failures import StarjoinError


class NotExplainableError(StarjoinError):
    """A row cannot be looked up; the message says why and what to do, and holds no value."""
