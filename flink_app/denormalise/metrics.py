"""The counters of the join."""

from __future__ import annotations

from connectors.metrics import Metric


class JoinMetric(Metric):
    """Changes that the join has taken."""

    FACTS_JOINED = ("factsJoined", "fact changes joined to their dimensions")
    DIMENSION_CHANGES = (
        "dimensionChanges",
        "changes of broadcast dimensions newer than what was known",
    )
    DIMENSION_CHANGES_SUPERSEDED = (
        "dimensionChangesSuperseded",
        "changes of broadcast dimensions older than what was known, or than another in their block",
    )
