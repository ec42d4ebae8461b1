"""The door: help and wrong arguments need nothing installed, make nothing and start nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import pytest

import build
from build import COMMANDS
from connectors.version import VERSION
from infra import bootstrap
from infra.bootstrap import ROOT
from infra.cli.commands import COMMANDS as USER_COMMANDS

AWS = "infra.aws.cli:main"
ALL = [*COMMANDS, *USER_COMMANDS]
REQUIRED = {
    "init": ("--dsn=x",),
    "check": ("declaration.yaml",),
    "simulate": ("declaration.yaml",),
    "run": ("declaration.yaml",),
    "reconcile": ("--dsn=x",),
    "explain": ("TARGET", "KEY"),
    "repair": ("--dsn=x",),
    "completion": ("bash",),
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is cloned, without what `build.py` makes."""
    copy = tmp_path_factory.mktemp("clone") / "starjoin"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(".*", "target", "build", "dist", "__pycache__", "*.egg-info"),
    )
    return copy


def call(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs build.py with the standard library alone and no JDK, Maven or pip on the PATH."""
    return subprocess.run(
        # Without site-packages; without files of compiled modules, which are no news.
        [sys.executable, "-S", "-B", "build.py", *arguments],
        cwd=clone,
        env={"PATH": str(clone / "nothing"), "LANG": os.environ.get("LANG", "C.UTF-8")},
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("command", [(), *((name,) for name in ALL)])
def test_help_needs_nothing_and_does_nothing(bare: Path, command: tuple[str, ...]) -> None:
    before = files(bare)
    done = call(bare, *command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {' '.join(['build.py', *(command or ('COMMAND',))])} ")
    assert done.stderr == ""
    assert files(bare) == before


@pytest.mark.parametrize("command", sorted({*ALL} - {"test"}))
def test_a_wrong_argument_is_refused_before_anything_is_made(bare: Path, command: str) -> None:
    before = files(bare)
    done = call(bare, command, *REQUIRED.get(command, ()), "--environment=x", "--hlep")
    assert done.returncode == 2
    assert "--hlep" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(bare) == before


def test_without_a_command_all_are_listed(bare: Path) -> None:
    done = call(bare)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == call(bare, "--help").stdout


@pytest.mark.parametrize(
    ("given", "meant"), [("packge", "package"), ("lnit", "lint"), ("--versoin", "--version")]
)
def test_what_was_meant_is_said(bare: Path, given: str, meant: str) -> None:
    done = call(bare, given)
    assert done.returncode == 2
    assert done.stderr == f"build.py: there is no command '{given}'; did you mean {meant}?\n"


def test_the_version_needs_nothing(bare: Path) -> None:
    assert call(bare, "--version").stdout == f"starjoin {VERSION}\n"


def test_a_user_s_command_runs_where_the_caller_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path counts from there, and a package of that folder is not taken for ours."""
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _program, words, _environment: started.append(words))
    monkeypatch.setattr(build, "prepare", lambda _: None)
    monkeypatch.chdir(tmp_path)
    build.run("simulate", ["mine.yaml", "--seed", "7"])
    assert started == [
        [str(bootstrap.PYTHON), *("-P", "-m", "infra.cli", "simulate", "mine.yaml", "--seed", "7")]
    ]
    assert Path.cwd() == tmp_path


def test_without_a_jdk_the_error_says_what_to_install(bare: Path) -> None:
    done = call(bare, "build")
    assert done.returncode == 1
    assert done.stderr.startswith("build.py: A JDK 17 is needed: ")


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        *(
            (given, {"environment"})
            for given in (
                ["simulate", "mine.yaml"],
                ["test", "--fast"],
                ["fuzz"],
                ["replay"],
                ["status"],
                ["stop"],
                ["reload"],
                ["destroy"],
            )
        ),
        (["lint"], {"java", "environment"}),
        (["lint", "--fix"], {"java", "environment"}),
        *(
            (given, {"java", "environment", "jar"})
            for given in (
                ["test"],
                ["test", "tests/unit"],
                ["demo"],
                ["package"],
                ["deploy"],
                ["build"],
            )
        ),
    ],
)
def test_a_command_makes_only_what_it_needs(
    arguments: list[str], needed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: set[str] = set()
    for name, what in (
        ("check_java", "java"),
        ("make_environment", "environment"),
        ("make_jar", "jar"),
    ):
        monkeypatch.setattr(bootstrap, name, partial(made.add, what))
    monkeypatch.setattr(build, "step", lambda *_: None)
    monkeypatch.setattr(build, "step_beside", lambda *_: nullcontext())
    monkeypatch.setattr(build, "become", lambda *_: None)
    monkeypatch.setattr(build, "become_starjoin", lambda *_: None)
    build.run(arguments[0], arguments[1:])
    assert made == needed


def test_what_is_quick_to_tell_is_tested_first(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def note(*words: object) -> None:
        ran.append(" ".join(map(str, words)))

    def note_beside(*words: object) -> AbstractContextManager[None]:
        note(*words)
        return nullcontext()

    monkeypatch.setattr(build, "step", note)
    monkeypatch.setattr(build, "step_beside", note_beside)
    monkeypatch.setattr(build, "become", note)
    build.test([])
    assert [words.split()[-1] for words in ran[:1]] == ["verify"]
    assert "tests/unit" in ran[1].split()
    assert "tests/contract" in ran[2].split()
    assert ran[3].split()[-1] == "infra.local.class_archive"
    assert {"--ignore=tests/unit", "--ignore=tests/contract"} <= set(ran[4].split())
    assert len(ran) == 5


def test_what_a_step_beside_has_printed_comes_at_its_end(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with build.step_beside(sys.executable, "-c", "print('beside')"):
        subprocess.run([sys.executable, "-c", "print('first')"], check=True)
    assert capfdbinary.readouterr().out.split() == [b"first", b"beside"]


def test_a_step_beside_that_fails_is_an_error(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    failing = [sys.executable, "-c", "print('no'); raise SystemExit(3)"]
    with pytest.raises(SystemExit, match="ended with 3"), build.step_beside(*failing):
        pass
    assert b"no" in capfdbinary.readouterr().out
    with (
        pytest.raises(SystemExit, match="nothing-of-this-name cannot be started"),
        build.step_beside("nothing-of-this-name"),
    ):
        pass


def test_a_step_beside_ends_with_the_others() -> None:
    endless = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    with pytest.raises(SystemExit, match="failed"), build.step_beside(*endless):
        sys.exit("failed")


def test_the_help_lists_every_command(bare: Path) -> None:
    listed = call(bare, "--help").stdout
    for name in ALL:
        does = USER_COMMANDS[name].help if name in USER_COMMANDS else COMMANDS[name].help
        assert f"  {name:10} {does}\n" in listed
    assert max(map(len, listed.splitlines())) <= 80


def test_there_is_a_command_for_whatever_is_done_to_an_environment() -> None:
    of_aws = {name: command.words for name, command in USER_COMMANDS.items() if command.work == AWS}
    assert of_aws == {n: (n,) for n in ("deploy", "reload", "status", "stop", "destroy")}
