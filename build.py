#!/usr/bin/env python3
"""The entry point for people. `python3 build.py --help` lists the commands.

Standard library only: it runs on a machine where nothing is installed yet. The work is done in
modules; here a command's arguments are checked, what it needs is made, and it is started.

Exit codes: 0 done; 1 failed, or the machine lacks something; 2 wrong arguments; others are named in
the help of the command that has them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib import import_module

from infra import bootstrap
from infra.bootstrap import JVM, PYTHON, ROOT
from infra.check import command_line

MAVEN = ["mvn", "-B", "-q", "-f", str(JVM / "pom.xml")]
# On all cores; tests/conftest.py says which tests stay together, and in which order they run.
PYTEST = ["-m", "pytest", "-n", "logical"]
# Which lines the unit tests execute; pyproject.toml has the lowest share. Measured where the
# interpreter has sys.monitoring, because tracing would double the time.
COVERAGE = ["--cov", "--cov-report=html"] if sys.version_info >= (3, 12) else []
# Tests that start Flink wait for a good part of their time: one more than there are cores.
PYTEST_WITH_FLINK = ["-m", "pytest", "-n", str((os.cpu_count() or 1) + 1)]


class Java(Enum):
    """What a command needs for the JVM module."""

    NOTHING = 0
    TOOLS = 1  # a JDK and Maven
    JAR = 2  # these, and the jar that they build


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        help: what it does, in a line.
        module: what it starts; None where `run` does it.
        words: what the module is given before the user's arguments.
        command_line: the module whose `parser()` knows the arguments; standard library only.
        run: does it, given the user's arguments.
        java: what it needs for the JVM module.
    """

    help: str
    module: str | None = None
    words: tuple[str, ...] = ()
    command_line: str | None = None
    run: Callable[[list[str]], None] | None = None
    java: Java = Java.JAR


def act_on_environment(name: str, does: str, java: Java = Java.NOTHING) -> Command:
    """A command of `infra.aws`, by the same name."""
    return Command(does, "infra.aws", (name,), "infra.aws.command_line", java=java)


def test(rest: list[str]) -> None:
    """Tests of Java and of Python, what is quick to tell first; with arguments, pytest's own."""
    if rest == ["--fast"]:
        become(*PYTEST, "tests/unit", "-m", "not slow and not integration")
    if rest:
        become("-m", "pytest", *rest)
    step(*MAVEN, "verify")
    step(str(PYTHON), *PYTEST, "tests/unit", *COVERAGE)
    step(str(PYTHON), *PYTEST, "tests/contract")
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


def check(rest: list[str]) -> None:
    """Histories of a declaration, whose path counts from where the caller is."""
    options = command_line.parser().parse_args(rest)
    declaration = str(options.declaration.resolve())
    numbers = (f"--histories={options.histories}", f"--seed={options.seed}")
    become("-m", "infra.check", declaration, *numbers)


COMMANDS = {
    "demo": Command(
        "run the main job locally, from change records to the warehouse's table",
        module="infra.local.demo",
        command_line="infra.local.command_line",
    ),
    "test": Command("run every test, of Java and of Python, or those that are named", run=test),
    "lint": Command(
        "check style, types and layers; --fix corrects what it can", run=lint, java=Java.TOOLS
    ),
    "check": Command(
        "test a declaration: random histories of its tables, every target compared with the join",
        command_line="infra.check.command_line",
        run=check,
        java=Java.NOTHING,
    ),
    "fuzz": Command(
        "feed generated and damaged records to decode, and check what must hold for each",
        module="tests.fuzz",
        command_line="tests.fuzz.command_line",
        java=Java.NOTHING,
    ),
    "contract": Command(
        "check what the application relies on in Redshift, on the emulator or on your own cluster",
        module="tests.contract",
        command_line="tests.contract.command_line",
        java=Java.NOTHING,
    ),
    "bench": Command(
        "measure the engine and its parts, each relative to a baseline",
        module="tests.bench",
        command_line="tests.bench.command_line",
    ),
    "load-test": Command(
        "put the job under load from a generator that knows the true table; writes a report",
        module="tests.load",
        command_line="tests.load.command_line",
    ),
    "package": Command("build the zip that Managed Flink runs", module="infra.aws.package"),
    "deploy": act_on_environment(
        "deploy",
        "bring an environment on AWS in line with its file and start it; --dry-run only plans",
        Java.JAR,
    ),
    "reload": act_on_environment(
        "reload",
        "load every table of an environment again; only prints a plan without --apply",
    ),
    "status": act_on_environment("status", "print the state of an environment on AWS"),
    "stop": act_on_environment("stop", "stop an environment's application with a snapshot"),
    "replay": Command(
        "put dead letters back onto the stream, once their cause is fixed; --apply does it",
        module="infra.replay",
        command_line="infra.replay.command_line",
        java=Java.NOTHING,
    ),
    "destroy": act_on_environment(
        "destroy", "delete an environment from AWS; its data only with --with-data"
    ),
    "build": Command("build .venv and the JVM module's jar if missing or out of date"),
}


def check_arguments(name: str, rest: list[str]) -> None:
    """Prints the help that is asked for, or refuses wrong arguments: exit code 0 or 2.

    Nothing is made or started before this.
    """
    command = COMMANDS[name]
    if command.command_line is not None:
        parser = import_module(command.command_line).parser()
        parser.parse_args([*command.words, *rest])
        return
    parser = argparse.ArgumentParser(prog=f"build.py {name}", description=f"{command.help}.")
    if name == "lint":
        parser.add_argument("--fix", action="store_true", help="correct what can be corrected")
    if name == "test":
        parser.add_argument("--fast", action="store_true", help="only what takes a minute or two")
        parser.epilog = (
            "Arguments go to pytest, which then runs alone, without the tests of Java: "
            "`build.py test tests/unit -k mask`."
        )
        known, others = parser.parse_known_args(rest)
        if known.fast and others:
            parser.error("--fast takes no further arguments")
        return
    parser.parse_args(rest)


def run(name: str, rest: list[str]) -> None:
    """Makes what the command needs, and starts it."""
    command = COMMANDS[name]
    prepare(java_for(name, rest))
    if command.run is not None:
        command.run(rest)
    elif command.module is not None:
        become("-m", command.module, *command.words, *rest)


def java_for(name: str, rest: list[str]) -> Java:
    """What a command needs for the JVM module, with these arguments."""
    return Java.NOTHING if (name, rest) == ("test", ["--fast"]) else COMMANDS[name].java


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


def become(*arguments: str) -> None:
    """Turns this process into the project's own Python."""
    sys.stdout.flush()
    os.chdir(ROOT)
    # Not through a shell, and by its full path.
    os.execve(PYTHON, [str(PYTHON), *arguments], environment())


def environment() -> dict[str, str]:
    """The environment's own programs first: Flink starts whichever `python` it finds."""
    path = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def main() -> None:
    """Reads the command line."""
    listed = "\n".join(f"  {name:10} {command.help}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Starjoin: build, run and check.",
        epilog=f"commands:\n{listed}\n\n`build.py COMMAND --help` describes a command.\n\n"
        "Exit codes: 0 done; 1 failed, or the machine lacks something; 2 wrong arguments; others\n"
        "are named in the help of the command that has them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    check_arguments(arguments.command, arguments.rest)
    run(arguments.command, arguments.rest)


if __name__ == "__main__":
    main()
