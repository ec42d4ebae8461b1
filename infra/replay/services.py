"""What a replay works with: the settings of the application, its stream, files, key and warehouse.

The same against AWS and against local servers; only endpoints and credentials differ.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from redshift_connector.error import Error

from connectors.blocks import Kind
from connectors.redshift import replay_marks
from connectors.redshift.access import RedshiftAddress
from connectors.redshift.connection import connect, read_credentials
from connectors.redshift.errors import CONNECTION_LOST, Step, classify
from connectors.redshift.ledger import Cursor
from connectors.redshift.migrations import require_latest
from connectors.redshift.names import Names
from connectors.redshift.pruning import Kept
from connectors.redshift.replay_marks import LetterPart, Mark, RecordId
from flink_app.privacy.keys import PrivacyKeys, read_privacy_keys
from flink_app.settings import Settings, load_settings
from infra.aws import plan
from infra.aws.clients import open_clients
from infra.aws.environment import load_environment
from infra.aws.ownership import Ownership
from infra.aws.stacks import Stacks
from infra.aws.waiting import SystemClock
from infra.local.moto import open_session
from infra.replay.errors import ReplayError
from infra.replay.letters import read_from
from infra.replay.stream_writer import StreamWriter

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CLIENT_ERRORS: Final = (Error, *CONNECTION_LOST)


# After a replay that ends half way its operator has to find out how far it got.
_PATIENT: Final = Config(retries={"mode": "standard", "total_max_attempts": 10})


class Services:
    """Opened for one application.

    Args:
        settings: the application's own.
        profile: of the AWS configuration; None is what boto3 finds.
    """

    def __init__(self, settings: Settings, profile: str | None = None) -> None:
        self.settings = settings
        application = settings.application
        self._session = open_session(application.region, profile, application.endpoint)
        self._endpoint = application.endpoint
        self.application = application.name
        self.names = Names(settings.redshift.bookkeeping_schema)
        s3: S3Client = self._client("s3")
        self.read = read_from(s3)

    def bookkeeping(self) -> tuple[list[LetterPart], list[LetterPart], set[RecordId]]:
        """Parts of dead letters, parts of restricted originals, and what was replayed already.

        Raises LoadError when the warehouse does not answer, lacks a table, or has the bookkeeping
        tables of another release.
        """
        doing = "reading ledger and marks, whose tables the application makes when it starts"
        with self.open_transaction(doing) as cursor:
            require_latest(cursor, self.names)
            return (
                replay_marks.loaded_parts(cursor, self.names, Kind.DEAD_LETTERS),
                replay_marks.loaded_parts(cursor, self.names, Kind.RESTRICTED),
                replay_marks.find_replayed(cursor, self.names),
            )

    def is_recent(self, arrival_ms: int) -> bool:
        """Whether later deletes are known for long enough to replay a record that arrived then."""
        days = self.settings.redshift.bookkeeping_days
        return not days or Kept(days).is_replayable(arrival_ms, dt.datetime.now(dt.UTC))

    def mark(self, marks: Sequence[Mark]) -> None:
        """Remembers what was put. Raises LoadError."""
        with self.open_transaction("marking replayed records") as cursor:
            replay_marks.mark(cursor, self.names, marks)

    def privacy_keys(self) -> PrivacyKeys:
        """What opens sealed originals. Raises SecretReadError, SecretError."""
        return read_privacy_keys(self._secrets(), self.settings.privacy.secret_id)

    def stream_writer(self) -> StreamWriter:
        """Puts records on the application's stream."""
        return StreamWriter(self.open_kinesis(), self.settings.source.stream_arn)

    def open_kinesis(self) -> KinesisClient:
        """The client of the application's stream."""
        kinesis: KinesisClient = self._client("kinesis")
        return kinesis

    @contextmanager
    def open_transaction(self, doing: str) -> Iterator[Cursor]:
        """A transaction; `doing` says in errors what it is for. Raises LoadError."""
        redshift = self.settings.redshift
        address = RedshiftAddress(
            redshift.host, redshift.port, redshift.database, redshift.ssl_mode
        )
        credentials = read_credentials(self._secrets(), redshift.secret_id)
        try:
            connection = connect(address, credentials)
        except _CLIENT_ERRORS as error:
            message = f"{doing}: connecting to {redshift.host}"
            raise classify(error, message, Step.CONNECT, self.names.bookkeeping_names) from None
        try:
            yield connection.cursor()
            connection.commit()
        except _CLIENT_ERRORS as error:
            raise classify(error, doing, known=self.names.bookkeeping_names) from None
        finally:
            # Closing rolls back what was not committed; a lost connection cannot be closed.
            with suppress(*_CLIENT_ERRORS):
                connection.close()

    def _secrets(self) -> SecretsManagerClient:
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    def _client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint, config=_PATIENT)


def open_application(path: Path, profile: str | None) -> Services:
    """Opens the services of an application with these runtime properties. Raises SettingsError."""
    return Services(load_settings(path), profile)


def open_environment(name: str, environments: Path, profile: str | None) -> Services:
    """Opens the services of a deployed environment. Raises DeployError, ReplayError."""
    environment = load_environment(name, environments)
    clients = open_clients(environment.region, profile)
    stack = environment.stack(plan.DATA)
    stacks = Stacks(clients.cloudformation, SystemClock(), lambda _: None)
    outputs = stacks.outputs(stack)
    if not outputs:
        message = f"there is no stack {stack}: deploy the environment first"
        raise ReplayError(message)
    Ownership(environment, stacks, clients).check()
    return Services(plan.application_settings(environment, outputs), profile)
