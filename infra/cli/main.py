"""`starjoin COMMAND ...`: reads the command, starts it, and gives the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from connectors.version import VERSION
from flink_app.validation.words import suggest
from infra.arguments import ArgumentParser, ExitCode
from infra.cli.commands import COMMANDS, Group, list_commands

_HEADINGS: Final = "\n\n".join(
    "\n".join([f"{group.value}:", *list_commands(group)]) for group in Group
)
_HELP: Final = f"""usage: starjoin COMMAND [ARGUMENT ...]

Change data capture into Amazon Redshift: a star schema, joined in the stream.

{_HEADINGS}

options:
  -h, --help  show this help; `starjoin COMMAND --help` describes a command
  --version   show the version

Exit codes: 0 done, and what was checked holds; 1 failed, or it does not hold;
2 wrong arguments, or a file that they name cannot be used; 130 interrupted.
"""
# What argcomplete sets while a shell asks for the ends of a command line.
_COMPLETING: Final = "_ARGCOMPLETE"
_OURS: Final = ("connectors", "flink_app", "infra")


def run() -> None:
    """The console script: runs the command of the process's arguments, and ends the process."""
    if _COMPLETING in os.environ:
        from infra.cli.completion import complete

        complete()
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("starjoin: interrupted\n")
        status = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does. Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = ExitCode.READER_GONE
    sys.exit(status)


def main(arguments: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    if not arguments:
        sys.stderr.write(_HELP)
        return ExitCode.WRONG_ARGUMENTS
    name, *rest = arguments
    if name in {"-h", "--help", "help"}:
        return _help(rest)
    if name in {"-V", "--version", "version"}:
        sys.stdout.write(f"starjoin {VERSION}\n")
        return ExitCode.DONE
    if name not in COMMANDS:
        _refuse(name)
        return ExitCode.WRONG_ARGUMENTS
    return _start(name, rest)


def _help(rest: Sequence[str]) -> int:
    """`starjoin help`, and `starjoin help COMMAND`."""
    if rest and rest[0] in COMMANDS:
        _parser(rest[0]).print_help()
    elif rest:
        _refuse(rest[0])
        return ExitCode.WRONG_ARGUMENTS
    else:
        sys.stdout.write(_HELP)
    return ExitCode.DONE


def _refuse(name: str) -> None:
    known = [*COMMANDS, "--help", "--version"]
    kind = "option" if name.startswith("-") else "command"
    meant = suggest(name, known) or "; `starjoin --help` lists what there is"
    sys.stderr.write(f"starjoin: there is no {kind} {name!r}{meant}\n")


def _start(name: str, rest: list[str]) -> int:
    # Before what it needs is imported: wrong arguments and help are quick, and need nothing.
    _parser(name).parse_args(rest)
    try:
        return COMMANDS[name].start(rest)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"", *_OURS}:
            raise
        sys.stderr.write(
            f"starjoin {name}: the package {package} is not installed: "
            "run `pip install 'starjoin[local]'` in the environment of starjoin\n"
        )
        return ExitCode.FAILED


def _parser(name: str) -> ArgumentParser:
    return COMMANDS[name].parser(f"starjoin {name}")
