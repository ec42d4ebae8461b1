"""The order in which a change of the replication task is made, and what is left of it.

1. The replication task is paused: DMS changes no task that is at work.
2. Everything that it has sent is in the warehouse, so no part of the old declaration waits.
3. The application stops with a snapshot.
4. Its stack gets the new code, and with it the new declaration.
5. The replication task's stack gets the new mapping; both endpoints are tested.
6. The application starts from that snapshot.
7. The task is resumed where it stopped.

What is left follows from what CloudFormation, DMS, the application and the warehouse say.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from infra.aws.replication import TaskState


class Step(enum.Enum):
    """What is done; the numbers are those above."""

    PAUSE = "pause the replication task"
    DRAIN = "wait until everything that it has sent is in the warehouse"
    STOP = "stop the application with a snapshot"
    CODE = "give the application its new code and declaration"
    MAPPING = "give the replication task its new mapping and settings, and test both connections"
    START = "start the application from that snapshot"
    RESUME = "resume the replication task where it stopped"


@dataclass(frozen=True)
class Standing:
    """Where a change stands.

    Attributes:
        task: the replication task.
        application_runs: whether the application runs; else it is stopped.
        application_differs: whether its stack is not yet as planned.
        replication_differs: whether the configuration of DMS is not yet as planned.
        drained: whether the warehouse has everything up to the task's stop, or need not have it.
        to_resume: whether the task was paused for this change.
    """

    task: TaskState
    application_runs: bool
    application_differs: bool
    replication_differs: bool
    drained: bool
    to_resume: bool


def steps_left(standing: Standing) -> list[Step]:
    """The steps that are left, in their order; the first is next."""
    steps: list[Step] = []
    if standing.replication_differs:
        if standing.task.at_work:
            steps.append(Step.PAUSE)
        if standing.application_differs:
            if not standing.drained:
                # Also where the application is stopped: it is started for this, as it was.
                steps.append(Step.DRAIN)
            if standing.application_runs or not standing.drained:
                steps.append(Step.STOP)
            steps.append(Step.CODE)
        steps.append(Step.MAPPING)
    elif standing.application_differs:
        steps.append(Step.CODE)
    if not standing.application_runs or Step.STOP in steps:
        steps.append(Step.START)
    # A task that was marked and not yet stopped, for a change that has been taken back, runs on.
    if (standing.to_resume and not standing.task.runs) or Step.PAUSE in steps:
        steps.append(Step.RESUME)
    return steps
