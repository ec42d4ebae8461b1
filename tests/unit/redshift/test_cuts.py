"""The cut of each load: right in every random history, and histories see each safeguard missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from connectors.accounts import Account, Tip
from connectors.redshift import cuts
from connectors.redshift.cuts import Cut, CutRule, Evidence, ShardCut
from tests.unit.redshift import cut_histories
from tests.unit.redshift.cut_histories import RULE, run_many

MANY = range(120)
LAST_KEY = 2**128 - 1
HALF = 2**127


def test_every_cut_of_random_histories_is_right() -> None:
    assert run_many(MANY) > 3 * len(MANY)


def the_latest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        cuts, "_find_least", lambda shards: max(shards, key=lambda s: s.complete_until or 0)
    )


def a_time_that_goes_back(patch: pytest.MonkeyPatch) -> None:
    whole = Cut._date

    def date(cut: Cut) -> Cut:
        return whole(replace(cut, complete_until=None))

    patch.setattr(Cut, "_date", date)


def a_restore_that_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cut, "begin_start", cut_histories.without_confirmation)


def any_record_confirms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ShardCut, "_is_passed", lambda *_: True)


def shards_of_which_nothing_was_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cuts, "_hold", lambda shards, _: bool(shards))


def an_idle_shard_that_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Cut,
        "_date",
        _with_shards(Cut._date, lambda shard: shard.first_sequence_number is not None),
    )
    patch.setattr(cuts, "_hold", lambda shards, _: bool(shards))


def _with_shards(date: Callable[[Cut], Cut], counts: Callable[[ShardCut], bool]) -> Any:
    def changed(cut: Cut) -> Cut:
        shown = {key: shard for key, shard in cut.shards.items() if counts(shard)}
        return replace(date(replace(cut, shards=shown)), shards=cut.shards)

    return changed


def ended_shards_that_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    advance = Cut.advance

    def forget(cut: Cut, *batch: Any) -> Cut:
        left = {key: shard for key, shard in cut.shards.items() if not shard.ended}
        return advance(replace(cut, shards=left), *batch)

    patch.setattr(Cut, "advance", forget)


def no_disorder(patch: pytest.MonkeyPatch) -> None:
    advance = Cut.advance
    rule = replace(RULE, disorder_seconds=0)
    patch.setattr(Cut, "advance", lambda cut, accounts, tips, _: advance(cut, accounts, tips, rule))


def no_lag(patch: pytest.MonkeyPatch) -> None:
    advance = Cut.advance
    rule = replace(RULE, lag_seconds=0)
    patch.setattr(Cut, "advance", lambda cut, accounts, tips, _: advance(cut, accounts, tips, rule))


def tips_that_are_not_read(patch: pytest.MonkeyPatch) -> None:
    with_tip = ShardCut.with_tip
    patch.setattr(
        ShardCut,
        "with_tip",
        lambda shard, tip: with_tip(shard, replace(tip, read_until_ms=None)),
    )


def shards_that_never_end(patch: pytest.MonkeyPatch) -> None:
    with_tip = ShardCut.with_tip
    patch.setattr(
        ShardCut, "with_tip", lambda shard, tip: with_tip(shard, replace(tip, ended=False))
    )


@pytest.mark.parametrize(
    "mutate",
    [
        the_latest,
        a_time_that_goes_back,
        a_restore_that_is_not_noticed,
        any_record_confirms,
        shards_of_which_nothing_was_heard,
        an_idle_shard_that_is_ignored,
        ended_shards_that_are_forgotten,
        no_disorder,
        no_lag,
        tips_that_are_not_read,
        shards_that_never_end,
    ],
)
def test_histories_see_a_safeguard_missing(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    seeds = range(190, 210) if mutate is ended_shards_that_are_forgotten else MANY
    with pytest.raises(AssertionError):
        run_many(seeds)


# -- single cases


def account(
    shard: str, first: int, last: int, committed: int | None, arrival: int | None = None
) -> Account:
    """Times in seconds."""
    return Account(
        "changes", shard, "sale", str(first), str(last), 1, 0, 0, 0,
        None if arrival is None else arrival * 1_000,
        last_committed=None if committed is None else committed * 1_000_000,
        commit_lag_ms=None
        if committed is None or arrival is None
        else (arrival - committed) * 1_000,
    )  # fmt: skip


def tip(
    shard: str, until: int | None, first: int = 0, last: int = LAST_KEY, *, ended: bool = False
) -> Tip:
    seconds = None if until is None else until * 1_000
    return Tip("changes", shard, seconds, ended, str(first), str(last))


def advance(cut: Cut, accounts: Iterable[Account] = (), tips: Iterable[Tip] = ()) -> Cut:
    return cut.advance(accounts, tips, CutRule(disorder_seconds=5, lag_seconds=300))


def says(cut: Cut) -> tuple[float | None, Evidence]:
    until = cut.complete_until
    return None if until is None else until / 1_000_000, cut.evidence


def test_the_latest_commit_less_the_disorder() -> None:
    cut = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [tip("0", None)])
    assert says(cut) == (995, Evidence.COMMITS)


def test_half_of_the_hash_keys_are_not_enough() -> None:
    half = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [tip("0", None, 0, HALF - 1)])
    assert says(half) == (None, Evidence.INCOMPLETE)
    both = advance(half, [account("1", 1, 9, 900, 1_001)], [tip("1", None, HALF, LAST_KEY)])
    assert says(both) == (895, Evidence.COMMITS)


def test_a_shard_whose_hash_keys_are_unknown_promises_nothing() -> None:
    cut = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [Tip("changes", "0", 2_000_000)])
    assert says(cut) == (None, Evidence.INCOMPLETE)


def test_an_idle_shard_moves_on_with_its_tip() -> None:
    cut = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [tip("0", None)])
    assert says(advance(cut, (), [tip("0", 2_000)])) == (1_700, Evidence.ARRIVAL)


def test_what_dms_was_last_behind_counts_where_it_is_more_than_is_allowed() -> None:
    cut = advance(Cut(), [account("0", 1, 9, 1_000, 4_600)], [tip("0", 4_601)])
    assert says(cut) == (1_001, Evidence.ARRIVAL)
    replayed = advance(cut, [account("0", 10, 10, 10, 5_000)], [tip("0", 5_001)])
    assert says(replayed) == (1_401, Evidence.ARRIVAL)


def test_the_newest_record_counts_where_none_says_when_it_was_committed() -> None:
    cut = advance(Cut(), [account("0", 1, 9, None, 2_000)], [tip("0", None)])
    assert says(cut) == (1_700, Evidence.ARRIVAL)


def test_without_any_time_nothing_is_promised() -> None:
    cut = advance(Cut(), [account("0", 1, 9, None)], [tip("0", None)])
    assert says(cut) == (None, Evidence.INCOMPLETE)


def test_after_a_start_each_shard_is_awaited() -> None:
    halves = [tip("0", None, 0, HALF - 1), tip("1", None, HALF, LAST_KEY)]
    read = [account("0", 1, 9, 1_000, 1_001), account("1", 1, 99, 1_000, 1_001)]
    started = advance(Cut(), read, halves).begin_start()
    # Shard 0 had nothing since the checkpoint; that shard 1 is behind nobody has seen yet.
    cut = advance(started, [account("0", 10, 12, 1_100, 1_101)])
    assert says(cut) == (995, Evidence.REPLAYING)
    cut = advance(cut, [account("1", 90, 98, 999, 1_001)])
    assert says(cut) == (995, Evidence.REPLAYING)
    cut = advance(cut, [account("1", 99, 100, 1_050, 1_051)])
    assert says(cut) == (1_045, Evidence.COMMITS)


def test_a_tip_after_the_newest_arrival_confirms_an_idle_shard() -> None:
    started = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [tip("0", None)]).begin_start()
    assert says(advance(started, (), [tip("0", 1_001)])) == (995, Evidence.REPLAYING)
    assert says(advance(started, (), [tip("0", 1_500)])) == (1_200, Evidence.ARRIVAL)


def test_an_ended_shard_leaves_once_its_children_are_read() -> None:
    cut = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [tip("0", None)])
    cut = advance(cut, (), [tip("0", None, ended=True)])
    assert says(cut) == (995, Evidence.INCOMPLETE)
    cut = advance(cut, [account("1", 1, 9, 2_000, 2_001)], [tip("1", None, 0, HALF - 1)])
    assert says(cut) == (995, Evidence.INCOMPLETE)
    cut = advance(cut, [account("2", 1, 9, 2_100, 2_101)], [tip("2", None, HALF, LAST_KEY)])
    assert says(cut) == (1_995, Evidence.COMMITS)
    cut = advance(cut, [account("2", 10, 10, 2_100, 2_101)])
    assert [shard for _, shard in cut.shards] == ["1", "2"]


def test_another_stream_takes_the_place_of_the_former() -> None:
    cut = advance(Cut(), [account("0", 1, 9, 1_000, 1_001)], [tip("0", None)]).begin_start()
    other = replace(account("0", 1, 9, 2_000, 2_001), stream="other")
    cut = advance(cut, [other], [replace(tip("0", None), stream="other")])
    assert says(cut) == (1_995, Evidence.COMMITS)


def test_the_rule_says_what_is_assumed() -> None:
    read, at = [account("0", 1, 9, 1_000, 1_001)], [tip("0", 1_002)]
    assert says(Cut().advance(read, at, CutRule(0, 3_600))) == (1_000, Evidence.COMMITS)
    assert says(Cut().advance(read, at, CutRule(60, 10))) == (992, Evidence.ARRIVAL)
