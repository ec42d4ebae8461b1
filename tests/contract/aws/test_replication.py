"""The replication task and its endpoints: connection tests, starts, stops, the account's roles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.aws.connections import Connections
from infra.aws.errors import DeployError
from infra.aws.replication import Replication
from infra.aws.replication_settings import Dms
from tests.aws.bookkeeping import FakeBookkeeping, FakeStream
from tests.aws.clients import client
from tests.aws.clock import FakeClock
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract


def start(account: Account, kind: str) -> None:
    account.clients.dms.start_replication_task(
        ReplicationTaskArn=task_of(account), StartReplicationTaskType=kind
    )


def task_of(account: Account) -> str:
    return account.deployment()._outputs("dms")["TaskArn"]


def replication(account: Account) -> Replication:
    return Replication(account.clients.dms, account.clock, account.said.append)


def with_source(account: Account, **changes: object) -> Dms:
    dms = account.environment.dms
    assert dms is not None
    return dms.model_copy(update={"source": dms.source.model_copy(update=changes)})


def test_both_endpoints_are_tested_after_their_last_change(account: Account) -> None:
    account.deployment().deploy(account.package)
    calls = account.dms.calls
    assert calls.count("modify_endpoint") == 1
    assert "test_connection" not in calls[: calls.index("modify_endpoint")]
    assert calls.count("test_connection") == 2
    said = account.heard()
    assert "source endpoint: the connection test is successful" in said
    assert "target endpoint: the connection test is successful" in said
    start(account, "start-replication")
    assert account.dms.task.starts == ["start-replication"]


@pytest.mark.parametrize(
    ("engine", "role", "remedy"),
    [
        ("postgres", "source", "Check the secret dms.source.secret_arn (host, port"),
        ("kinesis", "target", "subnets have a route to Kinesis"),
    ],
)
def test_an_endpoint_that_cannot_be_reached_is_named_and_tested_again(
    account: Account, engine: str, role: str, remedy: str
) -> None:
    account.dms.failing_endpoints[engine] = "timed out"
    with pytest.raises(DeployError) as caught:
        account.deployment().deploy(account.package)
    (endpoint,) = account.clients.dms.describe_endpoints(
        Filters=[{"Name": "endpoint-type", "Values": [role]}]
    )["Endpoints"]
    sentence = str(caught.value)
    name = endpoint["EndpointIdentifier"]
    assert f"cannot connect to the {role} endpoint {name}: DMS reports: timed out. " in sentence
    assert remedy in sentence
    assert "Then deploy again" in sentence
    with pytest.raises(ClientError, match="Test connection"):
        start(account, "start-replication")
    account.dms.failing_endpoints.clear()
    account.deployment().deploy(account.package)
    start(account, "start-replication")


def test_a_changed_endpoint_is_tested_again(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.dms.failing_endpoints["postgres"] = "certificate verify failed"
    arn = "arn:aws:dms:eu-west-1:123456789012:cert:CA"
    changed = with_source(account, ssl_mode="verify-full", certificate_arn=arn)
    with pytest.raises(DeployError, match="certificate verify failed"):
        account.deployment(dms=changed).deploy(account.package)


def test_the_source_has_what_the_environment_says(account: Account) -> None:
    arn = "arn:aws:dms:eu-west-1:123456789012:cert:CA"
    dms = with_source(
        account,
        ssl_mode="verify-ca",
        certificate_arn=arn,
        capture_ddl=False,
        heartbeat_minutes=0,
        artifacts_schema="dms",
    )
    account.deployment(dms=dms).deploy(account.package)
    (source,) = account.clients.dms.describe_endpoints(
        Filters=[{"Name": "endpoint-type", "Values": ["source"]}]
    )["Endpoints"]
    assert (source["SslMode"], source["CertificateArn"]) == ("verify-ca", arn)
    settings = source["PostgreSQLSettings"]
    assert settings["CaptureDdls"] is False
    assert settings["HeartbeatEnable"] is False
    assert "HeartbeatFrequency" not in settings
    assert settings["DdlArtifactsSchema"] == settings["HeartbeatSchema"] == "dms"


def test_new_code_does_not_touch_dms(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.dms.run_task()
    account.dms.calls.clear()
    account.deployment().deploy(account.new_code())
    assert {call for call in account.dms.calls if not call.startswith("describe")} == set()
    assert account.dms.task.status == "running"


class BusyClient:
    """DMS, which is testing the endpoint by itself when it is first asked to."""

    def __init__(self) -> None:
        self.refused = 0
        self.tested = False

    def describe_connections(self, **_: Any) -> dict[str, Any]:
        # Of a test from before the endpoint's change, which says nothing any more.
        return {"Connections": [{"Status": "successful", "EndpointIdentifier": "source"}]}

    def test_connection(self, **_: Any) -> None:
        if self.refused < 2:
            self.refused += 1
            fault = {"Error": {"Code": "InvalidResourceStateFault", "Message": "in progress"}}
            raise ClientError(fault, "TestConnection")  # type: ignore[arg-type]
        self.tested = True


def test_a_test_that_dms_has_begun_by_itself_is_waited_for() -> None:
    busy = BusyClient()
    connections = Connections(busy, FakeClock(), lambda _: None)
    connections.ensure("source", endpoint="e", instance="i", changed=True)
    assert (busy.refused, busy.tested) == (2, True)


def test_a_reload_of_a_task_that_never_ran_starts_it(account: Account) -> None:
    account.deployment().deploy(account.package)
    replication(account).reload(task_of(account))
    assert account.dms.task.starts == ["start-replication"]


def test_a_task_that_is_starting_is_stopped_once_it_runs(account: Account) -> None:
    account.deployment().deploy(account.package)
    start(account, "start-replication")
    assert account.dms.task.status == "starting"
    replication(account).stop(task_of(account))
    assert account.dms.task.status == "stopped"


def test_a_task_that_is_stopping_already_is_waited_for(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.dms.run_task()
    account.clients.dms.stop_replication_task(ReplicationTaskArn=task_of(account))
    replication(account).stop(task_of(account))
    assert account.dms.task.status == "stopped"


def test_a_task_that_is_gone_is_not_there(account: Account) -> None:
    account.deployment().deploy(account.package)
    arn = task_of(account)
    account.clients.dms.delete_replication_task(ReplicationTaskArn=arn)
    assert replication(account).status(arn) == "not there"
    with pytest.raises(DeployError, match="there is no replication task"):
        replication(account).state(arn)


def forget_role(name: str) -> None:
    client("iam").delete_role(RoleName=name)


def test_a_missing_account_role_is_asked_for_before_anything_is_made(account: Account) -> None:
    forget_role("dms-cloudwatch-logs-role")
    with pytest.raises(DeployError, match=r"lacks dms-cloudwatch-logs-role.*create_account_roles"):
        account.deployment().deploy(account.package)
    assert account.clients.cloudformation.describe_stacks()["Stacks"] == []


def test_an_environment_without_dms_needs_no_account_role(account: Account) -> None:
    forget_role("dms-cloudwatch-logs-role")
    account.deployment(dms=None).deploy(account.package)


def test_a_missing_account_role_is_made_if_wanted_and_outlives_the_environment(
    account: Account,
) -> None:
    attached: list[tuple[str, str]] = []
    iam = client("iam")

    class Iam:
        """moto's, which does not know AWS's own policies."""

        get_role, create_role = iam.get_role, iam.create_role

        def attach_role_policy(self, **given: str) -> None:
            attached.append((given["RoleName"], given["PolicyArn"]))

    forget_role("dms-cloudwatch-logs-role")
    account.clients = replace(account.clients, iam=Iam())
    assert account.environment.dms is not None
    dms = account.environment.dms.model_copy(update={"create_account_roles": True})
    account.deployment(dms=dms).deploy(account.package)
    policy = "arn:aws:iam::aws:policy/service-role/AmazonDMSCloudWatchLogsRole"
    assert attached == [("dms-cloudwatch-logs-role", policy)]
    account.deployment(dms=dms).destroy(with_data=True)
    trust = iam.get_role(RoleName="dms-cloudwatch-logs-role")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "dms.amazonaws.com"}


@pytest.mark.parametrize("kind", ["resume-processing", "reload-target"])
def test_dms_refuses_another_first_start(account: Account, kind: str) -> None:
    account.deployment().deploy(account.package)
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        start(account, kind)


def test_dms_changes_neither_a_running_task_nor_its_endpoints(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.dms.run_task()
    arn = task_of(account)
    dms = account.clients.dms
    with pytest.raises(ClientError, match="cannot be modified while it is in running state"):
        dms.modify_replication_task(ReplicationTaskArn=arn, TableMappings='{"rules": []}')
    (task,) = dms.describe_replication_tasks()["ReplicationTasks"]
    with pytest.raises(ClientError, match="in use by a running replication task"):
        dms.modify_endpoint(EndpointArn=task["SourceEndpointArn"], SslMode="none")
    with pytest.raises(ClientError, match="cannot be started"):
        start(account, "resume-processing")


def test_bookkeeping_tables_and_stream_are_not_queried_where_nothing_changes(
    account: Account,
) -> None:
    account.deployment().deploy(account.package)
    account.dms.run_task()
    bookkeeping = FakeBookkeeping()
    account.clients = replace(account.clients, redshift_data=bookkeeping, kinesis=FakeStream({}))
    account.deployment().deploy(account.package)
    assert bookkeeping.asked == []


@pytest.mark.parametrize("name", ["ticket_seller", "9lives", "a.b", "a--b", "a-"])
def test_dms_refuses_a_task_of_such_a_name(account: Account, name: str) -> None:
    """The environment's file is refused before: tests/unit/aws/test_environment.py."""
    with pytest.raises(ClientError, match="Invalid task identifier"):
        account.clients.dms.create_replication_task(
            ReplicationTaskIdentifier=f"{name}-changes",
            SourceEndpointArn="source",
            TargetEndpointArn="target",
            ReplicationInstanceArn="instance",
            MigrationType="full-load-and-cdc",
            TableMappings="{}",
        )
