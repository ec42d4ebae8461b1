"""What is missing on a machine is said in one sentence with its remedy."""

from __future__ import annotations

import importlib.metadata
import io
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra import bootstrap
from infra.bootstrap import MissingError


def _found(*there: str) -> Any:
    return lambda name: f"/usr/bin/{name}" if name in there else None


def _javac_says(version: str) -> Any:
    def run(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, stdout=f"javac {version}\n", stderr="")

    return run


@pytest.fixture(autouse=True)
def _no_java_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)


def test_another_python_is_refused_and_a_right_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    monkeypatch.setattr(shutil, "which", _found("python3.11"))
    with pytest.raises(MissingError, match=r"this is 3\.13: run `/usr/bin/python3\.11 build\.py`"):
        bootstrap.check_python()


def test_a_missing_jdk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", _found("mvn"))
    with pytest.raises(MissingError, match="apt-get install openjdk-17-jdk-headless"):
        bootstrap.check_java()


@pytest.mark.parametrize("version", ["11.0.22", "25"])
def test_another_jdk_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(shutil, "which", _found("javac", "mvn"))
    monkeypatch.setattr(subprocess, "run", _javac_says(version))
    with pytest.raises(
        MissingError, match=f"is {version.split('.', maxsplit=1)[0]}: set JAVA_HOME"
    ):
        bootstrap.check_java()


def test_a_missing_maven_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", _found("javac"))
    monkeypatch.setattr(subprocess, "run", _javac_says("17.0.15"))
    with pytest.raises(MissingError, match="apt-get install maven"):
        bootstrap.check_java()


def test_a_java_home_without_a_jdk_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", _found("javac", "mvn"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingError, match=r"which has no bin/javac: set it to a JDK 17"):
        bootstrap.check_java()


@pytest.mark.parametrize(
    ("script", "mode", "message"),
    [
        ("#!/bin/sh\necho broken >&2; exit 3", 0o755, r"ended with 3 \(broken\): set JAVA_HOME"),
        ("#!/bin/sh\nexit 1", 0o755, r"ended with 1 \(nothing printed\): set JAVA_HOME"),
        ("#!/bin/sh\necho what", 0o755, "of unknown version: set JAVA_HOME"),
        ("#!/nowhere/sh", 0o755, "cannot be started .*: set JAVA_HOME"),
        ("not a program", 0o644, "cannot be started .*: set JAVA_HOME"),
    ],
    ids=["fails", "fails silently", "prints something else", "no interpreter", "not executable"],
)
def test_a_javac_that_does_not_work_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, mode: int, message: str
) -> None:
    javac = tmp_path / "bin" / "javac"
    javac.parent.mkdir()
    javac.write_text(script)
    javac.chmod(mode)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingError, match=message):
        bootstrap.check_java()


def test_a_step_that_cannot_start_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "LOGS", tmp_path / "logs")
    with pytest.raises(MissingError, match="mvn cannot be started: No such file"):
        bootstrap.run([str(tmp_path / "mvn")], log="maven")


def test_an_environment_that_cannot_be_made_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "file" / ".venv")
    with pytest.raises(MissingError, match=r"\.venv cannot be created: Not a directory"):
        bootstrap.make_environment()


def test_what_a_link_leads_to_is_not_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "starjoin.stamp").write_text("3.0 of another interpreter")
    (tmp_path / ".venv").symlink_to(shared)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    with pytest.raises(MissingError, match="is a link to an environment"):
        bootstrap.make_environment()
    assert (shared / "starjoin.stamp").exists()


def test_a_second_interpreter_may_have_an_environment_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from infra import bootstrap; print(bootstrap.PYTHON)"],
        cwd=bootstrap.ROOT,
        env={**os.environ, "STARJOIN_VENV": ".venv-3.11"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(bootstrap.ROOT / ".venv-3.11" / "bin" / "python")


def test_a_step_that_fails_shows_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "LOGS", tmp_path)
    with pytest.raises(MissingError, match=r"(?s)ended with 4.*the reason"):
        bootstrap.run(["bash", "-c", "echo the reason; exit 4"], log="step")


class Stream(io.StringIO):
    """Standard error, at a terminal or not."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_step_that_takes_long_shows_how_far_it_is_at_a_terminal_alone(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stream = Stream(is_terminal=is_terminal)
    monkeypatch.setattr(bootstrap, "LOGS", tmp_path)
    monkeypatch.setattr(bootstrap, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(bootstrap, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(sys, "stderr", stream)
    seen = tmp_path / "seen"
    # At a terminal it ends once what it has said was seen; in a pipe nobody looks.
    until_seen = f"until [ -e {seen} ]; do :; done"
    command = f"echo Collecting one; {until_seen if is_terminal else 'sleep 0.2'}"

    def describe(said: str) -> str:
        if "Collecting" in said:
            seen.touch()
        return bootstrap.describe_pip(said, 9)

    bootstrap.run(["bash", "-c", command], log="step", describe=describe)
    shown = stream.getvalue()
    if is_terminal:
        assert "\r\x1b[K  1 of 9 packages fetched, 0 s" in shown
        assert shown.endswith("\r\x1b[K")
    else:
        assert shown == ""
        assert not seen.exists()


def test_how_far_pip_is() -> None:
    said = "Ignoring a: markers do not match\nCollecting b==1\n  Downloading b\nCollecting c==2\n"
    assert bootstrap.describe_pip("", 9) == ""
    assert bootstrap.describe_pip(said, 9) == "3 of 9 packages fetched, "
    assert bootstrap.describe_pip(said, 2) == "2 of 2 packages fetched, "
    done = f"{said}Installing collected packages: b, c\n"
    assert bootstrap.describe_pip(done, 9) == "installing, "


def test_nothing_is_rebuilt_that_has_not_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "src" / "main").mkdir(parents=True)
    (tmp_path / "target").mkdir()
    pom, source = tmp_path / "pom.xml", tmp_path / "src" / "main" / "A.java"
    pom.write_text("<project/>")
    source.write_text("class A {}")
    builds = []

    def build(command: list[str], **_: Any) -> None:
        builds.append(command)
        (tmp_path / "target" / "starjoin-connectors.jar").write_bytes(b"jar")

    for name, value in {
        "ROOT": tmp_path,
        "JVM": tmp_path,
        "JAR": tmp_path / "target" / "starjoin-connectors.jar",
        "run": build,
        "check_java": lambda: None,
    }.items():
        monkeypatch.setattr(bootstrap, name, value)
    bootstrap.make_jar()
    bootstrap.make_jar()
    assert len(builds) == 1
    source.write_text("class A { int changed; }")
    bootstrap.make_jar()
    assert len(builds) == 2


def test_two_commands_at_once_build_the_jar_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "src" / "main").mkdir(parents=True)
    (tmp_path / "pom.xml").write_text("<project/>")
    jar = tmp_path / "target" / "starjoin-connectors.jar"
    builds: list[Sequence[int]] = []
    began, second_waits = Event(), Event()

    def build(_command: list[str], *, pass_fds: Sequence[int], **_: Any) -> None:
        builds.append(pass_fds)
        began.set()
        second_waits.wait(timeout=5)
        jar.write_bytes(b"jar")

    def say(text: str) -> None:
        if text.startswith("waiting"):
            second_waits.set()

    for name, value in {
        "ROOT": tmp_path,
        "JVM": tmp_path,
        "JAR": jar,
        "run": build,
        "_say": say,
        "check_java": lambda: None,
    }.items():
        monkeypatch.setattr(bootstrap, name, value)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bootstrap.make_jar)
        assert began.wait(timeout=5)
        second = pool.submit(bootstrap.make_jar)
        first.result()
        second.result()
    assert second_waits.is_set()
    assert len(builds) == 1
    assert len(builds[0]) == 1, "a Maven that outlives its command keeps the lock"


def test_every_pinned_file_has_a_hash_and_only_those_are_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logical_lines = bootstrap.LOCK.read_text().replace("\\\n", " ").splitlines()
    pinned = [line for line in logical_lines if line and not line.lstrip().startswith("#")]
    assert pinned
    assert all("==" in line and "--hash=sha256:" in line for line in pinned)

    started: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(bootstrap, "run", lambda command, **_: started.append(command))
    bootstrap.make_environment()
    ((*_, last),) = started
    assert last == str(bootstrap.LOCK)
    assert "--require-hashes" in started[0]


def test_every_extra_that_a_package_needs_is_pinned_with_it() -> None:
    """Else pip takes the newest version for the extra: one without a hash, once it is released."""
    pinned = {
        canonicalize_name(requirement.name): requirement.extras
        for line in bootstrap.LOCK.read_text().splitlines()
        if re.match(r"[A-Za-z0-9]", line)
        for requirement in [Requirement(line.rstrip("\\ "))]
    }
    needed = [
        (name, requirement)
        for name, extras in pinned.items()
        for text in _requires(name)
        for requirement in [Requirement(text)]
        if requirement.extras and _applies(requirement, extras)
    ]
    assert ("pytest-cov", "coverage") in {(name, needs.name) for name, needs in needed}
    missing = [
        f"{name} needs {requirement}"
        for name, requirement in needed
        if not requirement.extras <= pinned[canonicalize_name(requirement.name)]
    ]
    assert missing == [], "compile requirements.lock as CONTRIBUTING.md says"


def _requires(name: str) -> list[str]:
    """What an installed package says that it needs; nothing of one for other platforms."""
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})
