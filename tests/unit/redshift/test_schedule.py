"""How much of a backlog one transaction takes, and at which checkpoints it may end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.blocks import Kind
from connectors.redshift.schedule import Size, choose_parts, needed_checkpoints
from connectors.staging.part import Part
from tests.unit.redshift.warehouse import part

ROOMY = Size(1_000_000, 1_000_000)


def sized(name: str, epoch: int, rows: int, size: int = 1) -> Part:
    return replace(part(name, epoch=epoch), rows=rows, size=size, url="s3://bucket/part")


def names(parts: list[Part]) -> list[str]:
    return [chosen.name for chosen in parts]


def test_all_that_fits_goes_into_one_transaction() -> None:
    parts = [sized("a", 1, 5), sized("b", 2, 5), sized("c", 3, 5)]
    assert names(choose_parts(parts, {1, 2, 3}, ROOMY)) == ["a", "b", "c"]
    assert names(choose_parts(parts, {1, 2, 3}, Size(15, 3))) == ["a", "b", "c"]
    assert names(choose_parts(parts, {1, 2, 3}, Size(14, 3))) == ["a", "b"]
    assert names(choose_parts(parts, {1, 2, 3}, Size(15, 2))) == ["a", "b"]


def test_a_checkpoint_is_never_divided_and_the_oldest_comes_first() -> None:
    parts = [sized("late", 2, 1), sized("a", 1, 5), sized("b", 1, 5)]
    assert names(choose_parts(parts, {1, 2}, Size(1, 1))) == ["a", "b"]


def test_what_an_aborted_checkpoint_closed_goes_with_the_next_that_completed() -> None:
    parts = [sized("a", 1, 5), sized("aborted", 2, 5), sized("c", 3, 5)]
    assert names(choose_parts(parts, {1, 3}, Size(10, 10))) == ["a"]
    assert names(choose_parts(parts[1:], {1, 3}, Size(1, 1))) == ["aborted", "c"]


def test_what_has_no_file_has_no_size() -> None:
    account = Part("account", Kind.ACCOUNT, "", rows=9, epoch=1)
    assert Size.of([account, sized("a", 1, 5, size=7)]) == Size(5, 7)


def test_checkpoints_that_completed_nothing_pending_are_not_needed() -> None:
    parts = [sized("a", 1, 5), sized("b", 4, 5)]
    assert needed_checkpoints(parts, {1, 2, 3, 5, 6}) == {1, 5}
    assert needed_checkpoints([], {1, 2}) == set()


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=12),
    st.sets(st.integers(1, 9), max_size=6),
    st.integers(1, 20),
)
def test_transactions_one_after_the_other_take_everything_once_and_in_order(
    backlog: list[tuple[int, int]], completed: set[int], most: int
) -> None:
    parts = [sized(str(n), epoch, rows) for n, (epoch, rows) in enumerate(backlog)]
    checkpoints = completed | {9}
    taken: list[Part] = []
    while waiting := [p for p in parts if p not in taken]:
        kept = needed_checkpoints(waiting, checkpoints)
        chosen = choose_parts(waiting, kept, Size(most, 1_000))
        assert chosen
        first = min(checkpoint for checkpoint in checkpoints if checkpoint >= chosen[0].epoch)
        if Size.of(chosen).exceeds(Size(most, 1_000)):
            assert all(p.epoch <= first for p in chosen)
        last = min(c for c in checkpoints if c >= max(p.epoch for p in chosen))
        assert all(p in chosen for p in waiting if p.epoch <= last)
        taken += chosen
    assert sorted(names(taken)) == sorted(names(parts))


@pytest.mark.parametrize(
    ("size", "reaches", "exceeds"),
    [
        (Size(9, 9), False, False),
        (Size(10, 0), True, False),
        (Size(0, 10), True, False),
        (Size(11, 0), True, True),
    ],
)
def test_either_limit_counts(size: Size, *, reaches: bool, exceeds: bool) -> None:
    assert size.reaches(Size(10, 10)) is reaches
    assert size.exceeds(Size(10, 10)) is exceeds
