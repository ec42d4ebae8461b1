"""Random histories: after every commit the warehouse is the join at the cut of its accounts."""

from __future__ import annotations

import pytest

from tests.simulation.choices import Choices
from tests.simulation.history import PLAIN, History, Profile


@pytest.mark.parametrize("profile", [PLAIN, Profile()], ids=["plain", "everything"])
def test_the_warehouse_is_the_join_after_every_commit(profile: Profile) -> None:
    for seed in range(60):
        History(Choices(seed), profile).run()
