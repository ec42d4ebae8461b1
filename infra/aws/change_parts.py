"""What a change and its rollback share: the parts of one environment, brought to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from infra.aws.application import FlinkApplication, StartState
from infra.aws.change_record import Before, ChangeRecords, Mark
from infra.aws.drain import Drain
from infra.aws.errors import ApplicationError, DeployError
from infra.aws.plan import StackPlan
from infra.aws.replication import Replication, TaskState
from infra.aws.stacks import Stacks
from infra.aws.waiting import Clock, wait_for

_EVERY: Final = 15.0
# A batch follows each checkpoint, and a busy warehouse may take a few of them.
_LIMIT: Final = 2 * 3_600.0
_ALL_TIME: Final = 1 << 62  # milliseconds


@dataclass(frozen=True)
class Parts:
    """The parts of one environment.

    Attributes:
        task: ARN of the replication task, which has run.
        target: ARN of its target endpoint.
        application: on Managed Flink.
        stacks: of the region.
        replication: of the region.
        records: of the task's changes.
        drain: whether the warehouse has what arrived.
        clock: for waiting.
    """

    task: str
    target: str
    application: FlinkApplication
    stacks: Stacks
    replication: Replication
    records: ChangeRecords
    drain: Drain
    clock: Clock

    def now(self, application: StackPlan, replication: StackPlan) -> Before:
        """What CloudFormation has of these two stacks. Raises DeployError where one is missing."""
        deployed = [
            self.stacks.find_deployed(each.part, each.name) for each in (application, replication)
        ]
        if deployed[0] is None or deployed[1] is None:
            message = (
                f"a change of a running task needs both {application.name} and {replication.name}, "
                f"and one of them does not exist: delete the other stack, and deploy again"
            )
            raise DeployError(message)
        return Before(deployed[0], deployed[1])

    def runs(self) -> bool:
        """Whether the application runs, once it has settled."""
        application = self.application.settle()
        return application is not None and application.status == "RUNNING"

    def bring(self, stack: StackPlan, code: str) -> None:
        """The application's stack as planned; an application that runs restarts with it."""
        began, runs = self.clock.milliseconds(), self.runs()
        self.stacks.apply(stack)
        if runs:
            self.application.expect("RUNNING", doing="update")
            self.check_code(code)
            self.application.watch_log(began)

    def start(self, state: StartState, code: str | None = None) -> None:
        """The application runs from that state, with that code. Raises DeployError."""
        began = self.clock.milliseconds()
        self.application.start(state)
        if code is not None:
            self.check_code(code)
        self.application.watch_log(began)

    def check_code(self, code: str) -> None:
        """Raises ApplicationError where the application has other code."""
        application = self.application.describe()
        if application is None or application.code != code:
            runs = "is not there" if application is None else f"runs {application.code}"
            message = f"the application {runs}, and not {code}: the service has rolled it back"
            raise ApplicationError(message)

    def update_replication(self, stack: StackPlan) -> None:
        """Updates the replication stack and tests both endpoints. Raises DeployError."""
        self.stacks.apply(stack)
        self.replication.complete_target(self.target)
        self.replication.test_connections(self.task, changed=True)

    def keep_snapshot(self, mark: Mark) -> None:
        """Remembers what the application stopped with, before anything of it is changed."""
        before = self.records.read(mark)
        if before.snapshot is None and not self.runs():
            self.records.save(mark, replace(before, snapshot=self.application.latest_snapshot()))

    def find_behind(self, task: TaskState) -> list[str] | None:
        """The shards that are not loaded up to the task's stop; None while more may arrive."""
        if task.stop_ms >= task.start_ms:
            return self.drain.shards_behind(task.stop_ms)
        # A task that failed may have no time of its stop: then everything has to be loaded.
        return self.drain.stream.find_unloaded(self.drain.bookkeeping.read_loaded(), _ALL_TIME)

    def wait_until_drained(self) -> None:
        """Waits until no shard is behind. Raises DeployError."""
        task = self.replication.state(self.task)

        def overdue() -> DeployError:
            shards = ", ".join(self.find_behind(task) or []) or "the stream"
            return DeployError(
                f"after {_LIMIT / 3_600:.0f} hours the warehouse still lacks records of {shards} "
                f"that DMS has sent: the application's log says why nothing is loaded. If it "
                f"cannot run with its present declaration, deploy with --without-drain: parts that "
                f"are not loaded yet must then fit the new declaration"
            )

        wait_for(
            lambda: self.find_behind(task) == [] or None,
            clock=self.clock,
            every=_EVERY,
            limit=_LIMIT,
            overdue=overdue,
        )
