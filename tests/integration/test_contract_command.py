"""`build.py contract` on a server that it takes for a cluster: consent, report, nothing left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.redshift.connection import open_connection
from infra.local.moto import Moto
from infra.local.redshift import RedshiftEmulator
from tests.contract.warehouse import rows
from tests.unit.stars import ROOT

pytestmark = pytest.mark.integration

BUCKET = "owner-s-bucket"


@dataclass
class Cluster:
    """A server, and the command that is started for it."""

    redshift: RedshiftEmulator
    moto: Moto
    report: Path

    def run(self, *words: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
        redshift = self.redshift
        return subprocess.run(
            [
                sys.executable, "-m", "tests.contract",
                "--redshift", f"{redshift.host}:{redshift.port}/{redshift.database}",
                "--user", redshift.user, "--bucket", BUCKET, "--ssl-mode", "none",
                "--output", str(self.report), *words,
            ],
            cwd=ROOT,
            env=os.environ
            | {
                "AWS_ENDPOINT_URL_S3": self.moto.endpoint,
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "STARJOIN_REDSHIFT_PASSWORD": password or redshift.password,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip

    def schemas(self) -> list[str]:
        with closing(open_connection(**self.redshift.connection)) as connection:
            names = [name for (name,) in rows(connection, "select nspname from pg_namespace")]
        return [name for name in names if not name.startswith("pg_")]

    def execute(self, sql: str) -> None:
        with closing(open_connection(**self.redshift.connection)) as connection:
            connection.cursor().execute(sql)
            connection.commit()

    def files(self) -> list[str]:
        listed = self.moto.client("s3").list_objects_v2(Bucket=BUCKET)
        return [file["Key"] for file in listed.get("Contents", [])]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Moto, RedshiftEmulator]]:
    folder = tmp_path_factory.mktemp("cluster")
    with (
        Moto(folder / "moto") as moto,
        RedshiftEmulator(folder / "redshift", s3_endpoint=moto.endpoint) as redshift,
    ):
        location = {"LocationConstraint": "eu-west-1"}
        moto.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
        yield moto, redshift


@pytest.fixture
def cluster(servers: tuple[Moto, RedshiftEmulator], tmp_path: Path) -> Cluster:
    moto, redshift = servers
    return Cluster(redshift, moto, tmp_path / "reports" / "contract.md")


def test_nothing_is_done_without_consent(cluster: Cluster) -> None:
    done = cluster.run()
    assert done.returncode == 2
    assert "20 to 60 minutes" in done.stdout
    assert "--yes" in done.stderr
    assert not cluster.report.exists()
    assert cluster.files() == []


def test_the_report_has_a_load_s_costs_and_names_no_owner(cluster: Cluster) -> None:
    before = cluster.schemas()
    done = cluster.run("--yes", "--rows=2000", "--only", "load_costs or the_newest_row")
    assert done.returncode == 0, done.stdout + done.stderr
    report = cluster.report.read_text()
    assert "2 as expected, 0 different" in report
    assert "A load of 20 facts and their customers into 2,000 rows" in report
    assert "| `COMMIT` |" in report
    assert "Hash Join" in report
    for secret in (cluster.redshift.host, cluster.redshift.password, BUCKET):
        assert secret not in report
    assert cluster.redshift.password not in done.stdout + done.stderr
    assert cluster.schemas() == before
    assert cluster.files() == []


def test_what_breaks_the_server_is_for_the_emulator_alone(cluster: Cluster) -> None:
    done = cluster.run("--yes", "--only", "test_redshift_tls")
    assert done.returncode == 1
    assert "no report" in done.stderr
    assert not cluster.report.exists()


def test_a_wrong_password_is_one_sentence(cluster: Cluster) -> None:
    done = cluster.run("--yes", password="another")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line == ("contract: the login is refused: check --user and STARJOIN_REDSHIFT_PASSWORD")


def test_what_an_interrupted_run_left_is_named_and_dropped(cluster: Cluster) -> None:
    cluster.execute("create schema contract_0123456789ab")
    cluster.execute("create schema contract_of_somebody")
    cluster.moto.client("s3").put_object(
        Bucket=BUCKET, Key="contract/contract_0123456789ab/file", Body=b""
    )
    named = cluster.run("--yes", "--only", "the_newest_row")
    assert "left 1 schemas" in named.stdout
    assert cluster.files() != []
    done = cluster.run("--clean")
    assert (done.returncode, done.stderr) == (0, "")
    assert "contract_0123456789ab" not in cluster.schemas()
    assert "contract_of_somebody" in cluster.schemas()
    assert cluster.files() == []
