"""The AWS clients of a deployment, made in one place and passed in everywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class AwsClients:
    """One client for each service; those without type stubs are untyped."""

    cloudformation: Any
    s3: S3Client
    flink: Any
    logs: Any
    cloudwatch: Any
    dms: Any
    iam: Any
    kinesis: Any
    redshift_data: Any
    secrets: Any


def open_clients(region: str, profile: str | None = None) -> AwsClients:
    """Clients with the credentials that boto3 finds."""
    session: Any = boto3.Session(region_name=region, profile_name=profile)
    return AwsClients(
        cloudformation=session.client("cloudformation"),
        s3=session.client("s3"),
        flink=session.client("kinesisanalyticsv2"),
        logs=session.client("logs"),
        cloudwatch=session.client("cloudwatch"),
        dms=session.client("dms"),
        iam=session.client("iam"),
        kinesis=session.client("kinesis"),
        redshift_data=session.client("redshift-data"),
        secrets=session.client("secretsmanager"),
    )
