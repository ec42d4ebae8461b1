"""Two reports side by side: nothing is run, what differs is shown, other files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from build import java_for
from infra.bootstrap import Java
from tests.load import __main__ as command
from tests.load.__main__ import main, write
from tests.load.figures import Percentiles, Report
from tests.load.side_by_side import compare_asked, compare_figures, describe_difference, page
from tests.unit.load.test_report import Reader, process, report


def later() -> Report:
    first = report()
    assert first.latency is not None
    faster = Percentiles(count=5, p50=2.7, p95=3.0, p99=3.0, max=3.0)
    return report(
        outcome="equal",
        parameters=first.parameters.model_copy(update={"rate": 12, "parallelism": 4}),
        latency=first.latency.model_copy(update={"from_arrival": faster}),
        processes=[process("moto (Kinesis, S3)", 0.485)],
        dead_lettered=3,
    )


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    write(report(), tmp_path / "a")
    write(later(), tmp_path / "b")
    return [str(tmp_path / name / "report.json") for name in ("a", "b")]


def test_figures_stand_beside_each_other_with_their_change() -> None:
    rows = {row.name: row.cells[1:] for row in compare_figures(report(), later())}
    assert rows["p50"] == ("5.40 s", "2.70 s", "-50%")
    assert rows["due-p50"][2] == "+0%"
    assert rows["dead-letters"] == ("0", "3", "")
    assert rows["cores: moto (Kinesis, S3)"] == ("0.97", "0.48", "-50%")
    assert rows["cores: task manager (JVM)"] == ("0.50", "-", "")


def test_what_was_asked_differently_is_said() -> None:
    differs = [row.name for row in compare_asked(report(), later()) if row.change]
    assert differs == ["result", "asked", "parallelism"]
    assert describe_difference(report(), later()) == (
        "The runs were not asked for the same (asked, parallelism): read figures with that."
    )
    assert describe_difference(report(), report()) == "Both were asked for the same."


def test_the_command_runs_nothing_and_prints_a_table_of_80_columns(
    files: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "LoadTest", None)
    monkeypatch.setenv("COLUMNS", "80")
    out = tmp_path / "out"
    assert main(["--compare", *files, "--output", str(out)]) == 0
    printed = capsys.readouterr().out
    table = printed.partition("The runs were not")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "-50%" in table
    text = (out / "comparison.html").read_text()
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert f"A: {files[0]}" in text
    assert sorted(path.name for path in out.iterdir()) == ["comparison.html"]


def test_it_needs_no_jdk() -> None:
    assert java_for("load-test", ["--compare", "a.json", "b.json"]) is Java.NOTHING
    assert java_for("load-test", ["--rate", "5"]) is Java.JAR


def test_the_second_is_judged(files: list[str], tmp_path: Path) -> None:
    words = ["--compare", *files, "--output", str(tmp_path)]
    assert main([*words, "--fail-if", "p50>5s"]) == 0
    assert main([*words, "--fail-if", "p50>2s"]) == 4
    assert main(["--compare", *files[::-1], "--output", str(tmp_path), "--fail-if", "p50>5s"]) == 4


@pytest.mark.parametrize(
    ("word", "option"), [("--rate=9", "--rate"), ("--environment=staging", "--environment")]
)
def test_an_option_of_runs_is_refused(
    word: str, option: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--compare", *files, word])
    assert f"--compare runs nothing, so it takes no {option}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        ("nothing", "is no report of a load test: the file: Invalid JSON"),
        ('{"format": "starjoin-load-test-9"}', "is no report of a load test: format: "),
        ("[]", "name a report.json that `build.py load-test` has written"),
    ],
)
def test_another_file_is_refused_by_its_name(
    content: str | None,
    sentence: str,
    files: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other.json"
    if content is not None:
        other.write_text(content)
    with pytest.raises(SystemExit, match="2"):
        main(["--compare", files[0], str(other)])
    said = capsys.readouterr().err
    assert f"{other} " in said
    assert sentence in said


def test_a_report_of_the_former_format_is_read(files: list[str], tmp_path: Path) -> None:
    path = Path(files[0])
    content = json.loads(path.read_text())
    content["format"] = "starjoin-load-test-1"
    for name in ("version", "commit", "thresholds"):
        del content[name]
    del content["latency"]["histogram"]
    path.write_text(json.dumps(content))
    assert main(["--compare", *files, "--output", str(tmp_path)]) == 0
    text = (tmp_path / "comparison.html").read_text()
    assert "Records by latency, B" in text
    assert "Records by latency, A" not in text


def test_runs_without_a_warehouse_can_be_compared_too() -> None:
    bare = report(latency=None, checkpoints=[], backlog_records=None, dead_lettered=None)
    names = [row.name for row in compare_figures(bare, bare)]
    assert "p99" not in names
    assert "rate" in names
    assert "<svg" not in page(bare, bare, [Path("a"), Path("b")])
