"""The loading stage in Flink: keeps references in state, and never holds up a barrier.

The transaction runs on a thread of its own, from plain values. This operator looks after it at
each signal and on a processing-time timer, and takes loaded parts out of its state when the
outcome is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from connectors.epochs.signals import CheckpointComplete, Filler, Started, parse_signal
from connectors.failures import guard
from connectors.metrics import Gauge, LoadMetric, Metrics, register
from connectors.redshift.balance import BalanceMetrics
from connectors.redshift.coordinator import LoadCalls, LoadCoordinator
from connectors.redshift.lock_watch import LockWatch
from connectors.redshift.never_read import NeverRead
from connectors.redshift.schedule import AT_EVERY_CHECKPOINT, Schedule
from connectors.redshift.spec import Pairs
from connectors.staging.part import Part

# How soon a finished transaction is noticed; each look costs one timer.
_LOOK_AGAIN_MS: Final = 250


class LoaderCalls(LoadCalls, Protocol):
    """The calls of `Loader` that are used here."""

    def awaited_locks(self) -> list[str]:
        """What the others wait for, in a session of its own; may be called beside them."""


class Load(KeyedProcessFunction):  # type: ignore[misc]
    """References and signals in; nothing out. Parallelism 1, one key.

    Args:
        open_loader: opens what does the loads.
        sources: the declared tables, each with what the source calls it.
        metrics_by_table: whether the balance is counted by table and destination as well.
        schedule: when a load begins, and how much it takes.
    """

    def __init__(
        self,
        open_loader: Callable[[], LoaderCalls],
        sources: Pairs,
        *,
        metrics_by_table: bool = True,
        schedule: Schedule = AT_EVERY_CHECKPOINT,
    ) -> None:
        self._open_loader = open_loader
        self._schedule = schedule
        self._sources = sources
        self._metrics_by_table = metrics_by_table

    @guard
    def open(self, runtime_context: RuntimeContext) -> None:
        """Opens the loader; state can only be read with the first element."""
        self._state = runtime_context.get_map_state(
            MapStateDescriptor("pending parts", Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE()))
        )
        self._checkpoints = runtime_context.get_map_state(
            MapStateDescriptor("completed checkpoints", Types.LONG(), Types.BOOLEAN())
        )
        self._metrics = Metrics(
            runtime_context,
            LoadMetric.BATCHES_LOADED,
            LoadMetric.PARTS_LOADED,
            LoadMetric.CHANGES_LOADED,
            LoadMetric.CHANGES_SUPERSEDED,
            LoadMetric.KEYS_OLDER,
            LoadMetric.RECORDS_UNACCOUNTED,
            LoadMetric.LOADS_RETRIED,
            LoadMetric.LOADS_NEED_REPAIR,
            LoadMetric.LOCKS_AWAITED,
        )
        balance = BalanceMetrics(runtime_context)
        self._never_read = NeverRead(self._sources, clock=time.monotonic)
        register(runtime_context, Gauge.TABLES_NEVER_READ, self._never_read.__len__)
        loads = self._open_loader()
        self._lock_watch = LockWatch(
            loads.awaited_locks, clock=time.monotonic, count=self._metrics.add
        )
        self._coordinator = LoadCoordinator(
            loads,
            clock=time.monotonic,
            count=self._metrics.add,
            count_balances=balance.add if self._metrics_by_table else lambda _: None,
            note_never_read=self._never_read.note,
            schedule=self._schedule,
        )
        # While anything is pending the timer of `_advance` goes on, and each bundle reports.
        coordinator = self._coordinator
        register(runtime_context, Gauge.PENDING_EPOCHS, lambda: coordinator.backlog.epochs)
        register(runtime_context, Gauge.OLDEST_PENDING, lambda: coordinator.backlog.oldest_seconds)
        self._kept: set[int] = set()
        self._rebuilt = False
        self._timer_set = False

    @guard
    def process_element(
        self, value: bytes, ctx: KeyedProcessFunction.Context
    ) -> Iterator[bytes] | None:
        """A reference is remembered, a signal may start a load, a filler is nothing."""
        signal = parse_signal(value)
        if isinstance(signal, Filler):
            return None
        self._metrics.begin()
        if not self._rebuilt:
            self._kept = set(self._checkpoints.keys())
            self._coordinator.remember(
                [Part.decode(bytes(value)) for value in self._state.values()], self._kept
            )
            self._rebuilt = True
        if signal is None:
            part = Part.decode(value)
            self._state.put(part.name, value)
            self._coordinator.remember([part])
        elif isinstance(signal, Started | CheckpointComplete):
            self._coordinator.signal(signal)
            self._advance(ctx)
        return None

    @guard
    def on_timer(
        self,
        timestamp: int,  # noqa: ARG002
        ctx: KeyedProcessFunction.OnTimerContext,
    ) -> Iterator[bytes]:
        """Looks after the transaction."""
        self._timer_set = False
        self._advance(ctx)
        yield from ()

    def _advance(self, ctx: KeyedProcessFunction.Context) -> None:
        for name in self._coordinator.advance():
            self._state.remove(name)
        self._keep(self._coordinator.checkpoints)
        self._never_read.warn()
        self._lock_watch.note(working=self._coordinator.working)
        if self._coordinator.busy and not self._timer_set:
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time() + _LOOK_AGAIN_MS)
            self._timer_set = True

    def _keep(self, checkpoints: set[int]) -> None:
        """Makes the state have these completed checkpoints, and no others."""
        for checkpoint in checkpoints - self._kept:
            self._checkpoints.put(checkpoint, value=True)
        for checkpoint in self._kept - checkpoints:
            self._checkpoints.remove(checkpoint)
        self._kept = set(checkpoints)
