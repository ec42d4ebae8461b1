from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.aws.cli import main
from infra.aws.clients import AwsClients


def no_clients(region: str, profile: str | None) -> AwsClients:
    raise AssertionError((region, profile))


def run(*arguments: str) -> int:
    return main(arguments, open_clients=no_clients)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a call to AWS")  # noqa: EM101, TRY003

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    monkeypatch.setattr("boto3.Session", refuse)


@pytest.mark.usefixtures("no_network")
def test_a_dry_run_prints_every_step_without_an_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "starjoin.zip"
    package.write_bytes(b"code")
    status = run("deploy", "--environment", "example", "--dry-run", "--package", str(package))
    output = capsys.readouterr().out
    assert status == 0
    steps = [line for line in output.splitlines() if line[:2].rstrip(".").isdigit()]
    assert [step[:30] for step in steps] == [
        "1. Stack starjoin-example-data",
        "2. Upload starjoin.zip (4 byte",
        "3. Stack starjoin-example-appl",
        "4. Start ticket-seller from it",
        "5. Stack starjoin-example-alar",
        "6. Stack starjoin-example-dms",
        "7. Set UseLargeIntegerValue of",
    ]
    assert "   1) pause the replication task" in output
    assert "   7) resume the replication task where it stopped" in output
    assert "     StreamArn               <StreamArn of starjoin-example-data>" in output
    assert '       TableMappings: \'{"rules": [{"rule-type"' in output
    assert "BucketEncryption:" in output


@pytest.mark.usefixtures("no_network")
def test_a_dry_run_needs_no_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "starjoin.zip")
    assert run("deploy", "--environment", "example", "--dry-run", "--package", missing) == 0
    assert "2. Upload starjoin.zip (not made yet)" in capsys.readouterr().out


def test_an_unknown_environment_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", "--environment", "nowhere") == 1
    assert "there is no such environment (there are: example" in capsys.readouterr().err


@pytest.mark.parametrize("confirmation", [(), ("--confirm", "another")])
def test_destroy_wants_the_name_once_more(
    confirmation: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("destroy", "--environment", "example", *confirmation) == 1
    assert "--confirm example" in capsys.readouterr().err


def test_a_reload_is_done_only_to_a_generation_that_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("reload", "--environment", "example", "--apply") == 1
    assert "--apply needs --generation" in capsys.readouterr().err
