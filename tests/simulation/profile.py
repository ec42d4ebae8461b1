"""What may happen in a history at all, and how often where that matters."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flink_app.declaration import Star
from tests.simulation.stars import COMBINED_STARS, STARS, UNCHANGED_STARS


@dataclass(frozen=True)
class Profile:
    """What may happen at all."""

    failures: bool = True
    older_restores: int = 20  # of 100 failures
    zombies: bool = True
    outages: bool = True
    pruning: bool = False
    reloads: int = 3  # the weight of a reload among what can happen next
    placed: int = 50  # of 100 histories, some dimensions in the warehouse
    letters: int = 0  # the weight of a record that becomes a dead letter, and is replayed later
    stars: tuple[Star, ...] = STARS


EVERYTHING = Profile()
PLAIN = Profile(failures=False, older_restores=0, zombies=False, outages=False, reloads=0)
# A provocation: what is read again comes in other epochs, beside what was there.
OLDER = Profile(older_restores=80, zombies=False)
# Older restores and pruning exclude each other: what a snapshot may need is not pruned.
PRUNING = Profile(older_restores=0, pruning=True)
# A provocation: new generations and floors, one after the other.
RELOADS = Profile(older_restores=50, reloads=30)
# Stars whose updates leave columns out.
UNCHANGED = Profile(stars=UNCHANGED_STARS, placed=0)
# All of it at once; and once more with pruning in the place of older restores.
COMBINED = Profile(older_restores=40, reloads=12, placed=85, letters=4, stars=COMBINED_STARS)
COMBINED_PRUNING = replace(COMBINED, older_restores=0, pruning=True)
