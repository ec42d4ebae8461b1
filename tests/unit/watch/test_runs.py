"""The files by which runs on this machine are found: private, and never believed too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.runs import Announcement, RunFolderError, find_runs, process_start
from infra.watch.opening import NothingToWatchError, choose_run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "starjoin"


def announce(subject: str = "shop.yaml") -> Announcement:
    return Announcement("starjoin run", subject, Path("/runs/properties.json"))


def write(folder: Path, number: int, **content: Any) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{number}.json"
    path.write_text(json.dumps(content))
    return path


def test_a_run_is_found_while_it_lasts(folder: Path) -> None:
    assert find_runs() == []
    with announce() as announcement:
        (run,) = find_runs()
        assert (run.pid, run.subject, run.flink) == (os.getpid(), "shop.yaml", "")
        assert run.properties == "/runs/properties.json"
        announcement.say_flink("http://127.0.0.1:8081")
        (run,) = find_runs()
        assert run.flink == "http://127.0.0.1:8081"
        (path,) = folder.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        assert "assword" not in path.read_text()
    assert list(folder.iterdir()) == []
    assert find_runs() == []


def test_a_file_of_a_process_that_is_gone_or_another_counts_for_nothing(folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    common = {"command": "starjoin run", "subject": "old.yaml", "properties": "/x", "flink": ""}
    paths = [
        write(folder, ended.pid, pid=ended.pid, started=f"{process_start(os.getpid())}", **common),
        write(folder, ended.pid + 1, pid=ended.pid, started="", **common),
        write(folder, 1, pid=os.getpid(), started=f"{process_start(os.getpid())}9", **common),
        write(folder, 2, pid=os.getpid(), of="another version"),
    ]
    assert find_runs() == []
    with announce():
        assert [run.subject for run in find_runs()] == ["shop.yaml"]
        assert not any(path.exists() for path in paths)  # taken away by the next run


def test_a_process_that_has_ended_and_was_not_waited_for_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process_start(process.pid) == ""
    process.wait()


def test_a_folder_that_others_can_enter_is_not_believed(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o755)
    with pytest.raises(RunFolderError, match="not a folder of this user's alone"):
        find_runs()
    with pytest.raises(RunFolderError, match="not a folder of this user's alone"):
        announce().start()


def test_a_folder_elsewhere_is_not_believed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "real")
    with pytest.raises(RunFolderError, match="not a folder of this user's alone"):
        find_runs()


def test_which_run_is_meant() -> None:
    with announce():
        (run,) = find_runs()
    assert choose_run([run], None) is run
    assert choose_run([run], run.pid) is run
    with pytest.raises(NothingToWatchError, match="nothing runs on this machine"):
        choose_run([], None)
    with pytest.raises(NothingToWatchError, match=f"there is --run {run.pid}: starjoin run of"):
        choose_run([run], run.pid + 1)
    with pytest.raises(NothingToWatchError, match="several runs are on this machine; say which"):
        choose_run([run, run], None)
