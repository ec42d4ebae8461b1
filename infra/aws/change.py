"""A change of the replication task: shown, made step by step, continued or rolled back.

`infra.aws.change_steps` has the order. After an interruption, deploying again continues from the
state that AWS reports. If the new code does not start, or the mapping is refused, what ran before
runs again from its snapshot, and the task is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.application import LATEST, StartState
from infra.aws.change_parts import Parts
from infra.aws.change_record import Before, Mark
from infra.aws.change_rollback import roll_back
from infra.aws.change_steps import Standing, Step, steps_left
from infra.aws.differences import added_tables, replication_lines, sends_the_same
from infra.aws.errors import DeployError
from infra.aws.plan import StackPlan

Say = Callable[[str], None]

_LOADED: Final = 100  # percent


@dataclass(frozen=True)
class Planned:
    """What is to run.

    Attributes:
        application: the application's stack.
        replication: the replication task's stack.
        code: key of the code.
        start: what the application starts from, if somebody chose it.
        drains: whether the warehouse has to have everything first.
    """

    application: StackPlan
    replication: StackPlan
    code: str
    start: StartState = LATEST
    drains: bool = True


class Change:
    """One change of one environment whose replication task has run.

    Args:
        planned: what is to run.
        parts: of the environment.
        say: where progress goes, line by line.
    """

    def __init__(self, planned: Planned, parts: Parts, say: Say) -> None:
        self._planned = planned
        self._parts = parts
        self._say = say

    def find_standing(self) -> Standing:
        """Where the change stands. Raises DeployError."""
        parts = self._parts
        task = parts.replication.state(parts.task)
        now = self._now()
        application_differs = now.application != self._planned.application
        replication_differs = not (
            sends_the_same(now.replication, self._planned.replication)
            and parts.replication.target_is_complete(parts.target)
        )
        mark = parts.records.mark(task)
        # What the warehouse lacks is asked only where it matters.
        matters = application_differs and replication_differs and not task.at_work
        return Standing(
            task=task,
            application_runs=parts.runs(),
            application_differs=application_differs,
            replication_differs=replication_differs,
            drained=not self._drains or (matters and parts.find_behind(task) == []),
            to_resume=mark is not None and mark.resume,
        )

    def is_needed(self) -> bool:
        """Whether DMS's configuration changes, or a change is in progress. Raises DeployError."""
        standing = self.find_standing()
        return standing.replication_differs or self._parts.records.mark(standing.task) is not None

    def describe(self) -> Iterator[str]:
        """What is left to do, and what differs, a line each. Raises DeployError."""
        standing = self.find_standing()
        mark = self._parts.records.mark(standing.task)
        now = self._now() if mark is None else self._parts.records.read(mark)
        yield (
            "the replication task changes; the steps, in order:"
            if mark is None
            else "a change of the replication task is in progress; the steps that are left:"
        )
        yield from (
            f"  {number}. {step.value}" for number, step in enumerate(steps_left(standing), 1)
        )
        if not standing.task.at_work and not standing.to_resume:
            yield f"  The replication task is {standing.task.status} and stays so."
        yield from (
            f"  {line}" for line in replication_lines(now.replication, self._new_replication)
        )
        added = added_tables(now.replication, self._new_replication)
        if added:
            yield (
                f"  New in the mapping: {', '.join(added)}. A resumed task is only sure to send "
                f"the changes of a new table, not the rows from before. Once it runs, status says "
                f"whether DMS has loaded them; if not, load every table again with reload"
            )

    def apply(self) -> None:
        """Does what is left. Raises DeployError; what ran before then runs again, if it can."""
        records = self._parts.records
        standing = self.find_standing()
        steps = steps_left(standing)
        self._check_start(standing)
        self._check_can_pause(standing, steps)
        mark = records.mark(standing.task)
        if mark is None:
            mark = records.begin(self._now(), standing.task, self._parts.clock.milliseconds())
        for step in steps:
            self._say(f"-- {step.value}")
            try:
                self._do(step, mark)
            except BotoCoreError as failure:
                message = (
                    f"AWS did not answer ({step.value}): {failure}. Whether that was done is "
                    f"unknown: run the same command again, which continues from the present state"
                )
                raise DeployError(message) from failure
            except (DeployError, ClientError) as failure:
                raise self._explain(step, mark, failure) from failure
        records.end()

    @property
    def _new_replication(self) -> StackPlan:
        return self._planned.replication

    @property
    def _drains(self) -> bool:
        # A start from a state that somebody chose does not go on from what is drained.
        return self._planned.drains and not self._planned.start.is_chosen

    def _now(self) -> Before:
        return self._parts.now(self._planned.application, self._planned.replication)

    def _do(self, step: Step, mark: Mark) -> None:
        parts, planned = self._parts, self._planned
        match step:
            case Step.PAUSE:
                parts.replication.stop(parts.task)
            case Step.DRAIN:
                if not parts.runs():
                    parts.start(LATEST)
                parts.wait_until_drained()
            case Step.STOP:
                parts.application.stop()
            case Step.CODE:
                parts.keep_snapshot(mark)
                parts.bring(planned.application, planned.code)
            case Step.MAPPING:
                parts.update_replication(planned.replication)
            case Step.START:
                snapshot = parts.records.read(mark).snapshot
                chosen = planned.start.is_chosen
                parts.start(planned.start if chosen else StartState(snapshot), planned.code)
            case Step.RESUME:
                # The task's new start makes the mark void.
                parts.replication.resume(parts.task)

    def _check_start(self, standing: Standing) -> None:
        if self._planned.start.is_chosen and standing.application_runs:
            message = (
                "the application runs; to start it from another state, stop it first. It and the "
                "replication task are untouched"
            )
            raise DeployError(message)

    def _check_can_pause(self, standing: Standing, steps: list[Step]) -> None:
        if Step.PAUSE in steps and standing.task.percent != _LOADED:
            message = (
                f"the replication task has loaded {standing.task.percent} % of its tables, and a "
                f"pause now would make it load unfinished ones a second time. It is untouched: "
                f"deploy again when status says that it has loaded all"
            )
            raise DeployError(message)

    def _explain(self, step: Step, mark: Mark, failure: Exception) -> DeployError:
        if step is Step.RESUME:
            status = self._parts.replication.status(self._parts.task)
            return DeployError(
                f"{failure}\nThe new code, declaration and mapping are in place and the "
                f"application runs, but the replication task is {status}: nothing new reaches the "
                f"stream. Fix the cause and deploy again; a task that failed after its start is "
                f"started in DMS, with resume-processing"
            )
        self._say(f"-- failed: {step.value}; rolling back")
        return roll_back(self._parts, mark, step, failure)
