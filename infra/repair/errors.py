"""Why nothing is repaired, or not all of it."""

from __future__ import annotations

from connectors.failures import StarjoinError


class NotRepairableError(StarjoinError, RuntimeError):
    """What differs cannot be repaired now, or not row by row; nothing was put onto the stream."""


class RepairStoppedError(StarjoinError, RuntimeError):
    """Only some records were put onto the stream. Run it again: a record put twice is harmless."""
