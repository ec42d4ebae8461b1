#!/usr/bin/env python3
"""The one door for people. `python3 build.py --help` lists what it can do.

Standard library only: it runs on a machine where nothing is installed yet. The work is done in
modules; here they are only chosen and started.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable

from infra import bootstrap
from infra.bootstrap import JVM, PYTHON, ROOT

MAVEN = ["mvn", "-B", "-q", "-f", str(JVM / "pom.xml")]


def demo(rest: list[str]) -> None:
    """Run the main job on local stand-ins, from change records to the warehouse's table."""
    prepare()
    become("-m", "infra.local.demo", *rest)


def test(rest: list[str]) -> None:
    """Run every test, of Java and of Python; with arguments, pytest's own."""
    prepare()
    if not rest:
        step(*MAVEN, "verify")
    become("-m", "pytest", *rest)


def lint(rest: list[str]) -> None:
    """Check style, types and layers; with --fix, mend what can be mended."""
    prepare()
    fix = ["--fix"] if rest == ["--fix"] else []
    python = str(PYTHON)
    step(python, "-m", "ruff", "check", *fix, ".")
    step(python, "-m", "ruff", "format", *([] if fix else ["--check"]), ".")
    step(python, "-m", "mypy")
    step(*MAVEN, "fmt:format" if fix else "fmt:check")
    step(python, "-m", "pytest", "-q", "tests/unit/test_layering.py")


def bench(rest: list[str]) -> None:
    """Measure the engine and its parts, each as a ratio to something run beside it."""
    prepare()
    become("-m", "tests.bench", *rest)


def fuzz(rest: list[str]) -> None:
    """Decode what a grammar makes up and damages, and check what must hold for every record."""
    prepare()
    become("-m", "tests.fuzz", *rest)


def load_test(rest: list[str]) -> None:
    """Put the job under load from a generator that knows the true table; writes a report."""
    prepare()
    become("-m", "tests.load", *rest)


def package(rest: list[str]) -> None:
    """Make the one zip that Managed Flink runs."""
    prepare()
    become("-m", "infra.aws.package", *rest)


def deploy(rest: list[str]) -> None:
    """Bring an environment on AWS to its file and start it; --dry-run only says how."""
    prepare()
    become("-m", "infra.aws", "deploy", *rest)


def reload(rest: list[str]) -> None:
    """Load every table of an environment anew; says what it would do unless given --apply."""
    prepare()
    become("-m", "infra.aws", "reload", *rest)


def status(rest: list[str]) -> None:
    """Say how an environment on AWS is."""
    prepare()
    become("-m", "infra.aws", "status", *rest)


def stop(rest: list[str]) -> None:
    """Stop an environment's application with a snapshot."""
    prepare()
    become("-m", "infra.aws", "stop", *rest)


def replay(rest: list[str]) -> None:
    """Put dead letters back onto the stream, once their cause is mended; --apply does it."""
    prepare()
    become("-m", "infra.replay", *rest)


def destroy(rest: list[str]) -> None:
    """Delete an environment from AWS; its data only when asked for."""
    prepare()
    become("-m", "infra.aws", "destroy", *rest)


def build(rest: list[str]) -> None:
    """Make .venv and the JVM module's jar, where they are missing or out of date."""
    if rest:
        sys.exit("build takes no arguments")
    prepare()


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    command.__name__.replace("_", "-"): command
    for command in (
        *(demo, test, lint, fuzz, bench, load_test),
        *(package, deploy, reload, status, stop, replay, destroy, build),
    )
}


def prepare() -> None:
    """Checks the machine, then makes what is missing."""
    try:
        bootstrap.check_python()
        bootstrap.check_java()
        bootstrap.make_environment()
        bootstrap.make_jar()
    except bootstrap.MissingError as error:
        sys.exit(f"build.py: {error}")


def step(*command: str) -> None:
    """Runs one step in the foreground; stops when it fails."""
    status = subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
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
    listed = "\n".join(f"  {name:10} {command.__doc__}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Starjoin: build, run and check.",
        epilog=f"commands:\n{listed}\n\nFurther arguments go to the command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    COMMANDS[arguments.command](arguments.rest)


if __name__ == "__main__":
    main()
