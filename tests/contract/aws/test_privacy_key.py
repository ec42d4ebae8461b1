"""The privacy key that an environment has left is used again, never unintentionally replaced."""

from __future__ import annotations

import pytest

from infra.aws.environment import Privacy
from infra.aws.errors import DataLossError
from tests.aws.clients import client
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract


def secrets() -> list[str]:
    return [each["ARN"] for each in client("secretsmanager").list_secrets()["SecretList"]]


def used(account: Account) -> str:
    return account.deployment()._stacks.outputs("starjoin-example-data")["PrivacyKeyArn"]


@pytest.fixture
def left(account: Account) -> str:
    """The key of an environment that was destroyed with its data."""
    account.deployment().deploy(account.package)
    key = used(account)
    account.deployment().destroy(with_data=True)
    return key


def test_a_key_that_was_left_is_not_joined_by_another(account: Account, left: str) -> None:
    with pytest.raises(DataLossError, match=f"created: {left}. .* set privacy.secret_arn to it"):
        account.deployment().deploy(account.package)
    assert secrets() == [left]
    assert account.clients.cloudformation.describe_stacks()["Stacks"] == []


def test_a_key_that_was_left_can_be_given(account: Account, left: str) -> None:
    deployment = account.deployment(privacy=Privacy(secret_arn=left))
    deployment.deploy(account.package)
    assert (used(account), secrets()) == (left, [left])
    found = account.deployment()._stacks.parameters("starjoin-example-application")
    assert found["PrivacyKeyArn"] == left
    account.deployment(privacy=Privacy(secret_arn=left)).deploy(account.package)
    account.deployment().destroy(with_data=True)
    assert secrets() == [left]


def test_another_can_be_made_beside_it_when_that_is_meant(account: Account, left: str) -> None:
    account.deployment().deploy(account.package, allow_data_loss=True)
    assert used(account) != left
    assert left in secrets()


def test_a_key_of_another_application_is_not_this_ones(account: Account) -> None:
    client("secretsmanager").create_secret(
        Name="other",
        Description="Privacy key of the Starjoin application ticket-seller-2: tokens, dead letters",
        SecretString="x" * 64,
    )
    account.deployment().deploy(account.package)
    assert len(secrets()) == 2


@pytest.mark.parametrize("given", [False, True])
def test_the_key_of_an_environment_does_not_change_unintentionally(
    account: Account, *, given: bool
) -> None:
    made = client("secretsmanager").create_secret(Name="own", SecretString="x" * 64)["ARN"]
    before = Privacy(secret_arn=made) if given else Privacy()
    account.deployment(privacy=before).deploy(account.package)
    key = used(account)
    after = Privacy() if given else Privacy(secret_arn=made)
    with pytest.raises(DataLossError, match=f"has the key {key}: new tokens would not match"):
        account.deployment(privacy=after).deploy(account.package)
    assert used(account) == key
