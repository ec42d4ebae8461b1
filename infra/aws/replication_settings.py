"""Part `dms` of an environment's file: the replication task and the database that it reads."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from flink_app.template_parameter import NO_PARAMETER, Parameter
from flink_app.validation.addresses import DatabaseName, KeyArn, SecretArn, dms_arn
from flink_app.validation.strict_model import StrictModel

InstanceArn = Annotated[str, StringConstraints(pattern=dms_arn("rep"))]
CertificateArn = Annotated[str, StringConstraints(pattern=dms_arn("cert"))]


class Source(StrictModel):
    """The source database of the replication task, which exists already."""

    engine: Annotated[Literal["postgres", "aurora-postgresql"], Parameter("SourceEngine")] = Field(
        "postgres", description="Engine of the source database."
    )
    database: Annotated[DatabaseName, Parameter("SourceDatabase")] = Field(
        description="Database that holds the declared tables."
    )
    secret_arn: Annotated[SecretArn, Parameter("SourceSecretArn")] = Field(
        description="ARN of the secret that holds host, port, username and password of the "
        "replication user."
    )
    secret_key_arn: Annotated[KeyArn | None, Parameter("SourceSecretKeyArn")] = Field(
        None,
        description="ARN of the KMS key that encrypts this secret. Leave it out if that is the "
        "account's default key.",
    )
    ssl_mode: Annotated[
        Literal["none", "require", "verify-ca", "verify-full"], Parameter("SourceSslMode")
    ] = Field(
        "require",
        description="How DMS connects to the source. `require` encrypts; `verify-ca` also checks "
        "the server's certificate, `verify-full` its host name as well. `none` turns TLS off.",
    )
    certificate_arn: Annotated[CertificateArn | None, Parameter("SourceCertificateArn")] = Field(
        None,
        description="ARN of the CA certificate, imported into DMS, that `verify-ca` and "
        "`verify-full` check against. Leave it out with the other modes.",
    )
    capture_ddl: Annotated[bool, Parameter("SourceCaptureDdl")] = Field(
        default=True,
        description="Whether DMS reports altered tables. It makes a table and an event trigger in "
        "the source for it. `false` turns it off.",
    )
    heartbeat_minutes: Annotated[int, Parameter("SourceHeartbeatMinutes")] = Field(
        5,
        ge=0,
        le=60,
        description="Minutes between writes to the source that let it release its log while no "
        "table changes. 0 turns them off.",
    )
    artifacts_schema: Annotated[str, Parameter("SourceArtifactsSchema")] = Field(
        "public",
        pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,62}$",
        description="Schema of the source in which DMS makes its objects for DDL capture and "
        "heartbeat.",
    )

    @model_validator(mode="after")
    def _certificate_is_verified(self) -> Self:
        verifies = self.ssl_mode in {"verify-ca", "verify-full"}
        if verifies and self.certificate_arn is None:
            message = (
                f"ssl_mode {self.ssl_mode} needs certificate_arn: import the CA's certificate with "
                f"`aws dms import-certificate` and give its ARN as certificate_arn"
            )
            raise ValueError(message)
        if not verifies and self.certificate_arn is not None:
            message = (
                f"ssl_mode {self.ssl_mode} does not check certificate_arn: set ssl_mode to "
                f"verify-ca or verify-full, or remove certificate_arn"
            )
            raise ValueError(message)
        return self


class Dms(StrictModel):
    """The replication task; left out where one exists already."""

    replication_instance_arn: InstanceArn = Field(
        description="ARN of the replication instance that runs the task; engine 3.5.4 or newer."
    )
    source: Source = Field(description="The source database.")
    create_account_roles: Annotated[bool, NO_PARAMETER] = Field(
        default=False,
        description="Whether deploy creates the roles dms-vpc-role and dms-cloudwatch-logs-role if "
        "the account lacks them. `false` makes deploy stop and name them.",
    )
