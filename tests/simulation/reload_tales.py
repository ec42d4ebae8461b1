"""Reloads, record by record: what breaks a generation by setting, and each lack of a floor.

The source forgets rows without a word while DMS is stopped; the new load lacks them.
"""

from __future__ import annotations

from infra.simulation.source import Record
from infra.simulation.values import Row
from tests.simulation.stars import UNCHANGED_TALE
from tests.simulation.tale import Tale


def an_old_change_is_read_after_the_reload_began() -> None:
    with Tale() as tale:
        tale.commit()
        tale.source.shards[0].append(tale.f(4, c=1))
        tale.reload()
        tale.source.tables["f"][4,] = {"id": 4, "t": None, "c": 2}
        tale.take(tale.load("c", 2))
        tale.source.shards[0].append(tale.load("f", 4))
        tale.read()
        tale.replay()


def a_fact_has_vanished_and_nothing_is_staged() -> None:
    with Tale() as tale:
        tale.take(tale.f(1), tale.f(2), tale.delete("f", 1))
        tale.commit()
        tale.reload()
        tale.source.forget("f", (2,))
        tale.settle()  # so that the next checkpoint has nothing that waits
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()


def an_event_has_vanished_that_a_pending_patch_carries() -> None:
    with Tale() as tale:
        tale.take(tale.e(3), tale.t(1, e=3), tale.f(1, t=1))
        tale.commit()
        tale.reload()
        tale.source.forget("e", (3,))
        tale.take(tale.load("t", 1), tale.load("f", 1))
        tale.checkpoint()
        tale.raise_floor()
        tale.settle()
        tale.world.check_end()


def an_event_has_vanished_that_the_state_still_has() -> None:
    with Tale() as tale:
        tale.take(tale.e(3), tale.t(1, e=3), tale.f(1, t=1))
        tale.commit()
        tale.reload()
        tale.source.forget("e", (3,))
        tale.take(tale.load("t", 1), tale.load("f", 1))
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
        tale.reload()
        tale.source.forget("f", (2,))
        tale.take(tale.load("f", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.restore(0)
        tale.replay()


def a_snapshot_from_before_the_sweep_has_parts_that_were_never_loaded() -> None:
    with Tale() as tale:
        tale.take(tale.e(3), tale.t(1, e=3), tale.f(1, t=1), tale.f(2))
        tale.checkpoint()
        snapshot = tale.world.checkpoints[-1]
        tale.restore(0)
        tale.world.run_reads()
        tale.commit()
        tale.reload()
        for table, key in (("f", 2), ("e", 3)):
            tale.source.forget(table, (key,))
        tale.take(tale.load("t", 1), tale.load("f", 1))
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.world.checkpoints.append(snapshot)
        tale.world.fail(snapshot, 1)
        tale.settle()
        tale.replay()


def _come_back(tale: Tale, table: str, row: Row) -> tuple[Record, Record]:
    """A row vanishes and is inserted again: the insert, and an update that sends the key alone."""
    tale.source.forget(table, (row["id"],))
    inserted = tale.put(table, row)
    return inserted, tale.put(table, row, left_out=row.keys() - {"id"})


def an_update_finds_a_row_from_below_the_floor() -> None:
    with Tale(star=UNCHANGED_TALE) as tale:
        tale.take(
            tale.put("e", {"id": 1, "text": "e"}),
            tale.put("t", {"id": 1, "e": 1, "text": "t"}),
            tale.put("f", {"id": 1, "t": 1, "text": "f"}),
        )
        tale.commit()
        tale.reload()
        tale.take(tale.load("e", 1), tale.load("t", 1))
        inserted, updated = _come_back(tale, "f", {"id": 1, "t": 1, "text": "new"})
        tale.take(updated)
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.take(inserted)
        tale.commit()
        tale.world.check_end()


def an_update_finds_a_dimension_from_below_the_floor() -> None:
    with Tale(star=UNCHANGED_TALE) as tale:
        tale.take(
            tale.put("e", {"id": 1, "text": "e"}),
            tale.put("t", {"id": 1, "e": 1, "text": "t"}),
            tale.put("f", {"id": 1, "t": 1, "text": "f"}),
        )
        tale.commit()
        tale.reload()
        tale.take(tale.load("e", 1), tale.load("f", 1))
        inserted, updated = _come_back(tale, "t", {"id": 1, "e": 1, "text": "new"})
        tale.take(updated)
        tale.commit()
        tale.raise_floor()
        tale.settle()
        tale.take(tale.put("f", {"id": 2, "t": 1, "text": "f"}))
        tale.commit()
        tale.take(inserted)
        tale.commit()
        tale.world.check_end()
