"""The archive of Flink's classes: used where it is, and no run waits for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from infra.local import class_archive, configuration
from infra.local.configuration import LocalRun


def options(run: LocalRun, folder: Path) -> str:
    return run.environment(folder)["JVM_ARGS"]


@pytest.mark.parametrize("short_lived", [True, False])
def test_only_short_lived_runs_map_an_archive_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_lived: bool
) -> None:
    archive = tmp_path / "classes.jsa"
    monkeypatch.setattr(configuration, "class_archive", lambda: archive)
    run = LocalRun(state=tmp_path, jar=tmp_path / "a.jar", short_lived=short_lived)
    assert "SharedArchiveFile" not in options(run, tmp_path)
    archive.touch()
    assert (f"-XX:SharedArchiveFile={archive}" in options(run, tmp_path)) is short_lived


def test_an_archive_that_cannot_be_made_is_said_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise subprocess.CalledProcessError(1, "jcmd", stderr=b"jcmd: not found")

    monkeypatch.setattr(class_archive, "class_archive", lambda: tmp_path / "classes.jsa")
    monkeypatch.setattr(class_archive, "make_class_archive", fail)
    class_archive.main()
    assert "JVMs start more slowly" in (said := capsys.readouterr().out)
    assert "jcmd: not found" in said
