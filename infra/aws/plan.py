"""What an environment's stacks are: names, templates and parameters. Nothing here calls AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.redshift.connection import SslMode
from flink_app.declaration import Star, load_declaration
from flink_app.declaration.file import DeclarationError
from flink_app.positions.generations import Generations
from flink_app.settings import Application, Privacy, Redshift, Settings, Source, Staging
from flink_app.warehouse import refuse_books_schema
from infra.aws.dms import with_dms_settings
from infra.aws.environment import Environment
from infra.aws.errors import DeployError
from infra.aws.templates import load_template
from infra.bootstrap import ROOT

Outputs = Mapping[str, str]

DATA: Final = "data"
APPLICATION: Final = "application"
ALARMS: Final = "alarms"
DMS: Final = "dms"


@dataclass(frozen=True)
class StackPlan:
    """One stack as it is to be.

    Attributes:
        part: what it is of the environment.
        name: its name in CloudFormation.
        template: with long forms only.
        parameters: by name, all text.
    """

    part: str
    name: str
    template: dict[str, Any]
    parameters: dict[str, str]


def load_star(environment: Environment) -> Star:
    """The environment's declaration. Raises DeployError."""
    path = ROOT / environment.application.declaration
    try:
        star = Star(load_declaration(path))
        refuse_books_schema(star, environment.redshift.bookkeeping_schema)
    except DeclarationError as error:
        raise DeployError(str(error)) from error
    return star


def with_generations(environment: Environment, settings: Mapping[str, str]) -> Environment:
    """The environment with what reloads have raised; `settings` are the application's own."""
    if "generations" not in settings:
        return environment
    raised = {
        "generations": Generations.parse(settings["generations"]),
        "floor": int(settings.get("floor", "0")),
    }
    application = environment.application.model_copy(update=raised)
    return environment.model_copy(update={"application": application})


def code_key(digest: str, deployed: str = "", running: str = "") -> str:
    """The key of a version of the code: new bytes, new key, so no version is ever overwritten.

    Where the stack has these bytes already and the application runs others, the service has rolled
    an update back, and CloudFormation would see no change: the next attempt has a key of its own.

    Args:
        digest: of the package.
        deployed: the key that the application's stack has; empty where there is none.
        running: the key of the code that the application has; empty where there is none.
    """
    first = f"code/starjoin-{digest[:16]}"
    found = re.fullmatch(rf"{first}(?:-([0-9]+))?\.zip", deployed)
    if found is None:
        return f"{first}.zip"
    if running in {deployed, ""}:
        return deployed
    return f"{first}-{int(found[1] or 1) + 1}.zip"


def promised_outputs(environment: Environment) -> dict[str, str]:
    """What stands for the data stack's outputs while it is not there, in a dry run."""
    template = load_template(DATA)
    return {name: f"<{name} of {environment.stack(DATA)}>" for name in template["Outputs"]}


def application_settings(environment: Environment, data: Outputs) -> Settings:
    """The settings that the application will read, checked by its own rules."""
    application, redshift = environment.application, environment.redshift
    return Settings(
        application=Application(
            name=application.name,
            declaration=application.declaration,
            generations=application.generations,
            floor=application.floor,
            dead_letter_share=application.dead_letter_share,
            dead_letter_run=application.dead_letter_run,
            dead_letter_originals=application.dead_letter_originals,
            metrics_by_table=application.metrics_by_table,
            region=environment.region,
        ),
        source=Source(stream_arn=data["StreamArn"], initial_position=application.initial_position),
        staging=Staging(
            bucket=data["StagingBucket"],
            prefix=environment.staging.prefix,
            retry_seconds=environment.staging.retry_seconds,
        ),
        privacy=Privacy(secret_id=data["PrivacyKeyArn"]),
        redshift=Redshift(
            host=redshift.host,
            port=redshift.port,
            database=redshift.database,
            secret_id=redshift.secret_arn,
            copy_role=data["CopyRoleArn"],
            bookkeeping_schema=redshift.bookkeeping_schema,
            statement_seconds=redshift.statement_seconds,
            ssl_mode=SslMode(redshift.ssl_mode),
        ),
    )


def data_stack(environment: Environment) -> StackPlan:
    """What outlives the application."""
    stream, staging = environment.stream, environment.staging
    return _plan(
        environment,
        DATA,
        load_template(DATA),
        ApplicationName=environment.application.name,
        StagingPrefix=staging.prefix,
        StreamMode=stream.mode,
        ShardCount=stream.shards,
        RetentionHours=stream.retention_hours,
        StagedDays=staging.staged_days,
        DeadLetterDays=staging.dead_letter_days,
        OriginalsRoleArn=staging.originals_role_arn or "",
        PrivacySecretArn=environment.privacy.secret_arn or "",
    )


def application_stack(environment: Environment, data: Outputs, code: str) -> StackPlan:
    """The application with the code under the key `code`."""
    application, redshift = environment.application, environment.redshift
    return _plan(
        environment,
        APPLICATION,
        load_template(APPLICATION),
        ApplicationName=application.name,
        Declaration=application.declaration,
        Generations=str(application.generations),
        Floor=application.floor,
        DeadLetterShare=application.dead_letter_share,
        DeadLetterRun=application.dead_letter_run,
        DeadLetterOriginals=application.dead_letter_originals,
        MetricsByTable=application.metrics_by_table,
        CodeBucket=data["CodeBucket"],
        CodeKey=code,
        StreamArn=data["StreamArn"],
        InitialPosition=application.initial_position,
        StagingBucket=data["StagingBucket"],
        StagingPrefix=environment.staging.prefix,
        RetrySeconds=environment.staging.retry_seconds,
        PrivacyKeyArn=data["PrivacyKeyArn"],
        CopyRoleArn=data["CopyRoleArn"],
        RedshiftHost=redshift.host,
        RedshiftPort=redshift.port,
        RedshiftDatabase=redshift.database,
        RedshiftSecretArn=redshift.secret_arn,
        RedshiftSecretKeyArn=redshift.secret_key_arn or "",
        BookkeepingSchema=redshift.bookkeeping_schema,
        StatementSeconds=redshift.statement_seconds,
        SslMode=redshift.ssl_mode,
        SubnetIds=",".join(environment.network.subnets),
        SecurityGroupIds=",".join(environment.network.security_groups),
        Parallelism=application.parallelism,
        ParallelismPerKpu=application.parallelism_per_kpu,
        AutoScaling=application.autoscaling,
        CheckpointMilliseconds=1_000 * application.checkpoint_seconds,
        LogLevel=application.log_level,
        LogDays=application.log_days,
    )


def alarms_stack(environment: Environment, data: Outputs) -> StackPlan:
    """The alarms on the job's health."""
    alarms = environment.alarms
    return _plan(
        environment,
        ALARMS,
        load_template(ALARMS),
        ApplicationName=environment.application.name,
        StreamName=data["StreamName"],
        AlarmTopicArn=alarms.topic_arn or "",
        LagAlarmMilliseconds=1_000 * alarms.lag_seconds,
        CheckpointAlarmMilliseconds=1_000 * alarms.checkpoint_seconds,
        NothingLoadedAlarmSeconds=alarms.nothing_loaded_seconds,
    )


def dms_stack(environment: Environment, data: Outputs, star: Star) -> StackPlan | None:
    """The replication task, or None where the environment has none."""
    dms = environment.dms
    if dms is None:
        return None
    return _plan(
        environment,
        DMS,
        with_dms_settings(load_template(DMS), star),
        ApplicationName=environment.application.name,
        StreamArn=data["StreamArn"],
        ReplicationInstanceArn=dms.replication_instance_arn,
        SourceEngine=dms.source.engine,
        SourceDatabase=dms.source.database,
        SourceSecretArn=dms.source.secret_arn,
        SourceSecretKeyArn=dms.source.secret_key_arn or "",
        SourceSslMode=dms.source.ssl_mode,
        SourceCertificateArn=dms.source.certificate_arn or "",
        SourceCaptureDdl=dms.source.capture_ddl,
        SourceHeartbeatMinutes=dms.source.heartbeat_minutes,
        SourceArtifactsSchema=dms.source.artifacts_schema,
    )


def _plan(
    environment: Environment, part: str, template: dict[str, Any], **parameters: str | float | bool
) -> StackPlan:
    return StackPlan(
        part,
        environment.stack(part),
        template,
        {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in parameters.items()
        },
    )
