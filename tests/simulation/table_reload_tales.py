"""Reloads of one table, record by record, while the changes of the others go on.

Between the last change that DMS has sent before the load and the load itself, changes may be lost:
the load has what they did.
"""

from __future__ import annotations

from tests.simulation.tale import Tale


def others_keep_their_generation() -> None:
    with Tale() as tale:
        tale.take(tale.c(1), tale.f(1, c=1))
        tale.commit()
        tale.reload_table("c")
        tale.take(tale.load("c", 1), tale.f(2, c=1))
        tale.commit()


def a_change_from_before_the_load_is_read_after_it() -> None:
    with Tale() as tale:
        tale.take(tale.f(1, c=1))
        tale.commit()
        change = tale.c(1)
        tale.change_silently("c", 1)
        tale.reload_table("c")
        tale.take(tale.load("c", 1), change)
        tale.commit()
        tale.world.check_end()


def the_load_began_a_little_before_dms_says_so() -> None:
    with Tale() as tale:
        tale.take(tale.c(1), tale.f(1, c=1))
        tale.commit()
        tale.reload_table("c")
        tale.take(tale.load("c", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()


def a_fact_has_vanished() -> None:
    with Tale() as tale:
        tale.take(tale.c(1), tale.f(1, c=1), tale.f(2, c=1), tale.delete("f", 1))
        tale.commit()
        tale.reload_table("f")
        tale.source.forget("f", (2,))
        tale.settle()
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()


def an_event_has_vanished_that_the_state_still_has() -> None:
    with Tale() as tale:
        tale.take(tale.e(3), tale.t(1, e=3), tale.f(1, t=1))
        tale.commit()
        tale.reload_table("e")
        tale.source.forget("e", (3,))
        tale.settle()
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.take(tale.t(1, e=3))
        tale.commit()
        tale.world.check_end()


def a_vanished_fact_is_read_again_after_the_sweep() -> None:
    with Tale() as tale:
        tale.take(tale.f(1), tale.f(2))
        tale.commit()
        tale.reload_table("f")
        tale.source.forget("f", (2,))
        tale.take(tale.load("f", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.restore(0)
        tale.replay()


def a_snapshot_from_before_the_sweep_has_parts_that_were_never_loaded() -> None:
    with Tale() as tale:
        tale.take(tale.e(3), tale.t(1, e=3), tale.f(1, t=1))
        tale.checkpoint()
        snapshot = tale.world.checkpoints[-1]
        tale.restore(0)
        tale.world.run_reads()
        tale.commit()
        tale.reload_table("e")
        tale.source.forget("e", (3,))
        tale.settle()
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.checkpoints.append(snapshot)
        tale.world.fail(snapshot, 1)
        tale.settle()
        tale.replay()


def other_tables_stay_when_one_is_swept() -> None:
    with Tale() as tale:
        tale.take(tale.c(1), tale.t(1), tale.f(1, t=1, c=1))
        tale.commit()
        tale.reload_table("c")
        tale.take(tale.load("c", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()
