"""The commands, from the command line to moto and back."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from infra.aws.cli import main
from infra.watch.looking import Places
from infra.watch.main import main as watch_main
from infra.watch.opening import open_environment
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract


def run(account: Account, *arguments: str) -> int:
    def opened(region: str, profile: str | None) -> object:
        assert (region, profile) == ("eu-west-1", None)
        return account.clients

    return main(
        [*arguments, "--environment", "example"],
        open_clients=opened,  # type: ignore[arg-type]
        clock=account.clock,
    )


def look(account: Account) -> int:
    """One look at the environment."""

    def opened(options: argparse.Namespace) -> Places:
        return open_environment(options, open_clients=lambda *_: account.clients)

    return watch_main(["--environment", "example", "--once", "--json"], opened=opened)


def watch(account: Account, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What a look shows of the environment, whose warehouse has no tables yet."""
    look(account)
    seen: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert seen["watched"] == "environment example"
    assert (seen["warehouse"]["value"]["begun"], seen["warehouse"]["fault"]) == (False, None)
    assert [lag["seconds"] for lag in seen["stream"]["value"]["lags"]] == [0.0]
    assert seen["job"]["value"]["alarms"] == []
    return seen


def test_deploy_status_stop_and_destroy(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(account) == 1
    assert "watch: there is no stack starjoin-example-data: deploy" in capsys.readouterr().err
    assert run(account, "deploy", "--package", str(account.package)) == 0
    assert "ticket-seller: RUNNING" in capsys.readouterr().out
    assert run(account, "status") == 0
    assert "alarms: none raised" in capsys.readouterr().out
    assert watch(account, capsys)["job"]["value"]["state"] == "RUNNING"
    assert run(account, "stop") == 0
    assert "stopping with a snapshot" in capsys.readouterr().out
    seen = watch(account, capsys)
    assert (seen["health"], seen["reasons"][0]["text"]) == ("failing", "the job is READY")
    assert run(account, "destroy", "--confirm", "example", "--with-data") == 0
    assert "kept: the privacy key" in capsys.readouterr().out


def test_a_dry_run_that_compares_reads_the_account_and_changes_nothing(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    package = str(account.package)
    assert run(account, "deploy", "--dry-run", "--compare", "--package", package) == 0
    assert "the configuration of no task that has run would change" in capsys.readouterr().out
    assert account.clients.cloudformation.describe_stacks()["Stacks"] == []

    run(account, "deploy", "--package", package)
    account.dms.run_task()
    assert account.environment.dms is not None
    account.clients.dms.stop_replication_task(
        ReplicationTaskArn=account.deployment()._outputs("dms")["TaskArn"]
    )
    account.deployment()._replication.stop(account.deployment()._outputs("dms")["TaskArn"])
    endpoints = account.clients.dms.describe_endpoints()["Endpoints"]
    (target,) = [each for each in endpoints if each["EndpointType"] == "target"]
    account.clients.dms.modify_endpoint(
        EndpointArn=target["EndpointArn"], KinesisSettings={"UseLargeIntegerValue": False}
    )
    account.dms.calls.clear()
    capsys.readouterr()
    assert run(account, "deploy", "--dry-run", "--compare", "--package", package) == 0
    output = capsys.readouterr().out
    assert "the replication task changes; the steps, in order:" in output
    assert "1. give the replication task its new mapping and settings" in output
    assert {call for call in account.dms.calls if not call.startswith("describe")} == set()


def test_comparing_belongs_to_a_dry_run(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(account, "deploy", "--compare") == 1
    assert "--compare only works with --dry-run" in capsys.readouterr().err


def test_a_failure_is_a_sentence_and_an_exit_code(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.flink.failing_programs["ticket-seller"] = "it fails"
    assert run(account, "deploy", "--package", str(account.package)) == 1
    assert "deploy: ticket-seller: the start ended in state READY" in capsys.readouterr().err


def test_a_failed_call_is_reported(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    run(account, "deploy", "--package", str(account.package))
    run(account, "stop")
    command = ["deploy", "--package", str(account.package), "--snapshot", "none"]
    assert run(account, *command) == 1
    assert "AWS call failed: " in capsys.readouterr().err


def test_a_reload_of_one_table_is_of_a_declared_one(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(account, "deploy", "--package", str(account.package)) == 0
    assert run(account, "reload", "--table", "custmer") == 1
    assert "no table custmer; did you mean customer?" in capsys.readouterr().err
