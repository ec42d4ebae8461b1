"""An account of moto's with what it lacks, and an environment that is deployed to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from moto import mock_aws

from infra.aws.clients import AwsClients
from infra.aws.deploy import Deployment
from infra.aws.environment import Environment, load_environment
from tests.aws import cloudformation, endpoints
from tests.aws.clients import REGION, client
from tests.aws.clock import FakeClock
from tests.aws.managed_flink import Life, ManagedFlink


@dataclass
class Account:
    """A deployment to one account, and what it said."""

    environment: Environment
    clients: AwsClients
    flink: ManagedFlink
    package: Path
    said: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    def deployment(self, **changes: object) -> Deployment:
        environment = self.environment.model_copy(update=changes)
        return Deployment(environment, self.clients, self.clock, self.said.append)

    def with_application(self, **changes: object) -> Deployment:
        application = self.environment.application.model_copy(update=changes)
        return self.deployment(application=application)

    def new_code(self) -> Path:
        self.package.write_bytes(self.package.read_bytes() + b"+")
        return self.package

    @property
    def life(self) -> Life:
        return self.flink.applications[self.environment.application.name]

    def heard(self) -> list[str]:
        """What was said since the last time."""
        said, self.said[:] = list(self.said), []
        return said


def clients() -> AwsClients:
    return AwsClients(
        cloudformation=client("cloudformation"),
        s3=client("s3"),
        flink=client("kinesisanalyticsv2"),
        logs=client("logs"),
        cloudwatch=client("cloudwatch"),
        dms=client("dms"),
        kinesis=client("kinesis"),
        redshift_data=client("redshift-data"),
    )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    environment = load_environment("example")
    assert environment.region == REGION
    flink = ManagedFlink()
    package = tmp_path / "starjoin.zip"
    package.write_bytes(b"code")
    with mock_aws():
        flink.install(monkeypatch)
        cloudformation.install(monkeypatch, flink)
        endpoints.install(monkeypatch)
        yield Account(environment, clients(), flink, package)
