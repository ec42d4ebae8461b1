"""Reloads of one table written out one by one, each with and without its guard; and in sequence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.simulation.warehouse_check import WrongError
from tests.simulation import table_reload_tales as tales
from tests.simulation.mutations import mutation
from tests.simulation.tale import Tale

TALES: list[tuple[Callable[[], None], str]] = [
    (tales.others_keep_their_generation, "generation of its table alone"),
    (tales.a_change_from_before_the_load_is_read_after_it, "changes of before a table's load"),
    (tales.the_load_began_a_little_before_dms_says_so, "a table's load from a little earlier"),
    (tales.a_fact_has_vanished, "sweep"),
    (tales.a_fact_has_vanished, "swept also if nothing is staged"),
    (tales.an_event_has_vanished_that_the_state_still_has, "floor in the mirror"),
    (tales.an_event_has_vanished_that_the_state_still_has, "floor of a table in the mirror"),
    (tales.a_vanished_fact_is_read_again_after_the_sweep, "floor in decode"),
    (tales.a_vanished_fact_is_read_again_after_the_sweep, "floor of a table in decode"),
    (
        tales.a_snapshot_from_before_the_sweep_has_parts_that_were_never_loaded,
        "swept again for parts from before",
    ),
    (
        tales.a_snapshot_from_before_the_sweep_has_parts_that_were_never_loaded,
        "parts say the floors of tables",
    ),
    (tales.other_tables_stay_when_one_is_swept, "sweep of its table alone"),
]


@pytest.mark.parametrize(
    ("tell", "guard"),
    [pytest.param(tell, guard, id=f"{tell.__name__}-{guard}") for tell, guard in TALES],
)
def test_the_guard_is_what_makes_it_right(tell: Callable[[], None], guard: str) -> None:
    tell()
    with mutation(guard).applied(), pytest.raises(WrongError):
        tell()


def test_a_reload_of_everything_comes_above_those_of_tables() -> None:
    with Tale() as tale:
        tale.take(tale.c(1), tale.c(2), tale.f(1, c=1))
        tale.commit()
        tale.reload_table("c")
        tale.source.forget("c", (2,))
        tale.take(tale.load("c", 1))
        tale.commit()
        tale.reload()
        tale.source.forget("c", (1,))
        tale.take(tale.load("f", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()
        assert tale.world.floors.of("c") == tale.world.floors.of("f") == 3


def test_two_tables_are_reloaded_beside_each_other() -> None:
    with Tale() as tale:
        tale.take(tale.c(1), tale.t(1), tale.f(1, t=1, c=1))
        tale.commit()
        tale.reload_table("c")
        load = tale.load("c", 1)
        tale.reload_table("t")
        tale.source.forget("t", (1,))
        tale.take(load)
        tale.commit()
        assert len(tale.world.list_raised_floors()) == 2
        tale.raise_floor()
        tale.settle()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()
        assert str(tale.world.floors.tables) == "c 2, t 3"
