"""What is loaded when: a loader that does what the test sets, and a clock that the test sets."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from connectors.accounts import Outcome, Tip
from connectors.blocks import Kind
from connectors.epochs.signals import CheckpointComplete, Started
from connectors.metrics import LoadMetric, Metric
from connectors.redshift import coordinator as module
from connectors.redshift.balance import Balance
from connectors.redshift.coordinator import (
    MAX_RETRY_SECONDS,
    PRUNE_RETRY_SECONDS,
    PRUNE_SECONDS,
    REPAIR_SECONDS,
    RETRY_SECONDS,
    Background,
    Backlog,
    Follow,
    LoadCoordinator,
)
from connectors.redshift.errors import (
    FenceLostError,
    KeyChangedError,
    LoadError,
    NeedsRepairError,
    OutcomeUnknownError,
    RetryLoadError,
)
from connectors.redshift.loader import Loaded
from connectors.redshift.pruning import Cutoffs
from connectors.redshift.schedule import AT_EVERY_CHECKPOINT, IDLE_SECONDS, Schedule, Size
from connectors.staging.part import Part
from tests.unit.redshift.warehouse import part

NUMBER: Final = 5


class ManualBackground(Background[Any]):
    """Work that is done when the test says so."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.call: Callable[[], Any] | None = None
        self.follow: Follow[Any] = lambda _: None
        self.done = False

    @property
    def busy(self) -> bool:
        return self.call is not None

    def submit(self, call: Callable[[], Any], follow: Follow[Any] = lambda _: None) -> None:
        assert self.call is None, "one at a time"
        self.call, self.follow, self.done = call, follow, False

    def take(self) -> Any:
        if self.call is None or not self.done:
            return None
        call, self.call, self.done = self.call, None, False
        result = call()
        self.call = self.follow(result)
        return result


class Rig:
    """The coordinator with everything around it in hand."""

    def __init__(self, schedule: Schedule = AT_EVERY_CHECKPOINT) -> None:
        self.now = 1_000.0
        self.calls: list[tuple[str, ...]] = []
        self.sweep_due = False
        self.error: Exception | None = None
        self.already: frozenset[str] = frozenset()
        self.counts: Counter[Metric] = Counter()
        self.balances: list[Balance] = []
        self.never_read: list[Sequence[str]] = []
        self.lost = 0
        self.prunes = False
        self.coordinator = LoadCoordinator(
            self,
            clock=lambda: self.now,
            count=self.count,
            count_balances=self.balances.extend,
            note_never_read=self.never_read.append,
            schedule=schedule,
        )
        work: Any = self.coordinator._work
        self.work: ManualBackground = work

    def count(self, metric: Metric, count: int) -> None:
        if count:
            self.counts[metric] += count

    def start(self, number: int) -> bool:
        self.calls.append(("start", str(number)))
        self._fail()
        return self.sweep_due

    def prune(self, number: int) -> Cutoffs | None:
        self.calls.append(("prune", str(number)))
        self._fail()
        return None

    def load(self, parts: list[Part], number: int) -> Loaded:
        assert number == NUMBER
        names = [p.name for p in parts]
        self.calls.append(("load", *names))
        self._fail()
        new = tuple(name for name in names if name not in self.already)
        already = tuple(name for name in names if name in self.already)
        outcomes = tuple(Outcome("t", n, 3, 1) for n in new)
        lines = tuple(self.line(n) for n in new)
        older = 5 * len(new)
        return Loaded("batch", new, already, outcomes, lines, ("u",), older)

    def line(self, name: str) -> Balance:
        return Balance("t", name, 4 + self.lost, 0, 3, 1, 0, 0, self.lost)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    def finish(self) -> frozenset[str]:
        """The running work ends; what is loaded now."""
        self.work.done = True
        return self.coordinator.advance()

    def started(self, restored_from: int | None = None) -> None:
        self.coordinator.signal(Started(restored_from, NUMBER))
        assert self.coordinator.advance() == frozenset()
        self.finish()

    def complete(self, checkpoint: int) -> frozenset[str]:
        self.coordinator.signal(CheckpointComplete(checkpoint))
        return self.coordinator.advance()


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(module, "Background", ManualBackground)
    return Rig()


def test_nothing_happens_before_the_job_has_started(rig: Rig) -> None:
    rig.coordinator.remember([part("a", epoch=1)])
    assert rig.complete(1) == frozenset()
    assert not rig.work.busy
    rig.coordinator.signal(Started(None, NUMBER))
    rig.coordinator.advance()
    rig.finish()
    assert rig.calls == [("start", "5")]
    assert rig.finish() == {"a"}


def test_the_fence_is_taken_before_the_first_load(rig: Rig) -> None:
    rig.coordinator.remember([part("a", epoch=1)])
    rig.coordinator.signal(Started(1, NUMBER))
    rig.coordinator.advance()
    rig.coordinator.advance()
    assert rig.calls == []  # the start goes on
    rig.finish()
    rig.finish()
    assert rig.calls == [("start", "5"), ("load", "a")]


def test_an_epoch_waits_for_its_checkpoint(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1), part("b", epoch=2), part("c", epoch=3)])
    rig.coordinator.advance()
    assert not rig.work.busy
    rig.complete(2)
    assert rig.finish() == {"a", "b"}
    assert not rig.work.busy
    rig.complete(3)
    assert rig.finish() == {"c"}


def test_a_restored_checkpoint_is_complete(rig: Rig) -> None:
    rig.coordinator.remember([part("a", epoch=4), part("b", epoch=5)])
    rig.started(restored_from=4)
    assert rig.finish() == {"a"}
    assert not rig.work.busy


def test_a_sweep_that_is_due_does_not_wait_for_parts(rig: Rig) -> None:
    rig.sweep_due = True
    rig.started()
    assert rig.coordinator.busy
    rig.error = RetryLoadError("the warehouse is away")
    rig.finish()
    rig.error, rig.now = None, rig.now + RETRY_SECONDS
    rig.coordinator.advance()
    rig.finish()
    assert rig.calls == [("start", "5"), ("load",), ("load",)]
    assert not rig.coordinator.busy
    assert rig.counts[LoadMetric.BATCHES_LOADED] == 0
    assert rig.never_read == []  # empty bookkeeping tables say nothing


def test_what_a_batch_says_of_tables_without_records_is_passed_on(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.finish()
    assert rig.never_read == [("u",)]


def test_a_sweep_that_is_due_takes_the_restored_parts_with_it(rig: Rig) -> None:
    rig.sweep_due = True
    rig.coordinator.remember([part("a", epoch=4)])
    rig.started(restored_from=4)
    assert rig.finish() == {"a"}
    assert rig.calls == [("start", "5"), ("load", "a")]
    assert not rig.work.busy


def test_completion_never_goes_back(rig: Rig) -> None:
    rig.started()
    rig.complete(5)
    rig.complete(3)
    rig.coordinator.remember([part("a", epoch=4)])
    rig.coordinator.advance()
    assert rig.finish() == {"a"}


def test_one_load_at_a_time_and_the_next_takes_all_that_has_come_meanwhile(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.coordinator.remember([part("b", epoch=2), part("c", epoch=3)])
    assert rig.complete(2) == frozenset()
    assert rig.complete(3) == frozenset()
    assert rig.finish() == {"a"}
    assert rig.finish() == {"b", "c"}
    assert rig.calls[1:] == [("load", "a"), ("load", "b", "c")]


def test_loaded_parts_are_not_loaded_again(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.finish()
    rig.complete(2)
    assert not rig.work.busy
    assert not rig.coordinator.busy


def test_parts_that_were_there_already_are_done_as_well(rig: Rig) -> None:
    rig.started()
    rig.already = frozenset({"a", "b"})
    rig.coordinator.remember([part("a", epoch=1), part("b", epoch=1)])
    rig.complete(1)
    assert rig.finish() == {"a", "b"}
    assert rig.counts == {}  # no batch was loaded
    assert rig.balances == []
    assert not rig.coordinator.busy


def test_batches_parts_and_changes_are_counted(rig: Rig) -> None:
    rig.started()
    rig.already = frozenset({"a"})
    rig.coordinator.remember([part(name, epoch=1) for name in "abc"])
    rig.complete(1)
    rig.finish()
    assert rig.counts == {
        LoadMetric.BATCHES_LOADED: 1,
        LoadMetric.PARTS_LOADED: 2,
        LoadMetric.CHANGES_LOADED: 6,
        LoadMetric.CHANGES_SUPERSEDED: 2,
        LoadMetric.KEYS_OLDER: 10,
    }
    assert rig.balances == [rig.line("b"), rig.line("c")]


def test_a_batch_whose_reply_was_lost_is_in_the_bookkeeping_tables_alone(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.error = OutcomeUnknownError("lost")
    rig.finish()
    rig.error, rig.already, rig.now = None, frozenset({"a"}), rig.now + RETRY_SECONDS
    rig.coordinator.remember([part("b", epoch=1)])
    rig.coordinator.advance()
    assert rig.finish() == {"a", "b"}
    assert rig.balances == [rig.line("b")]


def test_batches_that_do_not_balance_are_counted_and_reported(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.started()
    rig.lost = -2
    rig.coordinator.remember([part("a", epoch=1), part("b", epoch=1)])
    rig.complete(1)
    assert rig.finish() == {"a", "b"}
    assert rig.counts[LoadMetric.RECORDS_UNACCOUNTED] == 4
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    lines = "table t, destination a: difference -2; table t, destination b: difference -2"
    assert f"Batch batch does not balance: {lines}. The data has been loaded" in caplog.text


@pytest.mark.parametrize("error", [RetryLoadError("busy"), OutcomeUnknownError("lost")])
def test_a_failed_load_keeps_its_parts_and_backs_off(
    rig: Rig, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.error = error
    delays = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert (delays[0], delays[-1]) == (RETRY_SECONDS, MAX_RETRY_SECONDS)
    with caplog.at_level(logging.WARNING):
        for delay in delays:
            assert rig.finish() == frozenset()
            assert not rig.work.busy
            assert rig.coordinator.busy
            rig.now += delay - 0.001
            rig.coordinator.advance()
            assert not rig.work.busy
            rig.now += 0.001
            rig.coordinator.advance()
            assert rig.work.busy
    assert rig.counts == {LoadMetric.LOADS_RETRIED: len(delays)}
    assert str(error) in caplog.text
    rig.error = None
    assert rig.finish() == {"a"}


def test_the_age_of_the_oldest_pending_epoch_grows_while_a_load_hangs(rig: Rig) -> None:
    rig.started()
    assert rig.coordinator.backlog == Backlog(0, 0)
    rig.coordinator.remember([part("a", epoch=1), part("b", epoch=1), part("c", epoch=2)])
    assert rig.coordinator.backlog == Backlog(0, 0), "no epoch is complete"
    rig.complete(1)
    rig.now += 90.9
    assert rig.coordinator.backlog == Backlog(1, 90)
    rig.complete(2)
    rig.now += 10
    assert rig.coordinator.backlog == Backlog(2, 100)
    assert rig.finish() == {"a", "b"}
    assert rig.coordinator.backlog == Backlog(1, 10), "the next one's own age"
    assert rig.finish() == {"c"}
    assert rig.coordinator.backlog == Backlog(0, 0)


def test_the_age_goes_on_over_failures_and_while_nothing_runs(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    for error in (RetryLoadError("busy"), NeedsRepairError("narrow")):
        rig.error = error
        rig.now += REPAIR_SECONDS
        rig.coordinator.advance()
        rig.finish()
        assert rig.coordinator.busy, "the operator's timer has to go on"
    assert rig.coordinator.backlog == Backlog(1, int(2 * REPAIR_SECONDS))


def test_after_a_restore_the_age_counts_from_the_start(rig: Rig) -> None:
    rig.coordinator.remember([part("a", epoch=4), part("b", epoch=5)])
    rig.coordinator.signal(Started(4, NUMBER))
    rig.now += 30
    assert rig.coordinator.backlog == Backlog(1, 30)


def test_the_age_of_an_epoch_does_not_begin_again_with_the_next_checkpoint(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.now += 60
    rig.complete(2)
    assert rig.coordinator.backlog == Backlog(1, 60)


def test_a_success_forgets_the_failures(rig: Rig) -> None:
    rig.started()
    for _ in range(2):
        rig.coordinator.remember([part("a", epoch=1)])
        rig.complete(1)
        rig.error = RetryLoadError("busy")
        rig.finish()
        rig.error = None
        rig.now += RETRY_SECONDS
        rig.coordinator.advance()
        assert rig.finish() == {"a"}


def test_days_of_failures_end_with_the_outage(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.error = RetryLoadError("down")
    for _ in range(3_000):
        rig.finish()
        rig.now += MAX_RETRY_SECONDS
        rig.coordinator.advance()
    rig.error = None
    assert rig.finish() == {"a"}


def test_what_needs_repair_is_tried_seldom_and_logged_as_an_error(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.error = NeedsRepairError("column x is missing")
    rig.finish()
    assert [(record.levelname, record.message) for record in caplog.records] == [
        (
            "ERROR",
            "A load needs a fix, and its data stays pending until then: column x is missing",
        )
    ]
    assert rig.counts == {LoadMetric.LOADS_NEED_REPAIR: 1}
    rig.now += REPAIR_SECONDS - 0.001
    rig.coordinator.advance()
    assert not rig.work.busy
    rig.now += 0.001
    rig.coordinator.advance()
    rig.error = None
    assert rig.finish() == {"a"}


def test_a_failed_start_is_tried_again_before_any_load(rig: Rig) -> None:
    rig.coordinator.remember([part("a", epoch=1)])
    rig.coordinator.signal(Started(1, NUMBER))
    rig.coordinator.advance()
    rig.error = RetryLoadError("down")
    rig.finish()
    rig.error = None
    rig.now += RETRY_SECONDS
    rig.coordinator.advance()
    rig.finish()
    rig.finish()
    assert rig.calls == [("start", "5"), ("start", "5"), ("load", "a")]


@pytest.mark.parametrize("during", ["start", "load"])
@pytest.mark.parametrize(
    "error", [FenceLostError("start 6 has taken it"), KeyChangedError("key aa")]
)
def test_a_start_that_may_not_load_fails_the_task(rig: Rig, during: str, error: LoadError) -> None:
    rig.coordinator.remember([part("a", epoch=1)])
    if during == "load":
        rig.started(restored_from=1)
    else:
        rig.coordinator.signal(Started(1, NUMBER))
        rig.coordinator.advance()
    rig.error = error
    with pytest.raises(type(error)):
        rig.finish()


def test_what_nobody_foresaw_fails_the_task(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        rig.finish()


def test_busy_says_when_to_look_again(rig: Rig) -> None:
    assert not rig.coordinator.busy
    rig.coordinator.signal(Started(None, NUMBER))
    assert rig.coordinator.busy  # the fence is to be taken
    rig.coordinator.advance()
    assert rig.coordinator.busy
    rig.finish()
    assert not rig.coordinator.busy
    rig.coordinator.remember([part("a", epoch=1)])
    assert not rig.coordinator.busy
    rig.coordinator.signal(CheckpointComplete(1))
    assert rig.coordinator.busy


@pytest.fixture
def pruning(rig: Rig) -> Rig:
    """A start that has loaded a part, and is pruning; what it calls is seen when that ends."""
    rig.prunes = True
    rig.started()
    rig.finish()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.finish()
    assert rig.calls == [("start", "5"), ("load", "a")]
    assert rig.work.busy
    return rig


def test_bookkeeping_tables_are_pruned_after_the_first_load_and_then_once_a_day(
    pruning: Rig,
) -> None:
    pruning.finish()
    assert pruning.calls[2:] == [("prune", "5")]
    for epoch in (2, 3):
        pruning.now += PRUNE_SECONDS / 2 - 1
        pruning.coordinator.remember([part("b", epoch=epoch)])
        pruning.complete(epoch)
        pruning.finish()
    assert pruning.calls[3:] == [("load", "b"), ("load", "b")]
    pruning.now += 2
    pruning.coordinator.remember([part("c", epoch=4)])
    pruning.complete(4)
    pruning.finish()
    pruning.finish()
    assert pruning.calls[5:] == [("load", "c"), ("prune", "5")]


def test_a_warehouse_into_which_nothing_is_loaded_is_not_woken_to_be_pruned(pruning: Rig) -> None:
    pruning.finish()
    pruning.now += PRUNE_SECONDS - 1
    pruning.coordinator.remember([part("b", epoch=2)])
    pruning.complete(2)
    pruning.finish()
    for _ in range(3):
        pruning.now += PRUNE_SECONDS
        pruning.coordinator.advance()
        assert not pruning.work.busy
    assert pruning.calls[3:] == [("load", "b")]


def test_nothing_is_pruned_where_all_is_kept(rig: Rig) -> None:
    rig.started()
    rig.finish()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.finish()
    assert not rig.work.busy


def test_a_job_that_cannot_load_does_not_prune(rig: Rig) -> None:
    rig.prunes = True
    rig.started()
    rig.finish()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.complete(1)
    rig.error = RetryLoadError("no warehouse")
    rig.finish()
    assert not rig.work.busy


@pytest.mark.parametrize(
    ("error", "metric", "level"),
    [
        (RetryLoadError("cut"), LoadMetric.LOADS_RETRIED, logging.WARNING),
        (NeedsRepairError("no right"), LoadMetric.LOADS_NEED_REPAIR, logging.ERROR),
    ],
)
def test_a_failed_pruning_holds_up_no_load_and_is_tried_again(
    pruning: Rig,
    error: LoadError,
    metric: LoadMetric,
    level: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pruning.error = error
    pruning.finish()
    assert pruning.counts[metric] == 1
    (record,) = caplog.records
    assert record.levelno == level
    assert record.message.startswith("The bookkeeping tables were not pruned, which will be")
    pruning.error = None
    pruning.coordinator.remember([part("b", epoch=2)])
    pruning.complete(2)
    assert pruning.finish() == {"b"}
    assert pruning.calls[3:] == [("load", "b")]
    pruning.now += PRUNE_RETRY_SECONDS
    pruning.coordinator.advance()
    assert not pruning.work.busy
    pruning.coordinator.remember([part("c", epoch=3)])
    pruning.complete(3)
    pruning.finish()
    pruning.finish()
    assert pruning.calls[4:] == [("load", "c"), ("prune", "5")]


def test_a_pruning_that_finds_the_fence_taken_ends_the_task(pruning: Rig) -> None:
    pruning.error = FenceLostError("taken")
    with pytest.raises(FenceLostError):
        pruning.finish()


def sized(name: str, epoch: int, rows: int = 1) -> Part:
    return replace(part(name, epoch=epoch), rows=rows, url="s3://bucket/part", size=1)


@pytest.fixture
def scheduled(monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(module, "Background", ManualBackground)
    return Rig(Schedule(interval=60, early=Size(10, 1_000), transaction=Size(10, 1_000)))


def test_a_load_waits_for_the_interval_since_the_last_began(scheduled: Rig) -> None:
    rig = scheduled
    rig.started()
    rig.coordinator.remember([sized("a", 1)])
    rig.complete(1)
    rig.now += 20  # which the load takes
    assert rig.finish() == {"a"}
    rig.coordinator.remember([sized("b", 2)])
    rig.complete(2)
    assert not rig.work.busy
    assert rig.coordinator.busy, "a timer must go on, or nothing looks again"
    rig.now += 39
    rig.coordinator.advance()
    assert not rig.work.busy
    rig.now += 1
    rig.coordinator.advance()
    assert rig.finish() == {"b"}


def tip(name: str, epoch: int) -> Part:
    says = (Tip("changes", "0", 1_000),)
    return Part(name, Kind.ACCOUNT, "", rows=1, tips=says, epoch=epoch)


def test_tips_alone_do_not_wake_the_warehouse_at_every_checkpoint(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([tip("a", 1)])
    rig.complete(1)
    rig.now += IDLE_SECONDS - 1
    rig.coordinator.remember([tip("b", 2)])
    rig.complete(2)
    assert not rig.work.busy
    assert rig.coordinator.backlog == Backlog(0, 0), "nobody waits for these"
    rig.now += 1
    rig.coordinator.advance()
    assert rig.finish() == {"a", "b"}
    rig.coordinator.remember([tip("c", 3)])
    rig.complete(3)
    assert not rig.work.busy
    rig.coordinator.remember([sized("d", 4)])
    rig.complete(4)
    assert rig.finish() == {"c", "d"}


def test_what_is_large_does_not_wait(scheduled: Rig) -> None:
    rig = scheduled
    rig.started()
    rig.coordinator.remember([sized("a", 1)])
    rig.complete(1)
    rig.finish()
    rig.coordinator.remember([sized("b", 2, rows=9), sized("c", 3, rows=1)])
    rig.complete(2)
    assert not rig.work.busy
    rig.complete(3)
    assert rig.finish() == {"b", "c"}


def test_a_load_that_fails_is_retried_without_the_interval(scheduled: Rig) -> None:
    rig = scheduled
    rig.started()
    rig.coordinator.remember([sized("a", 1)])
    rig.error = RetryLoadError("away")
    rig.complete(1)
    rig.finish()
    rig.error = None
    rig.now += RETRY_SECONDS
    rig.coordinator.advance()
    assert rig.finish() == {"a"}


def test_a_backlog_is_caught_up_in_transactions_without_a_pause(scheduled: Rig) -> None:
    rig = scheduled
    rig.started()
    rig.coordinator.remember([sized(str(epoch), epoch, rows=6) for epoch in range(1, 5)])
    rig.coordinator.signal(CheckpointComplete(2))
    rig.coordinator.signal(CheckpointComplete(3))
    rig.complete(4)
    assert rig.finish() == {"1", "2"}, "nobody saw checkpoint 1 complete"
    assert rig.finish() == {"3"}
    assert rig.finish() == {"4"}
    assert not rig.work.busy
    assert rig.coordinator.checkpoints == set()


def test_checkpoints_of_the_state_bound_the_first_transaction_after_a_restore(
    scheduled: Rig,
) -> None:
    rig = scheduled
    rig.coordinator.remember([sized(str(epoch), epoch, rows=6) for epoch in range(1, 4)], {1, 2})
    rig.started(restored_from=3)
    assert rig.coordinator.checkpoints == {1, 2, 3}
    assert rig.finish() == {"1"}
    assert rig.coordinator.checkpoints == {2, 3}


def test_a_sweep_takes_the_whole_backlog_at_once(scheduled: Rig) -> None:
    """Between two transactions of one backlog it would remove what the second brings again."""
    rig = scheduled
    rig.sweep_due = True
    rig.coordinator.remember([sized(str(epoch), epoch, rows=6) for epoch in range(1, 4)], {1, 2})
    rig.started(restored_from=3)
    assert rig.finish() == {"1", "2", "3"}


def test_a_load_that_fails_behind_another_takes_nothing_from_it(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1), part("b", epoch=2)])
    rig.complete(1)
    rig.complete(2)
    assert rig.finish() == {"a"}
    rig.error = RetryLoadError("the warehouse is away")
    assert rig.finish() == frozenset()
    assert rig.counts[LoadMetric.LOADS_RETRIED] == 1
    rig.error, rig.now = None, rig.now + RETRY_SECONDS
    rig.coordinator.advance()
    assert rig.finish() == {"b"}
    assert rig.calls[1:] == [("load", "a"), ("load", "b"), ("load", "b")]
    assert rig.counts[LoadMetric.BATCHES_LOADED] == 2


def test_pruning_comes_before_the_load_that_would_follow(pruning: Rig) -> None:
    pruning.finish()
    pruning.now += PRUNE_SECONDS
    pruning.coordinator.remember([part("d", epoch=9), part("e", epoch=10)])
    pruning.complete(9)
    pruning.complete(10)
    for _ in range(3):
        pruning.finish()
    assert pruning.calls[3:] == [("load", "d"), ("prune", "5"), ("load", "e")]


def test_a_start_comes_before_the_load_that_would_follow(rig: Rig) -> None:
    rig.started()
    rig.coordinator.remember([part("a", epoch=1), part("b", epoch=2)])
    rig.complete(1)
    rig.coordinator.signal(Started(2, NUMBER))
    for _ in range(3):
        rig.finish()
    assert rig.calls[1:] == [("load", "a"), ("start", "5"), ("load", "b")]


def test_a_start_is_not_taken_for_the_one_that_was_said_meanwhile(rig: Rig) -> None:
    rig.coordinator.signal(Started(None, NUMBER - 1))
    rig.coordinator.advance()
    rig.coordinator.remember([part("a", epoch=1)])
    rig.started(restored_from=1)
    assert rig.calls == [("start", "4")]
    rig.finish()
    assert rig.finish() == {"a"}
    assert rig.calls[1:] == [("start", "5"), ("load", "a")]


def test_what_would_follow_waits_for_the_interval(scheduled: Rig) -> None:
    scheduled.started()
    scheduled.coordinator.remember([sized("a", 1), sized("b", 2)])
    scheduled.complete(1)
    scheduled.complete(2)
    assert scheduled.finish() == {"a"}
    assert not scheduled.work.busy
    scheduled.now += 60
    scheduled.coordinator.advance()
    assert scheduled.finish() == {"b"}


class SlowLoader:
    """Loads that last until the test lets them end, on the coordinator's own thread."""

    prunes = False

    def __init__(self) -> None:
        self.begun: queue.Queue[list[str]] = queue.Queue()
        self.ends = threading.Semaphore(0)

    def start(self, number: int) -> bool:
        return number < 0

    def prune(self, number: int) -> Cutoffs | None:
        raise AssertionError(number)

    def load(self, parts: list[Part], number: int) -> Loaded:
        assert number == NUMBER
        names = [part.name for part in parts]
        self.begun.put(names)
        assert self.ends.acquire(timeout=10)
        return Loaded("batch", tuple(names), ())


def test_on_real_threads_the_next_load_begins_while_nobody_looks() -> None:
    loader = SlowLoader()
    coordinator = LoadCoordinator(
        loader,
        clock=time.monotonic,
        count=lambda *_: None,
        count_balances=lambda _: None,
        note_never_read=lambda _: None,
    )
    coordinator.remember([part("a", epoch=1), part("b", epoch=2), part("c", epoch=3)])
    coordinator.signal(Started(1, NUMBER))
    while loader.begun.empty():
        coordinator.advance()
    coordinator.signal(CheckpointComplete(2))
    loader.ends.release()
    assert [loader.begun.get(timeout=10) for _ in range(2)] == [["a"], ["b"]]
    loader.ends.release()
    loaded: set[str] = set()
    while coordinator.busy:
        loaded |= coordinator.advance()
    assert loaded == {"a", "b"}
