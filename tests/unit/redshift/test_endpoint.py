"""What the host name of a Redshift endpoint tells."""

from __future__ import annotations

import pytest

from connectors.redshift.endpoint import RedshiftEndpoint, parse_endpoint

FRANKFURT = "etl.abc123.eu-central-1.redshift.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        (FRANKFURT, RedshiftEndpoint("etl", "eu-central-1", is_serverless=False)),
        (FRANKFURT.upper(), RedshiftEndpoint("etl", "eu-central-1", is_serverless=False)),
        (
            "wg.123456789012.us-gov-west-1.redshift-serverless.amazonaws.com",
            RedshiftEndpoint("wg", "us-gov-west-1", is_serverless=True),
        ),
        (
            "c.x.cn-north-1.redshift.amazonaws.com.cn",
            RedshiftEndpoint("c", "cn-north-1", is_serverless=False),
        ),
        (
            "wg.123456789012.cn-north-1.redshift-serverless.amazonaws.com.cn",
            RedshiftEndpoint("wg", "cn-north-1", is_serverless=True),
        ),
    ],
)
def test_an_endpoint_names_the_warehouse_and_its_region(
    host: str, endpoint: RedshiftEndpoint
) -> None:
    assert parse_endpoint(host) == endpoint


@pytest.mark.parametrize(
    "host",
    [
        "vpce-0a1-x1.vpce-svc-2.eu-west-1.vpce.amazonaws.com",
        "warehouse.example.com",
        "127.0.0.1",
        "c.x.eu-west-1.redshift.amazonaws.com.example.com",
        "x.eu-west-1.redshift.amazonaws.com",
    ],
)
def test_any_other_host_name_tells_nothing(host: str) -> None:
    assert parse_endpoint(host) is None
