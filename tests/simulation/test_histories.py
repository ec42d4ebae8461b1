"""Random histories: after every commit the warehouse is the join at the cut of its accounts.

A failing seed is named; `.venv/bin/python -m tests.simulation --seed N` shrinks it and
tells what happens.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.simulation.choices import Choices
from infra.simulation.history import History
from infra.simulation.profile import Profile
from infra.simulation.shrink import run, shrink
from tests.simulation.many import run_seeds
from tests.simulation.profile import (
    COARSE,
    COMBINED,
    COMBINED_PRUNING,
    COUNTED,
    COUNTED_PRUNING,
    CUTS,
    EVERYTHING,
    GAPS,
    PARTIAL,
    PARTIAL_SHAPES,
    PLAIN,
    PRUNING,
    RELOADS,
    RESTARTS,
    SCHEDULED,
    SHAPES,
    SOURCES,
    UNCHANGED,
)


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_everything_may_happen(first: int) -> None:
    assert run_seeds(range(first, first + 20), EVERYTHING).wrong == {}


@pytest.mark.parametrize(
    "profile",
    [
        PLAIN,
        PRUNING,
        RELOADS,
        RESTARTS,
        UNCHANGED,
        SOURCES,
        replace(RELOADS, stars=UNCHANGED.stars, placed=0),
        COMBINED,
        COMBINED_PRUNING,
        GAPS,
        COARSE,
        PARTIAL,
        replace(COMBINED, gaps=20),
        SCHEDULED,
        SHAPES,
        PARTIAL_SHAPES,
        COUNTED,
        COUNTED_PRUNING,
    ],
    ids=[
        "nothing-fails",
        "pruning",
        "reloads",
        "log-restarts",
        "columns-left-out",
        "unusual-sources",
        "columns-left-out-reloads",
        "combined",
        "combined-pruning",
        "gaps",
        "coarse-positions",
        "partial-updates",
        "combined-gaps",
        "scheduled",
        "shapes",
        "partial-shapes",
        "rows-that-count",
        "rows-that-count-pruning",
    ],
)
def test_other_histories(profile: Profile) -> None:
    assert run_seeds(range(20), profile).wrong == {}


def test_cuts_promise_what_is_there() -> None:
    promises = 0
    for seed in range(12):
        history = History(Choices(seed), CUTS)
        history.run()
        promises += history.world.check.promises
    assert promises > 20


def test_a_seed_is_a_history_and_its_choices_replay_it() -> None:
    first, again = History(Choices(7), EVERYTHING), History(Choices(7), EVERYTHING)
    first.run()
    again.run()
    replayed = History(Choices(replayed=first.choices.made), EVERYTHING)
    replayed.run()
    assert first.log == again.log == replayed.log
    assert first.world.check.commits == replayed.world.check.commits > 0


def test_a_wrong_history_is_shrunk_to_one_that_is_wrong_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.redshift.ledger.known_parts", lambda *_: set())
    failing = next(o for seed in range(200) if (o := run(Choices(seed), PRUNING)).failed_check)
    shrunk = shrink(failing, PRUNING, runs=40)
    assert shrunk.failed_check == failing.failed_check
    assert len(shrunk.choices.made) < len(failing.choices.made)
