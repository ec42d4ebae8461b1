"""Commands act on the environment's own resources, and refuse others of the same names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.client import BaseClient

from infra.aws import cli, plan
from infra.aws.command_line import PARSERS
from infra.aws.environments import FOLDER
from infra.aws.errors import ForeignResourceError, StackError
from infra.aws.ownership import NAMED
from infra.aws.templates import NAMES, load_template
from infra.replay import services
from infra.replay.cli import main as replay
from tests.aws.clients import client
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract

FOREIGN = (
    "application ticket-seller exists, but stack starjoin-staging-application did not create it"
)
READS = ("describe", "list", "get", "head", "filter")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Environment files: `example`, and `staging`, a copy of it."""
    for name in ("example", "staging"):
        shutil.copy(FOLDER / "example.yaml", tmp_path / f"{name}.yaml")
    return tmp_path


@pytest.fixture
def changes(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call to AWS from now on that is more than a look."""
    account.deployment().deploy(account.package)
    found: list[str] = []
    call: Callable[..., Any] = vars(BaseClient)["_make_api_call"]

    def counted(self: Any, operation: str, given: Any) -> Any:
        if not operation.lower().startswith(READS):
            found.append(operation)
        return call(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return found


def rename(folder: Path, environment: str, name: str) -> None:
    path = folder / f"{environment}.yaml"
    content = yaml.safe_load(path.read_text())
    content["application"]["name"] = name
    path.write_text(yaml.safe_dump(content))


def run(account: Account, folder: Path, environment: str, *command: str) -> int:
    given = [*command, "--environment", environment, "--environments", str(folder)]
    if command[0] == "replay":
        return replay(given[1:])
    return cli.main(given, open_clients=lambda *_: account.clients, clock=account.clock)


def commands(package: Path, environment: str) -> list[list[str]]:
    """Every command of an environment but `status`, which changes nothing anyway."""
    more = {
        "deploy": ["--package", str(package)],
        "destroy": ["--confirm", environment, "--with-data"],
        "reload": ["--generation", "2", "--apply"],
        "replay": ["--apply"],
    }
    names = sorted({*PARSERS, "replay"} - {"status"})
    assert set(more) <= set(names)
    return [[name, *more.get(name, [])] for name in names]


def test_no_command_touches_another_environments_application(
    account: Account,
    folder: Path,
    changes: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "open_clients", lambda *_: account.clients)
    for command in commands(account.package, "staging"):
        assert run(account, folder, "staging", *command) == 1, command
        errors = capsys.readouterr().err
        if command[0] == "replay":  # which needs a data stack in any case
            assert "there is no stack starjoin-staging-data" in errors
            continue
        assert FOREIGN in errors, command
    assert changes == []
    assert account.life.status == "RUNNING"


def test_a_replay_needs_the_application_as_well_as_the_data(
    account: Account,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it stands after a deployment that stopped at the second stack."""
    account.deployment().deploy(account.package)
    staging = account.environment.model_copy(update={"name": "staging"})
    account.deployment()._stacks.apply(plan.data_stack(staging))
    monkeypatch.setattr(services, "open_clients", lambda *_: account.clients)
    assert run(account, folder, "staging", "replay") == 1
    assert FOREIGN in capsys.readouterr().err


def test_status_says_that_the_application_is_anothers(
    account: Account, folder: Path, changes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(account, folder, "staging", "status") == 0
    output = capsys.readouterr().out
    assert "starjoin-staging-application: not there" in output
    assert FOREIGN in output
    assert "RUNNING" not in output
    assert changes == []


def test_a_renamed_file_is_noticed_by_every_command(
    account: Account,
    folder: Path,
    changes: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "open_clients", lambda *_: account.clients)
    rename(folder, "example", "tickets")
    for command in commands(account.package, "example"):
        if command[0] != "deploy":
            assert run(account, folder, "example", *command) == 1, command
            assert "Put ticket-seller back into the file" in capsys.readouterr().err, command
    assert changes == []
    assert run(account, folder, "example", "status") == 0
    assert "Put ticket-seller back into the file" in capsys.readouterr().out


@pytest.mark.parametrize("stack", ["application", "data"])
def test_one_stack_of_another_application_is_enough(
    account: Account, folder: Path, stack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account.deployment().deploy(account.package)
    if stack == "application":
        rename(folder, "example", "tickets")
        account.environment = account.environment.model_copy(
            update={
                "application": account.environment.application.model_copy(
                    update={"name": "tickets"}
                )
            }
        )
        account.deployment()._stacks.apply(plan.data_stack(account.environment))
    else:
        account.deployment().stop()
        account.deployment()._stacks.delete("starjoin-example-application")
        rename(folder, "example", "tickets")
    assert run(account, folder, "example", "stop") == 1
    assert f"starjoin-example-{stack} belongs to application" in capsys.readouterr().err


def test_a_stack_whose_creation_failed_owns_nothing(account: Account, folder: Path) -> None:
    stacks = account.deployment()._stacks
    data = stacks.apply(plan.data_stack(account.environment))
    nowhere = plan.application_stack(account.environment, data, "code/starjoin-nowhere.zip")
    with pytest.raises(StackError, match="ended in ROLLBACK_COMPLETE"):
        stacks.apply(nowhere)
    assert account.flink.applications == {}
    # Somebody else takes the name, with another privacy key.
    other = account.environment.model_copy(update={"name": "other"})
    account.environment = other
    account.deployment().deploy(account.package, allow_data_loss=True)
    for command in ("stop", "destroy"):
        confirmed = ["--confirm", "example"] if command == "destroy" else []
        assert run(account, folder, "example", command, *confirmed) == 1
    assert account.life.status == "RUNNING"


def test_destroy_after_the_application_was_deleted_by_hand(account: Account, folder: Path) -> None:
    account.deployment().deploy(account.package)
    account.deployment().stop()
    del account.flink.applications["ticket-seller"]
    with pytest.raises(ForeignResourceError, match="was deleted outside of CloudFormation"):
        account.deployment().deploy(account.package)
    assert run(account, folder, "example", "destroy", "--confirm", "example") == 0
    account.deployment().deploy(account.package)
    assert account.life.status == "RUNNING"


def stacks_of(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.clients.cloudformation.describe_stacks()["Stacks"]
    return found


def test_a_deployment_makes_no_stack_where_the_log_group_is_anothers(account: Account) -> None:
    client("logs").create_log_group(logGroupName="/starjoin/ticket-seller-2")
    account.deployment().deploy(account.package)
    account.deployment().destroy(with_data=True)
    client("logs").create_log_group(logGroupName="/starjoin/ticket-seller")
    with pytest.raises(ForeignResourceError, match="log group /starjoin/ticket-seller exists, but"):
        account.deployment().deploy(account.package)
    assert stacks_of(account) == []


def test_a_deployment_makes_no_stack_where_the_task_is_anothers(account: Account) -> None:
    account.clients.dms.create_replication_task(
        ReplicationTaskIdentifier="ticket-seller-changes",
        SourceEndpointArn="source",
        TargetEndpointArn="target",
        ReplicationInstanceArn="instance",
        MigrationType="full-load-and-cdc",
        TableMappings="{}",
    )
    with pytest.raises(
        ForeignResourceError, match="replication task ticket-seller-changes exists, but"
    ):
        account.deployment().deploy(account.package)
    assert stacks_of(account) == []
    account.deployment(dms=None).deploy(account.package)


def names_in(value: Any, place: str = "") -> set[str]:
    """Names that a resource's properties fix with the help of the application's."""
    if isinstance(value, list):
        return set().union(*(names_in(each, place) for each in value))
    if not isinstance(value, dict):
        return set()
    if place.endswith(("Name", "Identifier")):
        refers = value.get("Ref") == "ApplicationName"
        text = "${ApplicationName}" if refers else value.get("Fn::Sub")
        return {text.replace("${ApplicationName}", "{}")} if isinstance(text, str) else set()
    return set().union(*(names_in(each, key) for key, each in value.items()))


def test_every_fixed_name_is_known() -> None:
    found = {
        (part, resource, name)
        for part in NAMES
        for resource, each in load_template(part)["Resources"].items()
        for key, value in each["Properties"].items()
        for name in names_in(value, key)
    }
    assert found == {(named.part, named.resource, named.form) for named in NAMED}


def test_status_shows_the_alarms_of_this_environment_alone(account: Account) -> None:
    account.deployment().deploy(account.package)
    client("cloudwatch").put_metric_alarm(
        AlarmName="starjoin-example-alarms-test-alarms-Lag",
        MetricName="lag",
        Namespace="test",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    client("cloudwatch").set_alarm_state(
        AlarmName="starjoin-example-alarms-test-alarms-Lag", StateValue="ALARM", StateReason="test"
    )
    account.heard()
    account.deployment().status()
    assert account.heard()[-1] == "alarms: none raised"
