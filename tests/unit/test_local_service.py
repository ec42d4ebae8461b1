"""Local services: whose lines are waited for, and what becomes of one that does not start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from infra.local.lifetimes import Lifetime
from infra.local.moto import Moto, open_session
from infra.local.processes import Service, ServiceError


def says(line: str, log: Path) -> Service:
    return Service("echo", [sys.executable, "-S", "-c", f"print({line!r})"], log=log)


def test_a_line_of_an_earlier_service_is_not_taken_for_its_own(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    with says("savepoint is at 1", log) as first:
        assert first.wait_for_line(r"savepoint is at (\d)", timeout=30)[1] == "1"
    with says("savepoint is at 2", log) as second:
        assert second.wait_for_line(r"savepoint is at (\d)", timeout=30)[1] == "2"
    with says("nothing", log) as third, pytest.raises(ServiceError, match="ended with 0"):
        third.wait_for_line("savepoint is at", timeout=30)


class _Broken(Lifetime):
    stopped = False

    def _start(self) -> None:
        raise ServiceError

    def stop(self) -> None:
        self.stopped = True


def test_what_has_half_started_is_stopped() -> None:
    broken = _Broken()
    with pytest.raises(ServiceError), broken:
        pass
    assert broken.stopped


def test_a_local_endpoint_is_asked_without_credentials_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    local = open_session("eu-west-1", None, "http://127.0.0.1:5000")
    assert local.get_credentials().access_key == Moto.access_key
    assert open_session("eu-west-1", None, None).get_credentials() is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    own = open_session("eu-west-1", None, "http://127.0.0.1:5000")
    assert own.get_credentials().access_key == "own"
