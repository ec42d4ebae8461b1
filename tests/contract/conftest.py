"""The warehouse that the contract suite runs against.

The local emulator by default; a real cluster with these settings, and AWS credentials for the
bucket as boto3 finds them:

    STARJOIN_REDSHIFT_HOST       turns the real cluster on
    STARJOIN_REDSHIFT_PORT       5439 if absent
    STARJOIN_REDSHIFT_DATABASE
    STARJOIN_REDSHIFT_USER       may create schemas
    STARJOIN_REDSHIFT_PASSWORD
    STARJOIN_STAGING_BUCKET      in the cluster's Region; the suite writes below `contract/`
    STARJOIN_COPY_ROLE           ARN of a role that reads the bucket, or `default`
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from infra.local.moto import Moto
from infra.local.redshift import RedshiftEmulator
from infra.redshift_emulator import Faults
from tests.contract.warehouse import Warehouse


@pytest.fixture(scope="session")
def warehouse_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    if "STARJOIN_REDSHIFT_HOST" in os.environ:
        yield _real_cluster()
        return
    folder: Path = tmp_path_factory.mktemp("contract")
    with (
        Moto(folder / "moto") as moto,
        RedshiftEmulator(folder / "redshift", s3_endpoint=moto.endpoint) as redshift,
    ):
        s3 = moto.client("s3")
        s3.create_bucket(
            Bucket="staging", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield Warehouse(redshift.connection, s3, "staging", "default", emulator=redshift)
        # A bug of the emulator must not hide behind an error that a test expects.
        assert "Traceback" not in redshift.log.read_text()


def _real_cluster() -> Warehouse:
    connection = {
        "host": os.environ["STARJOIN_REDSHIFT_HOST"],
        "port": int(os.environ.get("STARJOIN_REDSHIFT_PORT", "5439")),
        "database": os.environ["STARJOIN_REDSHIFT_DATABASE"],
        "user": os.environ["STARJOIN_REDSHIFT_USER"],
        "password": os.environ["STARJOIN_REDSHIFT_PASSWORD"],
    }
    bucket = os.environ["STARJOIN_STAGING_BUCKET"]
    return Warehouse(connection, boto3.client("s3"), bucket, os.environ["STARJOIN_COPY_ROLE"])


@pytest.fixture
def warehouse(warehouse_service: Warehouse) -> Iterator[Warehouse]:
    """The warehouse with an empty schema of the test's own, first in every connection's path."""
    with warehouse_service.in_schema():
        yield warehouse_service


@pytest.fixture
def faults(warehouse: Warehouse) -> Iterator[Faults]:
    if warehouse.emulator is None:
        pytest.skip("only the emulator can inject faults")
    yield warehouse.emulator.faults
    warehouse.emulator.faults.clear()
