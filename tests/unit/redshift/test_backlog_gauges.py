"""The backlog's gauges on the operator itself: they move while a load hangs and no record comes."""

from __future__ import annotations

import struct
import threading
from typing import Any

import pytest

from connectors.metrics import GROUP, Gauge
from connectors.redshift.loader import Loaded
from connectors.redshift.operator import Load
from connectors.redshift.pruning import Cutoffs
from infra.simulation.doubles import DictState
from tests.unit.redshift.warehouse import part
from tests.unit.test_metrics import Context, Counter

STARTED = struct.pack(">cqq", b"R", -1, 1)
COMPLETE = struct.pack(">cq", b"C", 1)


class HungLoader:
    """Starts at once; a load returns when it is let go."""

    def __init__(self) -> None:
        self.loading, self.go_on = threading.Event(), threading.Event()
        self.started = threading.Event()
        self.prunes = False

    def prune(self, number: int) -> Cutoffs | None:
        raise AssertionError(number)

    def start(self, number: int) -> bool:
        del number
        self.started.set()
        return False

    def load(self, parts: list[Any], number: int) -> Loaded:
        del number
        self.loading.set()
        assert self.go_on.wait(60)
        return Loaded("batch", tuple(p.name for p in parts), ())

    def awaited_locks(self) -> list[str]:
        return []


class Runtime(Context):
    """Of the operator and of each element: state, timers."""

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[str, bytes] = {}
        self.checkpoints: DictState[int, bool] = DictState()
        self.timers = 0

    def get_map_state(self, descriptor: Any) -> Any:
        return self if descriptor.get_name() == "pending parts" else self.checkpoints

    def values(self) -> Any:
        return self.state.values()

    def put(self, key: str, value: bytes) -> None:
        self.state[key] = value

    def remove(self, key: str) -> None:
        self.state.pop(key)

    def timer_service(self) -> Runtime:
        return self

    def current_processing_time(self) -> int:
        return 0

    def register_processing_time_timer(self, at: int) -> None:
        del at
        self.timers += 1


def test_the_gauges_move_while_a_load_hangs_and_fall_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("connectors.redshift.operator.time.monotonic", lambda: now[0])
    runtime: Any = Runtime()
    loader = HungLoader()
    load = Load(lambda: loader, ())
    load.open(runtime)

    def gauges() -> tuple[int, int]:
        return (
            runtime.gauges[GROUP, Gauge.PENDING_EPOCHS.label](),
            runtime.gauges[GROUP, Gauge.OLDEST_PENDING.label](),
        )

    def fire() -> None:
        """The operator's timer, as long as it has set one."""
        assert runtime.timers, "no timer is set, so nothing would report any more"
        runtime.timers = 0
        list(load.on_timer(0, runtime))

    load.process_element(part("a", epoch=1).encode(), runtime)
    load.process_element(STARTED, runtime)
    load.process_element(COMPLETE, runtime)
    while not loader.loading.is_set():
        fire()
    now[0] += 61
    fire()
    assert gauges() == (1, 61)
    loader.go_on.set()
    while runtime.state:
        fire()
    assert gauges() == (0, 0)


def test_failed_loads_are_reported_as_none_with_the_first_element_and_not_in_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyFlink drops what is counted in `open`."""
    reported = []
    monkeypatch.setattr(Counter, "inc", lambda self, n: reported.append((self._path[-1], n)))
    runtime: Any = Runtime()
    load = Load(HungLoader, ())
    load.open(runtime)
    assert reported == []
    load.process_element(part("a", epoch=1).encode(), runtime)
    assert {("loadsRetried", 0), ("loadsNeedRepair", 0), ("recordsUnaccountedFor", 0)} < {*reported}


def test_checkpoints_of_a_backlog_are_kept_in_state_until_it_is_loaded() -> None:
    """After a restart a transaction can end at them as before."""
    runtime: Any = Runtime()
    loader = HungLoader()
    load = Load(lambda: loader, ())
    load.open(runtime)

    load.process_element(STARTED, runtime)
    for checkpoint in (1, 2):
        load.process_element(part(f"p{checkpoint}", epoch=checkpoint).encode(), runtime)
        load.process_element(struct.pack(">cq", b"C", checkpoint), runtime)
    load.process_element(struct.pack(">cq", b"C", 3), runtime)
    assert runtime.checkpoints.content == {1: True, 2: True}

    restarted: Any = Runtime()
    restarted.state = dict(runtime.state)
    restarted.checkpoints = DictState(runtime.checkpoints.content)
    loader.go_on.set()
    load = Load(lambda: loader, ())
    load.open(restarted)
    load.process_element(struct.pack(">cqq", b"R", 3, 2), restarted)
    assert restarted.checkpoints.content == {1: True, 2: True}
    while restarted.state:
        list(load.on_timer(0, restarted))
    assert restarted.checkpoints.content == {}
