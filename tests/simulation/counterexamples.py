"""The counterexamples of the algorithm, record by record: what breaks each shortcut."""

from __future__ import annotations

from contextlib import suppress

from connectors.epochs.signals import Edge
from connectors.redshift.errors import FenceLostError
from infra.simulation.database import BOOKKEEPING
from infra.simulation.world import LONG
from tests.simulation.tale import Tale


def a_dimension_comes_after_its_fact() -> None:
    with Tale() as tale:
        tale.take(tale.f(1, t=1))
        tale.commit()
        tale.take(tale.t(1))
        tale.commit()


def an_upsert_and_its_delete_in_one_batch() -> None:
    with Tale() as tale:
        tale.take(tale.f(1), tale.delete("f", 1))
        tale.commit()


def a_change_in_two_epochs_of_one_batch() -> None:
    with Tale() as tale:
        change = tale.f(1)
        tale.take(change)
        tale.checkpoint()
        tale.take(change)
        tale.commit()


def a_ticket_moves_to_an_event_patched_long_ago() -> None:
    with Tale() as tale:
        tale.take(tale.e(2), tale.e(1), tale.t(1, e=1), tale.f(1, t=1))
        tale.commit()
        tale.take(tale.t(1, e=2))
        tale.commit()
        tale.take(tale.e(2))
        tale.commit()


def a_ticket_and_then_its_event_in_one_batch() -> None:
    with Tale() as tale:
        tale.take(tale.f(3, t=3))
        tale.commit()
        tale.take(tale.t(3, e=1), tale.e(1))
        tale.commit()


def a_fact_and_then_its_ticket_in_one_batch() -> None:
    with Tale() as tale:
        tale.take(tale.f(1, t=1), tale.t(1))
        tale.commit()


def two_patches_of_a_ticket_that_carry_a_newer_event() -> None:
    with Tale() as tale:
        tale.take(tale.f(3, t=3))
        tale.commit()
        first, second, event = tale.t(3, e=1), tale.t(3, e=1), tale.e(1)
        tale.take(event, first, second)
        tale.commit()


def a_ticket_is_replayed_before_its_event() -> None:
    with Tale(shards=2) as tale:
        tale.take(tale.e(2), shard=0)
        tale.take(tale.f(1, t=2), tale.t(2, e=2), shard=1)
        tale.commit()
        tale.restore(0)
        tale.read(1)
        tale.read(1)
        tale.commit()
        tale.replay()


def the_replay_has_come_to_an_older_version() -> None:
    with Tale() as tale:
        tale.take(tale.load("c", 1), tale.c(1), tale.f(1, c=1))
        tale.commit()
        tale.restore(0)
        tale.read()
        tale.commit()
        tale.replay()


def a_fact_joined_to_a_deleted_ticket_whose_load_is_replayed() -> None:
    with Tale() as tale:
        tale.take(tale.load("t", 1), tale.delete("t", 1))
        tale.commit()
        tale.take(tale.f(1, t=1))
        tale.commit()
        tale.restore(0)
        tale.read()
        tale.commit()
        tale.replay()


def a_changed_key_is_read_before_the_load_of_the_old_one() -> None:
    with Tale() as tale:
        load, moved = tale.load("c", 1), tale.c(2, old=1)
        tale.take(moved)
        tale.commit()
        tale.take(load, tale.f(1, c=1))
        tale.commit()


def a_part_comes_again_after_its_facts_tombstone_was_pruned() -> None:
    with Tale() as tale:
        load, deleted = tale.load("f", 4), tale.delete("f", 4)
        tale.take(deleted)
        tale.commit()
        tale.take(load)
        tale.checkpoint()
        tale.world.run_moves()
        tale.world.run_load(tale.world.attempt)  # and the attempt dies before it knows
        tale.world.prune()
        assert tale.world.database.query(f"SELECT * FROM {BOOKKEEPING}.tombstones_wide") == []
        tale.restore(2)
        tale.settle()
        tale.take(tale.f(5))
        tale.commit()


def a_dead_letter_is_replayed_after_its_fact_was_deleted(*, too_early: bool = False) -> None:
    """The record of a row is unreadable until after the row's delete is loaded."""
    with Tale() as tale:
        load, deleted = tale.load("f", 4), tale.delete("f", 4)
        tale.take_spoiled(load)
        tale.take(deleted)
        tale.commit()
        tale.commit()
        tale.world.prune()
        if too_early:
            tale.world.database.execute(f"DELETE FROM {BOOKKEEPING}.tombstones_wide")
        tale.replay_letter()
        tale.commit()
        tale.world.check_end()


def a_load_shows_a_row_before_the_record_of_its_insert() -> None:
    """The row's delete has been forgotten: the load's position is below it, and is all there is."""
    with Tale() as tale:
        tale.take(tale.load("f", 1), tale.delete("f", 1))
        tale.commit()
        tale.commit()
        tale.world.prune()
        assert tale.world.database.query(f"SELECT * FROM {BOOKKEEPING}.tombstones_wide") == []
        insert, load = tale.f(1, c=1), tale.load("f", 1)
        tale.take(load)
        tale.commit()
        tale.take(insert)
        tale.commit()
        tale.world.check_end()


def what_is_loaded_is_read_again_when_its_tombstone_is_pruned() -> None:
    with Tale() as tale:
        tale.take(tale.load("f", 1), tale.delete("f", 1))
        tale.commit()
        tale.restore(0)
        tale.settle()
        tale.read()
        tale.read()
        tale.checkpoint()
        tale.world.prune()
        tale.settle()
        tale.replay()


def a_log_starts_again_and_the_start_is_from_before_it() -> None:
    """A part that was pending there has been loaded since, and comes again."""
    with Tale() as tale:
        load, deleted = tale.load("f", 1), tale.delete("f", 1)
        tale.take(deleted)
        tale.commit()
        tale.take(load)
        tale.checkpoint()
        tale.world.restart_log()
        tale.settle()
        tale.take(tale.t(1))
        tale.checkpoint()
        tale.world.prune()
        tale.world.decide(1)
        tale.settle()
        tale.replay()


def an_aborted_checkpoint_that_some_subtasks_saw() -> None:
    """One joining subtask ends its epoch; the other hears of the end and goes on to the next."""
    with Tale(parallelism=2) as tale:
        tale.commit()
        tale.take(tale.f(1, t=1), *(tale.t(key) for key in range(1, 5)))
        world, attempt = tale.world, tale.world.attempt
        world.trigger()
        for subtask in attempt.list_uninjected():
            attempt.inject(subtask)
        hasty = attempt.joins[0]
        attempt.abort([hasty, attempt.signal])
        world.trigger()
        attempt.inject(0)
        while ready := [channel for channel in hasty.list_ready() if channel[1] == 0]:  # type: ignore[index]
            attempt.move(hasty, ready[0])
        tale.commit()


def an_aborted_checkpoint_that_one_sender_took() -> None:
    """What it has said of its epoch is not said of the next one."""
    with Tale(shards=2, parallelism=2) as tale:
        tale.take(*(tale.f(key, t=key) for key in range(1, 5)))
        world, attempt = tale.world, tale.world.attempt
        world.trigger()
        attempt.inject(0)
        attempt.abort(attempt.gates()[1:])
        world.trigger()
        attempt.inject(0)
        world.run_moves()
        tale.take(*(tale.t(key) for key in range(1, 5)), shard=1)
        tale.checkpoint()
        tale.restore(2)
        tale.replay()


def a_restored_job_dies_within_its_first_epoch() -> None:
    with Tale() as tale:
        tale.take(tale.f(1))
        tale.commit()
        tale.restore(1)
        tale.settle()
        tale.take(tale.f(2))
        tale.world.trigger()
        tale.world.attempt.inject(0)
        tale.settle()
        tale.restore(1)
        tale.replay()


def an_attempt_that_died_raises_late() -> None:
    with Tale() as tale:
        tale.take(tale.f(4))
        tale.checkpoint()
        tale.restore(1)
        tale.world.attempt.announce()
        tale.restore(1, zombie=True)
        tale.settle()
        tale.take(tale.delete("f", 4))
        tale.commit()
        tale.commit()
        tale.world.prune()
        zombie_goes_on(tale)
        tale.take(tale.f(5))
        tale.commit()


def a_zombie_loads_what_an_older_restore_reads_again() -> None:
    with Tale(shards=2) as tale:
        tale.settle()
        tale.source.shards[0].append(tale.e(1))
        tale.take(tale.t(1, e=1), tale.f(1, t=1), shard=1)
        tale.checkpoint()
        tale.world.run_moves()
        tale.restore(0, zombie=True)
        tale.read(0)
        tale.commit()
        zombie_goes_on(tale)
        tale.replay()


def a_restored_job_reads_a_dimension_first() -> None:
    with Tale() as tale:
        tale.take(tale.f(1, t=2), tale.e(1))
        tale.commit()
        tale.restore(1)
        tale.source.shards[0].append(tale.t(2, e=1))
        attempt = tale.world.attempt
        attempt.read(0, 1)
        attempt.move(attempt.joins[0], (Edge.DIMENSIONS, 0))
        tale.replay()


def a_row_is_loaded_twice() -> None:
    with Tale() as tale:
        tale.take(tale.load("c", 1), tale.f(1, c=1))
        tale.commit()
        tale.change_silently("c", 1)
        tale.take(tale.load("c", 1))
        tale.replay()


def zombie_goes_on(tale: Tale) -> None:
    """The dead attempt's load does all that it would do, until it finds its fence taken."""
    (zombie,) = tale.world.zombies
    with suppress(FenceLostError):
        for _ in range(5):
            while zombie.loading.list_ready():
                zombie.move(zombie.loading, "signalled")
            if zombie.work.waits:
                tale.world.run_load(zombie)
            tale.world.now += LONG
            zombie.look()
