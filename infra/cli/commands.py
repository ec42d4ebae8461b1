"""The commands for those who use the application. Standard library only: help needs no install.

A command is named by its modules, which are imported when it is used. `build.py` offers the same
commands, beside those for development.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from infra.arguments import ArgumentParser
from infra.bootstrap import Java


class Group(Enum):
    """Under which heading of the help a command stands."""

    LOCAL = "on this machine"
    AWS = "on AWS"


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        help: what it does, in a line.
        group: its heading in the help.
        arguments: `module:function` that gives its parser, and needs the standard library alone.
        work: `module:function` that does it, given the command's name and its arguments, or the
            arguments alone; gives the exit code.
        java: what it needs for the JVM module.
        words: what the work is given before the user's arguments.
    """

    help: str
    group: Group
    arguments: str
    work: str
    java: Java = Java.NOTHING
    words: tuple[str, ...] = ()

    def parser(self, prog: str) -> ArgumentParser:
        """Its parser, under the name that the user has called it by."""
        parser: ArgumentParser = load(self.arguments)(prog)
        return parser

    def start(self, arguments: list[str]) -> int:
        """Does it; gives the exit code."""
        return int(load(self.work)([*self.words, *arguments]))


def load(name: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), function)
    return loaded


def _act_on_environment(name: str, does: str, java: Java = Java.NOTHING) -> Command:
    """A command of `infra.aws`, by the same name."""
    arguments = f"infra.aws.command_line:{name}_parser"
    return Command(does, Group.AWS, arguments, "infra.aws.cli:main", java, words=(name,))


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "init": Command(
            "propose a declaration from a database's tables",
            Group.LOCAL,
            arguments="infra.init.command_line:parser",
            work="infra.init.main:main",
        ),
        "check": Command(
            "check declarations: every fault with its line, and what to write",
            Group.LOCAL,
            arguments="infra.check.command_line:parser",
            work="infra.check.main:main",
        ),
        "simulate": Command(
            "run random histories of a declaration, and check every target",
            Group.LOCAL,
            arguments="infra.simulate.command_line:parser",
            work="infra.simulate.main:main",
        ),
        "run": Command(
            "run a declaration here: SQL at the source, wide rows at the end",
            Group.LOCAL,
            arguments="infra.run.command_line:parser",
            work="infra.run.main:main",
            java=Java.JAR,
        ),
        "demo": Command(
            "run the job locally, from change records to the warehouse",
            Group.LOCAL,
            arguments="infra.local.command_line:parser",
            work="infra.run.demo:main",
            java=Java.JAR,
        ),
        "watch": Command(
            "one live screen of a running application, here or on AWS",
            Group.LOCAL,
            arguments="infra.watch.command_line:parser",
            work="infra.watch.main:main",
        ),
        "completion": Command(
            "print what a shell needs to complete command lines",
            Group.LOCAL,
            arguments="infra.cli.completion:parser",
            work="infra.cli.completion:main",
        ),
        "package": Command(
            "build the zip that Managed Flink runs",
            Group.AWS,
            arguments="infra.aws.command_line:package_parser",
            work="infra.aws.package:main",
            java=Java.JAR,
        ),
        "deploy": _act_on_environment(
            "deploy",
            "bring an environment in line with its file; --dry-run only plans",
            Java.JAR,
        ),
        "status": _act_on_environment("status", "print the state of an environment"),
        "cut": Command(
            "print until when the warehouse's data is complete",
            Group.AWS,
            arguments="infra.cut.command_line:parser",
            work="infra.cut.main:main",
        ),
        "explain": Command(
            "print which changes a row comes from, or why there is none",
            Group.AWS,
            arguments="infra.explain.command_line:parser",
            work="infra.explain.main:main",
        ),
        "reload": _act_on_environment(
            "reload",
            "load every table again; without --apply only a plan is printed",
        ),
        "stop": _act_on_environment("stop", "stop an environment's application with a snapshot"),
        "replay": Command(
            "put dead letters back onto the stream; without --apply only a plan",
            Group.AWS,
            arguments="infra.replay.command_line:parser",
            work="infra.replay.cli:main",
        ),
        "reconcile": Command(
            "compare warehouse and source while both run; changes nothing",
            Group.AWS,
            arguments="infra.reconcile.command_line:parser",
            work="infra.reconcile.main:main",
        ),
        "repair": Command(
            "load the rows that differ again; without --apply only a plan",
            Group.AWS,
            arguments="infra.repair.command_line:parser",
            work="infra.repair.main:main",
        ),
        "destroy": _act_on_environment(
            "destroy", "delete an environment; its data only with --with-data"
        ),
    }
)


def list_commands(group: Group) -> list[str]:
    """A line of help for each command of a group."""
    return [f"  {name:10} {c.help}" for name, c in COMMANDS.items() if c.group is group]
