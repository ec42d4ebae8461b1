"""A deployed environment as what is put under load: its stream and, within reach, its warehouse.

Owns how both are found: the environment's file names the warehouse, the outputs of its data stack
the stream and the privacy key. Nothing is started or stopped, and what the job does inside is not
seen from here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any, Final

import boto3
import redshift_connector
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.core import Connection
from redshift_connector.error import Error

from infra.aws.environment import Environment, load_environment
from infra.aws.environments import FOLDER
from infra.aws.errors import DeployError
from infra.local.lifetimes import Lifetime
from tests.load.ceiling import render_ceiling
from tests.load.changes import ChangesSettings, SourceTables
from tests.load.clock import RunClock
from tests.load.destination import Destination, LoadTestError, Warehouse
from tests.load.figures import Ceiling, Checkpoint
from tests.load.operators import OperatorLoad
from tests.load.options import Options

# Redshift in a private subnet answers nothing at all to those outside.
_CONNECT_SECONDS: Final = 10

Connect = Callable[[Environment, dict[str, str]], Connection]


class EnvironmentTarget(Lifetime):
    """A deployed environment; a context manager.

    Args:
        options: with its name.
        traffic: what will be put.
        connect: opens a connection to its warehouse, with this login.
    """

    process_names: Final[dict[str, str]] = {}

    def __init__(
        self, options: Options, traffic: ChangesSettings, connect: Connect | None = None
    ) -> None:
        self._options = options
        self._traffic = traffic
        self._connect = connect or _connect
        self._exit = ExitStack()

    def _start(self) -> None:
        try:
            environment = load_environment(
                self._options.environment or "", self._options.environments or FOLDER
            )
            self.destination = self._find(environment)
        except (DeployError, ClientError, BotoCoreError) as error:
            message = f"environment {self._options.environment}: {error}"
            raise LoadTestError(message) from error

    def stop(self) -> None:
        """Nothing was started but connections."""
        self._exit.close()

    def ceiling(self) -> Ceiling:
        """How fast records are rendered; no more is put on a deployed stream than was asked for."""
        return render_ceiling(self._traffic)[0]

    def reconcile(self, tables: SourceTables) -> None:  # noqa: ARG002
        """None: the environment's own source has none of the generator's rows."""
        return

    def start_job(self) -> None:
        """It runs already."""

    def check(self) -> None:
        """Its state is the business of `build.py status`."""

    def operator_loads(self) -> list[OperatorLoad]:
        """CloudWatch has them."""
        return []

    def checkpoints(self, clock: RunClock) -> list[Checkpoint]:  # noqa: ARG002
        """CloudWatch has them, a minute each."""
        return []

    def _find(self, environment: Environment) -> Destination:
        session: Any = boto3.Session(region_name=environment.region)
        with closing(session.client("cloudformation")) as cloudformation:
            outputs = _outputs(cloudformation, environment.stack("data"))
        if "StreamName" not in outputs:
            message = f"stack {environment.stack('data')} has no change stream; deploy it first"
            raise LoadTestError(message)
        with closing(session.client("secretsmanager")) as secrets:
            warehouse, why_none = self._warehouse(environment, secrets, outputs)
        config = Config(max_pool_connections=self._options.senders)
        kinesis = session.client("kinesis", config=config)
        self._exit.callback(kinesis.close)
        return Destination(kinesis, outputs["StreamName"], warehouse, why_none)

    def _warehouse(
        self, environment: Environment, secrets: Any, outputs: dict[str, str]
    ) -> tuple[Warehouse | None, str]:
        """The warehouse; None and the reason when it cannot be reached from here."""
        try:
            text = secrets.get_secret_value(SecretId=environment.redshift.secret_arn)
            login = json.loads(text["SecretString"])
            key = secrets.get_secret_value(SecretId=outputs["PrivacyKeyArn"])["SecretString"]
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            return None, f"a secret of the warehouse cannot be read from here ({code})"
        except (KeyError, ValueError):
            return None, "the privacy key or the warehouse's login is not where it should be"
        try:
            self._connect(environment, login).close()
        except (Error, OSError) as error:
            return None, f"the warehouse cannot be reached from here ({type(error).__name__})"
        return Warehouse(
            connect=lambda: self._connect(environment, login),
            token_key=key.encode(),
            bookkeeping=environment.redshift.bookkeeping_schema,
            shared=True,
        ), ""


def _connect(environment: Environment, login: dict[str, str]) -> Connection:
    connection = redshift_connector.connect(
        host=environment.redshift.host,
        port=environment.redshift.port,
        database=environment.redshift.database,
        user=login["username"],
        password=login["password"],
        timeout=_CONNECT_SECONDS,
    )
    connection.autocommit = True
    return connection


def _outputs(client: Any, stack: str) -> dict[str, str]:
    (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
