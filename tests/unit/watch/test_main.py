"""`starjoin watch`: lines, objects, exit codes."""

from __future__ import annotations

import argparse
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.redshift.errors import RetryLoadError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names
from infra.arguments import ExitCode
from infra.watch.looking import Places
from infra.watch.main import main
from infra.watch.picture import Job, Limits
from tests.unit.watch.test_places import ARN, Kinesis

OpenWarehouse = Callable[[], AbstractContextManager[Cursor]]


class NoTables:
    """A warehouse in which the application has not made its tables."""

    def execute(self, operation: str, args: Any = None) -> None:
        assert "information_schema.columns" in operation
        assert args == ("starjoin", "account")

    @staticmethod
    def fetchall() -> list[Any]:
        return []


@contextmanager
def empty() -> Iterator[Cursor]:
    yield NoTables()


@contextmanager
def away() -> Iterator[Cursor]:
    message = "connecting to warehouse: the port is closed"
    raise RetryLoadError(message)
    yield


def run(
    *arguments: str,
    open_warehouse: OpenWarehouse = empty,
    read_job: Callable[[], Job] = lambda: Job("RUNNING"),
    ends_after: int = 0,
) -> int:
    looks = iter(range(1_000))

    def opened(_: argparse.Namespace) -> Places:
        return Places(
            title="the run",
            limits=Limits(60, 60),
            names=Names("starjoin"),
            open_warehouse=open_warehouse,
            read_file=lambda _: b"",
            kinesis=Kinesis(a=[]),
            stream_arn=ARN,
            read_job=read_job,
            has_ended=lambda: next(looks) >= ends_after,
        )

    return main(arguments, opened=opened)


def test_one_look_as_a_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a pipe is a pipe all the same
    assert run("--once", ends_after=1) == ExitCode.DONE
    said = capsys.readouterr().out
    assert said.startswith("starting  the run ")
    assert "- the application has not made its tables yet\n" in said
    assert "stream        changes: 1 shard, nothing waits\n" in said
    assert "\x1b" not in said


def test_one_look_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--once", "--json", open_warehouse=away, ends_after=1) == ExitCode.FAILED
    said = json.loads(capsys.readouterr().out)
    assert (said["watched"], said["health"], said["ended"]) == ("the run", "failing", False)
    assert said["reasons"][0]["level"] == "failing"
    warehouse = said["warehouse"]
    assert warehouse["value"] is None
    assert warehouse["fault"] == "connecting to warehouse: the port is closed"
    assert warehouse["away_since"].endswith("Z")
    assert said["stream"]["value"] is None
    assert said["job"]["value"]["state"] == "RUNNING"
    assert "epochs" not in said["job"]["value"]


def test_a_line_for_each_look_until_what_is_watched_has_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--interval", "0.5", open_warehouse=away, ends_after=1) == ExitCode.DONE
    first, last = capsys.readouterr().out.splitlines()
    assert " failing; pending epochs unknown; the warehouse: no answer since " in first
    assert first.endswith("connecting to warehouse: the port is closed")
    assert " ended; " in last
    assert last.endswith("what was watched has ended")


def test_an_object_a_line_for_each_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--interval", "0.5", "--json", ends_after=1) == ExitCode.DONE
    looks = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert looks[0]["stream"]["value"]["lags"] == [{"shard": "a", "seconds": 0.0}]
    assert [look["ended"] for look in looks] == [False, True]


def test_ctrl_c_is_how_it_is_meant_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> Job:
        raise KeyboardInterrupt

    assert run(read_job=interrupted) == ExitCode.DONE
    assert capsys.readouterr().err == ""


def test_whatever_ends_it_from_outside_is_no_abrupt_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:

        def end() -> Job:
            os.kill(os.getpid(), signal.SIGTERM)
            return Job("RUNNING")

        assert run(read_job=end) == ExitCode.DONE
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err == ""


def test_nothing_to_watch_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert main([]) == ExitCode.FAILED
    assert capsys.readouterr().err.startswith("watch: nothing runs on this machine")
    assert main(["--properties", os.devnull]) == ExitCode.WRONG_ARGUMENTS
    assert capsys.readouterr().err.startswith("watch: /dev/null")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--interval", "0"],
        ["--interval", "nan"],
        ["--interval", "soon"],
        ["--run", "mine"],
        ["--run", "1", "--environment", "shop"],
        ["--properties", "x.json", "--environment", "shop"],
    ],
)
def test_wrong_arguments_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == ExitCode.WRONG_ARGUMENTS
