"""How commands read their arguments, and what they say of wrong ones. Standard library only.

The exit codes here are those of every command; docs/command-line.md lists them.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Final, NoReturn


class ExitCode(IntEnum):
    """How a command ended, for scripts."""

    DONE = 0  # and what it checked holds
    FAILED = 1  # or what it checked does not hold
    WRONG_ARGUMENTS = 2  # or a file that they name cannot be used; nothing was done
    INTERRUPTED = 130  # as of a process that ended by SIGINT
    READER_GONE = 141  # as of a process that ended by SIGPIPE


_UNKNOWN: Final = re.compile(r"^unrecognized arguments: (?P<given>.*)$")
_NO_CHOICE: Final = re.compile(r"invalid choice: '(?P<given>[^']*)' \(choose from (?P<known>.*)\)$")


class ArgumentParser(argparse.ArgumentParser):
    """argparse, with what was probably meant by a wrong word, and whole option names only.

    An abbreviation that works today would be ambiguous, and fail, with the next option.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Ends the process with the usage, the fault and what was probably meant."""
        self.print_usage(sys.stderr)
        self.exit(ExitCode.WRONG_ARGUMENTS, f"{self.prog}: {self._explain(message)}\n")

    def _explain(self, message: str) -> str:
        if unknown := _UNKNOWN.match(message):
            options = re.findall(r"--[a-z][a-z-]*", self.format_usage())
            words = unknown["given"].split()
            meant = [suggest(word.partition("=")[0], [*options, "--help"]) for word in words]
            return f"{message}{next(filter(None, meant), '')}"
        if choice := _NO_CHOICE.search(message):
            known = [word.strip("'") for word in choice["known"].split(", ")]
            return message + suggest(choice["given"], known)
        return message


def suggest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence with the known word that is most like another, if one is."""
    alike = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {alike[0]}?" if alike else ""
