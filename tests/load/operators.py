"""How busy each operator of the job is, and how much of its time it waits for the next one.

Owns how that is read from Flink: its REST API has, for every subtask, how many milliseconds of each
second it was busy and back-pressured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.load.figures import Operator, OperatorSample
from tests.load.pace import Clock
from tests.load.repeating import Repeating

SAMPLE_SECONDS: Final = 2.0
_BUSY: Final = "busyTimeMsPerSecond"
_BACK_PRESSURED: Final = "backPressuredTimeMsPerSecond"


@dataclass(frozen=True)
class OperatorLoad:
    """What one operator's subtasks do of their time, as shares of it.

    Attributes:
        name: as the job's graph has it; several that run in one task are one.
        subtasks: how many there are.
        busy, back_pressured: mean over the subtasks.
        busy_most, back_pressured_most: of the subtask with the largest share.
    """

    name: str
    subtasks: int
    busy: float
    busy_most: float
    back_pressured: float
    back_pressured_most: float


def read_loads(get: Callable[[str], Any], job: str) -> list[OperatorLoad]:
    """The operators in the order of the graph; those without figures yet are left out.

    `get` asks the job manager's REST API.
    """
    found = []
    for vertex in get(f"/jobs/{job}")["vertices"]:
        answer = get(
            f"/jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"
            f"?get={_BUSY},{_BACK_PRESSURED}&agg=avg,max"
        )
        metrics = {metric["id"]: metric for metric in answer}
        shares = [
            _share(metrics, name, how)
            for name in (_BUSY, _BACK_PRESSURED)
            for how in ("avg", "max")
        ]
        if all(math.isfinite(share) for share in shares):
            name = vertex["name"].replace(" -> ", " → ")
            found.append(OperatorLoad(name, vertex["parallelism"], *shares))
    return found


def _share(metrics: Mapping[str, Mapping[str, Any]], name: str, how: str) -> float:
    """Not a number where Flink has none: at the start, and of a task that just ends."""
    return float(metrics.get(name, {}).get(how, math.nan)) / 1000


@dataclass
class OperatorSamples:
    """What was read; only the sampler's thread changes it."""

    loads: dict[str, list[tuple[float, OperatorLoad]]] = field(default_factory=dict)

    def figures(self, begin: float, end: float) -> list[Operator]:
        """What each operator did between two times, in the order of the graph."""
        return [
            _figures(name, [(at, load) for at, load in loads if begin <= at <= end] or loads)
            for name, loads in self.loads.items()
        ]


def _figures(name: str, loads: Sequence[tuple[float, OperatorLoad]]) -> Operator:
    count = len(loads)
    return Operator(
        name=name,
        subtasks=loads[-1][1].subtasks,
        busy_mean=sum(load.busy for _, load in loads) / count,
        busy_max=max(load.busy_most for _, load in loads),
        back_pressured_mean=sum(load.back_pressured for _, load in loads) / count,
        back_pressured_max=max(load.back_pressured_most for _, load in loads),
        samples=[
            OperatorSample(at=at, busy=load.busy, back_pressured=load.back_pressured)
            for at, load in loads
        ],
    )


class OperatorSampler(Repeating):
    """A thread that reads until it is stopped; a context manager.

    Args:
        clock: the run's.
        read: gives the operators' loads; none where the job cannot be asked.
    """

    def __init__(self, clock: Clock, read: Callable[[], Sequence[OperatorLoad]]) -> None:
        self.samples = OperatorSamples()
        self._clock = clock
        self._read = read
        super().__init__("operators", SAMPLE_SECONDS)

    def look(self) -> None:
        """Reads once."""
        loads = self._read()
        now = self._clock.now()
        for load in loads:
            self.samples.loads.setdefault(load.name, []).append((now, load))
