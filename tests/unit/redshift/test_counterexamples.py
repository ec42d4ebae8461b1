"""Histories that break a load which leaves out one of its guards, each small enough to be read.

Their numbers are those of the algorithm sheet. f is a fact, t a ticket, e an event, c a customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flink_app.positions.position import UNKNOWN, make_position
from flink_app.warehouse import warehouse_spec
from tests.unit.denormalise.histories import Change
from tests.unit.redshift.sqlite import SqliteWarehouse
from tests.unit.redshift.test_join_and_load import Staged, Subtasks
from tests.unit.stars import ticket_seller

STAR = ticket_seller()
TARGET = "sport_event_activity"


def change(table: str, at: int, *, deleted: bool, **values: Any) -> Change:
    stored = dict.fromkeys(STAR.stored_columns(table)) | values
    return Change(table, stored, make_position(1, at, 0), deleted)


def f(key: int, at: int, buyer: int | None = None, *, deleted: bool = False) -> Change:
    """A fact; its key is the ticket's too."""
    return change("ticket_activity", at, deleted=deleted, ticket_id=key, purchased_by=buyer)


def t(key: int, at: int, event: int | None = None, *, deleted: bool = False) -> Change:
    level = None if deleted else f"level {at}"
    return change("ticket", at, deleted=deleted, ticket_id=key, event_id=event, seat_level=level)


def e(key: int, at: int, *, deleted: bool = False) -> Change:
    sport = None if deleted else f"sport {at}"
    return change("sport_event", at, deleted=deleted, event_id=key, sport_type=sport)


def c(key: int, at: int, *, deleted: bool = False) -> Change:
    name = None if deleted else f"name {at}"
    return change("customer", at, deleted=deleted, customer_id=key, name=name)


class Run:
    """A warehouse and one subtask; changes are taken in the order in which they are written."""

    def __init__(self, warehouse: SqliteWarehouse) -> None:
        self._warehouse = warehouse
        (self._target,) = warehouse.spec.targets
        self.restart()
        self._staged = Staged()

    def restart(self) -> None:
        """Mirrors as after a restore from a snapshot of the beginning."""
        self._subtasks = Subtasks(STAR, 1)

    def load(self, *changes: Change) -> None:
        """One batch."""
        self.stage(*changes)
        self._warehouse.load(self._staged.rows, self._staged.patches)
        self._staged = Staged()

    def stage(self, *changes: Change) -> None:
        for one in changes:
            self._subtasks.run([one], 0, self._staged)

    def prune_tombstones(self) -> None:
        self._warehouse.prune(self._target)

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        places = [[c.name for c in self._target.columns].index(name) for name in columns]
        return [tuple(row[i] for i in places) for row in self._warehouse.rows(self._target)]

    def tombstones(self) -> list[tuple[Any, ...]]:
        return self._warehouse.tombstones(self._target)


@pytest.fixture
def run() -> Iterator[Run]:
    with SqliteWarehouse(warehouse_spec(STAR)) as warehouse:
        yield Run(warehouse)


def test_1_a_late_dimension_reaches_the_fact(run: Run) -> None:
    run.load(f(1, 1))
    assert run.rows("seat_level", "_pos_ticket") == [(None, UNKNOWN)]
    run.load(t(1, 5))
    assert run.rows("seat_level", "_pos_ticket") == [("level 5", make_position(1, 5, 0))]


def test_2_of_an_upsert_and_a_delete_in_one_batch_the_newer_counts(run: Run) -> None:
    run.load(f(1, 1), f(1, 2, deleted=True))
    assert run.rows("ticket_id") == []
    run.load(f(2, 4, deleted=True), f(2, 3))
    assert run.rows("ticket_id") == []


def test_3_a_change_that_comes_twice_makes_one_row(run: Run) -> None:
    run.stage(f(1, 1))
    run.load(f(1, 1))
    assert run.rows("ticket_id") == [(1,)]


def test_4_a_ticket_that_moves_takes_the_new_events_columns(run: Run) -> None:
    run.load(f(1, 3), t(1, 2, 1), e(2, 1))
    run.load(t(1, 5, 2))
    assert run.rows("event_id", "sport_type") == [(2, "sport 1")]
    run.load(e(2, 6))
    assert run.rows("sport_type") == [("sport 6",)]


def test_5_a_parents_patch_comes_before_its_childs(run: Run) -> None:
    run.load(f(3, 1))
    run.load(t(3, 2, 1), e(1, 1))
    assert run.rows("sport_type") == [("sport 1",)]


def test_6_a_patch_reaches_facts_of_its_own_batch(run: Run) -> None:
    run.load(f(1, 1), t(1, 5))
    assert run.rows("seat_level") == [("level 5",)]


def test_7_of_two_patches_of_a_key_the_newer_by_its_own_position_counts(run: Run) -> None:
    run.load(f(3, 1))
    run.load(e(1, 402), t(3, 1, 1), t(3, 401, 1))
    assert run.rows("seat_level", "sport_type") == [("level 401", "sport 402")]


def test_8_a_patch_that_is_applied_already_is_not_applied_with_less_below_it(run: Run) -> None:
    run.load(f(1, 1), e(1, 2), t(1, 101, 1))
    run.restart()
    run.load(t(1, 101, 1))
    assert run.rows("seat_level", "sport_type") == [("level 101", "sport 2")]


def test_9_an_older_version_that_is_replayed_changes_nothing(run: Run) -> None:
    run.load(f(1, 1, 1), c(1, 101))
    run.restart()
    run.load(c(1, 2))
    assert run.rows("name") == [("name 101",)]


def test_10_a_fact_joined_to_a_deleted_dimension_keeps_it_deleted(run: Run) -> None:
    run.load(t(1, 102, deleted=True))
    run.load(f(1, 103))
    assert run.rows("seat_level", "_pos_ticket") == [(None, make_position(1, 102, 0))]
    run.restart()
    run.load(t(1, 2))
    assert run.rows("seat_level") == [(None,)]


def test_11_a_delete_that_is_read_before_the_load_row_holds(run: Run) -> None:
    run.load(c(1, 101, deleted=True))
    run.load(c(1, 2), f(1, 3, 1))
    assert run.rows("name") == [(None,)]


def test_12_a_deleted_fact_stays_deleted_while_its_tombstone_stands(run: Run) -> None:
    run.load(f(1, 2, deleted=True))
    run.load(f(1, 1))
    assert run.rows("ticket_id") == []
    run.prune_tombstones()
    run.load(f(1, 1))
    assert run.rows("ticket_id") == [(1,)]


def test_a_fact_that_is_applied_already_does_not_lose_what_patches_brought(run: Run) -> None:
    run.load(f(1, 1), t(1, 2))
    run.restart()
    run.load(f(1, 1))
    assert run.rows("seat_level") == [("level 2",)]


def test_an_older_fact_does_not_replace_a_newer_one(run: Run) -> None:
    run.load(f(1, 5, 5))
    run.load(f(1, 4, 4))
    assert run.rows("purchased_by") == [(5,)]


def test_a_delete_at_the_position_of_the_tombstone_changes_nothing(run: Run) -> None:
    run.load(f(1, 2, deleted=True))
    run.load(f(1, 2, deleted=True))
    assert run.tombstones() == [(1, make_position(1, 2, 0))]


def test_tombstones_are_the_deleted_keys_even_where_there_was_no_row(run: Run) -> None:
    run.load(f(1, 1), f(2, 2), f(3, 3, deleted=True))
    run.load(f(1, 4, deleted=True))
    assert run.tombstones() == [(1, make_position(1, 4, 0)), (3, make_position(1, 3, 0))]
    run.load(f(1, 5), f(3, 6, deleted=True))
    assert run.tombstones() == [(3, make_position(1, 6, 0))]
    assert run.rows("ticket_id") == [(1,), (2,)]


def test_a_chain_of_key_changes_leaves_the_last_key(run: Run) -> None:
    run.load(f(1, 1, 7))
    run.load(f(1, 2, deleted=True), f(2, 2, 7), f(2, 3, deleted=True), f(3, 3, 7))
    assert run.rows("ticket_id", "purchased_by") == [(3, 7)]


def test_a_swap_over_a_spare_key_keeps_both(run: Run) -> None:
    run.load(f(1, 1, 7), f(2, 1, 8))
    run.load(
        *(f(1, 2, deleted=True), f(9, 2, 7)),
        *(f(2, 3, deleted=True), f(1, 3, 8)),
        *(f(9, 4, deleted=True), f(2, 4, 7)),
    )
    assert run.rows("ticket_id", "purchased_by") == [(1, 8), (2, 7)]


def test_a_deleted_dimension_empties_its_columns_and_all_below(run: Run) -> None:
    run.load(e(1, 1), t(1, 2, 1), f(1, 3))
    run.load(t(1, 4, deleted=True))
    columns = ("event_id", "seat_level", "sport_type", "_pos_ticket", "_pos_ticket__event")
    assert run.rows(*columns) == [(None, None, None, make_position(1, 4, 0), UNKNOWN)]
    run.load(e(1, 5))
    assert run.rows("sport_type") == [(None,)]
