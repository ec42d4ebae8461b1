"""A deployment: the environment's stacks in order, the code, the application's start and stop.

1. The data stack: stream, buckets, privacy key, COPY's role. Its outputs feed the others.
2. The code, under a key of its own.
3. The application stack. A running application restarts with it from a snapshot that the service
   takes; a stopped one stays stopped.
4. The application is started, unless it runs, and waited for; it must run the new code.
5. The alarms, and the replication task where the environment has one.

If a replication task has run and its configuration changes, `infra.aws.change` replaces 3 and 4:
it pauses the task and waits until the warehouse has everything before the declaration changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from connectors.floors import Floors
from flink_app.positions.generations import Generations
from infra.aws import plan
from infra.aws.account_roles import ensure_account_roles
from infra.aws.alarms import raised_alarms
from infra.aws.application import LATEST, Description, FlinkApplication, StartState
from infra.aws.change_finder import ChangeFinder
from infra.aws.clients import AwsClients
from infra.aws.drain import Drain
from infra.aws.environment import Environment
from infra.aws.errors import ApplicationError, DeployError
from infra.aws.ownership import Ownership
from infra.aws.preflight import Preflight
from infra.aws.privacy_key import PrivacyKey
from infra.aws.reload_environment import EnvironmentReloadActions
from infra.aws.reload_steps import Reload
from infra.aws.replication import Replication
from infra.aws.stacks import Stacks
from infra.aws.storage import check_packaged, digest_of, empty_bucket, upload_code
from infra.aws.stream import ChangeStream
from infra.aws.table_reload_environment import (
    EnvironmentTableReloadActions,
    require_reloadable,
)
from infra.aws.table_reload_steps import TableReload
from infra.aws.waiting import Clock
from infra.aws.warehouse import Bookkeeping

Say = Callable[[str], None]


class Deployment:
    """Everything that is done to one environment.

    Args:
        environment: where and with what.
        clients: of the environment's region.
        clock: for waiting.
        say: where progress goes, line by line.
        report: is given how much is done of what takes long, and of how much.
    """

    def __init__(
        self,
        environment: Environment,
        clients: AwsClients,
        clock: Clock,
        say: Say,
        report: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._environment = environment
        self._clients = clients
        self._clock = clock
        self._say = say
        self._report = report
        self._stacks = Stacks(clients.cloudformation, clock, say)
        self._ownership = Ownership(environment, self._stacks, clients)
        self._replication = Replication(clients.dms, clock, say)
        self._application = FlinkApplication(
            environment.application.name,
            client=clients.flink,
            logs=clients.logs,
            clock=clock,
            say=say,
        )
        self._preflight = Preflight(
            environment,
            ownership=self._ownership,
            stacks=self._stacks,
            application=self._application,
            bookkeeping=self._bookkeeping(),
            key=PrivacyKey(environment, self._stacks, clients.secrets),
        )

    def deploy(
        self,
        package: Path,
        *,
        start_from: StartState = LATEST,
        allow_data_loss: bool = False,
        drains: bool = True,
        generation_from_ms: int | None = None,
    ) -> None:
        """Brings the environment in line with its file, with this package. Raises DeployError.

        `generation_from_ms` begins a generation there, without a load: milliseconds since 1970.
        """
        start_from = self._preflight.check(start_from, allow_data_loss=allow_data_loss)
        check_packaged(package, self._environment.application.declaration)
        dms = self._environment.dms
        if dms is not None:
            ensure_account_roles(
                self._clients.iam,
                self._environment.region,
                self._say,
                create=dms.create_account_roles,
            )
        self._keep_generations()
        if generation_from_ms is not None:
            self._environment = plan.with_another_generation(self._environment, generation_from_ms)
        for line in self._change_finder().describe(
            self._outputs(plan.DATA), self._code_key(package), start_from, drains=drains
        ):
            self._say(line)
        data = self._stacks.apply(
            plan.data_stack(self._environment), allow_data_loss=allow_data_loss
        )
        plan.application_settings(self._environment, data)
        key = upload_code(
            self._clients.s3, data["CodeBucket"], package, self._code_key(package), self._say
        )
        change = self._change_finder().find(data, key, start_from, drains=drains)
        if change is None:
            self._run(data, key, start_from, allow_data_loss=allow_data_loss)
        else:
            change.apply()
        self._stacks.apply(plan.alarms_stack(self._environment, data))
        replication = self._replication_stack(data)
        if replication is not None:
            self._replicate(replication)

    def compare(self, package: Path) -> Iterator[str]:
        """What a deployment of this package would change for DMS. Changes nothing.

        Raises DeployError.
        """
        self._ownership.check_names()
        self._keep_generations()
        key = plan.code_key(digest_of(package)) if package.exists() else "(not made yet)"
        lines = list(
            self._change_finder().describe(self._outputs(plan.DATA), key, LATEST, drains=True)
        )
        yield from lines or ["compared: the configuration of no task that has run would change"]

    def status(self) -> None:
        """Prints the environment's state."""
        for part in (plan.DATA, plan.APPLICATION, plan.ALARMS, plan.DMS):
            name = self._environment.stack(part)
            self._say(f"{name}: {self._stacks.status(name) or 'not there'}")
        faults = list(self._ownership.faults())
        for fault in faults:
            self._say(fault)
        if faults:
            return
        application = self._application.describe()
        if application is None:
            self._say(f"{self._environment.application.name}: no such application")
            return
        snapshot = self._application.latest_snapshot() or "none"
        self._say(
            f"{application.name}: {application.status}, version {application.version}, parallelism "
            f"{application.parallelism}, code {application.code}, latest snapshot {snapshot}, log "
            f"{application.log_group}"
        )
        task = self._outputs(plan.DMS).get("TaskArn")
        if task is not None:
            self._say_task(task)
        self._say(f"alarms: {', '.join(self._raised_alarms()) or 'none raised'}")

    def stop(self, *, snapshot: bool = True) -> None:
        """Stops the application. Raises DeployError."""
        application = self._application.describe()
        if application is None:
            message = f"there is no application {self._environment.application.name}"
            raise ApplicationError(message)
        if application.status == "READY":
            self._say(f"{application.name}: already stopped")
            return
        self._application.stop(snapshot=snapshot)

    def reload(self) -> Reload:
        """The reload of this environment, from where it stands. Raises DeployError."""
        actions = EnvironmentReloadActions(
            environment=self._environment,
            running=self._require_running,
            restart=self._reconfigure,
            replication=self._replication,
            task=self._require_task(),
            bookkeeping=self._bookkeeping(),
            drain=self._drain(),
        )
        return Reload(actions, self._clock, self._say, self._report)

    def reload_table(self, table: str) -> TableReload:
        """The reload of one table of it, from where it stands. Raises DeployError."""
        star = plan.load_star(self._environment)
        require_reloadable(star, table)
        actions = EnvironmentTableReloadActions(
            environment=self._environment,
            table=table,
            source=star.declaration.source_of(table),
            resting=self._require_resting,
            stop=self._application.stop,
            restart=self._reconfigure_floors,
            replication=self._replication,
            task=self._require_task(),
            bookkeeping=self._bookkeeping(),
            drain=self._drain(),
        )
        return TableReload(actions, self._clock, self._say)

    def destroy(self, *, with_data: bool = False) -> None:
        """Deletes the stacks; those with data only if asked to. Raises DeployError."""
        task = self._outputs(plan.DMS).get("TaskArn")
        if task is not None:
            self._replication.stop(task)
        self._stacks.delete(self._environment.stack(plan.DMS))
        self._stacks.delete(self._environment.stack(plan.ALARMS))
        application = self._application.describe()
        if application is not None and application.status != "READY":
            # Its snapshots are deleted with it, so one more would be pointless.
            self._application.stop(snapshot=False)
        self._stacks.delete(self._environment.stack(plan.APPLICATION))
        data = self._outputs(plan.DATA)
        if not with_data:
            self._say(f"{self._environment.stack(plan.DATA)}: kept, with stream, buckets and key")
            return
        for name in ("StagingBucket", "CodeBucket"):
            if name in data:
                count = empty_bucket(self._clients.s3, data[name])
                self._say(f"{data[name]}: {count:,} objects deleted")
        self._stacks.delete(self._environment.stack(plan.DATA))
        if "PrivacyKeyArn" in data:
            self._say(
                f"kept: the privacy key {data['PrivacyKeyArn']}, without which no token can be "
                f"reproduced; delete it in Secrets Manager once no warehouse has its tokens"
            )

    def _keep_generations(self) -> None:
        """Keeps the generations and the floor that reloads have raised."""
        application = self._application.describe()
        if application is not None:
            self._environment = plan.with_generations(self._environment, application.settings)

    def _change_finder(self) -> ChangeFinder:
        return ChangeFinder(
            environment=self._environment,
            clients=self._clients,
            stacks=self._stacks,
            application=self._application,
            replication=self._replication,
            clock=self._clock,
            say=self._say,
        )

    def _replication_stack(self, data: plan.Outputs) -> plan.StackPlan | None:
        return plan.dms_stack(self._environment, data, plan.load_star(self._environment))

    def _require_task(self) -> str:
        """The ARN of its replication task. Raises DeployError."""
        task = self._outputs(plan.DMS).get("TaskArn")
        if task is None:
            message = (
                f"{self._environment.name} has no replication task of its own: docs/operations.md "
                "says what to do by hand"
            )
            raise DeployError(message)
        return task

    def _drain(self) -> Drain:
        stream = ChangeStream(self._outputs(plan.DATA)["StreamArn"], self._clients.kinesis)
        return Drain(stream, self._bookkeeping(), self._clock)

    def _bookkeeping(self) -> Bookkeeping:
        return Bookkeeping(self._environment.redshift, self._clients.redshift_data, self._clock)

    def _reconfigure(self, generations: Generations, floor: int) -> None:
        """Restarts the running application with other generations. Raises DeployError."""
        settings = plan.with_generations(self._environment, self._require_running().settings)
        self._reconfigure_floors(generations, settings.application.floors.raise_to(floor))

    def _reconfigure_floors(self, generations: Generations, floors: Floors) -> None:
        """Starts the application, which runs or is stopped, with these. Raises DeployError."""
        raised = {"generations": str(generations), "floor": str(floors.everywhere)}
        if floors.tables:
            raised["table.floors"] = str(floors.tables)
        application = self._require_resting()
        self._environment = plan.with_generations(self._environment, raised)
        data = self._outputs(plan.DATA)
        plan.application_settings(self._environment, data)
        self._run(data, application.code, LATEST)
        if {name: self._require_running().settings.get(name) for name in raised} != raised:
            message = (
                f"{application.name} runs with its former settings: the service has rolled the "
                f"update back. Read log group {application.log_group}, logger PythonDriver, and "
                f"try again"
            )
            raise DeployError(message)

    def _require_resting(self) -> Description:
        """The application, which runs or is stopped. Raises ApplicationError where it does not."""
        name = self._environment.application.name
        application = self._application.settle()
        if application is None or application.status not in {"RUNNING", "READY"}:
            status = "not there" if application is None else application.status
            message = f"{name} is {status}: a reload of a table needs it to run; deploy it first"
            raise ApplicationError(message)
        return application

    def _require_running(self) -> Description:
        """The application, which runs. Raises ApplicationError where it does not."""
        name = self._environment.application.name
        application = self._application.settle()
        if application is None or application.status != "RUNNING":
            status = "not there" if application is None else application.status
            message = f"{name} is {status}: a reload needs it to run; deploy it first"
            raise ApplicationError(message)
        return application

    def _run(
        self,
        data: plan.Outputs,
        key: str,
        start_from: StartState,
        *,
        allow_data_loss: bool = False,
    ) -> None:
        """In the end the application runs, with the code of `key`."""
        began = self._clock.milliseconds()
        before = self._application.settle()
        if start_from.is_chosen and before is not None and before.status == "RUNNING":
            message = f"{before.name} runs; to start it from another state, stop it first"
            raise ApplicationError(message)
        self._stacks.apply(
            plan.application_stack(self._environment, data, key), allow_data_loss=allow_data_loss
        )
        application = self._application.settle()
        if application is not None and application.status == "READY":
            self._application.start(start_from)
        application = self._application.expect("RUNNING", doing="start")
        if application.code != key:
            message = (
                f"{application.name} runs {application.code} and not {key}: the service has rolled "
                f"the update back. Read log group {application.log_group}, logger PythonDriver, "
                f"fix the cause and deploy again"
            )
            raise ApplicationError(message)
        if before is None or (before.status, before.version) != (
            application.status,
            application.version,
        ):
            self._application.watch_log(began)

    def _replicate(self, stack: plan.StackPlan) -> None:
        """In the end the replication task is as planned, and its endpoints can be reached."""
        changed = self._stacks.find_deployed(stack.part, stack.name) != stack
        outputs = self._stacks.apply(stack)
        task = outputs["TaskArn"]
        changed |= self._replication.complete_target(outputs["TargetArn"])
        self._replication.test_connections(task, changed=changed)
        # One that somebody made void, by starting the task, says nothing any more.
        self._change_finder().records(self._outputs(plan.DATA), task).end()
        self._say_task(task)

    def _code_key(self, package: Path) -> str:
        """The key under which this package makes the application run it."""
        stack = self._stacks.parameters(self._environment.stack(plan.APPLICATION))
        application = self._application.describe()
        running = application.code if application is not None else ""
        return plan.code_key(digest_of(package), stack.get("CodeKey", ""), running)

    def _outputs(self, part: str) -> dict[str, str]:
        return self._stacks.outputs(self._environment.stack(part))

    def _raised_alarms(self) -> list[str]:
        names = self._stacks.resources(self._environment.stack(plan.ALARMS)).values()
        return raised_alarms(self._clients.cloudwatch, names)

    def _say_task(self, task: str) -> None:
        for line in self._change_finder().task_lines(self._outputs(plan.DATA), task):
            self._say(line)
