#!/usr/bin/env python3
"""The entry point for people. `python3 build.py` lists the commands.

Standard library only: it runs on a machine where nothing is installed yet. The work is done in
modules; here a command's arguments are checked, what it needs is made, and it is started. The
commands of `starjoin` (`infra.cli`) are among them, and the same code runs.

Exit codes: 0 done; 1 failed, or the machine lacks something; 2 wrong arguments; others are named in
the help of the command that has them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from connectors.version import VERSION
from flink_app.validation.words import suggest
from infra import bootstrap
from infra.arguments import ArgumentParser, ExitCode
from infra.bootstrap import JVM, PYTHON, ROOT, Java
from infra.cli.commands import COMMANDS as USER_COMMANDS
from infra.cli.commands import Group, list_commands

MAVEN = ["mvn", "-B", "-q", "-f", str(JVM / "pom.xml")]
# On all cores; tests/conftest.py says which tests stay together, and in which order they run.
PYTEST = ["-m", "pytest", "-n", "logical"]
# Which lines the unit tests execute; pyproject.toml has the lowest share. Measured where the
# interpreter has sys.monitoring, because tracing would double the time.
COVERAGE = ["--cov", "--cov-report=html"] if sys.version_info >= (3, 12) else []
# Tests that start Flink wait for a good part of their time: one more than there are cores.
PYTEST_WITH_FLINK = ["-m", "pytest", "-n", str((os.cpu_count() or 1) + 1)]


@dataclass(frozen=True)
class Command:
    """One command for development.

    Attributes:
        help: what it does, in a line.
        module: what it starts; None where `run` does it.
        command_line: the module whose `parser()` knows the arguments; standard library only.
        run: does it, given the user's arguments.
        java: what it needs for the JVM module.
    """

    help: str
    module: str | None = None
    command_line: str | None = None
    run: Callable[[list[str]], None] | None = None
    java: Java = Java.JAR


def test(rest: list[str]) -> None:
    """Tests of Java and of Python, what is quick to tell first; with arguments, pytest's own."""
    if rest == ["--fast"]:
        become(*PYTEST, "tests/unit", "-m", "not slow and not integration")
    if rest:
        become("-m", "pytest", *rest)
    with step_beside(*MAVEN, "verify"):  # its tests wait for a good part of their time
        step(str(PYTHON), *PYTEST, "tests/unit", *COVERAGE)
    step(str(PYTHON), *PYTEST, "tests/contract")
    step(str(PYTHON), "-m", "infra.local.class_archive")
    become(*PYTEST_WITH_FLINK, "--ignore=tests/unit", "--ignore=tests/contract")


def lint(rest: list[str]) -> None:
    """Style, types and layers."""
    fix = rest == ["--fix"]
    python = str(PYTHON)
    step(python, "-m", "ruff", "check", *(["--fix"] if fix else []), ".")
    step(python, "-m", "ruff", "format", *([] if fix else ["--check"]), ".")
    step(python, "-m", "mypy")
    step(*MAVEN, "fmt:format" if fix else "fmt:check")
    step(python, "-m", "pytest", "-q", "tests/unit/test_layering.py")


COMMANDS = {
    "build": Command("make .venv and the JVM module's jar if missing or out of date"),
    "test": Command("run every test, of Java and of Python, or those named", run=test),
    "lint": Command(
        "check style, types and layers; --fix corrects what it can", run=lint, java=Java.TOOLS
    ),
    "fuzz": Command(
        "feed generated and damaged records to decode",
        module="tests.fuzz",
        command_line="tests.fuzz.command_line",
        java=Java.NOTHING,
    ),
    "contract": Command(
        "check what loads rely on in Redshift, or in the emulator",
        module="tests.contract",
        command_line="tests.contract.command_line",
        java=Java.NOTHING,
    ),
    "bench": Command(
        "measure the engine, its parts and loads, relative to a baseline",
        module="tests.bench",
        command_line="tests.bench.command_line",
    ),
    "load-test": Command(
        "put the job under load, compare, and write a report",
        module="tests.load",
        command_line="tests.load.command_line",
    ),
    "pictures": Command(
        "draw the README's pictures; --record runs what they show",
        module="tests.pictures",
        command_line="tests.pictures.command_line",
    ),
}


def parser_of(name: str) -> ArgumentParser:
    """The arguments of a command."""
    prog = f"build.py {name}"
    if name in USER_COMMANDS:
        return USER_COMMANDS[name].parser(prog)
    command = COMMANDS[name]
    if command.command_line is not None:
        parser: ArgumentParser = import_module(command.command_line).parser()
        return parser
    parser = ArgumentParser(prog=prog, description=f"{command.help}.")
    if name == "lint":
        parser.add_argument("--fix", action="store_true", help="correct what can be corrected")
    if name == "test":
        parser.add_argument("--fast", action="store_true", help="unit tests only, in a few minutes")
        parser.epilog = (
            "Arguments go to pytest, which then runs alone, without the tests of Java: "
            "`build.py test tests/unit -k mask`."
        )
    return parser


def check_arguments(name: str, rest: list[str]) -> None:
    """Prints the help that is asked for, or refuses wrong arguments: exit code 0 or 2.

    Nothing is made or started before this.
    """
    parser = parser_of(name)
    if name != "test":
        parser.parse_args(rest)
        return
    known, others = parser.parse_known_args(rest)
    if known.fast and others:
        parser.error("--fast takes no further arguments")


def run(name: str, rest: list[str]) -> None:
    """Makes what the command needs, and starts it."""
    prepare(java_for(name, rest))
    if name in USER_COMMANDS:
        become_starjoin(name, *rest)
        return
    command = COMMANDS[name]
    if command.run is not None:
        command.run(rest)
    elif command.module is not None:
        become("-m", command.module, *rest)


def java_for(name: str, rest: list[str]) -> Java:
    """What a command needs for the JVM module, with these arguments."""
    if name in USER_COMMANDS:
        return USER_COMMANDS[name].java
    starts_no_job = (name, rest) in [("test", ["--fast"]), ("pictures", [])] or (
        name == "load-test" and "--compare" in rest
    )
    return Java.NOTHING if starts_no_job else COMMANDS[name].java


def prepare(java: Java) -> None:
    """Checks the machine, then makes what is missing."""
    try:
        bootstrap.check_python()
        if java is not Java.NOTHING:
            bootstrap.check_java()
        bootstrap.make_environment()
        if java is Java.JAR:
            bootstrap.make_jar()
    except bootstrap.MissingError as error:
        sys.exit(f"build.py: {error}")


def step(*command: str) -> None:
    """Runs one step in the foreground; stops when it fails."""
    try:
        status = subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
    except OSError as error:
        sys.exit(f"build.py: {command[0]} cannot be started: {error.strerror}")
    if status != 0:
        sys.exit(f"build.py: {' '.join(command)} ended with {status}")


@contextmanager
def step_beside(*command: str) -> Iterator[None]:
    """Runs one step while others run in the foreground; then prints what it has printed.

    Stops when it fails. When one of the others does, it is ended and not heard.
    """
    with tempfile.TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment(), stdout=printed, stderr=subprocess.STDOUT
            )
        except OSError as error:
            sys.exit(f"build.py: {command[0]} cannot be started: {error.strerror}")
        try:
            yield
        except BaseException:
            process.terminate()
            process.wait()
            raise
        status = process.wait()
        printed.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(printed, sys.stdout.buffer)
        sys.stdout.flush()
    if status != 0:
        sys.exit(f"build.py: {' '.join(command)} ended with {status}")


def become(*arguments: str) -> None:
    """Turns this process into the project's own Python."""
    sys.stdout.flush()
    os.chdir(ROOT)
    # Not through a shell, and by its full path.
    os.execve(PYTHON, [str(PYTHON), *arguments], environment())


def become_starjoin(*arguments: str) -> None:
    """Turns this process into `starjoin`; paths still count from where the caller is."""
    sys.stdout.flush()
    # -P: a folder of the caller's that is called `infra` is not ours.
    os.execve(PYTHON, [str(PYTHON), "-P", "-m", "infra.cli", *arguments], environment())


def environment() -> dict[str, str]:
    """The environment's own programs first: Flink starts whichever `python` it finds."""
    path = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def list_all_commands() -> str:
    """The help, with a line for each command."""
    development = [f"  {name:10} {command.help}" for name, command in COMMANDS.items()]
    parts = [(group.value, list_commands(group)) for group in Group]
    listed = "\n\n".join(
        "\n".join([f"{heading}:", *lines])
        for heading, lines in [*parts, ("development", development)]
    )
    return (
        "usage: build.py COMMAND [ARGUMENT ...]\n\nStarjoin: build, run and check.\n\n"
        f"{listed}\n\n"
        "`build.py COMMAND --help` describes a command; --version shows the version.\n\n"
        "Exit codes: 0 done; 1 failed, or the machine lacks something; 2 wrong\n"
        "arguments; others are named in the help of the command that has them.\n"
    )


def main() -> None:
    """Reads the command line."""
    name, *rest = sys.argv[1:] or [""]
    if name in {"-h", "--help"}:
        sys.stdout.write(list_all_commands())
    elif name == "--version":
        sys.stdout.write(f"starjoin {VERSION}\n")
    elif not name:
        sys.stderr.write(list_all_commands())
        sys.exit(ExitCode.WRONG_ARGUMENTS)
    elif name not in {*COMMANDS, *USER_COMMANDS}:
        known = [*COMMANDS, *USER_COMMANDS, "--help", "--version"]
        meant = suggest(name, known) or "; `build.py --help` lists what there is"
        sys.stderr.write(f"build.py: there is no command {name!r}{meant}\n")
        sys.exit(ExitCode.WRONG_ARGUMENTS)
    else:
        check_arguments(name, rest)
        run(name, rest)


if __name__ == "__main__":
    main()
