"""The application's settings, from Managed Flink's runtime properties.

The service writes them to `/etc/flink/application_properties.json`: a list of property groups. A
local run reads a file of the same form. Secrets are not among them, only the names under which
Secrets Manager keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from connectors.failures import StarjoinError
from connectors.redshift.access import SslMode
from flink_app.shared_settings import (
    SharedApplication,
    SharedReading,
    SharedRedshift,
    SharedSource,
    SharedStaging,
)
from flink_app.template_parameter import NO_PARAMETER, Parameter
from flink_app.validation.addresses import (
    BucketName,
    CopyRole,
    Endpoint,
    Region,
    SecretId,
    StreamArn,
)
from flink_app.validation.faults import fault_lines
from flink_app.validation.yaml_file import list_faults

PROPERTIES_FILE: Final = Path("/etc/flink/application_properties.json")
DEFAULT_DECLARATION: Final = "flink_app/stars/ticket_seller.yaml"
PREFIX: Final = "starjoin."

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


class Source(_Group, SharedSource, SharedReading):
    """Group `starjoin.source`."""

    stream_arn: StreamArn = Field(description="ARN of the Kinesis stream that DMS writes to.")
    web_identity_token_file: Annotated[str | None, NO_PARAMETER] = Field(
        None,
        min_length=1,
        description="Path of a file with a web identity token, with which `role.arn` is assumed, "
        "as on Kubernetes. It is read again whenever the credentials are renewed. Managed Flink "
        "has no such file.",
    )
    cbor: Annotated[bool, NO_PARAMETER] = Field(
        default=True,
        description="Whether polled records travel as CBOR, as AWS's SDK does by default. `false` "
        "is JSON, for an emulator that knows nothing else. With `fan_out` it is always JSON.",
    )

    @model_validator(mode="after")
    def _consumer_is_of_the_stream(self) -> Self:
        if self.consumer_arn and not self.consumer_arn.startswith(f"{self.stream_arn}/consumer/"):
            message = f"consumer.arn must be the ARN of a consumer of stream {self.stream_arn}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _web_identity_has_a_role(self) -> Self:
        if self.web_identity_token_file is None:
            return self
        if self.role_arn is None:
            message = "web.identity.token.file needs role.arn, the role to assume with it"
            raise ValueError(message)
        if self.role_external_id is not None:
            message = (
                "role.external.id is not used with web.identity.token.file: remove one of them"
            )
            raise ValueError(message)
        return self


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
    def _read_former_ssl(cls, settings: Any) -> Any:
        """Turns `ssl` into `ssl_mode`. What it cannot turn is left to the fields to refuse."""
        if not isinstance(settings, dict) or {"ssl.mode", "ssl_mode"} & settings.keys():
            return settings
        try:
            verifies = _BOOL.validate_python(settings.get("ssl"))
        except ValidationError:
            return settings
        others = {key: value for key, value in settings.items() if key != "ssl"}
        return {**others, "ssl_mode": SslMode.VERIFY_FULL if verifies else SslMode.NONE}

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
        properties = {
            group["PropertyGroupId"].removeprefix(PREFIX): group["PropertyMap"]
            for group in groups
            if group["PropertyGroupId"].startswith(PREFIX)
        }
    except FileNotFoundError as error:
        message = f"{path}: no runtime properties file here; give its path with --properties"
        raise SettingsError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise SettingsError(message) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = f"{path} is not a list of property groups as Managed Flink writes it"
        raise SettingsError(message) from None
    try:
        return Settings.model_validate(properties)
    except ValidationError as error:
        faults = fault_lines(error, Settings, property_name)
        message = list_faults(path, faults)
        # The cause would show what stands there, which may be a secret in a wrong place.
        raise SettingsError(message) from None


def property_name(path: Sequence[str]) -> str:
    """Group and key of a property, as people write them."""
    group, *key = path
    return f"{PREFIX}{group} {'.'.join(key)}"


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
