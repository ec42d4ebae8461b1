"""A few histories on the Redshift emulator, where the driver and the SQL are Redshift's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.moto import Moto
from infra.local.redshift import RedshiftEmulator
from infra.simulation.choices import Choices
from infra.simulation.history import History
from infra.simulation.profile import Profile
from tests.simulation.emulator import EmulatedWarehouse
from tests.simulation.profile import COMBINED, EVERYTHING, PRUNING, UNCHANGED

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedWarehouse]:
    folder: Path = tmp_path_factory.mktemp("simulation")
    with (
        Moto(folder / "moto") as moto,
        RedshiftEmulator(folder / "redshift", s3_endpoint=moto.endpoint) as redshift,
    ):
        s3 = moto.client("s3")
        s3.create_bucket(
            Bucket="staging", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        made = EmulatedWarehouse(redshift.connection, s3, "staging")
        yield made
        made.shut()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "profile",
    [EVERYTHING, PRUNING, UNCHANGED, COMBINED],
    ids=["everything", "pruning", "columns-left-out", "combined"],
)
def test_the_stand_in_is_the_join_after_every_commit(
    warehouse: EmulatedWarehouse, seed: int, profile: Profile
) -> None:
    History(Choices(seed), profile, lambda _: warehouse).run()
