"""Opens an application for reading, deployed or local.

Of a deployed one the warehouse is asked through the Data API, which needs no access to its network.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from flink_app.declaration import Star, load_declaration
from flink_app.decode.plan import DecodePlan
from infra.aws.clients import open_clients
from infra.aws.data_api import DataApi
from infra.aws.environment import load_environment
from infra.aws.waiting import SystemClock
from infra.bootstrap import ROOT
from infra.explain.stream import FindRecord, StreamReader
from infra.replay.letters import ReadFile
from infra.replay.services import Services, open_application, open_environment

_READS = "reading the row and what is recorded of it, whose tables the application makes"


@dataclass(frozen=True)
class Application:
    """What an explanation reads.

    Attributes:
        star: the declaration.
        names: of the bookkeeping tables.
        bookkeeping_days: for how long these keep loads; 0: for ever.
        open_cursor: the warehouse, to be read. Raises LoadError, DeployError.
        read_file: gives a staged file by its address.
        read_token_key: gives the key of tokens. Raises SecretReadError, SecretError.
        open_stream: gives what finds a record on the stream; raises the same.
    """

    star: Star
    names: Names
    bookkeeping_days: int
    open_cursor: Callable[[], AbstractContextManager[Cursor]]
    read_file: ReadFile
    read_token_key: Callable[[], bytes]
    open_stream: Callable[[], FindRecord]


def open_chosen(options: Namespace) -> Application:
    """The application of a file of properties, or of an environment.

    Raises SettingsError, DeclarationError, DeployError, ReplayError.
    """
    if options.properties is not None:
        services = open_application(options.properties, options.profile)
        return _of_services(services, lambda: services.open_transaction(_READS))
    services = open_environment(options.environment, options.environments, options.profile)
    environment = load_environment(options.environment, options.environments)
    client = open_clients(environment.region, options.profile).redshift_data

    @contextmanager
    def open_data_api() -> Iterator[Cursor]:
        yield DataApi(environment.redshift, client, SystemClock())

    return _of_services(services, open_data_api)


def _of_services(
    services: Services, open_cursor: Callable[[], AbstractContextManager[Cursor]]
) -> Application:
    settings = services.settings
    star = Star(load_declaration(ROOT / settings.application.declaration))

    def open_stream() -> FindRecord:
        plan = DecodePlan(star, settings.application.generations)
        arn, client = settings.source.stream_arn, services.open_kinesis()
        return StreamReader(arn, client, plan, services.privacy_keys()).find_record

    return Application(
        star,
        services.names,
        settings.redshift.bookkeeping_days,
        open_cursor,
        services.read,
        lambda: services.privacy_keys().tokens,
        open_stream,
    )
