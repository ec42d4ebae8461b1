"""The job on local servers and a cluster of several processes, as what is put under load."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import urllib3
from botocore.config import Config

from infra.local.cluster import FlinkCluster
from infra.local.configuration import LocalRun
from infra.local.lifetimes import Lifetime
from infra.local.processes import ServiceError
from infra.local.runs import Announcement
from infra.local.stack import STREAM, TOKEN_KEY, LocalStack
from infra.local.toolchain import connectors_jar
from tests.load.ceiling import put_ceiling
from tests.load.changes import ChangesSettings, SourceTables
from tests.load.clock import RunClock
from tests.load.destination import Destination, LoadTestError, Warehouse
from tests.load.figures import Ceiling, Checkpoint, Reconciled
from tests.load.operators import OperatorLoad, read_loads
from tests.load.options import Options
from tests.load.reconciling import reconcile

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

_TICKET_SELLER: Final = "flink_app/stars/ticket_seller.yaml"
# Flink remembers ten; a run of a day at one checkpoint a second has fewer than these.
_REMEMBERED: Final = "100000"
_LONGEST_CAUSE: Final = 4_000
_ENDED: Final = {"FAILED", "FAILING", "CANCELED", "FINISHED"}


class LocalTarget(Lifetime):
    """Local servers and, once started, the job; a context manager."""

    def __init__(self, options: Options, traffic: ChangesSettings) -> None:
        self._options = options
        self._traffic = traffic
        self._exit = ExitStack()
        self._cluster: FlinkCluster | None = None
        self._job = ""

    def _start(self) -> None:
        if self._options.keep is None:
            temporary = tempfile.TemporaryDirectory(prefix="starjoin-", ignore_cleanup_errors=True)
            self._folder = Path(self._exit.enter_context(temporary))
        else:
            self._folder = self._options.keep
        declared = self._options.declaration
        stack = LocalStack(
            _TICKET_SELLER if declared is None else str(declared.resolve()),
            folder=self._folder,
            shards=self._options.shards,
        )
        self._stack = self._exit.enter_context(stack)
        self._announcement = self._exit.enter_context(
            Announcement("build.py load-test", stack.settings.application.name, stack.properties)
        )
        config = Config(max_pool_connections=self._options.senders)
        kinesis: KinesisClient = self._stack.moto.client("kinesis", config)
        self._exit.callback(kinesis.close)
        warehouse = Warehouse(self._stack.warehouse, TOKEN_KEY.encode())
        self.destination = Destination(kinesis, STREAM, warehouse)

    def stop(self) -> None:
        self._exit.close()

    @property
    def process_names(self) -> dict[str, str]:
        """Both PostgreSQL servers, by where their data lie."""
        return {
            f"{self._stack.redshift.postgres.socket_folder}/data": "warehouse (PostgreSQL)",
            f"{self._stack.source.socket_folder}/data": "source (PostgreSQL, idle)",
        }

    def ceiling(self) -> Ceiling:
        """What the generator can do by itself, against moto without a job."""
        return put_ceiling(
            self._traffic,
            self.destination.kinesis,
            shards=self._options.shards,
            senders=self._options.senders,
            kinesis_pid=self._stack.moto.pid(),
        )

    def reconcile(self, tables: SourceTables) -> Reconciled:
        """What reconciling with these source tables finds."""
        return reconcile(self._stack, tables)

    def start_job(self) -> None:
        """Starts the cluster and the job on it; returns when every task runs."""
        run = LocalRun(
            state=self._folder / "state",
            jar=connectors_jar(),
            parallelism=self._options.parallelism,
            checkpoint_interval=self._options.checkpoint_interval,
        )
        self._cluster = self._exit.enter_context(
            FlinkCluster(
                run,
                self._folder / "cluster",
                self._stack.environment(),
                {"web.checkpoints.history": _REMEMBERED},
            )
        )
        self._job = self._cluster.submit(self._stack.properties)
        self._cluster.wait_until_running(self._job)
        self._announcement.say_flink(self._cluster.web_address)

    def check(self) -> None:
        """Raises LoadTestError when the job has failed or the cluster does not answer."""
        if self._cluster is None:
            return
        try:
            state = self._cluster.get(f"/jobs/{self._job}")["state"]
            if state in _ENDED:
                cause = self._cluster.find_cause(self._job)
                message = f"the job is {state}: {cause[:_LONGEST_CAUSE]}"
                raise LoadTestError(message)
        except urllib3.exceptions.HTTPError as error:
            message = f"the job manager does not answer: {error}"
            raise LoadTestError(message) from error

    def operator_loads(self) -> list[OperatorLoad]:
        """From the cluster's REST API; none while it does not answer."""
        if self._cluster is None or not self._job:
            return []
        try:
            return read_loads(self._cluster.get, self._job)
        except (urllib3.exceptions.HTTPError, ServiceError):
            return []  # `check` says why

    def checkpoints(self, clock: RunClock) -> list[Checkpoint]:
        """All of the job's, in order, from the cluster's REST API."""
        if self._cluster is None or not self._job:
            return []
        try:
            history = self._cluster.get(f"/jobs/{self._job}/checkpoints")["history"]
        except (urllib3.exceptions.HTTPError, ServiceError):
            return []  # the run has ended for that reason, and says so
        found = [
            Checkpoint(
                number=entry["id"],
                at=clock.since_start(entry["trigger_timestamp"] / 1000),
                status=entry["status"],
                seconds=entry["end_to_end_duration"] / 1000,
                bytes=entry["state_size"],
            )
            for entry in history
        ]
        return sorted(found, key=lambda checkpoint: checkpoint.number)
