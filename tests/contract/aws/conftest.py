"""An account of moto's with what it lacks, and an environment that is deployed to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from moto import mock_aws

from infra.aws.account_roles import ROLES
from infra.aws.clients import AwsClients
from infra.aws.deploy import Deployment
from infra.aws.environment import Environment, load_environment
from tests.aws import cloudformation
from tests.aws.bookkeeping import FakeBookkeeping
from tests.aws.clients import REGION, client
from tests.aws.clock import FakeClock
from tests.aws.managed_flink import Life, ManagedFlink
from tests.aws.replication import Dms


@dataclass
class Account:
    """A deployment to one account, and what it said."""

    environment: Environment
    clients: AwsClients
    flink: ManagedFlink
    dms: Dms
    package: Path
    clock: FakeClock
    said: list[str] = field(default_factory=list)

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
    def bookkeeping(self) -> FakeBookkeeping:
        bookkeeping = self.clients.redshift_data
        assert isinstance(bookkeeping, FakeBookkeeping)
        return bookkeeping

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
        iam=client("iam"),
        kinesis=client("kinesis"),
        redshift_data=FakeBookkeeping(made=False),
        secrets=client("secretsmanager"),
    )


def make_account_roles() -> None:
    """What an account has that its owner has used DMS's console in."""
    for name in ROLES:
        client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    environment = load_environment("example")
    assert environment.region == REGION
    flink, clock = ManagedFlink(), FakeClock()
    dms = Dms(clock)
    package = tmp_path / "starjoin.zip"
    package.write_bytes(b"code")
    with mock_aws():
        flink.install(monkeypatch)
        cloudformation.install(monkeypatch, flink)
        dms.install(monkeypatch)
        make_account_roles()
        yield Account(environment, clients(), flink, dms, package, clock)
