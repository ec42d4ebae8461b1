"""The counterexamples of the algorithm, each with and without its guard.

The numbers are the algorithm's, 0 is none of it. 18 to 20 are about reloads: `test_reloads`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from connectors.redshift import coordinator, schedule
from connectors.redshift.coordinator import LoadCoordinator
from connectors.redshift.pruning import Cutoffs
from connectors.redshift.schedule import Size
from connectors.staging.part import Part
from flink_app.declaration import Star
from flink_app.decode import rows
from flink_app.positions.position import make_position
from infra.simulation.database import BOOKKEEPING
from infra.simulation.doubles import decode_by_rows
from infra.simulation.placement import placements
from infra.simulation.pruning import Pruning
from infra.simulation.warehouse_check import WrongError
from tests.simulation import counterexamples
from tests.simulation import tale as tale_module
from tests.simulation.mutations import mutation
from tests.simulation.stars import TALE
from tests.simulation.tale import Tale

TALES: list[tuple[int, Callable[[], None], str]] = [
    (1, counterexamples.a_dimension_comes_after_its_fact, "positions never NULL"),
    (2, counterexamples.an_upsert_and_its_delete_in_one_batch, "upserts and deletes together"),
    (3, counterexamples.a_change_in_two_epochs_of_one_batch, "row_number, not rank"),
    (4, counterexamples.a_ticket_moves_to_an_event_patched_long_ago, "patches carry what is below"),
    (
        4,
        counterexamples.a_ticket_moves_to_an_event_patched_long_ago,
        "carried whatever its position",
    ),
    (5, counterexamples.a_ticket_and_then_its_event_in_one_batch, "parents before children"),
    (6, counterexamples.a_fact_and_then_its_ticket_in_one_batch, "staged facts are patched"),
    (7, counterexamples.two_patches_of_a_ticket_that_carry_a_newer_event, "newest patch of a key"),
    (8, counterexamples.a_ticket_is_replayed_before_its_event, "patch guard <, not <="),
    (9, counterexamples.the_replay_has_come_to_an_older_version, "patch guard"),
    (
        10,
        counterexamples.a_fact_joined_to_a_deleted_ticket_whose_load_is_replayed,
        "position of a deleted dimension",
    ),
    (
        11,
        counterexamples.a_changed_key_is_read_before_the_load_of_the_old_one,
        "mirror's tombstones",
    ),
    (13, counterexamples.a_part_comes_again_after_its_facts_tombstone_was_pruned, "ledger"),
    (15, counterexamples.a_restored_job_dies_within_its_first_epoch, "labels from the marker"),
    (16, counterexamples.an_attempt_that_died_raises_late, "fence"),
    (17, counterexamples.a_zombie_loads_what_an_older_restore_reads_again, "fence"),
    (0, counterexamples.a_restored_job_reads_a_dimension_first, "mirror rebuilt"),
    (
        0,
        counterexamples.a_restored_job_reads_a_dimension_first,
        "rebuilt at the first of either input",
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


@pytest.mark.parametrize(
    "star",
    placements(TALE),
    ids=lambda star: "-".join(star.warehouse_dimensions),
)
def test_all_is_right_wherever_dimensions_are_kept(
    star: Star, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tale_module, "TALE", star)
    tales = {tell for _, tell, _ in TALES}
    # This one needs the broadcast input, which only dimensions of the stream take.
    for tell in tales - {counterexamples.a_restored_job_reads_a_dimension_first}:
        tell()


def test_12_a_tombstone_may_go_only_when_all_older_changes_are_applied() -> None:
    def tell(*, too_early: bool) -> None:
        with Tale() as tale:
            change, deleted = tale.f(1), tale.delete("f", 1)
            tale.source.wire.append((0, change))
            tale.take(deleted)
            tale.commit()
            tale.world.prune()
            if too_early:
                tale.world.database.execute(f"DELETE FROM {BOOKKEEPING}.tombstones_wide")
            tale.source.wire.clear()
            tale.take(change)
            tale.commit()

    tell(too_early=False)
    with pytest.raises(WrongError, match="rows"):
        tell(too_early=True)


def test_a_tombstone_may_go_only_when_no_dead_letter_of_its_key_can_be_replayed() -> None:
    counterexamples.a_dead_letter_is_replayed_after_its_fact_was_deleted()
    with pytest.raises(WrongError, match="rows"):
        counterexamples.a_dead_letter_is_replayed_after_its_fact_was_deleted(too_early=True)


def test_with_its_tombstone_a_delete_is_forgotten() -> None:
    """What the check expects, else it would call the row that a later load brings wrong."""
    counterexamples.a_load_shows_a_row_before_the_record_of_its_insert()
    with (
        patch.object(Pruning, "note_commit"),
        pytest.raises(WrongError, match="rows"),
    ):
        counterexamples.a_load_shows_a_row_before_the_record_of_its_insert()


def test_a_tombstone_may_go_only_when_no_part_that_waits_has_its_delete() -> None:
    begin = Pruning.begin

    def begin_as_before(
        self: Pruning, needed: Any, restorable: Any, _: list[int], reached: list[int]
    ) -> Cutoffs:
        return begin(self, needed, restorable, reached, reached)

    counterexamples.what_is_loaded_is_read_again_when_its_tombstone_is_pruned()
    with (
        patch.object(Pruning, "begin", begin_as_before),
        pytest.raises(WrongError, match="tombstones"),
    ):
        counterexamples.what_is_loaded_is_read_again_when_its_tombstone_is_pruned()


def test_as_long_as_nobody_decides_about_a_log_a_start_from_before_it_needs_what_it_needs() -> None:
    begin = Pruning.begin

    def begin_with_the_last(
        self: Pruning, needed: Any, restorable: Any, loaded: list[int], reached: list[int]
    ) -> Cutoffs:
        return begin(self, needed, restorable[-1:], loaded, reached)

    counterexamples.a_log_starts_again_and_the_start_is_from_before_it()
    with (
        patch.object(Pruning, "begin", begin_with_the_last),
        pytest.raises(WrongError, match="rows"),
    ):
        counterexamples.a_log_starts_again_and_the_start_is_from_before_it()


def test_14_a_batch_cut_at_an_aborted_checkpoint_is_incomplete() -> None:
    def cut(self: LoadCoordinator) -> list[Part]:
        pending = [part for part in self._pending.values() if part.epoch <= self._completed]
        return [part for part in pending if part.epoch == min(p.epoch for p in pending)]

    counterexamples.an_aborted_checkpoint_that_some_subtasks_saw()
    with patch.object(LoadCoordinator, "_select_due", cut), pytest.raises(WrongError):
        counterexamples.an_aborted_checkpoint_that_some_subtasks_saw()


def test_14_a_bounded_transaction_ends_at_a_checkpoint_that_completed() -> None:
    def choose_a_row(due: list[Part], checkpoints: set[int], _: Size) -> list[Part]:
        return schedule.choose_parts(due, checkpoints, Size(1, 1))

    with patch.object(coordinator, "choose_parts", choose_a_row):
        counterexamples.an_aborted_checkpoint_that_some_subtasks_saw()
        with (
            patch.object(schedule, "_closing", lambda part, _: part.epoch),
            pytest.raises(WrongError),
        ):
            counterexamples.an_aborted_checkpoint_that_some_subtasks_saw()


def test_14_an_epoch_ends_by_the_numbers_of_its_markers_and_not_by_their_count() -> None:
    counterexamples.an_aborted_checkpoint_that_one_sender_took()
    for guard in ("markers of a checkpoint that was given up", "an epoch ends for every sender"):
        with mutation(guard).applied(), pytest.raises(WrongError):
            counterexamples.an_aborted_checkpoint_that_one_sender_took()


def test_21_of_two_loads_of_a_row_the_later_counts() -> None:
    def without_time(generation: int, commit: int, _: int) -> str:
        return make_position(generation, commit, 0)

    counterexamples.a_row_is_loaded_twice()
    with (
        decode_by_rows(),
        patch.object(rows, "make_position", without_time),
        pytest.raises(WrongError),
    ):
        counterexamples.a_row_is_loaded_twice()


def test_22_two_keys_that_change_places_at_once_cannot_be_told_apart() -> None:
    """A limit: under a deferrable primary key a row is lost."""
    with Tale() as tale:
        tale.take(tale.f(2, c=2), tale.f(3, c=3))
        tale.commit()
        tale.source.begin()
        first, second = tale.source.tables["f"][2,], tale.source.tables["f"][3,]
        tale.source.put("f", first | {"id": 3}, old=(2,))
        tale.source.tables["f"][2,] = first  # put took it away: the swap has both at all times
        tale.source.put("f", second | {"id": 2}, old=(3,))
        tale.source.tables["f"][3,] = first | {"id": 3}
        tale.take(*(record for _, record in tale.source.wire))
        tale.source.wire.clear()
        with pytest.raises(WrongError, match="end"):
            tale.replay()
