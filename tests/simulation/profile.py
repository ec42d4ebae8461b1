"""The profiles that the simulation's own tests run, each a name for what may happen."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from infra.simulation.profile import Profile
from tests.simulation.stars import (
    COARSE_STARS,
    COMBINED_STARS,
    COUNTED_STARS,
    LOG_STARS,
    PARTIAL_SHAPE_STARS,
    PARTIAL_STARS,
    SHAPE_STARS,
    SOURCE_STARS,
    STARS,
    UNCHANGED_STARS,
)

EVERYTHING: Final = Profile(stars=STARS, placed=50)
PLAIN: Final = replace(
    EVERYTHING, failures=False, older_restores=0, zombies=False, outages=False, reloads=0
)
# A provocation: what is read again comes in other epochs, beside what was there.
OLDER: Final = replace(EVERYTHING, older_restores=80, zombies=False)
# Older restores and pruning exclude each other: what a snapshot may need is not pruned.
PRUNING: Final = replace(EVERYTHING, older_restores=0, pruning=True)
# A provocation: new generations and floors, one after the other.
RELOADS: Final = replace(EVERYTHING, older_restores=50, reloads=30)
# Single tables are reloaded alone, beside reloads of everything.
TABLE_RELOADS: Final = replace(RELOADS, reloads=8, table_reloads=30, letters=3)
# The source's log starts again, and all that may meet it.
RESTARTS: Final = replace(
    EVERYTHING, stars=LOG_STARS, older_restores=40, log_restarts=40, reloads=6, letters=3
)
# Records that are lost before they are read.
GAPS: Final = replace(EVERYTHING, gaps=20)
# Stars whose updates leave columns out.
UNCHANGED: Final = Profile(stars=UNCHANGED_STARS, placed=0)
# The same with many reloads, and letters that are replayed after them.
UNCHANGED_RELOADS: Final = replace(UNCHANGED, older_restores=50, reloads=30, letters=4)
# Sources that log only what changed; letters are updates that lack what every change has.
PARTIAL: Final = Profile(stars=PARTIAL_STARS, placed=0, letters=6)
# Many commits in one second, and nothing but arrival to order them; letters that are replayed too.
COARSE: Final = Profile(stars=COARSE_STARS, placed=0, letters=4)
# Stars whose source is none of the plainest: tables with partitions, keys with collations.
SOURCES: Final = replace(EVERYTHING, stars=SOURCE_STARS, letters=4, reloads=12)
# All of it at once; and once more with pruning in the place of older restores.
COMBINED: Final = replace(
    EVERYTHING,
    older_restores=40,
    reloads=12,
    table_reloads=12,
    log_restarts=8,
    placed=85,
    letters=4,
    stars=COMBINED_STARS,
    values={"post.post": (0, 1, 2), "country.code": ("k0", "k1")},
)
# Loads that wait for an interval, and that take a backlog in several transactions.
SCHEDULED: Final = replace(COMBINED, scheduled=90)
COMBINED_PRUNING: Final = replace(COMBINED, older_restores=0, pruning=True)
# Shards that are found empty; readers that go on from where they were before.
CUTS: Final = replace(EVERYTHING, older_restores=40, cuts=30)
# Stars of other shapes: tables on several paths, both fact and dimension, that refer to themselves.
SHAPES: Final = replace(
    EVERYTHING, reloads=8, table_reloads=8, letters=3, placed=40, stars=SHAPE_STARS
)
PARTIAL_SHAPES: Final = replace(SHAPES, placed=0, stars=PARTIAL_SHAPE_STARS)
# Targets of rows that count, by values that change often.
COUNTED: Final = replace(
    SHAPES,
    stars=COUNTED_STARS,
    values={"purchase.state": ("paid", "sent", "draft"), "purchase.is_test": (False, False, True)},
)
COUNTED_PRUNING: Final = replace(COUNTED, older_restores=0, pruning=True)
# Rows that repairs put, beside reloads, letters and logs that start again.
REPAIRS: Final = replace(SHAPES, stars=STARS, repairs=60, log_restarts=6, older_restores=40)
REPAIRS_OF_COUNTED: Final = replace(COUNTED, repairs=60)
REPAIRS_OF_UNCHANGED: Final = replace(UNCHANGED_RELOADS, repairs=60)
