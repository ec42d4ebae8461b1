"""A deployment that would lose data or state says so before it touches anything."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.aws.application import StartState
from infra.aws.deploy import Deployment
from infra.aws.errors import ApplicationError, DataLossError, DeployError
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract


def restores(account: Account) -> list[str]:
    starts = [given for action, given in account.flink.calls if action == "start_application"]
    return [
        given["RunConfiguration"]["ApplicationRestoreConfiguration"]["ApplicationRestoreType"]
        for given in starts
    ]


def stacks(account: Account) -> list[tuple[str, str]]:
    found = account.clients.cloudformation.describe_stacks()["Stacks"]
    return sorted((stack["StackName"], stack["StackStatus"]) for stack in found)


def parameters(account: Account, part: str) -> dict[str, str]:
    return account.deployment()._stacks.parameters(account.environment.stack(part))


@pytest.mark.parametrize("made", [False, True])
def test_a_first_deployment_needs_no_flag(account: Account, made: bool) -> None:
    """Also where a first start that failed has made the bookkeeping."""
    account.bookkeeping.made = made
    account.deployment().deploy(account.package)
    assert restores(account) == ["SKIP_RESTORE_FROM_SNAPSHOT"]


def test_a_deployment_after_a_destroy_asks_for_the_flag(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.bookkeeping.made, account.bookkeeping.loaded = True, {"shard-0": 7}
    account.deployment().destroy()
    before = stacks(account)
    with pytest.raises(DataLossError, match="give --without-state, and load every table again"):
        account.deployment().deploy(account.package)
    assert stacks(account) == before
    account.deployment().deploy(account.package, start_from=StartState(without=True))
    assert account.life.status == "RUNNING"


def test_the_generations_that_went_with_the_application_are_asked_for(account: Account) -> None:
    account.bookkeeping.made, account.bookkeeping.loaded, account.bookkeeping.floor = (
        True,
        {"shard-0": 7},
        2,
    )
    with pytest.raises(
        DataLossError, match=r"set application\.generations and application\.floor to"
    ):
        account.deployment().deploy(account.package)
    account.bookkeeping.asked.clear()
    with pytest.raises(DataLossError) as caught:
        account.with_application(floor=2).deploy(account.package)
    assert "swept" not in str(caught.value)


def test_a_stopped_application_without_a_snapshot_asks_for_the_flag(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.deployment().stop(snapshot=False)
    account.bookkeeping.made, account.bookkeeping.loaded = True, {"shard-0": 7}
    with pytest.raises(DataLossError, match="has no snapshot to start from, but"):
        account.deployment().deploy(account.new_code())
    assert account.life.status == "READY"


def test_a_running_or_stopped_application_with_its_state_asks_the_warehouse_nothing(
    account: Account,
) -> None:
    account.deployment().deploy(account.package)
    account.bookkeeping.asked.clear()
    account.bookkeeping.error = "not to be asked"
    account.deployment().deploy(account.new_code())
    account.deployment().stop()
    account.deployment().deploy(account.new_code())
    assert restores(account)[1:] == ["RESTORE_FROM_LATEST_SNAPSHOT"]
    assert account.bookkeeping.asked == []


class Unreachable:
    def execute_statement(self, **_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://redshift-data")


@pytest.mark.parametrize("unreachable", [False, True])
def test_a_warehouse_that_cannot_be_asked_is_not_guessed_about(
    account: Account,
    unreachable: bool,
) -> None:
    account.bookkeeping.error = "ERROR: permission denied"
    deployment = account.deployment()
    if unreachable:
        deployment._preflight._bookkeeping._warehouse._client = Unreachable()
    with pytest.raises(
        DeployError, match=r"could not be queried: .*give --without-state; otherwise"
    ):
        deployment.deploy(account.package)
    assert stacks(account) == []
    deployment.deploy(account.package, start_from=StartState(without=True))
    assert account.life.status == "RUNNING"


def test_no_start_is_without_state_unintentionally(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.deployment().stop(snapshot=False)
    with pytest.raises(ApplicationError, match="has no snapshot to start from"):
        account.deployment()._application.start()


def moved(account: Account, setting: str) -> Deployment:
    environment = account.environment
    if setting == "application.name":
        return account.with_application(name="tickets")
    if setting == "staging.prefix":
        return account.deployment(staging=environment.staging.model_copy(update={"prefix": "new"}))
    redshift = environment.redshift.model_copy(update={"bookkeeping_schema": "new"})
    return account.deployment(redshift=redshift)


@pytest.mark.parametrize(
    ("setting", "before"),
    [
        ("application.name", "ticket-seller"),
        ("staging.prefix", "staged"),
        ("redshift.bookkeeping_schema", "starjoin"),
    ],
)
def test_what_says_where_data_lies_is_not_changed_unintentionally(
    account: Account, setting: str, before: str
) -> None:
    account.deployment().deploy(account.package)
    calls = len(account.flink.calls)
    deployed = {part: parameters(account, part) for part in ("data", "application")}
    with pytest.raises(DataLossError, match=f"{setting} is .*Put {before} back, or give --allow"):
        moved(account, setting).deploy(account.package)
    assert {part: parameters(account, part) for part in deployed} == deployed
    assert {action for action, _ in account.flink.calls[calls:]} == {"describe_application"}
    moved(account, setting).deploy(account.package, allow_data_loss=True)
    assert {part: parameters(account, part) for part in deployed} != deployed


def test_a_renamed_application_starts_without_the_old_ones_state_only_if_allowed(
    account: Account,
) -> None:
    account.deployment().deploy(account.package)
    account.bookkeeping.made, account.bookkeeping.loaded = True, {"shard-0": 7}
    renamed = account.with_application(name="tickets")
    with pytest.raises(DataLossError, match="give --without-state"):
        renamed.deploy(account.package, allow_data_loss=True)
    assert set(account.flink.applications) == {"ticket-seller"}
    without = StartState(without=True)
    renamed.deploy(account.package, start_from=without, allow_data_loss=True)
    assert set(account.flink.applications) == {"tickets"}
    assert "  modify  Application (AWS::KinesisAnalyticsV2::Application, replaced)" in account.said


def test_a_replaced_application_is_refused_by_its_change_set_as_well(account: Account) -> None:
    account.deployment().deploy(account.package)
    renamed = account.with_application(name="tickets")
    stack = renamed._environment.stack("application")
    deployed = renamed._stacks.find_deployed("application", stack)
    assert deployed is not None
    deployed.parameters["ApplicationName"] = "tickets"
    with pytest.raises(DeployError, match="would remove or replace Application, and the data"):
        renamed._stacks.apply(deployed)
