"""What the host name of a Redshift endpoint tells: the warehouse's name, kind and Region."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# cluster.id.REGION.redshift.amazonaws.com, workgroup.account.REGION.redshift-serverless...
_ENDPOINT: Final = re.compile(
    r"(?P<name>[^.]+)\.[^.]+\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\."
    r"redshift(?P<serverless>-serverless)?\.amazonaws\.com(?:\.cn)?"
)


@dataclass(frozen=True, slots=True)
class RedshiftEndpoint:
    """A warehouse, as its endpoint names it.

    Attributes:
        name: the cluster's identifier or the workgroup's name.
        region: such as `eu-central-1`.
        is_serverless: whether `name` is a workgroup's.
    """

    name: str
    region: str
    is_serverless: bool


def parse_endpoint(host: str) -> RedshiftEndpoint | None:
    """Reads a host name; None for one that is not Redshift's own, such as a custom domain's."""
    endpoint = _ENDPOINT.fullmatch(host.lower())
    if endpoint is None:
        return None
    return RedshiftEndpoint(
        endpoint["name"], endpoint["region"], endpoint["serverless"] is not None
    )
