"""Names and addresses in settings: exactly what the services take.

They land in SQL, URLs, paths, ARNs and connection messages, none of which may be left by a quote,
a slash or a line end in them.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from connectors.sql_limits import LONGEST_NAME, is_system_schema

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# What S3 keeps for access points, aliases, directory buckets, table buckets and its own examples.
_RESERVED_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_LONGEST_HOST: Final = 253


def _check_bucket(name: str) -> str:
    """Refuses what is no name of a general purpose bucket."""
    is_address = re.fullmatch(r"[0-9]+(\.[0-9]+){3}", name)
    if not _BUCKET.fullmatch(name) or ".." in name or is_address:
        message = (
            "the name of a bucket has 3 to 63 lower-case letters, digits, dots and hyphens, begins "
            "and ends with a letter or digit, and is not an IP address"
        )
        raise ValueError(message)
    if name.startswith(_RESERVED_PREFIXES) or name.endswith(_RESERVED_SUFFIXES):
        message = "S3 reserves this prefix or suffix; give the name of a general purpose bucket"
        raise ValueError(message)
    return name


def _check_host(host: str) -> str:
    """Refuses what is neither the name of a host nor an IP address."""
    if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host):
        return host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        message = "a host is a name such as warehouse.example.org, or an IP address, not a URL"
        raise ValueError(message) from None
    return host


def _check_endpoint(url: str) -> str:
    """Refuses what is no plain address of a service."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.path in {"", "/"}
        good = good and not any((parts.query, parts.fragment, parts.username, parts.password))
        good = good and url.isascii() and url.isprintable() and " " not in url
        _check_host(parts.hostname if good and parts.hostname else " ")
        good = good and parts.port != 0
    except ValueError:
        good = False
    if not good:
        message = "an endpoint is http:// or https://, a host and an optional port, nothing else"
        raise ValueError(message)
    return url


def _check_schema(name: str) -> str:
    """Refuses a schema in which Redshift lets nobody make tables."""
    if is_system_schema(name):
        message = "Redshift reserves information_schema and names with pg_ in front; choose another"
        raise ValueError(message)
    return name


def _arn(service: str, resource: str, *, region: str = "[a-z0-9-]+") -> str:
    return rf"arn:aws[a-z-]*:{service}:{region}:[0-9]{{12}}:{resource}"


# What Secrets Manager takes as a name; an ARN appends six characters of its own.
_KEPT_NAME: Final = r"[A-Za-z0-9/_+=.@-]{1,519}"
_KEPT_ARN: Final = _arn("secretsmanager", f"secret:{_KEPT_NAME}")

BucketName = Annotated[str, AfterValidator(_check_bucket)]
HostName = Annotated[str, AfterValidator(_check_host)]
Endpoint = Annotated[
    str,
    AfterValidator(_check_endpoint),
    WithJsonSchema({"type": "string", "pattern": "^https?://[^ /?#@]+/?$"}),
]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
# Servers take any name that is quoted; this leaves out quotes, slashes, semicolons and controls.
DatabaseName = Annotated[
    str, StringConstraints(pattern=r"^[\p{L}\p{N}_][\p{L}\p{N}_$.@ -]*$", max_length=LONGEST_NAME)
]
SchemaName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME),
    AfterValidator(_check_schema),
]
StreamArn = Annotated[
    str, StringConstraints(pattern=f"^{_arn('kinesis', 'stream/[A-Za-z0-9_.-]{1,128}')}$")
]
ConsumerArn = Annotated[
    str,
    StringConstraints(
        pattern="^"
        + _arn("kinesis", "stream/[A-Za-z0-9_.-]{1,128}/consumer/[A-Za-z0-9_.-]{1,128}:[0-9]{1,20}")
        + "$"
    ),
]
SecretArn = Annotated[str, StringConstraints(pattern=f"^{_KEPT_ARN}$")]
SecretId = Annotated[str, StringConstraints(pattern=f"^({_KEPT_NAME}|{_KEPT_ARN})$")]
KeyArn = Annotated[str, StringConstraints(pattern=f"^{_arn('kms', 'key/[A-Za-z0-9-]+')}$")]
TopicArn = Annotated[
    str, StringConstraints(pattern=f"^{_arn('sns', '[A-Za-z0-9_-]{1,256}([.]fifo)?')}$")
]
_ROLE_ARN: Final = _arn("iam", "role/[A-Za-z0-9_+=,.@/-]+", region="")
RoleArn = Annotated[str, StringConstraints(pattern=f"^{_ROLE_ARN}$")]
CopyRole = Annotated[str, StringConstraints(pattern=f"^(default|{_ROLE_ARN})$")]


def dms_arn(kind: str) -> str:
    """The pattern of an ARN of DMS, `kind` being rep, cert and the like."""
    return f"^{_arn('dms', f'{kind}:[A-Za-z0-9-]+')}$"
