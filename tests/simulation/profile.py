"""What may happen in a history at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """What may happen at all."""

    failures: bool = True
    older_restores: bool = True
    zombies: bool = True
    outages: bool = True
    pruning: bool = False


EVERYTHING = Profile()
PLAIN = Profile(failures=False, older_restores=False, zombies=False, outages=False)
# Older restores and pruning exclude each other: what a snapshot may need is not pruned.
PRUNING = Profile(older_restores=False, pruning=True)
