"""What is loaded next: the pending parts, the checkpoints known to be complete, the attempts.

A state machine around a background loader: signals and the time come in, and it says what has been
loaded. The Flink operator keeps its pending parts in state and passes everything on. A load that
ends chooses the next one itself, on its own thread: until a timer reaches the operator, more than a
second can pass.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from connectors.epochs.signals import CheckpointComplete, Started
from connectors.failures import StarjoinError
from connectors.metrics import LoadMetric, Metric
from connectors.redshift.balance import Balance
from connectors.redshift.errors import FenceLostError, KeyChangedError, LoadError, NeedsRepairError
from connectors.redshift.loader import Loaded
from connectors.redshift.pruning import Cutoffs
from connectors.redshift.schedule import (
    AT_EVERY_CHECKPOINT,
    Schedule,
    Size,
    choose_parts,
    needed_checkpoints,
)
from connectors.staging.part import Part

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Given the result of a call, the call that comes next on the same thread; None if none does.
Follow = Callable[[T], Callable[[], T] | None]

# First retry after a second, doubled up to a minute: an outage of the warehouse is noticed to
# be over within a minute, and 1,440 attempts a day are harmless.
RETRY_SECONDS: Final = 1.0
MAX_RETRY_SECONDS: Final = 60.0
# What needs a person is still retried, rarely, so that the fix alone is enough.
REPAIR_SECONDS: Final = 300.0
# Rows are kept for days: they may stay a day longer, and a batch costs no more on average.
PRUNE_SECONDS: Final = 86_400.0
# Nothing waits for it, and it is tried again right after a load, as it always begins.
PRUNE_RETRY_SECONDS: Final = 3_600.0


class BusyError(StarjoinError):
    """Work was submitted before the result of the former was taken."""


class Background(Generic[T]):
    """Runs submitted calls one at a time on a thread of its own; all methods are the caller's.

    A COPY takes seconds to minutes, and an operator that waited for it would hold up every
    checkpoint.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._ended: queue.SimpleQueue[_Ended[T]] = queue.SimpleQueue()
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether work has been submitted whose last result has not been taken."""
        return self._busy

    def submit(self, call: Callable[[], T], follow: Follow[T] = lambda _: None) -> None:
        """Starts `call`. The thread is a daemon: a worker that shuts down does not wait for it.

        `follow` is given each result on that thread and returns the call that comes next, if any;
        after an error none does. Raises BusyError while there is other work.
        """
        if self._busy:
            message = f"{self._name} is busy: take its result first"
            raise BusyError(message)
        self._busy = True
        arguments = (call, follow, self._ended)
        threading.Thread(target=_run, args=arguments, name=self._name, daemon=True).start()

    def take(self) -> T | None:
        """The oldest result that has not been taken; None while there is none.

        Raises what the call raised.
        """
        try:
            ended = self._ended.get_nowait()
        except queue.Empty:
            return None
        self._busy = not ended.last
        return ended.future.result()


@dataclass(frozen=True)
class _Ended(Generic[T]):
    """A call that has ended, and whether it was the last of its row."""

    future: Future[T]
    last: bool


def _run(call: Callable[[], T], follow: Follow[T], ended: queue.SimpleQueue[_Ended[T]]) -> None:
    following: Callable[[], T] | None = call
    while following is not None:
        future: Future[T] = Future()
        try:
            result = following()
            following = follow(result)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that takes the result
            following = None
            future.set_exception(error)
        else:
            future.set_result(result)
        ended.put(_Ended(future, last=following is None))


def _destination(line: Balance) -> str:
    return f"destination {line.destination}" if line.destination else "no destination"


class LoadCalls(Protocol):
    """The calls of `Loader` that are used here."""

    @property
    def prunes(self) -> bool:
        """Whether the bookkeeping tables are pruned at all."""

    def prune(self, number: int) -> Cutoffs | None:
        """Prunes the bookkeeping tables; what was loaded before which time."""

    def start(self, number: int) -> bool:
        """Prepares the target and takes the fence; whether a sweep is due."""

    def load(self, parts: list[Part], number: int) -> Loaded:
        """Applies parts in one transaction, and sweeps where that is due."""


# Of a load, a pruning, a start; None of a pruning where nothing is ever pruned.
_Result = Loaded | Cutoffs | bool | None


@dataclass(frozen=True)
class Backlog:
    """What is complete and not known to be in the warehouse.

    Attributes:
        epochs: complete epochs with parts that are not known to be loaded.
        oldest_seconds: for how long the first of them has been complete, 0 without any. After a
            restore it counts from the start: nobody knows when those epochs were complete.
    """

    epochs: int
    oldest_seconds: int


@dataclass(frozen=True)
class _Load:
    """A load: when it began, and whether it leaves parts that were complete then."""

    began: float
    leaves_parts: bool = False


_NEVER: Final = _Load(-math.inf)


class LoadCoordinator:
    """Pending parts in, names of loaded parts out. All methods are the operator's.

    The thread that loads comes in at one place, `_follow`; a lock is around what both touch.
    Metrics, and the names of loaded parts, are the operator's alone.

    Args:
        loader: does the work, on a thread of its own.
        clock: seconds, monotonic.
        count: takes metrics.
        count_balances: takes the balances of each committed transaction.
        note_never_read: takes the declared tables without any record, after each transaction.
        schedule: when a load begins, and how much it takes.

    Attributes:
        checkpoints: completed ones at which pending parts became complete. A transaction may end
            at these alone, so they are to be kept as the pending parts are.
    """

    def __init__(  # noqa: PLR0913 - its settings and what it is given to work with
        self,
        loader: LoadCalls,
        *,
        clock: Callable[[], float],
        count: Callable[[Metric, int], None],
        count_balances: Callable[[Sequence[Balance]], None],
        note_never_read: Callable[[Sequence[str]], None],
        schedule: Schedule = AT_EVERY_CHECKPOINT,
    ) -> None:
        self._loader = loader
        self._schedule = schedule
        self._clock = clock
        self._count = count
        self._count_balances = count_balances
        self._note_never_read = note_never_read
        self._work: Background[_Result] = Background("starjoin load")
        self._lock = threading.RLock()
        self._pending: dict[str, Part] = {}
        self._complete_since: dict[int, float] = {}
        self.checkpoints: set[int] = set()
        self._completed = -1
        self._number: int | None = None
        self._started_at = -math.inf
        # The start that is being made, and the one whose fence is held.
        self._starting: int | None = None
        self._fence: int | None = None
        self._sweep_due = False
        self._not_before = 0.0
        self._running = _NEVER
        self._last_loaded = _NEVER
        self._failures = 0
        # Only right after a load: a job that keeps failing at its loads has other needs, and a
        # warehouse into which nothing is loaded may sleep, so as not to be billed.
        self._prune_not_before = -math.inf
        self._prune_due = False
        self._prunes_now = False

    def remember(self, parts: Iterable[Part], checkpoints: Iterable[int] = ()) -> None:
        """Adds parts that wait for their epoch's completion, and checkpoints that completed some.

        The checkpoints are those of the state, which comes before the first signal.
        """
        with self._lock:
            self._pending.update((part.name, part) for part in parts)
            self.checkpoints.update(checkpoints)

    def signal(self, signal: Started | CheckpointComplete) -> None:
        """Takes note of a start or of a completed checkpoint."""
        with self._lock:
            match signal:
                case Started(restored_from, number):
                    self._number, self._fence = number, None
                    self._started_at = self._clock()
                    completed = restored_from
                case CheckpointComplete(checkpoint):
                    completed = checkpoint
            if completed is not None:
                self._completed = max(self._completed, completed)
                self.checkpoints.add(completed)
            due = self._select_due()
            self._drop_checkpoints(due)
            for part in due:
                self._complete_since.setdefault(part.epoch, self._clock())

    @property
    def _fenced(self) -> bool:
        return self._number is not None and self._fence == self._number

    @property
    def working(self) -> bool:
        """Whether a call of the loader is under way."""
        return self._work.busy

    @property
    def busy(self) -> bool:
        """Whether `advance` should be called again soon, without waiting for a signal."""
        with self._lock:
            return (
                self._work.busy
                or (not self._fenced and self._number is not None)
                or self._sweep_due
                or bool(self._select_due())
            )

    @property
    def backlog(self) -> Backlog:
        """Complete epochs that are not loaded, now: it grows while a load hangs."""
        with self._lock:
            epochs = {part.epoch for part in self._select_due() if not part.says_only_tips}
            if not epochs:
                return Backlog(0, 0)
            now = self._clock()
            since = min(self._complete_since.get(epoch, now) for epoch in epochs)
            return Backlog(len(epochs), int(now - since))

    def advance(self) -> frozenset[str]:
        """Takes the result of finished work and starts the next; names of parts now loaded.

        Raises FenceLostError and KeyChangedError: the task must fail then. Every other error is
        logged, counted and retried later.
        """
        loaded: frozenset[str] = frozenset()
        while names := self._take():
            loaded |= names
        with self._lock:
            self._drop_checkpoints(self._select_due())
            number = self._number
            if not self._work.busy and number is not None and self._clock() >= self._not_before:
                self._start_next(number)
        return loaded

    def _select_due(self) -> list[Part]:
        return [part for part in self._pending.values() if part.epoch <= self._completed]

    def _drop_checkpoints(self, due: Sequence[Part]) -> None:
        """Those at which nothing became complete that is still pending."""
        self.checkpoints = needed_checkpoints(due, {*self.checkpoints, self._completed})

    def _start_next(self, number: int) -> None:
        if not self._fenced:
            self._starting = number
            self._work.submit(lambda: self._loader.start(number))
            return
        if self._prune_due:
            self._prune_due, self._prunes_now = False, True
            self._prune_not_before = self._clock() + PRUNE_SECONDS
            self._work.submit(lambda: self._loader.prune(number))
            return
        due = self._select_due()
        if self._sweep_due or (due and self._is_time(due)):
            self._work.submit(self._begin_load(due, number), self._follow)

    def _is_time(self, due: Sequence[Part]) -> bool:
        """Whether what is complete is to be loaded now. A backlog that is caught up never waits.

        An idle stream does not wake the warehouse each time that its shards were found empty.
        """
        if self._last_loaded.leaves_parts:
            return True
        waited = self._clock() - self._last_loaded.began
        if all(part.says_only_tips for part in due):
            since_start = self._clock() - self._started_at
            return min(waited, since_start) >= max(self._schedule.idle, self._schedule.interval)
        return waited >= self._schedule.interval or Size.of(due).reaches(self._schedule.early)

    def _begin_load(self, due: list[Part], number: int) -> Callable[[], Loaded]:
        """Chooses what the load takes; the call that does it."""
        chosen = due
        if not self._sweep_due:  # which would remove what a later transaction brings again
            checkpoints = {*self.checkpoints, self._completed}
            chosen = choose_parts(due, checkpoints, self._schedule.transaction)
        self._running = _Load(self._clock(), leaves_parts=len(chosen) < len(due))
        return lambda: self._loader.load(chosen, number)

    def _follow(self, result: _Result) -> Callable[[], Loaded] | None:
        """Takes note of a load that has ended, on its thread; the next load, if it is time for it.

        Whatever else is due waits for the operator.
        """
        if not isinstance(result, Loaded):
            return None
        with self._lock:
            self._sweep_due = False
            self._prune_due = self._loader.prunes and self._clock() >= self._prune_not_before
            for name in result.names:
                self._pending.pop(name, None)
            self._last_loaded = self._running
            waiting = {part.epoch for part in self._pending.values()}
            self._complete_since = {e: t for e, t in self._complete_since.items() if e in waiting}
            due = self._select_due()
            number = self._number if self._fenced else None  # which a new start is to take first
            if number is None or self._prune_due or not due or not self._is_time(due):
                return None
            return self._begin_load(due, number)

    def _take(self) -> frozenset[str]:
        """Reports what has ended, if anything has; names of parts now loaded."""
        was_busy = self._work.busy
        try:
            result = self._work.take()
        except (FenceLostError, KeyChangedError):
            raise
        except LoadError as error:
            self._schedule_retry(error)
            return frozenset()
        if isinstance(result, Loaded):
            self._failures = 0
            self._report(result)
            return result.names
        if not was_busy or self._work.busy:
            return frozenset()
        self._failures = 0
        if self._prunes_now:
            self._prunes_now = False
        else:
            with self._lock:
                self._fence, self._sweep_due = self._starting, bool(result)
        return frozenset()

    def _report(self, loaded: Loaded) -> None:
        if loaded.names:  # else there may be no accounts yet
            self._note_never_read(loaded.never_read)
        if loaded.parts:
            self._count_commit(loaded)

    def _count_commit(self, loaded: Loaded) -> None:
        self._count(LoadMetric.BATCHES_LOADED, 1)
        self._count(LoadMetric.PARTS_LOADED, len(loaded.parts))
        self._count(LoadMetric.CHANGES_LOADED, sum(o.loaded for o in loaded.outcomes))
        self._count(LoadMetric.CHANGES_SUPERSEDED, sum(o.superseded for o in loaded.outcomes))
        self._count(LoadMetric.KEYS_OLDER, loaded.older_keys)
        self._count_balances(loaded.balances)
        unbalanced = [line for line in loaded.balances if line.difference]
        self._count(LoadMetric.RECORDS_UNACCOUNTED, sum(abs(b.difference) for b in unbalanced))
        if unbalanced:
            logger.error(
                "Batch %s does not balance: %s. The data has been loaded; operations.md, The "
                "balance, says where to look",
                loaded.batch,
                "; ".join(
                    f"table {line.table}, {_destination(line)}: difference {line.difference}"
                    for line in unbalanced
                ),
            )

    def _schedule_retry(self, error: LoadError) -> None:
        if self._prunes_now:
            self._schedule_pruning(error)
            return
        self._failures += 1
        if isinstance(error, NeedsRepairError):
            delay = REPAIR_SECONDS
            self._count(LoadMetric.LOADS_NEED_REPAIR, 1)
            logger.error(
                "A load needs a fix, and its data stays pending until then: %s",
                error,
            )
        else:
            # The exponent has a bound, since after a day of failures no float holds the power.
            doubled = RETRY_SECONDS * 2 ** min(self._failures - 1, 16)
            delay = min(doubled, MAX_RETRY_SECONDS)
            self._count(LoadMetric.LOADS_RETRIED, 1)
            logger.warning("The load failed and will be retried in %s s: %s", delay, error)
        self._not_before = self._clock() + delay

    def _schedule_pruning(self, error: LoadError) -> None:
        """Loads go on meanwhile, and find out by themselves what else is wrong."""
        self._prunes_now, self._prune_not_before = False, self._clock() + PRUNE_RETRY_SECONDS
        needs_repair = isinstance(error, NeedsRepairError)
        self._count(LoadMetric.LOADS_NEED_REPAIR if needs_repair else LoadMetric.LOADS_RETRIED, 1)
        logger.log(
            logging.ERROR if needs_repair else logging.WARNING,
            "The bookkeeping tables were not pruned, which will be retried after the first load in "
            "%s s or later; loads go on: %s",
            PRUNE_RETRY_SECONDS,
            error,
        )
