"""The loader against a warehouse that fails: the seams around COMMIT, and who may load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.redshift.errors import (
    FenceLostError,
    NeedsRepairError,
    OutcomeUnknownError,
    RetryLoadError,
)
from connectors.redshift.loader import Loader
from flink_app.positions.position import make_position
from infra.redshift_emulator import Rule, When
from infra.redshift_emulator.faults import Action
from tests.faults.loads import BASE, IN_A_LOAD, START, make_loader, parts_of, tickets_in
from tests.support.running import Running

pytestmark = pytest.mark.faults


def test_a_reply_lost_after_commit_is_found_out_and_not_repeated(
    started: Running, loader: Loader
) -> None:
    parts = parts_of(started, 1, 2)
    fault = started.stack.redshift.faults.lose_commit_reply(having=IN_A_LOAD)
    with pytest.raises(OutcomeUnknownError):
        loader.load(parts, START)
    assert fault.struck == 1
    again = loader.load(parts, START)
    assert again.parts == ()
    assert set(again.already) == {part.name for part in parts}
    assert tickets_in(started) == [1, 2]
    assert started.progress().records == 2


@pytest.mark.parametrize("action", [Action.CLOSE, Action.RESET])
def test_a_connection_cut_before_commit_applies_nothing_and_is_tried_again(
    started: Running, loader: Loader, action: Action
) -> None:
    parts = parts_of(started, 1, 2)
    started.stack.redshift.faults.cut_before_commit(action=action, having=IN_A_LOAD)
    with pytest.raises(OutcomeUnknownError):
        loader.load(parts, START)
    assert tickets_in(started) == []
    again = loader.load(parts, START)
    assert set(again.parts) == {part.name for part in parts}
    assert tickets_in(started) == [1, 2]


def test_a_connection_cut_in_copy_applies_nothing(started: Running, loader: Loader) -> None:
    parts = parts_of(started, 1, 2)
    started.stack.redshift.faults.cut_in_copy()
    with pytest.raises(OutcomeUnknownError):
        loader.load(parts, START)
    assert tickets_in(started) == []
    loader.load(parts, START)
    assert tickets_in(started) == [1, 2]


def test_a_serialisation_conflict_may_be_retried(started: Running, loader: Loader) -> None:
    parts = parts_of(started, 1)
    conflict = Rule(
        r"^\s*delete", When.BEFORE, Action.FAIL, message="1023: Serializable isolation violation"
    )
    started.stack.redshift.faults.add(conflict)
    with pytest.raises(RetryLoadError, match="1023"):
        loader.load(parts, START)
    loader.load(parts, START)
    assert tickets_in(started) == [1]


def test_a_missing_staged_file_needs_repair_and_loads_nothing(
    started: Running, loader: Loader
) -> None:
    parts = parts_of(started, 1)
    lost = [replace(part, url=f"{part.url}.gone") if part.url else part for part in parts]
    with pytest.raises(NeedsRepairError):
        loader.load(lost, START)
    assert started.progress().records == 0


def test_a_refused_connection_is_tried_again(started: Running, loader: Loader) -> None:
    started.stack.redshift.faults.refuse_connections()
    with pytest.raises(RetryLoadError):
        loader.load(parts_of(started, 1), START)
    started.stack.redshift.faults.accept_connections()
    loader.load(parts_of(started, 1), START)
    assert tickets_in(started) == [1]


def test_a_part_is_loaded_once_whatever_it_is_loaded_with(started: Running, loader: Loader) -> None:
    first, second = parts_of(started, 1), parts_of(started, 2)
    loader.load(first, START)
    loaded = loader.load([*first, *second], START)
    assert set(loaded.parts) == {part.name for part in second}
    assert set(loaded.already) == {part.name for part in first}
    assert started.progress().records == 2


def test_an_older_version_does_not_replace_a_newer_one(started: Running, loader: Loader) -> None:
    loader.load(parts_of(started, 1, number=7), START)
    loader.load(parts_of(started, 1, number=3), START)
    ((stored,),) = started.query(f"SELECT TO_HEX(_pos) FROM public.{BASE}")
    assert stored == make_position(1, 7, 0)


def test_a_zombie_loses_its_fence_to_a_later_start(started: Running, loader: Loader) -> None:
    make_loader(started).start(START + 1)
    with pytest.raises(FenceLostError, match="has taken the fence"):
        loader.load(parts_of(started, 1), START)
    assert tickets_in(started) == []


def test_a_start_that_comes_late_does_not_take_the_fence_back(
    started: Running, loader: Loader
) -> None:
    del loader
    with pytest.raises(FenceLostError, match="was superseded by"):
        make_loader(started).start(START - 1)


def test_another_application_is_refused_by_name(started: Running, loader: Loader) -> None:
    del loader
    with pytest.raises(FenceLostError, match="belongs to application 'ticket-seller'"):
        make_loader(started, application="intruder").start(START + 1)


def test_a_target_without_a_column_is_reported_with_its_remedy(
    started: Running, loader: Loader
) -> None:
    del loader
    connection = started.stack.warehouse()
    connection.cursor().execute(f"ALTER TABLE public.{BASE} DROP COLUMN location")
    connection.close()
    with pytest.raises(NeedsRepairError, match='ADD COLUMN "location" VARCHAR'):
        make_loader(started).start(START + 1)
