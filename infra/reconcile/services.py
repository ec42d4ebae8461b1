"""Opens both sides of an application, deployed or local, from its settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from redshift_connector.core import Connection

from connectors.redshift.access import RedshiftAddress
from connectors.redshift.connection import connect, read_credentials
from connectors.redshift.names import Names
from flink_app.declaration import Star, load_declaration
from flink_app.declaration.dms_records import Positions
from flink_app.privacy.keys import read_privacy_keys
from flink_app.settings import Settings, load_settings
from infra.aws import plan
from infra.aws.clients import open_clients
from infra.aws.environment import load_environment
from infra.aws.ownership import Ownership
from infra.aws.stacks import Stacks
from infra.aws.stream import ChangeStream
from infra.aws.waiting import Clock, SystemClock
from infra.catalogue.databases import is_mysql
from infra.local.moto import open_session
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison, comparisons
from infra.reconcile.completeness import StreamCompleteness
from infra.reconcile.errors import NotComparableError
from infra.reconcile.letters import LetterSource
from infra.reconcile.source import PostgresSource
from infra.reconcile.warehouse import RedshiftWarehouse
from infra.replay.letters import read_from

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

    from infra.reconcile.mysql_source import MySqlSource

_PATIENT: Final = Config(retries={"mode": "standard", "total_max_attempts": 10})
# What orders changes where it is the source's own log.
_LOGS: Final = {Side.SOURCE: Positions.POSTGRESQL, Side.MYSQL: Positions.MYSQL}
_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Waiting:
    """How the warehouse is waited for: see `StreamCompleteness`."""

    slot: str
    lag_seconds: float
    wait_seconds: float
    every: float


@dataclass(frozen=True)
class Sides:
    """What a reconciliation works with.

    Attributes:
        source: PostgreSQL or MySQL.
        warehouse: Redshift.
        completeness: waits for the warehouse.
        comparisons: everything that can be compared.
        orders_by_log: whether all positions are those of the source's log.
        clock: for waiting.
        star: of the declaration.
        kinesis: the client of the stream.
        letters: where dead letters are.
    """

    source: PostgresSource | MySqlSource
    warehouse: RedshiftWarehouse
    completeness: StreamCompleteness
    comparisons: list[Comparison]
    orders_by_log: bool
    clock: Clock
    star: Star
    kinesis: KinesisClient
    letters: LetterSource


def read_environment(name: str, environments: Path, profile: str | None) -> Settings:
    """The settings of a deployed environment. Raises DeployError, NotComparableError."""
    environment = load_environment(name, environments)
    clients = open_clients(environment.region, profile)
    stack = environment.stack(plan.DATA)
    stacks = Stacks(clients.cloudformation, SystemClock(), lambda _: None)
    outputs = stacks.outputs(stack)
    if not outputs:
        message = f"there is no stack {stack}: deploy the environment first"
        raise NotComparableError(message)
    Ownership(environment, stacks, clients).check()
    return plan.application_settings(environment, outputs)


def read_properties(path: Path) -> Settings:
    """The settings of a file of runtime properties. Raises SettingsError."""
    return load_settings(path)


@contextmanager
def open_sides(
    settings: Settings,
    address: str,
    waiting: Waiting,
    *,
    has_key: bool,
    profile: str | None = None,
) -> Iterator[Sides]:
    """Both sides of an application; closed at the end.

    Args:
        settings: of the application.
        address: of the source, as libpq takes it, or of a MySQL.
        waiting: how the warehouse is waited for.
        has_key: whether the source may be given the key of tokens.
        profile: of the AWS configuration; None is what boto3 finds.

    Raises:
        NotComparableError, DeclarationError, LoadError, SecretReadError, SecretError
    """
    star = Star(load_declaration(_ROOT / settings.application.declaration))
    application = settings.application
    session = open_session(application.region, profile, application.endpoint)
    clock = SystemClock()
    names = Names(settings.redshift.bookkeeping_schema)

    def client(service: str, endpoint: str | None) -> Any:
        return session.client(service, endpoint_url=endpoint, config=_PATIENT)

    endpoint = settings.application.endpoint
    secrets = client("secretsmanager", endpoint)
    redshift = settings.redshift
    warehouse_address = RedshiftAddress(
        redshift.host, redshift.port, redshift.database, redshift.ssl_mode
    )
    side = Side.MYSQL if is_mysql(address) else Side.SOURCE
    has_key &= side is Side.SOURCE
    token_key = None
    if has_key and star.tokenises:
        token_key = read_privacy_keys(secrets, settings.privacy.secret_id).tokens

    def open_connection() -> Connection:
        return connect(warehouse_address, read_credentials(secrets, redshift.secret_id))

    with ExitStack() as opened:
        source: PostgresSource | MySqlSource
        if side is Side.MYSQL:
            from infra.reconcile.mysql_source import MySqlSource  # its driver, only for one

            source = MySqlSource(address)
        else:
            source = PostgresSource(address, token_key)
        opened.callback(source.close)
        warehouse = RedshiftWarehouse(open_connection, names)
        kinesis: KinesisClient = client("kinesis", settings.source.endpoint or endpoint)
        stream = ChangeStream(settings.source.stream_arn, kinesis)
        completeness = StreamCompleteness(
            source,
            stream,
            warehouse.read_loaded,
            clock,
            slot=waiting.slot,
            lag_seconds=waiting.lag_seconds,
            wait_seconds=waiting.wait_seconds,
            every=waiting.every,
        )
        yield Sides(
            source,
            warehouse,
            completeness,
            comparisons(star, names, has_key=has_key, side=side),
            star.declaration.stream.positions is _LOGS[side],
            clock,
            star,
            kinesis,
            LetterSource(warehouse.read_letters, read_from(client("s3", endpoint)), star),
        )
