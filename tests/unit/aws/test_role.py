"""What the application may do, compared with what its code does.

The calls are found in the sources: boto3's methods on the clients that `flink_app.clients` opens,
and the AWS SDK's methods on the JVM module's Kinesis client. What the service does in the
application's name cannot be read from the code; AWS documents it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from infra.aws.templates import load_template
from tests.aws.clients import client
from tests.unit.stars import ROOT

# The service reads the code, writes the log, and makes network interfaces in the VPC's subnets.
SERVICE: Final = {
    "s3:GetObject",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
}


def statements(policy: str) -> list[dict[str, Any]]:
    role = load_template("application")["Resources"]["Role"]["Properties"]
    (found,) = (each for each in role["Policies"] if each["PolicyName"] == policy)
    # The one that depends on a condition stands in an Fn::If.
    return [
        each["Fn::If"][1] if "Fn::If" in each else each
        for each in found["PolicyDocument"]["Statement"]
    ]


def actions(policy: str) -> set[str]:
    return {action for statement in statements(policy) for action in of(statement)}


def of(statement: dict[str, Any]) -> set[str]:
    action = statement["Action"]
    return {action} if isinstance(action, str) else set(action)


def calls_of_python() -> set[str]:
    sources = [
        path.read_text()
        for folder in ("flink_app", "connectors")
        for path in (ROOT / folder).rglob("*.py")
    ]
    services = set(re.findall(r'boto3\.client\(\s*"(\w+)"', "".join(sources)))
    found = set()
    for service in services:
        methods = _methods(service)
        for text in sources:
            for called in re.findall(r"client\.(\w+)\(", text):
                if called in methods:
                    found.add(f"{service}:{methods[called]}")
    return found


def calls_of_java() -> set[str]:
    methods = {_camel(name): name for name in _methods("kinesis").values()}
    folder = ROOT / "connectors" / "jvm" / "src" / "main"
    called = {
        name
        for path in folder.rglob("*.java")
        for name in re.findall(r"\bclient\s*\.(\w+)\(", path.read_text())
    }
    return {f"kinesis:{methods[name]}" for name in called if name in methods}


def _methods(service: str) -> dict[str, str]:
    mapping: dict[str, str] = client(service).meta.method_to_api_mapping
    return mapping


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def test_the_search_finds_the_calls() -> None:
    assert calls_of_java() == {
        "kinesis:DescribeStreamSummary",
        "kinesis:ListShards",
        "kinesis:GetShardIterator",
        "kinesis:GetRecords",
        "kinesis:DescribeStreamConsumer",
        "kinesis:RegisterStreamConsumer",
        "kinesis:SubscribeToShard",
    }
    assert calls_of_python() == {
        "s3:PutObject",
        "s3:HeadBucket",
        "secretsmanager:GetSecretValue",
    }


def test_the_role_allows_exactly_the_calls_of_the_code() -> None:
    # kms:Decrypt is Secrets Manager's own call, in the caller's name, for a secret with a key.
    # sts:AssumeRole is the SDK's, for a stream that is read with another role.
    behind_the_code = {"kms:Decrypt", "sts:AssumeRole"}
    # S3 names a bucket's Region in its refusals too, which is all that is asked.
    not_needed = {"s3:HeadBucket"}
    called = (calls_of_python() - not_needed) | calls_of_java()
    assert actions("application") == called | behind_the_code


def test_a_role_is_assumed_if_it_is_given_and_no_other() -> None:
    role = load_template("application")["Resources"]["Role"]["Properties"]
    (assumes,) = (
        statement["Fn::If"]
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sts:AssumeRole" in str(statement)
    )
    condition, statement, otherwise = assumes
    assert condition == "HasStreamRoleArn"
    assert (statement["Action"], statement["Resource"]) == (
        "sts:AssumeRole",
        {"Ref": "StreamRoleArn"},
    )
    assert otherwise == {"Ref": "AWS::NoValue"}


def test_the_service_may_do_what_it_needs_and_no_more() -> None:
    assert actions("service") == SERVICE


@pytest.mark.parametrize("policy", ["application", "service"])
def test_nothing_is_allowed_on_everything_but_what_knows_no_resources(policy: str) -> None:
    anywhere = {
        action
        for statement in statements(policy)
        if statement["Resource"] == "*"
        for action in of(statement)
    }
    assert all(action.partition(":")[2].startswith("Describe") for action in anywhere)
    assert not any("*" in action for action in actions(policy))


def test_only_this_application_takes_the_role() -> None:
    role = load_template("application")["Resources"]["Role"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "kinesisanalytics.amazonaws.com"}
    assert set(trust["Condition"]) == {"StringEquals", "ArnEquals"}


def test_copy_reads_staged_files_and_writes_nothing() -> None:
    role = load_template("data")["Resources"]["CopyRole"]["Properties"]
    (policy,) = role["Policies"]
    allowed = {a for statement in policy["PolicyDocument"]["Statement"] for a in of(statement)}
    assert allowed == {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"}
