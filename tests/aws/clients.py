"""boto3 clients for tests: made once, since making one reads megabytes of service models."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import moto  # noqa: F401 - hooks itself into every client that is made after it

REGION = "eu-west-1"


@cache
def client(service: Any) -> Any:
    return boto3.client(
        service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
