"""AWS clients and connections, opened in the workers from settings.

The region is explicit, since only the credential endpoints answer on the managed service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from connectors.redshift.connection import RedshiftAddress, connect, read_credentials
from connectors.redshift.limits import Limits
from connectors.redshift.loader import Loader
from connectors.redshift.sweep import Floor
from connectors.staging.store import S3Store
from flink_app.declaration import Star
from flink_app.decode.position import floor_position
from flink_app.privacy.keys import PrivacyKeys, read_privacy_keys
from flink_app.settings import Settings
from flink_app.warehouse import warehouse_spec

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Clients:
    """Opens what a stage needs; itself plain data, so it travels with the stage."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def privacy_keys(self) -> PrivacyKeys:
        """The application's keys, from Secrets Manager."""
        return read_privacy_keys(self._secrets(), self._settings.privacy.secret_id)

    def staging_store(self) -> S3Store:
        """Where parts and manifests are written."""
        client: S3Client = boto3.client("s3", **self._aws())
        staging = self._settings.staging
        return S3Store(
            client, staging.bucket, f"{staging.prefix}/{self._settings.application.name}"
        )

    def loader(self, star: Star) -> Loader:
        """The loader of `star`; it reads its credentials anew for every connection."""
        redshift = self._settings.redshift
        address = RedshiftAddress(redshift.host, redshift.port, redshift.database, redshift.ssl)

        limits = Limits(statement=redshift.statement_seconds)

        def open_connection() -> Any:
            credentials = read_credentials(self._secrets(), redshift.secret_id)
            return connect(address, credentials, limits)

        floor = self._settings.application.floor
        return Loader(
            warehouse_spec(star),
            application=self._settings.application.name,
            bookkeeping_schema=redshift.bookkeeping_schema,
            copy_role=redshift.copy_role,
            connect=open_connection,
            manifests=self.staging_store(),
            alters=star.declaration.stream.schema_changes.alters_tables,
            floor=Floor(floor, floor_position(floor)),
        )

    def _secrets(self) -> SecretsManagerClient:
        client: SecretsManagerClient = boto3.client("secretsmanager", **self._aws())
        return client

    def _aws(self) -> dict[str, Any]:
        application = self._settings.application
        return {"region_name": application.region, "endpoint_url": application.endpoint}
