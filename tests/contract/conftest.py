"""The warehouse that the contract suite runs against.

The local emulator, or the cluster that `build.py contract` gives. On a cluster only those tests run
that use it and break nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.moto import Moto
from infra.local.redshift import RedshiftEmulator
from infra.redshift_emulator import Faults
from tests.contract.report import CLUSTER, is_for_clusters
from tests.contract.warehouse import Warehouse


@pytest.fixture(scope="session")
def warehouse_service(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    if (cluster := pytestconfig.stash.get(CLUSTER, None)) is not None:
        yield cluster
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a cluster: the tests for it alone."""
    if CLUSTER not in config.stash:
        return
    here = [item for item in items if is_for_clusters(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in here])
    items[:] = here


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
