"""Replay of a deployed environment: its settings come from its file and its stacks' outputs."""

from __future__ import annotations

import pytest

from infra.replay import services
from infra.replay.cli import main
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract


@pytest.fixture
def opened(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(services, "open_clients", lambda *_: account.clients)
    return account


def test_an_environment_that_is_not_there_is_said(
    opened: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--environment", opened.environment.name]) == 1
    assert capsys.readouterr().err == (
        "replay: there is no stack starjoin-example-data: deploy the environment first\n"
    )


def test_a_deployed_environment_has_what_a_replay_needs(
    opened: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    opened.deployment().deploy(opened.package)
    assert main(["--environment", opened.environment.name]) == 1
    # It has come as far as the warehouse's password, which is not there.
    errors = capsys.readouterr().err
    assert errors.startswith("replay: reading secret arn:aws:secretsmanager:")
    assert "AWS refused GetSecretValue (code ResourceNotFoundException, " in errors
    assert "Check secret.id of starjoin.redshift" in errors
