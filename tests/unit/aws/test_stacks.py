"""What moto's CloudFormation never does: refusals, replacements, late statuses, failed deletes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.aws.clients import open_clients
from infra.aws.errors import StackError
from infra.aws.plan import StackPlan
from infra.aws.stacks import Stacks
from tests.aws.clock import FakeClock

PLAN = StackPlan("data", "starjoin-test-data", {"Resources": {}}, {"A": "1"})


def change(action: str, resource: str, kind: str, replacement: str = "") -> dict[str, Any]:
    details = {"Action": action, "LogicalResourceId": resource, "ResourceType": kind}
    if replacement:
        details["Replacement"] = replacement
    return {"ResourceChange": details}


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


class CloudFormation:
    """One stack, scripted: what it says each time it is asked; the last answer stays."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.change_sets: list[dict[str, Any]] = [{"Status": "CREATE_COMPLETE", "Changes": []}]
        self.stack_events: list[dict[str, Any]] = []
        self.events_of_execution: list[dict[str, Any]] = [event("UPDATE_COMPLETE")]
        self.calls: list[str] = []

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if not self.statuses:
            raise refused("ValidationError", "Stack with id x does not exist")  # noqa: EM101
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"Stacks": [{"StackId": "arn:stack", "StackStatus": status, "Outputs": []}]}

    def create_change_set(self, **given: Any) -> dict[str, Any]:
        self.calls.append(f"create {given['ChangeSetType']}")
        return {"Id": "arn:change-set"}

    def describe_change_set(self, **given: Any) -> dict[str, Any]:
        more = int(given.get("NextToken", 0))
        return self.change_sets[more]

    def delete_change_set(self, **_: Any) -> None:
        self.calls.append("delete change set")

    def execute_change_set(self, **_: Any) -> None:
        self.calls.append("execute")

    def delete_stack(self, **_: Any) -> None:
        self.calls.append("delete stack")
        self.stack_events += self.events_of_execution

    def get_paginator(self, name: str) -> CloudFormation:
        assert name == "describe_stack_events"
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        found = [{"StackEvents": self.stack_events[::-1]}]
        if "execute" in self.calls:  # seen only when asked for the second time
            self.stack_events += self.events_of_execution
            self.events_of_execution = []
        return found


def event(status: str, reason: str = "", resource: str = "starjoin-test-data") -> dict[str, Any]:
    found = {"LogicalResourceId": resource, "ResourceType": "T", "ResourceStatus": status}
    return found | ({"ResourceStatusReason": reason} if reason else {})


def stacks(client: CloudFormation) -> tuple[Stacks, list[str]]:
    said: list[str] = []
    return Stacks(client, FakeClock(), said.append), said


def test_a_refused_change_set_is_deleted_and_reported() -> None:
    client = CloudFormation("CREATE_COMPLETE")
    client.change_sets = [{"Status": "FAILED", "StatusReason": "Parameter A must be one of 2"}]
    with pytest.raises(StackError, match="refused the change set: Parameter A must be one of 2"):
        stacks(client)[0].apply(PLAN)
    assert client.calls == ["create UPDATE", "delete change set"]


def test_no_change_leaves_no_change_set_behind() -> None:
    client = CloudFormation("UPDATE_COMPLETE")
    reason = "The submitted information didn't contain changes. Submit different information."
    client.change_sets = [{"Status": "FAILED", "StatusReason": reason}]
    applied, said = stacks(client)
    assert applied.apply(PLAN) == {}
    assert said == ["starjoin-test-data: no change"]
    assert client.calls == ["create UPDATE", "delete change set"]


def test_a_status_of_the_last_time_is_no_success() -> None:
    client = CloudFormation("UPDATE_COMPLETE")
    clock = FakeClock()
    Stacks(client, clock, lambda _: None).apply(PLAN)
    assert clock.now() == 1_005.0  # one look was not enough


def test_a_long_change_set_is_shown_whole() -> None:
    client = CloudFormation("UPDATE_COMPLETE")
    client.change_sets = [
        {
            "Status": "CREATE_COMPLETE",
            "Changes": [change("Modify", "Role", "AWS::IAM::Role", "False")],
            "NextToken": "1",
        },
        {"Changes": [change("Modify", "Log", "AWS::Logs::LogGroup", "True")]},
    ]
    applied, said = stacks(client)
    applied.apply(PLAN)
    assert said == [
        "starjoin-test-data: change set of 2",
        "  modify  Role (AWS::IAM::Role)",
        "  modify  Log (AWS::Logs::LogGroup, replaced)",
        "starjoin-test-data: done",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        change("Remove", "PrivacyKey", "AWS::SecretsManager::Secret"),
        change("Modify", "ChangeStream", "AWS::Kinesis::Stream", "True"),
        change("Modify", "StagingBucket", "AWS::S3::Bucket", "Conditional"),
    ],
    ids=lambda entry: entry["ResourceChange"]["LogicalResourceId"],
)
def test_data_is_not_lost_unintentionally(entry: dict[str, Any]) -> None:
    client = CloudFormation("UPDATE_COMPLETE")
    client.change_sets = [{"Status": "CREATE_COMPLETE", "Changes": [entry]}]
    with pytest.raises(StackError, match="was not applied"):
        stacks(client)[0].apply(PLAN)
    assert client.calls == ["create UPDATE", "delete change set"]
    stacks(client)[0].apply(PLAN, allow_data_loss=True)
    assert client.calls[-1] == "execute"


def test_reasons_leave_out_what_was_only_cancelled() -> None:
    client = CloudFormation("CREATE_COMPLETE", "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    client.stack_events = [event("CREATE_FAILED", "an old story", "Role")]
    client.events_of_execution = [
        event("UPDATE_FAILED", "Resource creation cancelled", "Log"),
        event("UPDATE_FAILED", "no such subnet", "Application"),
        event("UPDATE_ROLLBACK_COMPLETE"),
    ]
    with pytest.raises(StackError) as caught:
        stacks(client)[0].apply(PLAN)
    assert str(caught.value) == (
        "starjoin-test-data ended in UPDATE_ROLLBACK_COMPLETE:\n  Application (T): no such subnet"
    )


def test_another_deployment_is_not_disturbed() -> None:
    client = CloudFormation("UPDATE_IN_PROGRESS")
    with pytest.raises(StackError, match="another deployment is in progress"):
        stacks(client)[0].apply(PLAN)
    assert client.calls == []


def test_the_remains_of_a_review_are_built_on() -> None:
    client = CloudFormation("REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS", "CREATE_COMPLETE")
    stacks(client)[0].apply(PLAN)
    assert client.calls == ["create CREATE", "execute"]


def test_a_delete_that_fails_says_why() -> None:
    client = CloudFormation("CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED")
    client.events_of_execution = [event("DELETE_FAILED", "the bucket is not empty", "CodeBucket")]
    with pytest.raises(StackError, match="the bucket is not empty"):
        stacks(client)[0].delete("starjoin-test-data")


def test_a_stack_that_does_not_rest_is_left_to_itself() -> None:
    client = CloudFormation("CREATE_COMPLETE", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS")
    with pytest.raises(StackError, match="still not done after 60 minutes; it continues by itself"):
        stacks(client)[0].apply(PLAN)


def test_other_errors_of_the_service_are_not_taken_for_a_missing_stack() -> None:
    class Denied(CloudFormation):
        def describe_stacks(self, **_: Any) -> dict[str, Any]:
            raise refused("AccessDenied", "not authorized")  # noqa: EM101

    with pytest.raises(ClientError, match="not authorized"):
        stacks(Denied())[0].apply(PLAN)


def test_clients_are_of_the_environments_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    clients = open_clients("eu-central-1")
    opened = [clients.cloudformation, clients.s3, clients.flink, clients.logs, clients.dms]
    assert {each.meta.region_name for each in opened} == {"eu-central-1"}
