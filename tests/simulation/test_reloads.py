"""Reloads written out one by one, each with and without its guard, and what a start refuses.

18 to 20 are numbers of the algorithm's counterexamples, 0 is none of them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.floors import NO_FLOORS
from infra.simulation.warehouse_check import WrongError
from tests.simulation import reload_tales
from tests.simulation.mutations import mutation
from tests.simulation.tale import Tale

TALES: list[tuple[int, Callable[[], None], str]] = [
    (18, reload_tales.an_old_change_is_read_after_the_reload_began, "generation by arrival"),
    (19, reload_tales.a_fact_has_vanished_and_nothing_is_staged, "sweep"),
    (19, reload_tales.a_fact_has_vanished_and_nothing_is_staged, "swept also if nothing is staged"),
    (20, reload_tales.an_event_has_vanished_that_a_pending_patch_carries, "swept last"),
    (0, reload_tales.an_event_has_vanished_that_the_state_still_has, "floor in the mirror"),
    (0, reload_tales.a_vanished_fact_is_read_again_after_the_sweep, "floor in decode"),
    (
        0,
        reload_tales.a_snapshot_from_before_the_sweep_has_parts_that_were_never_loaded,
        "swept again for parts from before",
    ),
    (0, reload_tales.an_update_finds_a_row_from_below_the_floor, "sweep of columns"),
    (
        0,
        reload_tales.an_update_finds_a_dimension_from_below_the_floor,
        "sweep of a dimension's columns",
    ),
    (
        0,
        reload_tales.an_update_finds_a_dimension_from_below_the_floor,
        "floor of columns in the mirror",
    ),
]


@pytest.mark.parametrize(
    ("tell", "guard"),
    [pytest.param(tell, guard, id=f"{number}-{guard}") for number, tell, guard in TALES],
)
def test_the_guard_is_what_makes_it_right(tell: Callable[[], None], guard: str) -> None:
    tell()
    with mutation(guard).applied(), pytest.raises(WrongError):
        tell()


def test_a_start_with_a_lower_floor_loads_nothing_and_loses_nothing() -> None:
    with Tale() as tale:
        tale.take(tale.f(1), tale.f(2))
        tale.commit()
        tale.reload()
        tale.source.forget("f", (2,))
        tale.take(tale.load("f", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.floors = NO_FLOORS
        tale.restore(2)
        tale.take(tale.f(3))
        tale.commit()
        assert tale.world.attempt.list_pending()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()


def test_a_second_load_of_a_generation_does_not_undo_newer_changes() -> None:
    with Tale() as tale:
        tale.take(tale.load("c", 1), tale.load("f", 1))
        change = tale.f(1, c=1)
        tale.take(change)
        tale.commit()
        row = tale.source.tables["f"][1,]
        tale.source.tables["f"][1,] = row | {"c": None}
        again = tale.load("f", 1)  # as it was read before the change
        tale.source.tables["f"][1,] = row
        tale.take(again)
        tale.replay()
