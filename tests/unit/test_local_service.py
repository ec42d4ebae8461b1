"""A local service's own lines are waited for, not those of an earlier one in the same log."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

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
