"""How commands read their arguments, and what they say of wrong ones. Standard library only.

The exit codes here are those of every command; docs/command-line.md lists them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, NoReturn

from flink_app.validation.words import suggest


class ExitCode(IntEnum):
    """How a command ended, for scripts."""

    DONE = 0  # and what it checked holds
    FAILED = 1  # or what it checked does not hold
    WRONG_ARGUMENTS = 2  # or a file that they name cannot be used; nothing was done
    INTERRUPTED = 130  # as of a process that ended by SIGINT
    READER_GONE = 141  # as of a process that ended by SIGPIPE


_UNKNOWN: Final = re.compile(r"^unrecognized arguments: (?P<given>.*)$")
_NO_CHOICE: Final = re.compile(r"invalid choice: '(?P<given>[^']*)' \(choose from (?P<known>.*)\)$")


# A converter of a command has refused a text without a sentence of its own; it is named for what it
# gives, as `_seconds` and `int`.
_UNREAD: Final = re.compile(r"invalid _?(?P<kind>\w+) value: (?P<text>'.*')$", re.DOTALL)
_READS: Final = {
    "time": "a time such as 2026-11-23T10:00:00Z",
    "seconds": "a number of seconds",
    "count": "a whole number",
    "int": "a whole number",
    "float": "a number",
}


# Whatever may be of a password, up to the last `@` or to the end: better too much than too little.
_IN_URL: Final = re.compile(r"(://[^:@/\s]*:).*@", re.DOTALL)
_IN_WORDS: Final = re.compile(r"(password\s*=\s*).*", re.DOTALL | re.IGNORECASE)


def hide_passwords(text: str) -> str:
    """A text that repeats arguments, with stars where an address in it has a password."""
    return _IN_WORDS.sub(r"\1***", _IN_URL.sub(r"\1***@", text))


def _describe_unread(kind: str, text: str) -> str:
    return f"{text} is not {_READS[kind]}" if kind in _READS else f"{text} cannot be read"


class ArgumentParser(argparse.ArgumentParser):
    """argparse, with what was probably meant by a wrong word, and whole option names only.

    An abbreviation that works today would be ambiguous, and fail, with the next option.
    """

    def __init__(self, *, advice: Mapping[str, str] | None = None, **settings: Any) -> None:
        """Takes also, by an option that there is not, what to do instead of giving it."""
        self._advice = advice or {}
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Ends the process with the usage, the fault and what was probably meant."""
        self.print_usage(sys.stderr)
        self.exit(ExitCode.WRONG_ARGUMENTS, f"{self.prog}: {self._explain(message)}\n")

    def _explain(self, message: str) -> str:
        return hide_passwords(self._with_advice(message))

    def _with_advice(self, message: str) -> str:
        if unknown := _UNKNOWN.match(message):
            options = re.findall(r"--[a-z][a-z-]*", self.format_usage())
            words = unknown["given"].split()
            for word in words:
                if remark := self._advice.get(word.partition("=")[0]):
                    return f"{message}; {remark}"
            meant = [suggest(word.partition("=")[0], [*options, "--help"]) for word in words]
            return f"{message}{next(filter(None, meant), '')}"
        if unread := _UNREAD.search(message):
            return message[: unread.start()] + _describe_unread(**unread.groupdict())
        if choice := _NO_CHOICE.search(message):
            known = [word.strip("'") for word in choice["known"].split(", ")]
            return message + suggest(choice["given"], known)
        return message
