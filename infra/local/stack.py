"""Every server that the application needs, started and stopped together.

moto for Kinesis, S3 and Secrets Manager; the Redshift emulator; a source database. Where shards are
split and merged, a Kinesis that can do that takes the place of moto's.
All on free loopback ports, all below reapers, so nothing outlives this process.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import redshift_connector
from redshift_connector.core import Connection

from connectors.redshift.access import SslMode
from flink_app.settings import (
    Application,
    Privacy,
    Redshift,
    Settings,
    Source,
    Staging,
    property_groups,
)
from infra.local.kinesis import LocalKinesis
from infra.local.lifetimes import Lifetime
from infra.local.moto import Moto
from infra.local.postgres import EmbeddedPostgres
from infra.local.redshift import RedshiftEmulator

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client

STREAM: Final = "changes"
BUCKET: Final = "starjoin-staging"
# For local servers only; a deployment creates its own.
TOKEN_KEY: Final = "local token key, of no use elsewhere"
_ACCOUNT: Final = "123456789012"  # moto's


class LocalStack(Lifetime):
    """The running servers and the settings of an application that uses them.

    Args:
        declaration: the application's declaration, a path inside the package or an absolute one.
        shards: of the change stream.
        resharding: whether shards can be split and merged, which needs Node.js.
        folder: for logs and state; a temporary one, removed at the end, when None.
        with_source: whether a source database is among the servers.
        poll_milliseconds: from one look for records in a shard to the next.
    """

    def __init__(  # noqa: PLR0913 - one argument per choice
        self,
        declaration: str = "flink_app/stars/ticket_seller.yaml",
        *,
        shards: int = 2,
        resharding: bool = False,
        folder: Path | None = None,
        with_source: bool = True,
        poll_milliseconds: int = 200,
    ) -> None:
        self._declaration = declaration
        self._poll_milliseconds = poll_milliseconds
        self._shards = shards
        self._resharding = resharding
        self._kinesis: LocalKinesis | None = None
        self._chosen_folder = folder
        self._with_source = with_source
        self._exit = ExitStack()

    def _start(self) -> None:
        """Starts the servers and creates the settings; returns when all of them answer."""
        if self._chosen_folder is None:
            temporary = tempfile.TemporaryDirectory(prefix="starjoin-", ignore_cleanup_errors=True)
            self.folder = Path(self._exit.enter_context(temporary))
        else:
            self.folder = self._chosen_folder
            self.folder.mkdir(parents=True, exist_ok=True)
        self.moto = self._exit.enter_context(Moto(self.folder / "moto"))
        if self._resharding:
            self._kinesis = self._exit.enter_context(
                LocalKinesis(self.folder / "kinesis", _ACCOUNT, self.moto.region)
            )
        self.redshift = self._exit.enter_context(
            RedshiftEmulator(self.folder / "redshift", s3_endpoint=self.moto.endpoint)
        )
        # What is committed is in the log at once, from which the source's changes are read.
        self.source = EmbeddedPostgres(
            self.folder / "source", logical=True, settings={"synchronous_commit": "on"}
        )
        if self._with_source:
            self._exit.enter_context(self.source)
        self._create_resources()
        self.settings = self._make_settings()
        self.properties = self.folder / "application_properties.json"
        self.properties.write_text(json.dumps(property_groups(self.settings), indent=2))

    def stop(self) -> None:
        """Stops everything and removes a temporary folder. May be repeated."""
        self._exit.close()

    def environment(self) -> dict[str, str]:
        """What child processes need to reach the servers."""
        return self.moto.environment()

    def client(self, service: Any) -> Any:
        """A boto3 client of the server that has this service."""
        if service == "kinesis" and self._kinesis is not None:
            return self._kinesis.client()
        return self.moto.client(service)

    def warehouse(self) -> Connection:
        """A connection to the warehouse with autocommit, for queries."""
        connection = redshift_connector.connect(
            host=self.redshift.host,
            port=self.redshift.port,
            database=self.redshift.database,
            user=self.redshift.user,
            password=self.redshift.password,
            ssl=False,
        )
        connection.autocommit = True
        return connection

    def _create_resources(self) -> None:
        kinesis: KinesisClient = self.client("kinesis")
        kinesis.create_stream(StreamName=STREAM, ShardCount=self._shards)
        # Asked at once, then each second.
        kinesis.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
        s3: S3Client = self.client("s3")
        s3.create_bucket(
            Bucket=BUCKET,
            CreateBucketConfiguration={"LocationConstraint": self.moto.region},  # type: ignore[typeddict-item]
        )
        secrets = self.client("secretsmanager")
        secrets.create_secret(Name="starjoin/privacy", SecretString=TOKEN_KEY)
        login = {"username": self.redshift.user, "password": self.redshift.password}
        secrets.create_secret(Name="starjoin/redshift", SecretString=json.dumps(login))

    def _make_settings(self) -> Settings:
        region = self.moto.region
        return Settings(
            application=Application(
                name=Path(self._declaration).stem.replace("_", "-"),
                declaration=self._declaration,
                region=region,
                endpoint=self.moto.endpoint,
            ),
            source=Source(
                stream_arn=f"arn:aws:kinesis:{region}:{_ACCOUNT}:stream/{STREAM}",
                endpoint=self._kinesis.endpoint if self._kinesis is not None else None,
                cbor=self._kinesis is not None,  # moto knows JSON only
                poll_interval_milliseconds=self._poll_milliseconds,
            ),
            staging=Staging(bucket=BUCKET),
            privacy=Privacy(secret_id="starjoin/privacy"),
            redshift=Redshift(
                host=self.redshift.host,
                port=self.redshift.port,
                database=self.redshift.database,
                ssl_mode=SslMode.NONE,
                secret_id="starjoin/redshift",
                copy_role="default",
            ),
        )
