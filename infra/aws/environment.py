"""An environment: where one copy of the application runs, and with what. One YAML file each.

Secrets are not in it, only the ARNs under which Secrets Manager keeps them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from connectors.redshift.connection import STATEMENT_SECONDS
from connectors.staging.waiting import RETRY_SECONDS
from flink_app.dead_letters.schema import Originals
from flink_app.positions.generations import Generations, GenerationsSetting
from flink_app.settings import Name
from flink_app.validation.addresses import (
    DatabaseName,
    HostName,
    KeyArn,
    Region,
    RoleArn,
    SchemaName,
    SecretArn,
    TopicArn,
    dms_arn,
)
from flink_app.validation.faults import fault_lines
from flink_app.validation.without_null import WithoutNull
from flink_app.validation.yaml_file import YamlFileError, read_yaml
from infra.aws.environments import FOLDER
from infra.aws.errors import BadEnvironmentError

InstanceArn = Annotated[str, StringConstraints(pattern=dms_arn("rep"))]
CertificateArn = Annotated[str, StringConstraints(pattern=dms_arn("cert"))]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]
# The stacks are named after it.
EnvironmentName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=64)
]
# DMS's identifiers, stricter than every other service's names: stacks, applications, log groups and
# keys of objects take all of these. The task's is the application's name with a word appended.
_DMS_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")


class _Part(WithoutNull, BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Application(_Part):
    """What runs."""

    name: Name = Field(description="owner of the fence in the warehouse; keep it")
    declaration: str = Field(
        "flink_app/stars/ticket_seller.yaml",
        pattern=r"^flink_app(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$",
        description="path inside the package",
    )
    generations: GenerationsSetting = Field(
        Generations(), description="of an application that is new; afterwards reload raises it"
    )
    floor: int = Field(0, ge=0, description="likewise")
    dead_letter_share: float = Field(
        0.5, gt=0, le=1, description="of 10,000 records of a subtask; more stop the job; 1: never"
    )
    dead_letter_run: int = Field(
        5_000, ge=0, description="dead letters in a row; more stop the job; 0: never"
    )
    dead_letter_originals: Originals = Field(
        Originals.SEALED, description="restricted: in the clear, for staging.originals_role_arn"
    )
    metrics_by_table: bool = Field(
        default=True, description="the balance by table as metrics; CloudWatch bills each"
    )
    initial_position: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"
    parallelism: int = Field(2, ge=1, le=256)
    parallelism_per_kpu: int = Field(1, ge=1, le=8)
    autoscaling: bool = False
    checkpoint_seconds: int = Field(60, ge=1, le=3_600)
    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = "INFO"
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = 30


class Network(_Part):
    """The VPC that the application reaches Redshift through."""

    subnets: list[SubnetId] = Field(min_length=1, max_length=16)
    security_groups: list[SecurityGroupId] = Field(min_length=1, max_length=5)


class Redshift(_Part):
    """The warehouse, which exists already."""

    host: HostName
    port: int = Field(5439, gt=0, lt=65_536)
    database: DatabaseName
    secret_arn: SecretArn
    secret_key_arn: KeyArn | None = Field(None, description="if the secret has a key of its own")
    ssl_mode: Literal["verify-full", "verify-ca"] = Field(
        "verify-full",
        description="verify-ca: the certificate may be for another host than `host`, for those who "
        "reach the warehouse by a private name or a proxy",
    )
    bookkeeping_schema: SchemaName = "starjoin"
    statement_seconds: int = Field(
        STATEMENT_SECONDS,
        ge=60,
        le=86_400,
        description="after which Redshift ends a statement of a load, and it is tried again",
    )


class Stream(_Part):
    """The change stream."""

    mode: Literal["ON_DEMAND", "PROVISIONED"] = "ON_DEMAND"
    shards: int = Field(2, ge=1, le=500, description="of a PROVISIONED stream")
    retention_hours: int = Field(168, ge=24, le=8_760)


class Staging(_Part):
    """Staged files and dead letters."""

    prefix: Name = "staged"
    retry_seconds: int = Field(
        RETRY_SECONDS,
        ge=0,
        le=480,
        description="for how long uploads of one epoch that S3 does not take are repeated",
    )
    staged_days: int = Field(14, ge=2)
    dead_letter_days: int = Field(365, ge=2)
    originals_role_arn: RoleArn | None = Field(
        None, description="the only role that may read restricted originals of dead letters"
    )


class Alarms(_Part):
    """Where alarms go, and the limits that depend on the load."""

    topic_arn: TopicArn | None = None
    lag_seconds: int = Field(900, ge=60)
    checkpoint_seconds: int = Field(120, ge=1)
    nothing_loaded_seconds: int = Field(
        1_200,
        ge=60,
        description="age of the oldest complete epoch that is not loaded; longer than "
        "redshift.statement_seconds, so that one statement that is ended and repeated raises none",
    )


class Source(_Part):
    """The source database of the replication task, which exists already."""

    engine: Literal["postgres", "aurora-postgresql"] = "postgres"
    database: DatabaseName
    secret_arn: SecretArn
    secret_key_arn: KeyArn | None = Field(None, description="if the secret has a key of its own")
    ssl_mode: Literal["none", "require", "verify-ca", "verify-full"] = Field(
        "require",
        description="require encrypts; verify-ca also checks the certificate, verify-full its host",
    )
    certificate_arn: CertificateArn | None = Field(
        None, description="CA certificate imported into DMS, for verify-ca and verify-full"
    )
    capture_ddl: bool = Field(
        default=True,
        description="report altered tables; DMS makes a table and an event trigger in the source",
    )
    heartbeat_minutes: int = Field(
        5, ge=0, le=60, description="between writes that let an idle source free its log; 0: none"
    )
    artifacts_schema: str = Field(
        "public",
        pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,62}$",
        description="schema of the source for what DDL capture and heartbeat make",
    )

    @model_validator(mode="after")
    def _certificate_is_verified(self) -> Self:
        verifies = self.ssl_mode in {"verify-ca", "verify-full"}
        if verifies and self.certificate_arn is None:
            message = (
                f"ssl_mode {self.ssl_mode} needs certificate_arn: import the CA's certificate with "
                f"`aws dms import-certificate` and put its ARN here"
            )
            raise ValueError(message)
        if not verifies and self.certificate_arn is not None:
            message = (
                f"ssl_mode {self.ssl_mode} does not check certificate_arn: set verify-ca or "
                f"verify-full, or remove certificate_arn"
            )
            raise ValueError(message)
        return self


class Dms(_Part):
    """The replication task; left out where one exists already."""

    replication_instance_arn: InstanceArn
    source: Source
    create_account_roles: bool = Field(
        default=False,
        description="create dms-vpc-role and dms-cloudwatch-logs-role where the account lacks them",
    )


class Privacy(_Part):
    """The key of tokens and sealed originals."""

    secret_arn: SecretArn | None = Field(
        None,
        description="a secret that exists, such as one that an earlier environment left, "
        "encrypted under the account's default key; without it the data stack makes one",
    )


class Environment(_Part):
    """All of an environment's file, and its name."""

    name: EnvironmentName
    region: Region
    application: Application
    network: Network
    redshift: Redshift
    # The defaults are models without a required field.
    stream: Stream = Stream()
    staging: Staging = Staging()
    privacy: Privacy = Privacy()
    alarms: Alarms = Alarms()
    dms: Dms | None = None

    @model_validator(mode="after")
    def _originals_have_a_reader(self) -> Self:
        restricted = self.application.dead_letter_originals is Originals.RESTRICTED
        if restricted and self.staging.originals_role_arn is None:
            message = (
                "application.dead_letter_originals is restricted: name the role that may read "
                "them, staging.originals_role_arn, or nobody can"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _dms_takes_the_name(self) -> Self:
        if self.dms is not None and not _DMS_IDENTIFIER.fullmatch(self.application.name):
            message = (
                "application.name also names the replication task, for which DMS takes only "
                "letters, digits and single hyphens, beginning with a letter and not ending with a "
                "hyphen: choose such a name, or, where this application exists already, remove "
                "`dms` and make the replication task by hand"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_statement_raises_no_alarm(self) -> Self:
        statement, alarm = self.redshift.statement_seconds, self.alarms.nothing_loaded_seconds
        if alarm <= statement:
            message = (
                f"alarms.nothing_loaded_seconds is {alarm} and must be longer than "
                f"redshift.statement_seconds, {statement}: a single statement that is ended and "
                "repeated would raise the alarm. Raise the one or lower the other"
            )
            raise ValueError(message)
        return self

    def stack(self, part: str) -> str:
        """The name of one of the environment's stacks."""
        return f"starjoin-{self.name}-{part}"


def load_environment(name: str, folder: Path = FOLDER) -> Environment:
    """Reads `<name>.yaml`. Raises BadEnvironmentError."""
    path = folder / f"{name}.yaml"
    try:
        content = read_yaml(path)
    except FileNotFoundError as error:
        known = ", ".join(sorted(other.stem for other in folder.glob("*.yaml"))) or "none"
        message = (
            f"{path}: there is no such environment (there are: {known}); "
            f"copy {FOLDER.name}/example.yaml and fill it in"
        )
        raise BadEnvironmentError(message) from error
    except YamlFileError as error:
        raise BadEnvironmentError(str(error)) from error
    if not isinstance(content, dict):
        message = f"{path} is not a mapping of settings; see {FOLDER.name}/example.yaml"
        raise BadEnvironmentError(message)
    try:
        return Environment.model_validate({**content, "name": name})
    except ValidationError as error:
        faults = fault_lines(error)
        message = "\n".join([f"{path} has {len(faults)} fault(s):", *faults])
        raise BadEnvironmentError(message) from None
