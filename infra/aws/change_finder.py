"""Finds whether a deployment changes the replication task, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from infra.aws import plan
from infra.aws.application import FlinkApplication, StartState
from infra.aws.change import Change, Planned
from infra.aws.change_parts import Parts
from infra.aws.change_record import ChangeRecords
from infra.aws.clients import AwsClients
from infra.aws.differences import declaration_lines
from infra.aws.drain import Drain
from infra.aws.environment import Environment
from infra.aws.replication import Replication
from infra.aws.stacks import Stacks
from infra.aws.storage import read_packaged
from infra.aws.stream import ChangeStream
from infra.aws.waiting import Clock
from infra.aws.warehouse import Bookkeeping
from infra.bootstrap import ROOT

Say = Callable[[str], None]

_ALL: Final = 100  # percent of a full load


@dataclass(frozen=True)
class ChangeFinder:
    """Finds the change that a deployment makes to the replication task.

    Attributes:
        environment: as it is to be.
        clients: of its region.
        stacks: of its region.
        application: on Managed Flink.
        replication: of its region.
        clock: for waiting.
        say: where progress goes, line by line.
    """

    environment: Environment
    clients: AwsClients
    stacks: Stacks
    application: FlinkApplication
    replication: Replication
    clock: Clock
    say: Say

    def find(
        self, data: plan.Outputs, key: str, start_from: StartState, *, drains: bool
    ) -> Change | None:
        """The change; None where no task has run yet, or its configuration stays the same.

        Args:
            data: outputs of the data stack; none where it is not there yet.
            key: of the code that is to run.
            start_from: what the application is to start from.
            drains: whether the warehouse has to have everything first.
        """
        environment = self.environment
        outputs = self.stacks.outputs(environment.stack(plan.DMS))
        if environment.dms is None or not data or "TaskArn" not in outputs:
            return None
        task = outputs["TaskArn"]
        replication = plan.dms_stack(environment, data, plan.load_star(environment))
        if replication is None or not self.replication.state(task).has_run:
            return None
        planned = Planned(
            plan.application_stack(environment, data, key), replication, key, start_from, drains
        )
        bookkeeping = Bookkeeping(environment.redshift, self.clients.redshift_data, self.clock)
        stream = ChangeStream(data["StreamArn"], self.clients.kinesis)
        parts = Parts(
            task=task,
            target=outputs["TargetArn"],
            application=self.application,
            stacks=self.stacks,
            replication=self.replication,
            records=self.records(data, task),
            drain=Drain(stream, bookkeeping, self.clock),
            clock=self.clock,
        )
        change = Change(planned, parts, self.say)
        return change if change.is_needed() else None

    def records(self, data: plan.Outputs, task: str) -> ChangeRecords:
        """The records of the changes of this task."""
        return ChangeRecords(self.clients.dms, self.clients.s3, data["CodeBucket"], task)

    def task_lines(self, data: plan.Outputs, task: str) -> Iterator[str]:
        """The state of the task and what it needs somebody to do, one line each."""
        state = self.replication.state(task)
        yield f"replication task: {state.status}, {state.percent} % loaded"
        if self.records(data, task).mark(state) is not None:
            yield "  a change of its configuration is in progress: deploy again to continue it"
        if not state.has_run:
            yield (
                "  its first start loads every declared table in full, so start it yourself: "
                f"aws dms start-replication-task --start-replication-task-type start-replication "
                f"--replication-task-arn {task}"
            )
            return
        # While a full load is under way, some tables wait for their turn.
        tables = self.replication.unloaded_tables(task) if state.percent == _ALL else []
        if tables:
            yield (
                f"  not loaded in full: {', '.join(tables)}. Only changes of these arrive, and "
                f"earlier rows are missing from the warehouse: load every table again, with "
                f"python3 build.py reload --environment {self.environment.name}"
            )

    def describe(
        self, data: plan.Outputs, key: str, start_from: StartState, *, drains: bool
    ) -> Iterator[str]:
        """The steps of the change and what differs, a line each; nothing where there is none.

        The arguments are those of `find`.
        """
        change = self.find(data, key, start_from, drains=drains)
        if change is None:
            return
        yield from change.describe()
        path = self.environment.application.declaration
        application = self.application.describe()
        code = "" if application is None else application.code
        deployed = read_packaged(self.clients.s3, data["CodeBucket"], code, path)
        if deployed is None:
            yield f"  declaration: {path} cannot be read from the deployed code, {code or 'none'}"
            return
        new = (ROOT / path).read_text(encoding="utf-8")
        yield from (f"  declaration: {line}" for line in declaration_lines(deployed, new))
