"""Finds what is to be watched: a run on this machine, a file of properties, an environment."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from redshift_connector.error import Error

from connectors.failures import StarjoinError
from connectors.redshift.access import Limits as RedshiftLimits
from connectors.redshift.access import RedshiftAddress
from connectors.redshift.connection import connect, disconnect, read_credentials
from connectors.redshift.errors import CONNECTION_LOST, Step, classify
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from flink_app.settings import Settings, load_settings
from infra.aws import plan
from infra.aws.application import FlinkApplication
from infra.aws.clients import AwsClients, open_clients
from infra.aws.data_api import DataApi
from infra.aws.environment import load_environment
from infra.aws.ownership import Ownership
from infra.aws.stacks import Stacks
from infra.aws.waiting import SystemClock
from infra.local.moto import Moto, open_session
from infra.local.runs import LocalRunFile, find_runs
from infra.watch.flink import FlinkJob
from infra.watch.letters import ReadFile
from infra.watch.looking import Places
from infra.watch.managed import MANAGED_SECONDS, ManagedJob
from infra.watch.picture import Job, Limits

# Somebody waits for the screen, and the next look comes soon: none of them is patient.
_CLIENT: Final = Config(
    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)
_WAREHOUSE: Final = RedshiftLimits(connect=10, statement=30, grace=5)
# A local run loads every second or two.
_LOCAL_LIMITS: Final = Limits(lag=60, pending=60)
# As the alarms of an environment are by default.
_APPLICATION_LIMITS: Final = Limits(lag=900, pending=1_200)
OpenClients = Callable[[str, str | None], AwsClients]

_DOING: Final = "reading the bookkeeping tables"


class NothingToWatchError(StarjoinError):
    """There is no run, or it is not clear which is meant; the message says what to do."""


def choose_run(runs: list[LocalRunFile], pid: int | None) -> LocalRunFile:
    """The run that is meant. Raises NothingToWatchError."""
    meant = [run for run in runs if pid in {None, run.pid}]
    if len(meant) == 1:
        return meant[0]
    listed = "; ".join(f"--run {run.pid}: {run.command} of {run.subject}" for run in runs)
    if not runs:
        message = (
            "nothing runs on this machine that could be watched: start `starjoin run`, or name an "
            "environment (--environment NAME) or a file of properties (--properties FILE)"
        )
    elif not meant:
        message = f"no run on this machine has process id {pid}; there is {listed}"
    else:
        message = f"several runs are on this machine; say which: {listed}"
    raise NothingToWatchError(message)


def open_local(options: argparse.Namespace) -> Places:
    """A run on this machine. Raises NothingToWatchError, SettingsError, RunFolderError."""
    return open_run(choose_run(find_runs(), options.run))


def open_run(run: LocalRunFile) -> Places:
    """A run, by what it says of itself. Raises SettingsError."""
    settings = load_settings(Path(run.properties))
    session: Any = boto3.Session(
        region_name=settings.application.region,
        aws_access_key_id=Moto.access_key,
        aws_secret_access_key=Moto.secret_key,
    )

    latest = run

    def read_job() -> Job:
        """Flink's address is known once the job runs; a run that is ending has no file any more."""
        nonlocal latest
        latest = {each.pid: each for each in find_runs()}.get(run.pid, latest)
        return FlinkJob(latest.flink).read() if latest.flink else Job("STARTING")

    return _places(
        settings,
        session,
        title=f"{run.command} of {run.subject} (process {run.pid})",
        limits=_LOCAL_LIMITS,
        read_job=read_job,
        has_ended=lambda: not run.lasts,
    )


def open_properties(options: argparse.Namespace) -> Places:
    """An application by its runtime properties. Raises SettingsError."""
    settings = load_settings(options.properties)
    application = settings.application
    session = open_session(application.region, options.profile, application.endpoint)
    title = f"application {application.name}"
    return _places(settings, session, title=title, limits=_APPLICATION_LIMITS)


def open_environment(
    options: argparse.Namespace, *, open_clients: OpenClients = open_clients
) -> Places:
    """A deployed environment. Raises NothingToWatchError, DeployError, and what boto3 raises."""
    environment = load_environment(options.environment, options.environments)
    clients, clock = open_clients(environment.region, options.profile), SystemClock()
    stacks = Stacks(clients.cloudformation, clock, lambda _: None)
    outputs = stacks.outputs(environment.stack(plan.DATA))
    if not outputs:
        stack = environment.stack(plan.DATA)
        message = f"there is no stack {stack}: deploy the environment first"
        raise NothingToWatchError(message)
    Ownership(environment, stacks, clients).check()
    name = environment.application.name
    application = FlinkApplication(
        name, client=clients.flink, logs=clients.logs, clock=clock, say=lambda _: None
    )
    alarms = list(stacks.resources(environment.stack(plan.ALARMS)).values())
    job = ManagedJob(name, application.describe, clients.cloudwatch, alarms)
    return Places(
        title=f"environment {environment.name}",
        limits=Limits(environment.alarms.lag_seconds, environment.alarms.nothing_loaded_seconds),
        names=Names(environment.redshift.bookkeeping_schema),
        # By the Data API, which needs no way into the warehouse's network.
        open_warehouse=lambda: nullcontext(
            DataApi(environment.redshift, clients.redshift_data, clock)
        ),
        read_file=read_files(clients.s3),
        kinesis=clients.kinesis,
        stream_arn=outputs["StreamArn"],
        read_job=job.read,
        job_seconds=MANAGED_SECONDS,
    )


def _places(settings: Settings, session: Any, **others: Any) -> Places:
    """Where an application's facts are, by its settings; the warehouse by a driver's session."""
    application = settings.application

    def client(service: str, endpoint: str | None) -> Any:
        return session.client(service, endpoint_url=endpoint, config=_CLIENT)

    names = Names(settings.redshift.bookkeeping_schema)
    secrets = client("secretsmanager", application.endpoint)
    return Places(
        names=names,
        open_warehouse=_connections(settings, secrets, names),
        read_file=read_files(client("s3", application.endpoint)),
        kinesis=client("kinesis", settings.source.endpoint or application.endpoint),
        stream_arn=settings.source.stream_arn,
        **others,
    )


def _connections(
    settings: Settings, secrets: Any, names: Names
) -> Callable[[], AbstractContextManager[Cursor]]:
    """Opens a session of the warehouse for each look, so that one that is lost is no matter."""
    redshift = settings.redshift
    address = RedshiftAddress(redshift.host, redshift.port, redshift.database, redshift.ssl_mode)

    @contextmanager
    def open_warehouse() -> Iterator[Cursor]:
        credentials = read_credentials(secrets, redshift.secret_id)
        try:
            connection = connect(address, credentials, _WAREHOUSE)
        except (Error, *CONNECTION_LOST) as error:
            doing = f"connecting to {redshift.host}"
            raise classify(error, doing, Step.CONNECT, names.bookkeeping_names) from None
        try:
            yield connection.cursor()
        except (Error, *CONNECTION_LOST) as error:
            raise classify(error, _DOING, known=names.bookkeeping_names) from None
        finally:
            disconnect(connection)

    return open_warehouse


def read_files(s3: Any) -> ReadFile:
    """Reads files by their addresses, as the ledger has them."""

    def read(url: str) -> bytes:
        part = urlsplit(url)
        answer = s3.get_object(Bucket=part.netloc, Key=part.path.lstrip("/"))
        content: bytes = answer["Body"].read()
        return content

    return read
