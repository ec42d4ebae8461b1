"""A reload of one table: it is loaded again, and rows that the new load lacks leave the warehouse.

1. The application is stopped with a snapshot, so that it reads nothing of the load before it knows
   the boundary. The replication task goes on.
2. DMS is asked to load the table again. Once it says when the load began, the application starts
   with that as the boundary: what DMS has built of the table since is of the next generation.
3. It has loaded the table in full.
4. All of the load is in the warehouse, as in a reload of everything.
5. The floor: the application restarts with the new generation as the table's floor.
6. It has swept what comes from the table, as the bookkeeping table `floor` shows.

The state is derived from the application, DMS and the warehouse, as in `reload_steps`. Whoever ends
the command between the request and the boundary of step 2 costs one load more: DMS is asked again.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from connectors.floors import Floors
from flink_app.positions.generations import LOAD_MARGIN_MS, Boundary, Generations, time_text
from infra.aws.drain import MARGIN_MS
from infra.aws.errors import DeployError
from infra.aws.reload_steps import EVERY, LIMIT, Say, describe_steps
from infra.aws.replication import TableLoad, TaskState
from infra.aws.waiting import Clock, wait_for

# DMS waits for open transactions of the source before it loads, ten minutes by default.
_BEGIN_LIMIT: Final = 1_800.0


class TableStep(enum.Enum):
    """What comes next; the numbers are those above."""

    STOP = "1. stop the application with a snapshot; it reads nothing until the load has begun"
    BOUNDARY = (
        "2. have DMS load table {t} again, and start the application with the boundary of its "
        "generation {g}"
    )
    LOAD = "3. wait until DMS has loaded table {t}"
    ARRIVE = "4. wait until all of the load is in the warehouse"
    FLOOR = "5. restart the application with floor {g} of table {t}"
    SWEEP = "6. wait until the warehouse is swept of everything below generation {g} of table {t}"
    DONE = "the reload of table {t} is done"

    def describe(self, generation: int, table: str) -> str:
        """The step, for the reload of a table to a generation."""
        return self.value.format(g=generation, t=table)


@dataclass(frozen=True)
class TableStanding:
    """The state of a table's reload, from application, DMS and warehouse."""

    table: str
    generations: Generations
    floors: Floors
    swept_to: Floors
    runs: bool  # the application, which is stopped otherwise
    task: TaskState
    load: TableLoad
    all_loaded: bool = False  # whether the warehouse has everything up to the end of the load

    @property
    def next_generation(self) -> int:
        """The generation of the reload that is under way, or else of one that begins now."""
        begun = self.generations.find_boundary(self.table)
        if begun is not None and self.swept_to.of(self.table) < begun.generation:
            return begun.generation
        return self.generations.newest + 1


def next_table_step(standing: TableStanding, generation: int) -> TableStep:
    """What comes next for the reload to `generation`. Raises DeployError where nothing can."""
    begun = standing.generations.find_boundary(standing.table)
    if begun is None or begun.generation != generation:
        return _first_step(standing, generation)
    if standing.swept_to.of(standing.table) >= generation:
        return TableStep.DONE
    if not standing.runs:
        message = (
            f"the application is stopped, and generation {generation} of table {standing.table} "
            "has begun: start it with deploy, then run the command again"
        )
        raise DeployError(message)
    if standing.floors.of(standing.table) >= generation:
        return TableStep.SWEEP
    _check_same_load(standing, begun)
    if standing.load.failed:
        message = (
            f"DMS could not load table {standing.table}: {standing.load.state}. Fix the cause that "
            f"its log gives, then begin another reload with --generation "
            f"{standing.generations.newest + 1}"
        )
        raise DeployError(message)
    if not standing.load.is_complete:
        return TableStep.LOAD
    return TableStep.FLOOR if standing.all_loaded else TableStep.ARRIVE


def _check_same_load(standing: TableStanding, begun: Boundary) -> None:
    """Raises DeployError if DMS speaks of another load than that of the generation."""
    another = f"Begin another reload with --generation {standing.generations.newest + 1}"
    if standing.load.begun_ms > begun.start_ms:
        message = (
            f"DMS began to load table {standing.table} once more at "
            f"{time_text(standing.load.begun_ms)}, after generation {begun.generation} began: rows "
            f"that disappeared in between would stay. {another}"
        )
        raise DeployError(message)
    if standing.load.begun_ms < begun.start_ms:
        message = (
            f"DMS knows no load of table {standing.table} that began at "
            f"{time_text(begun.start_ms)}, as generation {begun.generation} did, so it does not "
            f"say whether all of it was sent; a new replication task forgets the loads of the one "
            f"before. {another}"
        )
        raise DeployError(message)


def _first_step(standing: TableStanding, generation: int) -> TableStep:
    newest, begun = standing.generations.newest, standing.generations.find_boundary(standing.table)
    if generation != newest + 1:
        going_on = f" or {begun.generation} to continue one" if begun else ""
        message = (
            f"the newest generation is {newest}: give {newest + 1} to begin a reload of table "
            f"{standing.table}{going_on}, not {generation}"
        )
        raise DeployError(message)
    if not standing.task.runs:
        message = (
            f"the replication task is {standing.task.status}, and DMS loads a single table only "
            f"while its task runs: start it with resume-processing, or reload every table"
        )
        raise DeployError(message)
    if standing.runs and not standing.load.is_at_rest:
        message = (
            f"DMS is loading table {standing.table}: {standing.load.state}. The application would "
            "be stopped until that load has ended: run the command again once it has"
        )
        raise DeployError(message)
    return TableStep.STOP if standing.runs else TableStep.BOUNDARY


class TableReloadActions(Protocol):
    """What a reload of a table needs of its environment; each call returns when it is done."""

    def find_standing(self) -> TableStanding:
        """The state of the reload."""

    def stop_application(self) -> None:
        """Stops it with a snapshot."""

    def load_table(self) -> None:
        """Asks DMS to load the table again."""

    def read_load(self) -> TableLoad:
        """What DMS says of the table's last load."""

    def reconfigure(self, generations: Generations, floors: Floors) -> None:
        """Starts the application with other settings, from its latest snapshot."""


class TableReload:
    """One reload of one table of an environment.

    Args:
        actions: its application, replication task and warehouse.
        clock: for waiting.
        say: where progress goes, line by line.
    """

    def __init__(self, actions: TableReloadActions, clock: Clock, say: Say) -> None:
        self._actions = actions
        self._clock = clock
        self._say = say

    def describe(self, generation: int | None = None) -> Iterator[str]:
        """The state and the steps that are left, without doing them. Raises DeployError."""
        standing = self._actions.find_standing()
        generation = standing.next_generation if generation is None else generation
        following = next_table_step(standing, generation)
        floor, swept = standing.floors.of(standing.table), standing.swept_to.of(standing.table)
        yield (
            f"generations: {standing.generations}; floor of table {standing.table}: {floor}; "
            f"swept to {swept}"
        )
        yield f"replication task: {standing.task.status}; table: {standing.load.state}"
        yield from describe_steps(
            [(step, step.describe(generation, standing.table)) for step in TableStep], following
        )
        if following is not TableStep.DONE:
            yield f"to do it: --table {standing.table} --generation {generation} --apply"

    def apply(self, generation: int) -> None:
        """Does the steps that are left. Raises DeployError."""
        standing = self._actions.find_standing()
        while (step := next_table_step(standing, generation)) is not TableStep.DONE:
            self._say(step.describe(generation, standing.table))
            self._do(step, standing, generation)
            standing = self._actions.find_standing()
        done = TableStep.DONE.describe(generation, standing.table)
        self._say(f"{done}: generation {generation}")

    def _do(self, step: TableStep, standing: TableStanding, generation: int) -> None:
        match step:
            case TableStep.STOP:
                self._actions.stop_application()
            case TableStep.BOUNDARY:
                begun_ms = self._begin_load(standing)
                generations = standing.generations.extend(generation, begun_ms, standing.table)
                self._actions.reconfigure(generations, standing.floors)
            case TableStep.FLOOR:
                floors = standing.floors.raise_to(generation, standing.table)
                self._actions.reconfigure(standing.generations, floors)
            case _:
                self._wait_beyond(step, standing.table, generation)

    def _begin_load(self, standing: TableStanding) -> int:
        """Asks for the load once no other is near; when it began, by DMS's clock."""
        before = self._wait(
            lambda: load if (load := self._actions.read_load()).is_at_rest else None,
            limit=LIMIT,
            doing=f"end the load of table {standing.table} that is under way",
        )
        remaining_ms = before.ended_ms + LOAD_MARGIN_MS + MARGIN_MS - self._clock.milliseconds()
        if remaining_ms > 0:
            self._say("   waiting until the load before is long enough ago")
            self._clock.sleep(remaining_ms / 1_000)
        self._actions.load_table()
        begun = self._wait(
            lambda: (
                load if (load := self._actions.read_load()).begun_ms > before.begun_ms else None
            ),
            limit=_BEGIN_LIMIT,
            doing=f"begin to load table {standing.table}",
        )
        self._say(f"   the load began at {time_text(begun.begun_ms)}")
        return self._after_boundaries(standing, begun.begun_ms)

    def _after_boundaries(self, standing: TableStanding, begun_ms: int) -> int:
        """The begin of the load, which no boundary may follow. Raises DeployError."""
        last = standing.generations.later[-1] if standing.generations.later else None
        if last is not None and begun_ms <= last.start_ms:
            message = (
                f"the load of table {standing.table} began before generation {last.generation} "
                f"does, at {time_text(last.start_ms)}: wait until then, and run the command again"
            )
            raise DeployError(message)
        return begun_ms

    def _wait(self, look: Callable[[], TableLoad | None], *, limit: float, doing: str) -> TableLoad:
        return wait_for(
            look,
            clock=self._clock,
            every=EVERY,
            limit=limit,
            overdue=lambda: DeployError(
                f"DMS did not {doing} within {limit / 60:.0f} minutes; the application is stopped. "
                "Look at the task's table statistics and log in DMS, then run the command again; "
                "or give it up, and start the application with deploy"
            ),
        )

    def _wait_beyond(self, step: TableStep, table: str, generation: int) -> None:
        wait_for(
            lambda: next_table_step(self._actions.find_standing(), generation) is not step or None,
            clock=self._clock,
            every=EVERY,
            limit=LIMIT,
            overdue=lambda: DeployError(
                f"not done after {LIMIT / 3_600:.0f} hours: {step.describe(generation, table)}. "
                "Check that DMS and the application make progress, and run the command again to "
                "keep waiting"
            ),
        )
