"""An environment: where one copy of the application runs, and with what. One YAML file each.

Secrets are not in it, only the ARNs under which Secrets Manager keeps them.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from flink_app.dead_letters.schema import Originals
from flink_app.settings import DEFAULT_DECLARATION
from flink_app.shared_settings import (
    SharedApplication,
    SharedReading,
    SharedRedshift,
    SharedSource,
    SharedStaging,
)
from flink_app.template_parameter import NO_PARAMETER, Parameter
from flink_app.validation.addresses import (
    KeyArn,
    Region,
    RoleArn,
    SecretArn,
    TopicArn,
)
from flink_app.validation.faults import model_faults
from flink_app.validation.strict_model import StrictModel
from flink_app.validation.yaml_file import (
    YamlFileError,
    list_placed_faults,
    read_yaml_document,
)
from infra.aws.environments import FOLDER
from infra.aws.errors import BadEnvironmentError
from infra.aws.replication_settings import Dms

SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]
# The stacks are named after it.
EnvironmentName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=64)
]
# DMS's identifiers, stricter than every other service's names: stacks, applications, log groups and
# keys of objects take all of these. The task's is the application's name with a word appended.
_DMS_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")


class Application(StrictModel, SharedSource, SharedApplication):
    """The application, and the resources that it runs with."""

    declaration: str = Field(
        DEFAULT_DECLARATION,
        pattern=r"^flink_app(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$",
        description="Path of the declaration inside the package.",
    )
    parallelism: int = Field(
        2,
        ge=1,
        le=256,
        description="Parallel subtasks of each stage, except the last, which loads.",
    )
    parallelism_per_kpu: int = Field(
        1,
        ge=1,
        le=8,
        description="Subtasks on one Kinesis Processing Unit (KPU). Its gigabyte of native memory "
        "is shared by their Python workers, so 1 is safe.",
    )
    autoscaling: Annotated[bool, Parameter("AutoScaling")] = Field(
        default=False,
        description="Whether the service adapts the parallelism to CPU use. Each change restarts "
        "the job. `false` keeps the parallelism fixed.",
    )
    checkpoint_seconds: Annotated[
        int, Parameter("CheckpointMilliseconds", in_milliseconds=True)
    ] = Field(
        60,
        ge=1,
        le=3_600,
        description="Seconds between checkpoints. Each completed checkpoint loads one batch, so "
        "this is also how old the warehouse's data may become.",
    )
    checkpoint_pause_seconds: Annotated[
        int, Parameter("CheckpointPauseMilliseconds", in_milliseconds=True)
    ] = Field(
        0,
        ge=0,
        le=3_600,
        description="Seconds between the end of a checkpoint and the beginning of the next. More "
        "than 0 leaves time between checkpoints that take as long as their interval, and makes "
        "short intervals longer.",
    )
    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = Field(
        "INFO", description="Lowest level that is written to the log."
    )
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = Field(
        30, description="Days for which CloudWatch keeps the log."
    )


class Network(StrictModel):
    """The VPC through which the application reaches Redshift."""

    subnets: Annotated[
        list[SubnetId], Parameter("SubnetIds", cloudformation_type="List<AWS::EC2::Subnet::Id>")
    ] = Field(
        min_length=1,
        max_length=16,
        description="Private subnets with routes to Redshift, Kinesis, S3, Secrets Manager and "
        "CloudWatch Logs, and to STS if `reading.role_arn` is set.",
    )
    security_groups: Annotated[
        list[SecurityGroupId],
        Parameter("SecurityGroupIds", cloudformation_type="List<AWS::EC2::SecurityGroup::Id>"),
    ] = Field(
        min_length=1,
        max_length=5,
        description="Security groups of the application. Redshift's security group must admit "
        "them.",
    )


class Redshift(StrictModel, SharedRedshift):
    """The warehouse, which exists already."""

    secret_arn: Annotated[SecretArn, Parameter("RedshiftSecretArn")] = Field(
        description="ARN of the secret that holds the username and password of the user that loads."
    )
    secret_key_arn: Annotated[KeyArn | None, Parameter("RedshiftSecretKeyArn")] = Field(
        None,
        description="ARN of the KMS key that encrypts this secret. Leave it out if that is the "
        "account's default key.",
    )
    ssl_mode: Literal["verify-full", "verify-ca"] = Field(
        "verify-full",
        description="How Redshift's certificate is verified. `verify-full`: issued by a trusted "
        "authority for exactly `host`. `verify-ca`: issued by a trusted authority for any host, "
        "for a private name or a proxy. TLS cannot be turned off.",
    )


class Stream(StrictModel):
    """The change stream."""

    mode: Annotated[Literal["ON_DEMAND", "PROVISIONED"], Parameter("StreamMode")] = Field(
        "ON_DEMAND",
        description="Capacity of the stream. `ON_DEMAND` scales by itself; `PROVISIONED` has the "
        "number of shards that `stream.shards` gives.",
    )
    shards: Annotated[int, Parameter("ShardCount")] = Field(
        2,
        ge=1,
        le=500,
        description="Shards of a PROVISIONED stream. Each takes 1 MB or 1,000 records a second.",
    )
    retention_hours: int = Field(
        168,
        ge=24,
        le=8_760,
        description="Hours for which the stream keeps records. Set it above the longest stop of "
        "the application: older changes are lost.",
    )


class Reading(StrictModel, SharedReading):
    """How the application reads the change stream."""


class Staging(StrictModel, SharedStaging):
    """Staged files and dead letters."""

    staged_days: int = Field(
        14,
        ge=2,
        description="Days after which staged files are deleted. Set it above the longest outage of "
        "the warehouse: files that are not loaded by then are lost.",
    )
    dead_letter_days: int = Field(
        365, ge=2, description="Days after which dead letters are deleted."
    )
    originals_role_arn: RoleArn | None = Field(
        None,
        description="ARN of the only role that may read restricted originals of dead letters. "
        "Without it nobody may.",
    )


class Alarms(StrictModel):
    """Where alarms are sent, and the thresholds that depend on the load."""

    topic_arn: Annotated[TopicArn | None, Parameter("AlarmTopicArn")] = Field(
        None,
        description="ARN of the SNS topic that alarms are sent to. Without it they only show in "
        "CloudWatch.",
    )
    lag_seconds: Annotated[int, Parameter("LagAlarmMilliseconds", in_milliseconds=True)] = Field(
        900, ge=60, description="Age in seconds of the oldest unread record that raises an alarm."
    )
    checkpoint_seconds: Annotated[
        int, Parameter("CheckpointAlarmMilliseconds", in_milliseconds=True)
    ] = Field(120, ge=1, description="Duration in seconds of a checkpoint that raises an alarm.")
    nothing_loaded_seconds: Annotated[int, Parameter("NothingLoadedAlarmSeconds")] = Field(
        1_200,
        ge=60,
        description="Age in seconds of the oldest complete epoch not yet loaded that raises an "
        "alarm. It must be longer than `redshift.statement_seconds` and "
        "`redshift.load_interval_seconds` together, so that an interval and a single statement "
        "that is cancelled and retried raise none.",
    )


class Privacy(StrictModel):
    """The key of tokens and sealed originals."""

    secret_arn: Annotated[SecretArn | None, Parameter("PrivacySecretArn")] = Field(
        None,
        description="ARN of an existing secret with the privacy key, such as one that an earlier "
        "environment left, encrypted under the account's default key. Without it the data stack "
        "makes one.",
    )


class Environment(StrictModel):
    """All of an environment's file, and its name."""

    name: Annotated[EnvironmentName, NO_PARAMETER] = Field(
        description="Name of the environment, which its file gives; the stacks are named after it."
    )
    region: Annotated[Region, Parameter("AWS::Region")] = Field(
        description="AWS region of all stacks."
    )
    application: Application
    network: Network
    redshift: Redshift
    # The defaults are models without a required field.
    stream: Stream = Stream()
    reading: Reading = Reading()
    staging: Staging = Staging()
    privacy: Privacy = Privacy()
    alarms: Alarms = Alarms()
    dms: Dms | None = None

    @model_validator(mode="after")
    def _originals_have_a_reader(self) -> Self:
        restricted = self.application.dead_letter_originals is Originals.RESTRICTED
        if restricted and self.staging.originals_role_arn is None:
            message = (
                "application.dead_letter_originals is restricted, and nobody may read them: give "
                "the ARN of the role that may as staging.originals_role_arn, or set "
                "application.dead_letter_originals to sealed"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _dms_takes_the_name(self) -> Self:
        if self.dms is not None and not _DMS_IDENTIFIER.fullmatch(self.application.name):
            message = (
                "application.name also names the replication task, and DMS does not take it: use "
                "letters, digits and single hyphens, with a letter first and no hyphen last. If "
                "the application is deployed under this name already, keep it, remove `dms` and "
                "create the replication task yourself"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _waiting_raises_no_alarm(self) -> Self:
        statement, alarm = self.redshift.statement_seconds, self.alarms.nothing_loaded_seconds
        interval = self.redshift.load_interval_seconds
        if alarm <= statement + interval:
            message = (
                f"alarms.nothing_loaded_seconds is {alarm} and must be longer than "
                f"redshift.statement_seconds and redshift.load_interval_seconds together, "
                f"{statement + interval}, or an interval and a single statement that is cancelled "
                f"and retried raise the alarm: raise alarms.nothing_loaded_seconds above "
                f"{statement + interval}, or lower the others"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _nothing_is_pruned_that_can_still_be_loaded(self) -> Self:
        days = self.redshift.bookkeeping_days
        # A day for clocks, and for changes that reach the stream out of their order.
        hours = self.stream.retention_hours + 24 * self.staging.staged_days + 24
        if days and 24 * days < hours:
            message = (
                f"redshift.bookkeeping_days is {days}: deletes would be forgotten, and ledger rows "
                f"pruned, while older records can still be loaded from the stream "
                f"(stream.retention_hours, {self.stream.retention_hours}) or from staged files "
                f"(staging.staged_days, {self.staging.staged_days}). Set it to "
                f"{math.ceil(hours / 24)} or more, or to 0, which keeps everything"
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
        document = read_yaml_document(path)
    except FileNotFoundError as error:
        known = ", ".join(sorted(other.stem for other in folder.glob("*.yaml"))) or "none"
        message = (
            f"{path}: there is no such environment (there are: {known}). To create it, copy "
            f"infra/aws/{FOLDER.name}/example.yaml to this path and fill it in"
        )
        raise BadEnvironmentError(message) from error
    except YamlFileError as error:
        raise BadEnvironmentError(str(error)) from error
    content = document.content
    if document.faults:
        raise BadEnvironmentError(list_placed_faults(path, document.faults))
    if not isinstance(content, dict):
        message = (
            f"{path} is not a mapping of keys and values: write it as "
            f"infra/aws/{FOLDER.name}/example.yaml is"
        )
        raise BadEnvironmentError(message)
    try:
        return Environment.model_validate({**content, "name": name})
    except ValidationError as error:
        faults = document.locate_all(model_faults(error, Environment))
        message = list_placed_faults(path, faults)
        raise BadEnvironmentError(message) from None
