"""A deployment against moto, from an empty account to an empty account."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from flink_app.settings import load_settings, property_groups
from infra.aws import plan
from infra.aws.application import StartState
from infra.aws.errors import ApplicationError, DeployError, StackError
from infra.aws.package import RUN_OPTIONS
from tests.aws.clients import client
from tests.contract.aws.conftest import Account

PARTS = ("data", "application", "alarms", "dms")

pytestmark = pytest.mark.contract


def test_a_first_deployment_makes_everything_and_starts_the_application(account: Account) -> None:
    account.deployment().deploy(account.package)

    said = account.heard()
    assert "starjoin-example-data: new stack of 7" in said
    assert "  add     ChangeStream (AWS::Kinesis::Stream)" in said
    assert any(line.startswith("code: uploaded 4 bytes as s3://") for line in said)
    assert "ticket-seller: starting without state, at the stream's initial position" in said
    assert "ticket-seller: RUNNING, version 2" in said
    assert account.life.status == "RUNNING"
    stacks = account.clients.cloudformation.describe_stacks()["Stacks"]
    assert {stack["StackName"]: stack["StackStatus"] for stack in stacks} == {
        f"starjoin-example-{part}": "CREATE_COMPLETE" for part in PARTS
    }


def test_the_application_reads_what_property_groups_makes_of_its_settings(
    account: Account, tmp_path: Path
) -> None:
    account.deployment().deploy(account.package)
    data = _outputs(account, "data")
    settings = plan.application_settings(account.environment, data)
    groups = account.life.configuration["EnvironmentProperties"]["PropertyGroups"]
    run_options, *ours = groups
    assert run_options["PropertyGroupId"] == "kinesis.analytics.flink.run.options"
    assert run_options["PropertyMap"] == RUN_OPTIONS
    expected = property_groups(settings)
    for group in expected:
        group["PropertyMap"].pop("cbor", None)  # no parameter: only local runs set it
    # CloudFormation hands all parameters on as text.
    assert ours == expected
    file = tmp_path / "application_properties.json"
    file.write_text(json.dumps(groups))
    assert load_settings(file) == settings


def test_the_application_has_what_the_environment_says(account: Account) -> None:
    account.with_application(parallelism=6, autoscaling=True, checkpoint_seconds=30).deploy(
        account.package
    )
    configuration = account.life.configuration
    flink = configuration["FlinkApplicationConfiguration"]
    assert flink["ParallelismConfiguration"] == {
        "ConfigurationType": "CUSTOM",
        "Parallelism": 6,
        "ParallelismPerKPU": 1,
        "AutoScalingEnabled": True,
    }
    assert flink["CheckpointConfiguration"]["CheckpointInterval"] == 30_000
    network = account.environment.network
    assert configuration["VpcConfigurations"] == [
        {"SubnetIds": network.subnets, "SecurityGroupIds": network.security_groups}
    ]
    assert account.life.model.runtime_environment == "FLINK-2_2"
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/starjoin/ticket-seller"
    assert account.life.log_streams == [f"{group}:log-stream:application"]


def test_a_second_deployment_changes_nothing_and_says_so(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.heard()
    calls = len(account.flink.calls)

    account.deployment().deploy(account.package)

    said = account.heard()
    for part in PARTS:
        assert f"starjoin-example-{part}: no change" in said
    assert any(line.endswith(".zip is there already") for line in said)
    assert {action for action, _ in account.flink.calls[calls:]} == {"describe_application"}


def test_new_code_restarts_the_running_application_from_its_state(account: Account) -> None:
    account.deployment().deploy(account.package)
    first = account.life.configuration["ApplicationCodeConfiguration"]
    account.heard()

    account.deployment().deploy(account.new_code())

    said = account.heard()
    assert "  modify  Application (AWS::KinesisAnalyticsV2::Application)" in said
    assert "ticket-seller: RUNNING, version 3" in said
    assert account.life.configuration["ApplicationCodeConfiguration"] != first
    assert not any("starting" in line for line in said)  # the service restarts it by itself
    keys = account.clients.s3.list_objects_v2(Bucket=_outputs(account, "data")["CodeBucket"])
    assert len(keys["Contents"]) == 2  # the old version stays, to be rolled back to


def test_a_stop_takes_a_snapshot_and_the_next_deployment_starts_from_it(account: Account) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    deployment.stop()
    assert account.life.status == "READY"
    account.heard()

    deployment.deploy(account.new_code())

    restore = _last_start(account)["ApplicationRestoreConfiguration"]
    assert restore == {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}
    assert any("from its latest snapshot, snapshot-" in line for line in account.heard())
    assert account.life.status == "RUNNING"


def test_a_start_from_a_named_snapshot(account: Account) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    deployment.stop()
    name = account.life.snapshots[0]["SnapshotName"]
    deployment.deploy(account.package, start_from=StartState(name))
    assert _last_start(account)["ApplicationRestoreConfiguration"] == {
        "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT",
        "SnapshotName": name,
    }


def test_a_start_without_state_though_there_is_some(account: Account) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    deployment.stop()
    deployment.deploy(account.package, start_from=StartState(without=True))
    restore = _last_start(account)["ApplicationRestoreConfiguration"]
    assert restore == {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}


def test_a_running_application_is_not_given_another_state(account: Account) -> None:
    account.deployment().deploy(account.package)
    with pytest.raises(ApplicationError, match="to start it from another state, stop it first"):
        account.deployment().deploy(account.new_code(), start_from=StartState("snapshot-1"))


def test_a_stop_without_snapshot_leaves_a_stuck_application(account: Account) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    account.life.move("UPDATING", "UPDATING")
    deployment.stop(snapshot=False)
    assert (account.life.status, account.life.snapshots) == ("READY", [])


def test_stopping_twice_is_no_fault(account: Account) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    deployment.stop()
    deployment.stop()
    assert account.heard()[-1] == "ticket-seller: already stopped"


def test_there_is_nothing_to_stop_before_the_first_deployment(account: Account) -> None:
    with pytest.raises(ApplicationError, match="there is no application ticket-seller"):
        account.deployment().stop()


def test_a_program_that_fails_names_the_log_and_the_reason(account: Account) -> None:
    account.flink.failing_programs["ticket-seller"] = "CodeError: no module named flink_app"
    with pytest.raises(ApplicationError) as caught:
        account.deployment().deploy(account.package)
    assert str(caught.value) == (
        "ticket-seller: the start ended in state READY. The service says: CodeError: no module "
        "named flink_app. Read log group /starjoin/ticket-seller, logger PythonDriver: a program "
        "that fails at its start is reported there, and not at level ERROR."
    )


def test_a_program_that_fails_while_the_application_runs_is_found_in_the_log(
    account: Account,
) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    message = '{"logger": "client.python.PythonDriver", "message": "SettingsError: 2 faults"}'
    wait = account.clock.sleep

    def log_arrives_late(seconds: float) -> None:
        wait(seconds)
        if account.said[-1] == "ticket-seller: watching its log for 60 s":
            account.clients.logs.put_log_events(
                logGroupName="/starjoin/ticket-seller",
                logStreamName="application",
                logEvents=[{"timestamp": _now(), "message": message}],
            )

    account.clock.sleep = log_arrives_late  # type: ignore[method-assign]
    with pytest.raises(ApplicationError, match="its program failed and there is no job") as caught:
        deployment.deploy(account.new_code())
    assert "SettingsError: 2 faults" in str(caught.value)


def test_an_update_that_the_service_rolls_back_is_an_error(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.flink.failing_programs["ticket-seller"] = "the job fails"
    with pytest.raises(ApplicationError, match="the service has rolled the update back"):
        account.deployment().deploy(account.new_code())
    assert account.life.status == "RUNNING"


def test_a_package_that_was_rolled_back_can_be_deployed_again(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.flink.failing_programs["ticket-seller"] = "the warehouse is away"
    package = account.new_code()
    for _ in range(2):
        with pytest.raises(ApplicationError, match="the service has rolled the update back"):
            account.deployment().deploy(package)
    account.flink.failing_programs.clear()
    version = account.life.version
    account.deployment().deploy(package)
    code = account.life.configuration["ApplicationCodeConfiguration"]["CodeContent"]
    assert code["S3ContentLocation"]["FileKey"].endswith("-3.zip")
    assert account.life.version == version + 1
    account.heard()
    account.deployment().deploy(package)
    assert "starjoin-example-application: no change" in account.heard()


def test_an_application_that_never_rests_is_not_waited_for_for_ever(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.life.move("UPDATING", "UPDATING")
    began = account.clock.now()
    with pytest.raises(ApplicationError, match="is not done after 30 minutes"):
        account.deployment().deploy(account.package)
    assert account.clock.now() - began < 2_000


def test_a_stack_that_fails_says_which_resource_and_why(account: Account) -> None:
    account.deployment().deploy(account.package)
    data = _outputs(account, "data")
    stack = plan.application_stack(account.environment, data, "code/starjoin-nowhere.zip")
    with pytest.raises(StackError) as caught:
        account.deployment()._stacks.apply(stack)
    assert "ended in UPDATE_ROLLBACK_COMPLETE" in str(caught.value)
    assert "validity of S3 location" in str(caught.value)


def test_a_stack_whose_creation_failed_is_not_built_on(account: Account) -> None:
    data = account.deployment()._stacks.apply(plan.data_stack(account.environment))
    stack = plan.application_stack(account.environment, data, "code/starjoin-nowhere.zip")
    with pytest.raises(StackError, match="ended in ROLLBACK_COMPLETE"):
        account.deployment()._stacks.apply(stack)
    with pytest.raises(StackError, match="its creation was undone; delete the stack"):
        account.deployment()._stacks.apply(stack)


def test_what_holds_data_is_not_removed_unintentionally(account: Account) -> None:
    deployment = account.deployment()
    deployment.deploy(account.package)
    account.heard()
    stack = plan.data_stack(account.environment)
    for name in ("ChangeStream", "StagingBucket", "StagingBucketPolicy", "CopyRole"):
        del stack.template["Resources"][name]
    for name in ("StreamArn", "StreamName", "StagingBucket", "CopyRoleArn"):
        del stack.template["Outputs"][name]
    with pytest.raises(StackError, match=r"remove or replace ChangeStream, StagingBucket, and"):
        deployment._stacks.apply(stack)
    assert "StreamArn" in _outputs(account, "data")

    deployment._stacks.apply(stack, allow_data_loss=True)
    assert "StreamArn" not in _outputs(account, "data")


def test_a_missing_package_says_how_to_make_one(account: Account) -> None:
    account.package.unlink()
    with pytest.raises(DeployError, match=r"build it with `python3 build.py package`"):
        account.deployment().deploy(account.package)


def test_the_environment_without_dms_has_no_replication_task(account: Account) -> None:
    account.deployment(dms=None).deploy(account.package)
    assert account.deployment()._stacks.status("starjoin-example-dms") is None
    assert account.clients.dms.describe_endpoints()["Endpoints"] == []


def test_status_tells_everything_in_a_few_lines(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.deployment().stop()
    account.heard()
    alarm = account.clients.cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmName"]
    account.clients.cloudwatch.set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="test"
    )

    account.deployment().status()

    said = account.heard()
    assert said[0] == "starjoin-example-data: CREATE_COMPLETE"
    assert re.fullmatch(
        r"ticket-seller: READY, version 2, parallelism 2, code code/starjoin-[0-9a-f]{16}\.zip, "
        r"latest snapshot snapshot-\d+, log /starjoin/ticket-seller",
        said[4],
    )
    assert said[5:] == [
        "replication task: ready, 0 % loaded",
        said[6],
        f"alarms: {alarm}",
    ]
    assert said[6].startswith("  its first start loads every declared table in full")


def test_status_of_an_empty_account(account: Account) -> None:
    account.deployment().status()
    assert account.heard() == [
        *(f"starjoin-example-{part}: not there" for part in PARTS),
        "ticket-seller: no such application",
    ]


def test_destroy_keeps_the_data(account: Account) -> None:
    account.deployment().deploy(account.package)
    account.deployment().destroy()
    assert account.flink.applications == {}
    assert account.deployment()._stacks.status("starjoin-example-application") is None
    assert account.deployment()._stacks.status("starjoin-example-data") == "CREATE_COMPLETE"
    assert "kept, with stream, buckets and key" in account.heard()[-1]


def test_destroy_with_data_leaves_the_privacy_key_alone(account: Account) -> None:
    account.deployment().deploy(account.package)
    bucket = _outputs(account, "data")["StagingBucket"]
    account.clients.s3.put_object(Bucket=bucket, Key="staged/ticket-seller/rows-a/1", Body=b"x")

    account.deployment().destroy(with_data=True)

    assert account.clients.cloudformation.describe_stacks()["Stacks"] == []
    assert account.clients.s3.list_buckets()["Buckets"] == []
    secrets = client("secretsmanager").list_secrets()["SecretList"]
    assert len(secrets) == 1
    assert "kept: the privacy key" in account.heard()[-1]


def test_destroy_stops_a_replication_task_that_runs(account: Account) -> None:
    account.deployment().deploy(account.package)
    task = _outputs(account, "dms")["TaskArn"]
    account.clients.dms.start_replication_task(
        ReplicationTaskArn=task, StartReplicationTaskType="start-replication"
    )
    account.deployment().destroy()
    assert "replication task: stopping" in account.heard()


def test_destroying_nothing_is_no_fault(account: Account) -> None:
    account.deployment().destroy(with_data=True)
    assert "starjoin-example-data: not there" in account.heard()


def _outputs(account: Account, part: str) -> dict[str, str]:
    return account.deployment()._stacks.outputs(account.environment.stack(part))


def _last_start(account: Account) -> dict[str, dict[str, str]]:
    starts = [given for action, given in account.flink.calls if action == "start_application"]
    configuration: dict[str, dict[str, str]] = starts[-1]["RunConfiguration"]
    return configuration


def _now() -> int:
    return int(time.time() * 1_000)
