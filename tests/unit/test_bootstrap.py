"""What is missing on a machine is said in one sentence with its remedy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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


def test_a_step_that_fails_shows_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "LOGS", tmp_path)
    with pytest.raises(MissingError, match=r"(?s)ended with 4.*the reason"):
        bootstrap.run(["bash", "-c", "echo the reason; exit 4"], log="step")


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
