"""AWS clients and connections, opened in the workers from settings.

The region is explicit, since only the credential endpoints answer on the managed service.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from connectors.log_points import LogRule, Points
from connectors.redshift.access import Limits, RedshiftAddress
from connectors.redshift.connection import connect, read_credentials
from connectors.redshift.cuts import CutRule
from connectors.redshift.errors import LoadError
from connectors.redshift.loader import Loader
from connectors.redshift.preconditions import check_region
from connectors.redshift.pruning import Kept
from connectors.redshift.schedule import MEGABYTE, Schedule, Size
from connectors.redshift.sweep import Floor
from connectors.staging.store import S3Store
from flink_app.declaration import Star
from flink_app.positions.position import floor_position
from flink_app.privacy.keys import PrivacyKeys, read_privacy_keys
from flink_app.settings import Settings
from flink_app.warehouse import warehouse_spec

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

logger = logging.getLogger(__name__)

# Time-outs in seconds, for each attempt; boto3's own are 60. What still fails is repeated by who
# asked: staging within the checkpoint's time-out, the load with its next attempt.
_S3: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_IN_A_LOAD: Final = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
)
# Nobody repeats what `open` asks for but a restart of the whole job, whose workers all ask at once:
# that is when they are throttled. Ten attempts wait for about a minute.
_AT_START: Final = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 10},
)


class Clients:
    """Opens what a stage needs; itself plain data, so it travels with the stage."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def privacy_keys(self) -> PrivacyKeys:
        """The application's keys, from Secrets Manager. Raises SecretReadError, SecretError."""
        client = self._secrets(_AT_START)
        return read_privacy_keys(client, self._settings.privacy.secret_id)

    def value_key_id(self, star: Star) -> str:
        """The id of the key that makes this declaration's tokens; empty where it has none."""
        return self.privacy_keys().key_id if star.tokenises else ""

    def staging_store(self) -> S3Store:
        """Where parts and manifests are written."""
        client: S3Client = boto3.client("s3", config=_S3, **self._aws())
        staging = self._settings.staging
        return S3Store(
            client, staging.bucket, f"{staging.prefix}/{self._settings.application.name}"
        )

    def loader(self, star: Star, key_id: str = "") -> Loader:
        """The loader of `star`, whose values are made under key `key_id`.

        It reads its credentials for every connection.
        """
        redshift = self._settings.redshift
        address = RedshiftAddress(
            redshift.host, redshift.port, redshift.database, redshift.ssl_mode
        )

        limits = Limits(statement=redshift.statement_seconds)

        def open_connection() -> Any:
            credentials = read_credentials(self._secrets(_IN_A_LOAD), redshift.secret_id)
            return connect(address, credentials, limits, redshift.query_group)

        store, bucket = self.staging_store(), self._settings.staging.bucket
        return Loader(
            warehouse_spec(star),
            application=self._settings.application.name,
            bookkeeping_schema=redshift.bookkeeping_schema,
            copy_role=redshift.copy_role,
            connect=open_connection,
            manifests=store,
            check_bucket=lambda: check_region(redshift.host, bucket, store.region),
            alters=star.declaration.stream.schema_changes.alters_tables,
            floor=Floor(self._settings.application.floors, floor_position),
            key_id=key_id,
            log_rule=self.log_rule,
            statement_seconds=redshift.statement_seconds,
            pruning=(
                Kept(redshift.bookkeeping_days, redshift.cut_days)
                if redshift.bookkeeping_days
                else None
            ),
            cut_rule=CutRule(redshift.cut_disorder_seconds, redshift.cut_lag_seconds),
        )

    def load_schedule(self) -> Schedule:
        """When a load begins, and how much it takes."""
        redshift = self._settings.redshift
        return Schedule(
            redshift.load_interval_seconds,
            Size(redshift.load_rows, redshift.load_megabytes * MEGABYTE),
            Size(redshift.transaction_rows, redshift.transaction_megabytes * MEGABYTE),
            redshift.idle_load_seconds,
        )

    @property
    def log_rule(self) -> LogRule:
        """What happens where the source's log has started again."""
        application = self._settings.application
        return LogRule(application.on_log_restart, application.log_restart_seconds)

    def log_points(self, star: Star) -> Points:
        """How far the source's log has been loaded, by table; nothing where nobody says.

        A warehouse that does not answer stops no start: its loads compare all the same.
        """
        try:
            return self.loader(star).log_points()
        except LoadError as error:
            logger.warning(
                "How far the source's log has been loaded could not be read: %s. Should the log "
                "have started again, it is the first load that finds it",
                error,
            )
            return {}

    def _secrets(self, config: Config) -> SecretsManagerClient:
        client: SecretsManagerClient = boto3.client("secretsmanager", config=config, **self._aws())
        return client

    def _aws(self) -> dict[str, Any]:
        application = self._settings.application
        return {"region_name": application.region, "endpoint_url": application.endpoint}
