"""The commands, from the command line to moto and back."""

from __future__ import annotations

import pytest

from infra.aws.cli import main
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


def test_deploy_status_stop_and_destroy(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(account, "deploy", "--package", str(account.package)) == 0
    assert "ticket-seller: RUNNING" in capsys.readouterr().out
    assert run(account, "status") == 0
    assert "alarms: none raised" in capsys.readouterr().out
    assert run(account, "stop") == 0
    assert "stopping with a snapshot" in capsys.readouterr().out
    assert run(account, "destroy", "--confirm", "example", "--with-data") == 0
    assert "kept: the privacy key" in capsys.readouterr().out


def test_a_failure_is_a_sentence_and_an_exit_code(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.flink.failing_programs["ticket-seller"] = "it fails"
    assert run(account, "deploy", "--package", str(account.package)) == 1
    assert "deploy: ticket-seller: the start ended in state READY" in capsys.readouterr().err


def test_what_aws_refuses_is_told(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    run(account, "deploy", "--package", str(account.package))
    run(account, "stop")
    command = ["deploy", "--package", str(account.package), "--snapshot", "none"]
    assert run(account, *command) == 1
    assert "AWS refuses: " in capsys.readouterr().err
