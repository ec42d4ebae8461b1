"""A reload: every table is loaded again, and rows that the new load lacks leave the warehouse.

1. The replication task is stopped; what it has sent has arrived.
2. The boundary: what arrives from a minute after the stop on is of the next generation. The
   application restarts with it from a snapshot.
3. A minute after the boundary the task is started again, with `reload-target`.
4. It has loaded every table in full.
5. All of the load is in the warehouse: in no shard is there a record from before the load's end
   that the warehouse's accounts do not have, so a completed checkpoint has it too.
6. The floor: the application restarts with the new generation as floor.
7. It has swept the warehouse, as the bookkeeping table `floor` shows.

The state of a reload is derived from the application, DMS and the warehouse; no file stores it. So
running the command again continues where it stopped. The floor is raised last: by then no record
of the new load may be missing, since records of older generations are ignored from then on.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from flink_app.positions.generations import Generations, time_text
from infra.aws.drain import MARGIN_MS
from infra.aws.errors import DeployError
from infra.aws.replication import TaskState
from infra.aws.waiting import Clock, wait_for

Say = Callable[[str], None]

EVERY: Final = 15.0
# A full load may take hours. Re-run the command to keep waiting.
LIMIT: Final = 12 * 3_600.0
_ALL: Final = 100  # per cent


class Step(enum.Enum):
    """What comes next; the numbers are those above."""

    STOP = "1. stop the replication task"
    BOUNDARY = "2. restart the application with the boundary of generation {g}"
    START = "3. start the replication task with reload-target, which loads every table in full"
    LOAD = "4. wait until DMS has loaded every table"
    ARRIVE = "5. wait until all of the load is in the warehouse"
    FLOOR = "6. restart the application with floor {g}"
    SWEEP = "7. wait until the warehouse is swept of everything below generation {g}"
    DONE = "the reload is done"

    def describe(self, generation: int) -> str:
        """The step, for the reload to a generation."""
        return self.value.format(g=generation)


@dataclass(frozen=True)
class Standing:
    """The state of a reload, from application, DMS and warehouse."""

    generations: Generations
    floor: int
    swept_to: int
    task: TaskState
    all_loaded: bool  # whether the warehouse has everything up to the end of DMS's load

    @property
    def next_generation(self) -> int:
        """The generation of the reload that is under way, or else of one that begins now."""
        newest = self.generations.newest_of_all
        under_way = self.boundary_ms > 0 and max(self.floor, self.swept_to) < newest
        if under_way or self.swept_to < self.floor:
            return newest
        return self.generations.newest + 1

    @property
    def boundary_ms(self) -> int:
        """Where the newest generation of everything begins; 0 where there is only one."""
        boundary = self.generations.find_boundary()
        return boundary.start_ms if boundary else 0


def next_step(standing: Standing, generation: int) -> Step:
    """What comes next for the reload to `generation`. Raises DeployError where nothing can."""
    newest, task = standing.generations.newest, standing.task
    begun = standing.generations.newest_of_all
    if generation not in {begun, newest + 1}:
        message = (
            f"the newest generation is {newest}: give {newest + 1} to begin a reload or {begun} "
            f"to continue one, not {generation}"
        )
        raise DeployError(message)
    if begun < generation:
        return Step.STOP if task.at_work else Step.BOUNDARY
    if standing.floor >= generation:
        return Step.DONE if standing.swept_to >= generation else Step.SWEEP
    if task.fresh_start_ms < standing.boundary_ms:
        _check_quiet(standing, generation)
        return Step.START
    if task.errored:
        message = (
            f"DMS could not load {task.errored} table(s): fix the cause that its log gives, then "
            f"begin another reload with --generation {standing.generations.newest + 1}"
        )
        raise DeployError(message)
    if not task.is_loaded(since_ms=standing.boundary_ms):
        return Step.LOAD
    return Step.FLOOR if standing.all_loaded else Step.ARRIVE


def _check_quiet(standing: Standing, generation: int) -> None:
    """Raises DeployError if changes were sent in the new generation before its load.

    They would order above the load, which has newer versions of their rows.
    """
    if standing.task.at_work or standing.task.start_ms >= standing.boundary_ms:
        message = (
            f"the replication task was started after {time_text(standing.boundary_ms)} without "
            f"reload-target, so changes of generation {generation} came before its load: begin "
            f"another reload with --generation {standing.generations.newest + 1}"
        )
        raise DeployError(message)


def describe_steps(steps: Sequence[tuple[enum.Enum, str]], following: enum.Enum) -> Iterator[str]:
    """A line for each step, of which the last means that all is done; that one alone if it is."""
    *listed, (done, done_text) = steps
    if following is done:
        yield done_text
        return
    next_index = [step for step, _ in listed].index(following)
    for index, (_, text) in enumerate(listed):
        mark = "done" if index < next_index else "next" if index == next_index else "then"
        yield f"{mark}  {text}"


class ReloadActions(Protocol):
    """What a reload needs from its environment; each call returns when it is done."""

    def find_standing(self) -> Standing:
        """The state of the reload."""

    def stop_task(self) -> None:
        """Stops the replication task."""

    def reload_task(self) -> None:
        """Starts it with reload-target."""

    def reconfigure(self, generations: Generations, floor: int) -> None:
        """Restarts the application with other settings."""


class Reload:
    """One reload of one environment.

    Args:
        actions: its application, replication task and warehouse.
        clock: for waiting.
        say: where progress goes, line by line.
        report: is given how many per cent of the tables DMS has loaded, and 100.
    """

    def __init__(
        self,
        actions: ReloadActions,
        clock: Clock,
        say: Say,
        report: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._actions = actions
        self._clock = clock
        self._say = say
        self._report = report

    def describe(self, generation: int | None = None) -> Iterator[str]:
        """The state and the steps that are left, without doing them. Raises DeployError."""
        standing = self._actions.find_standing()
        generation = standing.next_generation if generation is None else generation
        following = next_step(standing, generation)
        yield (
            f"generations: {standing.generations}; floor {standing.floor}; "
            f"swept to {standing.swept_to}"
        )
        yield f"replication task: {standing.task.status}, {standing.task.percent} % loaded"
        yield from describe_steps([(step, step.describe(generation)) for step in Step], following)
        if following is not Step.DONE:
            yield f"to do it: --generation {generation} --apply"

    def apply(self, generation: int) -> None:
        """Does the steps that are left. Raises DeployError."""
        standing = self._actions.find_standing()
        while (step := next_step(standing, generation)) is not Step.DONE:
            self._say(step.describe(generation))
            self._do(step, standing, generation)
            standing = self._actions.find_standing()
        self._say(f"{Step.DONE.describe(generation)}: generation {generation}")

    def _do(self, step: Step, standing: Standing, generation: int) -> None:
        match step:
            case Step.STOP:
                self._actions.stop_task()
            case Step.BOUNDARY:
                generations = standing.generations.extend(generation, self._boundary(standing))
                self._actions.reconfigure(generations, standing.floor)
            case Step.START:
                self._wait_until(standing.boundary_ms + MARGIN_MS)
                self._actions.reload_task()
            case Step.FLOOR:
                self._actions.reconfigure(standing.generations, generation)
            case _:
                self._wait_beyond(step, generation)

    def _boundary(self, standing: Standing) -> int:
        """A minute after the stop: by the service's clock, if the task has ever been stopped."""
        stopped = standing.task.stop_ms or self._clock.milliseconds()
        # Whole seconds, which are easier to read; later than the boundary before.
        last = standing.generations.later[-1].start_ms if standing.generations.later else 0
        return max(-(-(stopped + MARGIN_MS) // 1_000) * 1_000, -(-last // 1_000) * 1_000 + 1_000)

    def _wait_until(self, time_ms: int) -> None:
        remaining_ms = time_ms - self._clock.milliseconds()
        if remaining_ms > 0:
            self._say(f"   waiting until {time_text(time_ms)}")
            self._clock.sleep(remaining_ms / 1_000)

    def _wait_beyond(self, step: Step, generation: int) -> None:
        def has_moved() -> bool | None:
            standing = self._actions.find_standing()
            if 0 < standing.task.percent < _ALL:
                self._report(standing.task.percent, _ALL)
            return next_step(standing, generation) is not step or None

        wait_for(
            has_moved,
            clock=self._clock,
            every=EVERY,
            limit=LIMIT,
            overdue=lambda: DeployError(
                f"not done after {LIMIT / 3_600:.0f} hours: {step.describe(generation)}. Check "
                f"that DMS and the application make progress, and run the command again to keep "
                f"waiting"
            ),
        )
