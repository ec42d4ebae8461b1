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
    ValidationError,
    model_validator,
)

from connectors.redshift.connection import STATEMENT_SECONDS, SslMode
from connectors.staging.waiting import RETRY_SECONDS
from flink_app.dead_letters.schema import Originals
from flink_app.positions.generations import Generations, GenerationsSetting
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
_PREFIX: Final = "starjoin."

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]


class SettingsError(ValueError):
    """The runtime properties cannot be used; the message lists every fault with its place."""


class _Group(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=lambda name: name.replace("_", "."),
        populate_by_name=True,
    )


class Application(_Group):
    """Group `starjoin.application`."""

    name: Name = Field(description="owner of the fence in the warehouse; keep it over restarts")
    declaration: str = Field(
        "flink_app/stars/ticket_seller.yaml", description="path inside the package, or absolute"
    )
    generations: GenerationsSetting = Field(
        Generations(),
        description="which records are of which generation, by arrival on the stream: 1, or "
        "1, 2 from 2026-11-23T10:00:00Z; a reload begins a new one",
    )
    floor: int = Field(
        0,
        ge=0,
        description="the generation below which nothing counts any more, 0 for none; raised when "
        "all of that generation's load is in the warehouse",
    )
    dead_letter_share: float = Field(
        0.5, gt=0, le=1, description="of 10,000 records of a subtask; more stop the job; 1: never"
    )
    dead_letter_run: int = Field(
        5_000,
        ge=0,
        description="dead letters without a change between them; more stop the job; 0: never",
    )
    dead_letter_originals: Originals = Field(
        Originals.SEALED,
        description="sealed: encrypted, in the dead letter; restricted: in the clear, below "
        "restricted/, which the bucket's policy must keep from all but one role",
    )
    metrics_by_table: bool = Field(
        default=True,
        description="the balance by table and destination as metrics, six for each at the most; "
        "CloudWatch bills by the metric",
    )
    region: Region = Field(description="the AWS region of every service")
    endpoint: Endpoint | None = Field(None, description="of the local stand-ins of AWS services")

    @model_validator(mode="after")
    def _floor_is_a_generation(self) -> Self:
        if self.floor > self.generations.newest:
            message = (
                f"floor {self.floor} is above the newest generation, {self.generations.newest}: "
                "nothing would count"
            )
            raise ValueError(message)
        return self


class Source(_Group):
    """Group `starjoin.source`."""

    stream_arn: StreamArn
    initial_position: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"


class Staging(_Group):
    """Group `starjoin.staging`."""

    bucket: BucketName
    prefix: Name = "staged"
    retry_seconds: int = Field(
        RETRY_SECONDS,
        ge=0,
        le=480,
        description="in each epoch, for how long uploads that S3 does not take for a passing "
        "reason are repeated before the job restarts; they hold up the checkpoint, which Managed "
        "Flink gives 600",
    )


class Privacy(_Group):
    """Group `starjoin.privacy`."""

    secret_id: SecretId = Field(
        description="name or ARN of the secret with the key, 32 bytes or more"
    )


class Redshift(_Group):
    """Group `starjoin.redshift`."""

    host: HostName
    port: int = Field(5439, gt=0, lt=65536)
    database: DatabaseName
    ssl_mode: SslMode | None = Field(
        None,
        description="verify-full, the default: the server's certificate is from a trusted "
        "authority and for host; verify-ca: for any host, where a proxy or a private name stands "
        "before it; none: no TLS, for the local stand-in",
    )
    ssl: bool | None = Field(
        None, description="the former ssl.mode: true is verify-full, false is none"
    )
    secret_id: SecretId = Field(description="name or ARN of the secret with username and password")
    copy_role: CopyRole
    bookkeeping_schema: SchemaName = "starjoin"
    statement_seconds: int = Field(
        STATEMENT_SECONDS,
        ge=60,
        le=86_400,
        description="after which Redshift ends a statement of a load, and the load is tried again; "
        "longer than the longest COPY after an outage",
    )

    @property
    def tls(self) -> SslMode:
        """What `ssl.mode` or the former `ssl` says."""
        if self.ssl_mode is not None:
            return self.ssl_mode
        return SslMode.NONE if self.ssl is False else SslMode.VERIFY_FULL

    @model_validator(mode="after")
    def _tls_is_said_once(self) -> Self:
        if self.ssl is not None and self.ssl_mode is not None:
            message = "ssl and ssl.mode say the same thing: leave ssl out"
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
            group["PropertyGroupId"].removeprefix(_PREFIX): group["PropertyMap"]
            for group in groups
            if group["PropertyGroupId"].startswith(_PREFIX)
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
        faults = fault_lines(error, lambda place: f"{_PREFIX}{place[0]} {'.'.join(place[1:])}")
        message = "\n".join([f"{path} has {len(faults)} fault(s):", *faults])
        # The cause would show what stands there, which may be a secret in a wrong place.
        raise SettingsError(message) from None


def property_groups(settings: Settings) -> list[dict[str, Any]]:
    """The settings as the service's property groups, all values text."""
    return [
        {
            "PropertyGroupId": f"{_PREFIX}{name}",
            "PropertyMap": {
                key: str(value).lower() if isinstance(value, bool) else str(value)
                for key, value in getattr(settings, name)
                .model_dump(by_alias=True, exclude_none=True)
                .items()
            },
        }
        for name in type(settings).model_fields
    ]
