"""`starjoin` at the prompt: what it lists, what it refuses and how, what shells are offered."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connectors.version import VERSION
from infra.arguments import ExitCode
from infra.cli import main as command_line
from infra.cli.commands import COMMANDS, Command, load
from infra.cli.main import main
from infra.simulate.command_line import parser
from tests.unit.stars import ROOT, TICKET_SELLER_FILE

PACKAGES = ("connectors", "flink_app", "infra")
DOCUMENT = ROOT / "docs" / "command-line.md"


def starjoin(
    *arguments: str, folder: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs `starjoin` in a process of its own, as its console script does."""
    script = "from infra.cli.main import run; run()"
    return subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("asked", [["--help"], ["-h"], ["help"]])
def test_the_help_has_a_line_for_each_command(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked) == ExitCode.DONE
    listed = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"  {name:10} {command.help}\n" in listed
    assert max(map(len, listed.splitlines())) <= 80


def test_without_a_command_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitCode.WRONG_ARGUMENTS
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "simulate" in printed.err


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_describes_itself_and_has_an_end(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", name]) == ExitCode.DONE
    described = capsys.readouterr().out
    assert described.startswith(f"usage: starjoin {name} ")
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    assert capsys.readouterr().out == described
    assert callable(load(COMMANDS[name].work))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["simulat"], "there is no command 'simulat'; did you mean simulate?"),
        (["--versio"], "there is no option '--versio'; did you mean --version?"),
        (["help", "demos"], "there is no command 'demos'; did you mean demo?"),
        (["quux"], "there is no command 'quux'; `starjoin --help` lists what there is"),
    ],
)
def test_an_unknown_command_is_refused_with_what_was_meant(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == ExitCode.WRONG_ARGUMENTS
    assert capsys.readouterr().err == f"starjoin: {sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["simulate", "a.yaml", "--histroies=3"], "--histroies=3; did you mean --histories?"),
        (["simulate", "a.yaml", "--hist", "3"], "unrecognized arguments: --hist 3; did you mean"),
        (["simulate", "a.yaml", "b.yaml"], "starjoin simulate: unrecognized arguments: b.yaml\n"),
        (["demo", "--example", "order_bok"], "did you mean order_book?"),
        (["deploy", "--enviroment", "x"], "required: --environment"),
        (["cut", "--at", "yesterday"], "--at: 'yesterday' is not a time such as 2026-11-23T10:00"),
        (["reconcile", "--lag", "x"], "argument --lag: 'x' is not a number of seconds\n"),
        (["explain", "t", "1", "--parts", "x"], "argument --parts: 'x' is not a whole number\n"),
    ],
)
def test_wrong_arguments_are_refused_with_what_was_meant(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err


def test_a_command_whose_packages_are_not_installed_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "infra.local.demo", None)  # as a failed import leaves it

    def miss(_: str) -> None:
        raise ModuleNotFoundError(name="rich.console")

    monkeypatch.setattr(Command, "start", lambda _, __: miss(""))
    assert main(["demo"]) == ExitCode.FAILED
    assert "the package rich is not installed: run `pip install" in capsys.readouterr().err


def test_a_module_of_ours_that_is_missing_is_not_explained_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def miss(*_: object) -> int:
        raise ModuleNotFoundError(name="infra.nowhere")

    monkeypatch.setattr(Command, "start", miss)
    with pytest.raises(ModuleNotFoundError):
        main(["demo"])


def test_an_interrupt_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "main", interrupt)
    with pytest.raises(SystemExit, match="130"):
        command_line.run()
    assert capsys.readouterr().err == "starjoin: interrupted\n"


def test_a_reader_that_goes_is_no_fault_to_be_printed() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "infra.cli", "--help"],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (ExitCode.READER_GONE, b"")


def test_it_runs_from_anywhere_on_disk(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__init__.py").write_text("raise RuntimeError")
    done = starjoin("--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"starjoin {VERSION}\n"), done.stderr


def test_help_imports_nothing_that_is_slow() -> None:
    """Nor what a machine may lack: arguments are read before a command's packages are imported."""
    script = (
        "import sys\nfrom infra.cli.main import main\nmain(['help', 'demo'])\n"
        "try: main(['demo', '--hlep'])\nexcept SystemExit: pass\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('pyarrow', 'pydantic', 'boto3')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")


def completions(line: str, tmp_path: Path) -> set[str]:
    """What a shell is offered for the end of a command line."""
    answers = tmp_path / "answers"
    starjoin(
        _ARGCOMPLETE="1",
        _ARGCOMPLETE_STDOUT_FILENAME=str(answers),
        COMP_LINE=line,
        COMP_POINT=str(len(line)),
        folder=tmp_path,
    )
    return {word.strip() for word in re.split(r"[\x0b\n]", answers.read_text())}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("starjoin sim", {"simulate"}),
        ("starjoin ", {*COMMANDS, "--version", "--help", "-h"}),
        ("starjoin demo --example or", {"order_book"}),
        ("starjoin simulate --hi", {"--histories"}),
        ("starjoin status --environment ex", {"example"}),
        ("starjoin replay --environment ex", {"example"}),
        ("starjoin simulate my", {"my.yaml"}),
        ("starjoin completion f", {"fish"}),
    ],
)
def test_shells_are_offered_what_the_parsers_take(
    line: str, offered: set[str], tmp_path: Path
) -> None:
    (tmp_path / "my.yaml").touch()
    assert completions(line, tmp_path) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_names_the_command(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == ExitCode.DONE
    script = capsys.readouterr().out
    assert "starjoin" in script
    assert "_ARGCOMPLETE" in script


def test_every_command_and_exit_code_is_documented() -> None:
    text = DOCUMENT.read_text()
    for name in COMMANDS:
        assert f"| `{name}` |" in text
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(code.value) for code in ExitCode]


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["a.yaml", "--hist", "3"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip install` makes of a clone."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "clone"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    left_out = shutil.ignore_patterns("jvm", "__pycache__")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name, ignore=left_out)
    words = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *words, str(folder), str(copy)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.mark.slow
def test_what_is_installed_has_every_file_that_the_commands_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry,) = [name for name in names if name.endswith("entry_points.txt")]
        assert "starjoin = infra.cli.main:run" in archive.read(entry).decode()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {*PACKAGES, f"starjoin-{VERSION}.dist-info"}
    for folder in PACKAGES:
        for path in (ROOT / folder).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if path.suffix in {".py", ".yaml", ".sql", ".json"} and parts[1] != "jvm":
                assert "/".join(parts) in names


@pytest.mark.slow
def test_what_is_installed_runs_without_the_clone(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    mine = tmp_path / "mine.yaml"
    mine.write_bytes(TICKET_SELLER_FILE.read_bytes())
    done = starjoin(
        "simulate", "mine.yaml", "--histories", "1", folder=tmp_path, PYTHONPATH=str(site)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ticket_seller: each target equals")
