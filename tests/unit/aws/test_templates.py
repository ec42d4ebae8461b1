"""The templates as they stand: lint, safety of what they make, alarms, outputs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from connectors.metrics import Gauge, WatchedSourceMetric
from connectors.redshift.access import STATEMENT_SECONDS
from connectors.redshift.coordinator import MAX_RETRY_SECONDS
from flink_app.declaration import Star
from flink_app.diagnostics.log_restarts import LogRestartedError
from flink_app.metrics import COUNTERS
from infra.aws import plan
from infra.aws.dms import with_dms_settings
from infra.aws.environment import load_environment
from infra.aws.errors import StackError
from infra.aws.package import RUN_OPTIONS
from infra.aws.parameters import properties, values
from infra.aws.templates import FOLDER, NAMES, load_template, template_body
from tests.unit.stars import ROOT, freight, ticket_seller

pytestmark = pytest.mark.slow

# What the service publishes for an application on Flink 2.2.
SERVICE_METRICS = {
    "runningTime",
    "numRestarts",
    "numberOfFailedCheckpoints",
    "lastCheckpointDuration",
    "containerCPUUtilization",
    "containerMemoryUtilization",
}


def faults(text: str) -> list[str]:
    """What the command `cfn-lint` would say."""
    return [str(each) for each in lint(text, config=ManualArgs())]


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(name: str) -> None:
    assert faults((FOLDER / f"{name}.yaml").read_text()) == []


@pytest.mark.parametrize("star", [ticket_seller(), freight()], ids=lambda s: s.declaration.name)
def test_cfn_lint_finds_nothing_in_what_is_filled_in(star: Star) -> None:
    assert faults(template_body(with_dms_settings(load_template("dms"), star))) == []


def test_cfn_lint_would_find_a_fault() -> None:
    template = load_template("dms")
    template["Resources"]["Target"]["Properties"]["KinesisSettings"]["UseLargeIntegerValue"] = True
    (fault,) = faults(template_body(template))
    assert "UseLargeIntegerValue" in fault


def test_every_template_is_known() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_yaml_alias_which_cloudformation_refuses(name: str) -> None:
    body = template_body(load_template(name))
    assert json.loads(body) == load_template(name)
    lines = (FOLDER / f"{name}.yaml").read_text().splitlines()
    assert not [line for line in lines if ": &" in line or ": *" in line]


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_outputs_are_described(name: str) -> None:
    template = load_template(name)
    described = [*template["Parameters"].values(), *template.get("Outputs", {}).values()]
    assert all(each["Description"] for each in described)
    free = {
        parameter
        for parameter, each in template["Parameters"].items()
        if each["Type"] == "String" and not {"AllowedPattern", "AllowedValues"} & set(each)
    }
    # Names of any form: of databases, hosts and AWS's own making.
    assert free <= {
        "CodeBucket",
        "StagingBucket",
        "StreamName",
        "RedshiftHost",
        "RedshiftDatabase",
        "SourceDatabase",
    }


def test_the_plan_gives_every_parameter_and_no_other() -> None:
    environment = load_environment("example")
    outputs = plan.promised_outputs(environment)
    stacks = [
        plan.data_stack(environment),
        plan.application_stack(environment, outputs, "code/starjoin-x.zip"),
        plan.alarms_stack(environment, outputs),
        plan.dms_stack(environment, outputs, ticket_seller()),
    ]
    assert [stack.part for stack in stacks if stack] == list(NAMES)
    for stack in stacks:
        assert stack is not None
        assert stack.name == f"starjoin-example-{stack.part}"
        assert set(stack.parameters) == set(stack.template["Parameters"])


def test_a_template_that_is_too_long_is_refused_before_the_call() -> None:
    with pytest.raises(StackError, match=r"CloudFormation takes 51,200"):
        template_body({"Description": "x" * 60_000})


@pytest.mark.parametrize("name", ["CodeBucket", "StagingBucket"])
def test_buckets_are_private_encrypted_and_tls_only(name: str) -> None:
    resources = load_template("data")["Resources"]
    bucket = resources[name]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    policy = resources[f"{name}Policy"]["Properties"]
    assert policy["Bucket"] == {"Ref": name}
    statement = policy["PolicyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_restricted_originals_are_kept_from_all_but_one_role_and_by_default_from_all() -> None:
    resources = load_template("data")["Resources"]
    _, statement = resources["StagingBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Action"] == "s3:GetObject*"
    below = statement["Resource"]["Fn::Sub"]
    assert below == "${StagingBucket.Arn}/${StagingPrefix}/${ApplicationName}/restricted/*"
    (condition,) = statement["Condition"].items()
    role = ["HasOriginalsRole", {"Ref": "OriginalsRoleArn"}, "nobody"]
    assert condition == ("StringNotEquals", {"aws:PrincipalArn": {"Fn::If": role}})


def test_what_holds_data_survives_a_replacement_and_the_key_survives_all() -> None:
    resources = load_template("data")["Resources"]
    for name in ("ChangeStream", "CodeBucket", "StagingBucket", "PrivacyKey"):
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
    assert resources["PrivacyKey"]["DeletionPolicy"] == "Retain"


def test_the_privacy_key_is_drawn_by_the_service_and_long_enough() -> None:
    from flink_app.privacy.keys import MINIMUM_SECRET_BYTES

    secret = load_template("data")["Resources"]["PrivacyKey"]["Properties"]
    assert "SecretString" not in secret
    assert secret["GenerateSecretString"]["PasswordLength"] >= MINIMUM_SECRET_BYTES


def test_run_options_are_those_of_the_package() -> None:
    application = load_template("application")["Resources"]["Application"]["Properties"]
    groups = application["ApplicationConfiguration"]["EnvironmentProperties"]["PropertyGroups"]
    maps = {group["PropertyGroupId"]: group["PropertyMap"] for group in groups}
    assert maps["kinesis.analytics.flink.run.options"] == RUN_OPTIONS


def _metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    stats = [
        each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each
    ]
    return stats or [alarm]


@pytest.mark.parametrize(
    "metric",
    [
        pytest.param(metric, id=f"{name}-{number}")
        for name, alarm in load_template("alarms")["Resources"].items()
        for number, metric in enumerate(_metrics(alarm["Properties"]))
    ],
)
def test_an_alarm_watches_a_metric_that_exists(metric: dict[str, Any]) -> None:
    if metric["Namespace"] == {"Fn::Sub": "Starjoin/${ApplicationName}"}:
        assert metric["MetricName"] in {each["MetricName"] for each, _ in _counted_in_the_log()}
        assert "Dimensions" not in metric
        return
    dimension, *others = metric["Dimensions"]
    if metric["Namespace"] == "AWS/Kinesis":
        by_reader = [
            "SubscribeToShardEvent.MillisBehindLatest",
            "GetRecords.IteratorAgeMilliseconds",
        ]
        assert metric["MetricName"] == {"Fn::If": ["FansOut", *by_reader]}
        assert dimension == {"Name": "StreamName", "Value": {"Ref": "StreamName"}}
        (consumer,) = others
        condition, with_consumer, without = consumer["Fn::If"]
        assert (condition, without) == ("FansOut", {"Ref": "AWS::NoValue"})
        assert with_consumer["Name"] == "ConsumerName"
    else:
        assert others == []
        assert metric["Namespace"] == "AWS/KinesisAnalytics"
        own = (*COUNTERS, *Gauge, *WatchedSourceMetric)
        assert metric["MetricName"] in SERVICE_METRICS | {each.label for each in own}
        assert dimension == {"Name": "Application", "Value": {"Ref": "ApplicationName"}}


def _counted_in_the_log() -> list[tuple[dict[str, Any], str]]:
    """What is counted in the lines of the job's log, and by which pattern."""
    filters = [
        resource["Properties"]
        for resource in load_template("application")["Resources"].values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
    ]
    return [
        (transformation, metric_filter["FilterPattern"])
        for metric_filter in filters
        for transformation in metric_filter["MetricTransformations"]
    ]


def test_errors_are_counted_in_the_log_by_the_name_of_their_class() -> None:
    patterns = {each["MetricName"]: pattern for each, pattern in _counted_in_the_log()}
    assert patterns == {"logRestartFailures": f'"{LogRestartedError.__name__}"'}
    namespaces = {str(each["MetricNamespace"]) for each, _ in _counted_in_the_log()}
    assert namespaces == {str({"Fn::Sub": "Starjoin/${ApplicationName}"})}


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("tickets", ""),
        ("", "arn:aws:kinesis:eu-west-1:123456789012:stream/a.b/consumer/tickets:1700000000"),
    ],
)
def test_the_alarm_on_lag_knows_the_consumer_by_name_or_arn(name: str, arn: str) -> None:
    alarm = load_template("alarms")["Resources"]["FallsBehind"]["Properties"]
    value = alarm["Dimensions"][1]["Fn::If"][1]["Value"]
    parameters = {"ConsumerName": name, "ConsumerArn": arn}
    assert _evaluate(value, parameters, {"HasConsumerName": bool(name)}) == "tickets"
    # CloudFormation may work out a branch that it does not take.
    assert _evaluate(value["Fn::If"][2], {"ConsumerArn": ""}, {}) == "-"


def _evaluate(node: Any, parameters: dict[str, str], conditions: dict[str, bool]) -> Any:
    """What CloudFormation makes of the functions that the alarm uses."""
    if not isinstance(node, dict):
        return node
    ((function, given),) = node.items()
    if function == "Ref":
        return parameters[given]
    if function == "Fn::If":
        return _evaluate(given[1 if conditions[given[0]] else 2], parameters, conditions)
    if function == "Fn::Select":
        return _evaluate(given[1], parameters, conditions)[given[0]]
    if function == "Fn::Split":
        return _evaluate(given[1], parameters, conditions).split(given[0])
    assert function == "Fn::Sub"
    return given.replace("${ConsumerArn}", parameters["ConsumerArn"])


def test_a_property_without_a_value_is_left_out() -> None:
    """Managed Flink takes no empty property."""
    template = load_template("application")
    resource = template["Resources"]["Application"]["Properties"]["ApplicationConfiguration"]
    for group in resource["EnvironmentProperties"]["PropertyGroups"]:
        for key, value in group["PropertyMap"].items():
            if isinstance(value, str):
                assert value
                continue
            name = (value["Fn::If"][1] if "Fn::If" in value else value)["Ref"]
            may_be_empty = template["Parameters"].get(name, {}).get("Default") == ""
            assert ("Fn::If" in value) == may_be_empty, key
            if may_be_empty:
                assert value["Fn::If"] == [f"Has{name}", {"Ref": name}, {"Ref": "AWS::NoValue"}]
                has = {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}
                assert template["Conditions"][f"Has{name}"] == has
    environment = load_environment("example")
    known = {**plan.promised_outputs(environment), **values(environment)}
    assert all(all(group.values()) for group in properties(known).values())
    assert "consumer.name" not in properties(known)["source"]
    assert properties({**known, "ConsumerName": "x"})["source"]["consumer.name"] == "x"


@pytest.mark.parametrize("name", load_template("alarms")["Resources"])
def test_an_alarm_on_a_counter_watches_its_rise(name: str) -> None:
    alarm = load_template("alarms")["Resources"][name]["Properties"]
    metrics = [metric["MetricName"] for metric in _metrics(alarm)]
    counters = {"numRestarts", "numberOfFailedCheckpoints"} | {each.label for each in COUNTERS}
    counters |= {each.label for each in WatchedSourceMetric if each.kind == "counter"}
    expressions = [each["Expression"] for each in alarm.get("Metrics", []) if "Expression" in each]
    # One that depends on the reader is a gauge of Kinesis.
    rises = all(isinstance(metric, str) and metric in counters for metric in metrics)
    assert bool(expressions) == rises
    assert all(re.match(r"(IF\()?DIFF\(", expression) for expression in expressions)


@pytest.mark.parametrize(
    "seconds", [MAX_RETRY_SECONDS, STATEMENT_SECONDS + MAX_RETRY_SECONDS], ids=["refused", "hung"]
)
@pytest.mark.parametrize("offset", range(0, 600, 50))
def test_loads_that_fail_on_and_on_raise_the_alarm_however_long_each_takes(
    seconds: float, offset: int
) -> None:
    alarm = load_template("alarms")["Resources"]["WarehouseOutOfReach"]["Properties"]
    (period,) = [each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each]
    failures = [offset + seconds * count for count in range(1, 100)]
    risen = {int(failure // period) for failure in failures}
    periods = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm", periods)
    first = min(risen)
    on = [
        now
        for now in range(first, max(risen))
        if len(risen & set(range(now - periods + 1, now + 1))) >= needed
    ]
    assert on
    assert on[0] * period <= failures[0] + 3_600
    assert on == [*range(on[0], max(risen))], "it stays on until the loads go well"


def test_two_failures_do_not_raise_that_alarm() -> None:
    alarm = load_template("alarms")["Resources"]["WarehouseOutOfReach"]["Properties"]
    assert alarm["DatapointsToAlarm"] > 2


def _is_raised(alarm: dict[str, Any], breaching: set[int]) -> bool:
    """Whether the alarm, of whose periods these breach its threshold, is on in one of them."""
    periods = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm", periods)
    return any(
        len(breaching & set(range(now - periods + 1, now + 1))) >= needed for now in breaching
    )


ALARMS = load_template("alarms")
FAIL_AFTER_SECONDS = load_template("application")["Parameters"]["FailAfterSeconds"]


@pytest.mark.parametrize("was_read", [True, False])
@pytest.mark.parametrize(
    "fail_after",
    [
        FAIL_AFTER_SECONDS["MinValue"],
        300,
        FAIL_AFTER_SECONDS["Default"],
        *range(1_000, 2_000, 50),
        3_600,
        FAIL_AFTER_SECONDS["MaxValue"],
    ],
)
@pytest.mark.parametrize("offset", [0, 110, 250])
def test_a_stream_that_gives_no_answer_raises_an_alarm_although_each_restart_begins_again(
    fail_after: int, offset: int, *, was_read: bool
) -> None:
    """The job fails each time that the silence has lasted so long, and starts again.

    A shard that was read before has its lag from its reading position, which the checkpoint has; of
    one that never was only the time since the restart is known.
    """
    lags, restarts = (
        ALARMS["Resources"][name]["Properties"]
        for name in ("StreamNotRead", "JobRestartsAgainAndAgain")
    )
    threshold = ALARMS["Parameters"]["LagAlarmMilliseconds"]["Default"] / 1_000
    cycle = fail_after + 30  # a restart takes its time
    behind = set()
    for silent in range(0, 7_200, 60):  # metrics come each minute
        if silent % cycle < fail_after:
            lag = silent if was_read else silent % cycle
            if lag > threshold:
                behind.add((offset + silent) // lags["Period"])
    (period,) = [
        each["MetricStat"]["Period"] for each in restarts["Metrics"] if "MetricStat" in each
    ]
    restarted = {(offset + at) // period for at in range(cycle, 7_200, cycle)}

    if was_read:
        assert _is_raised(lags, behind)
    else:
        assert _is_raised(lags, behind) or _is_raised(restarts, restarted)


@pytest.mark.parametrize("name", ["JobNotRunning", "FallsBehind", "StreamNotRead"])
def test_silence_raises_the_alarms_on_what_a_running_job_always_reports(name: str) -> None:
    alarm = load_template("alarms")["Resources"][name]["Properties"]
    assert alarm["TreatMissingData"] == "breaching"


def test_a_gap_that_is_the_first_thing_read_after_a_start_raises_its_alarm() -> None:
    alarm = load_template("alarms")["Resources"]["StreamGaps"]["Properties"]
    (expression,) = (each["Expression"] for each in alarm["Metrics"] if "Expression" in each)
    assert expression == "DIFF(FILL(gaps, 0))"


def test_what_the_source_reports_for_alarms_has_one() -> None:
    watched = str(load_template("alarms")["Resources"])
    assert [each.label for each in WatchedSourceMetric if each.label not in watched] == []


def test_a_held_shard_raises_its_alarm_within_a_minute_and_until_a_restart_holds_it_again() -> None:
    alarm = load_template("alarms")["Resources"]["ShardsHeldAtGaps"]["Properties"]
    assert (alarm["Period"], alarm["DatapointsToAlarm"]) == (60, 1)
    assert alarm["EvaluationPeriods"] > 1
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 0)


@pytest.mark.parametrize("name", load_template("alarms")["Resources"])
def test_an_alarm_is_explained_and_sent(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "operations.md").read_text()
    alarm = load_template("alarms")["Resources"][name]["Properties"]
    assert alarm["AlarmActions"] == alarm["OKActions"]
    assert alarm["AlarmActions"]["Fn::If"][0] == "HasTopic"
