"""The application's settings, from Managed Flink's runtime properties.

The service writes them to `/etc/flink/application_properties.json`: a list of property groups. A
local run reads a file of the same form. Secrets are not among them, only the names under which
Secrets Manager keeps them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from connectors.failures import StarjoinError
from connectors.redshift.connection import STATEMENT_SECONDS, SslMode
from connectors.staging.waiting import RETRY_SECONDS
from flink_app.dead_letters.schema import Originals
from flink_app.positions.generations import Generations, GenerationsSetting
from flink_app.template_parameter import NO_PARAMETER, Parameter
from flink_app.validation.addresses import (
    BucketName,
    CopyRole,
    DatabaseName,
    Endpoint,
    HostName,
    Region,
    SchemaName,
    SecretId,
    StreamArn,
)
from flink_app.validation.faults import fault_lines

PROPERTIES_FILE: Final = Path("/etc/flink/application_properties.json")
DEFAULT_DECLARATION: Final = "flink_app/stars/ticket_seller.yaml"
PREFIX: Final = "starjoin."

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]

# `Generations.parse` reads the rest.
_GENERATIONS_SCHEMA: Final = WithJsonSchema({"type": "string", "pattern": "^[0-9].*$"})
_BOOL: Final = TypeAdapter(bool)


class SettingsError(StarjoinError, ValueError):
    """The runtime properties cannot be used; the message lists every fault with its place."""


class _Group(BaseModel):
    """A property group. A field `retry_seconds` is the property `retry.seconds`."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=lambda name: name.replace("_", "."),
        populate_by_name=True,
    )


# The classes `Shared...` hold what an environment's file may set as well: its model inherits them.


class SharedApplication(BaseModel):
    """What the group `application` shares with an environment's part `application`."""

    name: Annotated[Name, Parameter("ApplicationName")] = Field(
        description="Name of the application, and of the owner of the bookkeeping tables' fence in "
        "the warehouse. Staged files, dead letters and the log lie under it. Never change it: an "
        "application of another name starts without state."
    )
    generations: Annotated[GenerationsSetting, _GENERATIONS_SCHEMA] = Field(
        Generations(),
        description="Generation of each record by its arrival on the stream, oldest first: `1`, or "
        "`1, 2 from 2026-11-23T10:00:00Z`. Only a reload raises it: an environment's value counts "
        "for a new application alone.",
    )
    floor: int = Field(
        0,
        ge=0,
        description="Lowest generation that still counts: records of older generations are "
        "ignored, and their rows are removed from the warehouse. 0 keeps all. Only a reload raises "
        "it: an environment's value counts for a new application alone.",
    )
    dead_letter_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Maximum share of dead letters per 10,000 records of a subtask, above 0 and at "
        "most 1, before the job stops. 1 disables the limit.",
    )
    dead_letter_run: int = Field(
        5_000,
        ge=0,
        description="Maximum number of consecutive dead letters of a subtask before the job stops. "
        "0 disables the limit.",
    )
    dead_letter_originals: Originals = Field(
        Originals.SEALED,
        description="How the original record of a dead letter is kept. `sealed`: encrypted, in the "
        "dead letter. `restricted`: unencrypted, below the prefix `restricted/`, which the "
        "bucket's policy opens to a single role.",
    )
    metrics_by_table: bool = Field(
        default=True,
        description="Whether the balance of each table and destination is reported as metrics, up "
        "to six for each pair. CloudWatch bills every metric; `false` turns them off, and the "
        "bookkeeping tables keep the same numbers.",
    )

    @model_validator(mode="after")
    def _floor_is_a_generation(self) -> Self:
        if self.floor > self.generations.newest:
            message = (
                f"floor {self.floor} is above the newest generation, {self.generations.newest}, "
                "so that every record would be ignored: lower floor, or add the generation"
            )
            raise ValueError(message)
        return self


class Application(_Group, SharedApplication):
    """Group `starjoin.application`."""

    declaration: str = Field(
        DEFAULT_DECLARATION,
        description="Path of the declaration: relative to the package, or absolute in a local run.",
    )
    region: Annotated[Region, Parameter("AWS::Region")] = Field(
        description="AWS region of the stream, the bucket and the secrets."
    )
    endpoint: Annotated[Endpoint | None, NO_PARAMETER] = Field(
        None,
        description="Endpoint of the local emulators of AWS services, such as "
        "`http://127.0.0.1:5000`. Leave it out to use AWS.",
    )


class SharedSource(BaseModel):
    """What the group `source` shares with an environment's part `application`."""

    initial_position: Literal["TRIM_HORIZON", "LATEST"] = Field(
        "TRIM_HORIZON",
        description="Where a start without a snapshot begins to read the stream. `TRIM_HORIZON`: "
        "at the oldest record that the stream holds. `LATEST`: after the newest, so that all "
        "earlier changes are skipped.",
    )


class Source(_Group, SharedSource):
    """Group `starjoin.source`."""

    stream_arn: StreamArn = Field(description="ARN of the Kinesis stream that DMS writes to.")


class SharedStaging(BaseModel):
    """What the group `staging` shares with an environment's part `staging`."""

    prefix: Annotated[Name, Parameter("StagingPrefix")] = Field(
        "staged",
        description="First part of the keys of staged files and dead letters in the bucket. Do not "
        "change it while files wait to be loaded: they stay under the old prefix.",
    )
    retry_seconds: int = Field(
        RETRY_SECONDS,
        ge=0,
        le=480,
        description="Seconds in each epoch for which failed uploads to S3 are retried, if the "
        "failure may pass, before the job restarts. Retries hold up the checkpoint, which Managed "
        "Flink ends after 600 seconds. 0 disables them; the S3 client's own three attempts remain.",
    )


class Staging(_Group, SharedStaging):
    """Group `starjoin.staging`."""

    bucket: Annotated[BucketName, Parameter("StagingBucket")] = Field(
        description="S3 bucket of staged files and dead letters."
    )


class Privacy(_Group):
    """Group `starjoin.privacy`."""

    secret_id: Annotated[SecretId, Parameter("PrivacyKeyArn")] = Field(
        description="Name or ARN of the secret in Secrets Manager that holds the privacy key, at "
        "least 32 bytes. Tokens and sealed originals depend on it."
    )


class SharedRedshift(BaseModel):
    """What the group `redshift` shares with an environment's part `redshift`."""

    host: Annotated[HostName, Parameter("RedshiftHost")] = Field(
        description="Host name of the cluster's or workgroup's endpoint, without scheme and port."
    )
    port: Annotated[int, Parameter("RedshiftPort")] = Field(
        5439, ge=1, le=65_535, description="TCP port of the endpoint."
    )
    database: Annotated[DatabaseName, Parameter("RedshiftDatabase")] = Field(
        description="Database that holds the target tables."
    )
    bookkeeping_schema: SchemaName = Field(
        "starjoin",
        description="Schema of the bookkeeping tables, which say what has been loaded. Each "
        "application needs its own. Never change it: the application would not know what it has "
        "loaded.",
    )
    statement_seconds: int = Field(
        STATEMENT_SECONDS,
        ge=60,
        le=86_400,
        description="Seconds after which Redshift cancels a statement of a load; the load is then "
        "retried. Set it above the duration of the longest COPY after an outage. It cannot be "
        "turned off.",
    )


class Redshift(_Group, SharedRedshift):
    """Group `starjoin.redshift`."""

    ssl_mode: SslMode = Field(
        SslMode.VERIFY_FULL,
        description="How Redshift's certificate is verified. `verify-full`: issued by a trusted "
        "authority for exactly `host`. `verify-ca`: issued by a trusted authority for any host, "
        "for a private name or a proxy. `none`: no TLS, for the local emulator alone.",
    )
    ssl: Annotated[bool | None, NO_PARAMETER] = Field(
        None,
        description="Former name of `ssl.mode`, still read: `true` is `verify-full`, `false` is "
        "`none`. Use `ssl.mode`.",
    )
    secret_id: Annotated[SecretId, Parameter("RedshiftSecretArn")] = Field(
        description="Name or ARN of the secret in Secrets Manager that holds the username and "
        "password of the user that loads."
    )
    copy_role: Annotated[CopyRole, Parameter("CopyRoleArn")] = Field(
        description="ARN of the IAM role with which Redshift's COPY reads staged files, or "
        "`default` for the cluster's default role."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_former_ssl(cls, given: Any) -> Any:
        """Turns `ssl` into `ssl_mode`. What it cannot turn is left to the fields to refuse."""
        if not isinstance(given, dict) or {"ssl.mode", "ssl_mode"} & given.keys():
            return given
        try:
            verifies = _BOOL.validate_python(given.get("ssl"))
        except ValidationError:
            return given
        rest = {key: value for key, value in given.items() if key != "ssl"}
        return {**rest, "ssl_mode": SslMode.VERIFY_FULL if verifies else SslMode.NONE}

    @model_validator(mode="after")
    def _tls_is_said_once(self) -> Self:
        if self.ssl is not None:
            message = "ssl is the former name of ssl.mode, and both are given: remove ssl"
            raise ValueError(message)
        return self


class Settings(_Group):
    """All groups."""

    application: Application
    source: Source
    staging: Staging
    privacy: Privacy
    redshift: Redshift


def load_settings(path: Path) -> Settings:
    """Reads a property file. Raises SettingsError; groups of other names are not ours."""
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))
        found = {
            group["PropertyGroupId"].removeprefix(PREFIX): group["PropertyMap"]
            for group in groups
            if group["PropertyGroupId"].startswith(PREFIX)
        }
    except FileNotFoundError as error:
        message = f"{path}: there are no runtime properties; give the file with --properties"
        raise SettingsError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise SettingsError(message) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = f"{path} is not a list of property groups as Managed Flink writes it"
        raise SettingsError(message) from None
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        faults = fault_lines(error, lambda place: f"{PREFIX}{place[0]} {'.'.join(place[1:])}")
        message = "\n".join([f"{path} has {len(faults)} fault(s):", *faults])
        # The cause would show what stands there, which may be a secret in a wrong place.
        raise SettingsError(message) from None


def property_groups(settings: Settings) -> list[dict[str, Any]]:
    """The settings as the service's property groups, all values text."""
    return [
        {
            "PropertyGroupId": f"{PREFIX}{name}",
            "PropertyMap": {
                key: str(value).lower() if isinstance(value, bool) else str(value)
                for key, value in getattr(settings, name)
                .model_dump(by_alias=True, exclude_none=True)
                .items()
            },
        }
        for name in type(settings).model_fields
    ]
