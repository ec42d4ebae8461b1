"""Shell completion, by argcomplete: the script for a shell, and the answers to it.

The answers come from the same parsers that read the arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from connectors.version import VERSION
from infra.arguments import ArgumentParser, ExitCode
from infra.cli.commands import COMMANDS

SHELLS: Final = ("bash", "zsh", "fish")


def parser(prog: str = "starjoin completion") -> ArgumentParser:
    """The arguments of `completion`."""
    parser = ArgumentParser(
        prog=prog,
        description="Print what a shell needs to complete command lines of starjoin.",
        epilog='Bash and zsh: put `eval "$(starjoin completion bash)"`, or zsh, into ~/.bashrc or '
        "~/.zshrc. Fish: `starjoin completion fish > ~/.config/fish/completions/starjoin.fish`.",
    )
    parser.add_argument("shell", choices=SHELLS)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the script."""
    from argcomplete.shell_integration import shellcode

    shell = parser().parse_args(arguments).shell
    sys.stdout.write(shellcode(["starjoin"], shell=shell).strip() + "\n")
    return ExitCode.DONE


def complete() -> NoReturn:
    """Answers the shell, and ends the process."""
    import argcomplete

    argcomplete.autocomplete(whole_parser())
    sys.exit(ExitCode.FAILED)  # the shell has asked in a form that argcomplete does not know


def whole_parser() -> ArgumentParser:
    """One parser with every command, which is what argcomplete asks for."""
    whole = ArgumentParser(prog="starjoin")
    whole.add_argument("--version", action="version", version=VERSION)
    commands = whole.add_subparsers()
    for name, command in COMMANDS.items():
        arguments = command.parser(f"starjoin {name}")
        commands.add_parser(name, parents=[arguments], help=command.help, add_help=False)
    return whole
