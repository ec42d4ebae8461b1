"""`.ci/run`: which interpreters it takes, and what it runs on each."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from infra.bootstrap import ROOT
from tests import conftest

# A program that writes down how it was called, and prints nothing.
_NOTES = '#!/bin/sh\necho "${STARJOIN_VENV:+$STARJOIN_VENV }${0##*/} $*" >> "$NOTES"\n'


# What the tests need besides an interpreter.
_TOOLS = ("javac", "mvn", "node", "npm", "chromium")


class Machine:
    """A machine with these programs alone."""

    def __init__(self, folder: Path, *programs: str) -> None:
        self.bin = folder / "bin"
        self.pyenv = folder / "pyenv"
        self.notes = folder / "notes"
        self.bin.mkdir()
        for tool in ("bash", "dirname"):
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        for name in programs:
            self.add(self.bin / name)

    def add(self, path: Path, text: str = _NOTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self) -> tuple[list[str], str]:
        """What was called, but for questions to an interpreter; and what was printed."""
        done = subprocess.run(
            [str(ROOT / ".ci" / "run")],
            env={"PATH": str(self.bin), "NOTES": str(self.notes), "PYENV_ROOT": str(self.pyenv)},
            capture_output=True,
            text=True,
            check=True,
        )
        calls = self.notes.read_text().splitlines()
        return [
            call for call in calls if " -c " not in call and "--version" not in call
        ], done.stdout


def test_everything_runs_on_3_12_and_what_is_fast_on_3_11_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path, *_TOOLS, "python3", "python3.12", "python3.11")
    calls, _ = machine.run()
    assert calls == [
        "python3.12 build.py lint",
        "python3.12 build.py test",
        ".venv-3.11 python3.11 build.py test --fast",
    ]


def test_an_interpreter_of_pyenv_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path, *_TOOLS, "python3")
    machine.add(machine.pyenv / "versions" / "3.12.1" / "bin" / "python3.12")
    calls, _ = machine.run()
    assert calls == ["python3.12 build.py lint", "python3.12 build.py test"]


def test_an_interpreter_that_cannot_make_an_environment_is_not_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path, *_TOOLS, "python3", "python3.11")
    # pyenv's programs are there for every version, and fail for those that are not switched on.
    machine.add(machine.bin / "python3.12", "#!/bin/sh\nexit 127\n")
    machine.add(machine.pyenv / "versions" / "3.12.1" / "bin" / "python3.12")
    calls, _ = machine.run()
    assert calls[:2] == ["python3.12 build.py lint", "python3.12 build.py test"]


@pytest.mark.parametrize("packaged", [True, False])
def test_what_the_machine_lacks_is_installed(tmp_path: Path, *, packaged: bool) -> None:
    machine = Machine(tmp_path, "python3", "python3.11", "apt-get")
    machine.add(machine.bin / "apt-cache", f"#!/bin/sh\nexit {0 if packaged else 100}\n")
    if packaged:  # by apt-get
        install = (
            f'case "$*" in install*) cp {machine.bin}/python3 {machine.bin}/python3.12;; esac\n'
        )
        machine.add(machine.bin / "apt-get", _NOTES + install)
        (machine.bin / "cp").symlink_to(shutil.which("cp") or "cp")
    calls, printed = machine.run()
    tools = "openjdk-17-jdk-headless maven nodejs npm chromium-headless-shell"
    options = "-qy --no-install-recommends"
    if packaged:
        assert calls == [
            "apt-get update -q",
            f"apt-get install {options} {tools} python3.12 python3.12-venv",
            "python3.12 build.py lint",
            "python3.12 build.py test",
            ".venv-3.11 python3.11 build.py test --fast",
        ]
        return
    assert "no Python 3.12: everything runs on python3 alone" in printed
    assert calls == [
        "apt-get update -q",
        f"apt-get install {options} {tools}",
        "python3 build.py lint",
        "python3 build.py test",
    ]


@pytest.mark.parametrize("over", [True, False])
def test_no_test_begins_once_the_time_is_over(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, over: bool
) -> None:
    monkeypatch.setenv("STARJOIN_TESTS_UNTIL", str(time.time() + (-1 if over else 600)))
    with pytest.raises(pytest.skip.Exception) if over else nullcontext():
        conftest.pytest_runtest_setup(request.node)
