"""The command line of `starjoin replay`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
import datetime as dt

from infra.arguments import ArgumentParser
from infra.aws.command_line import add_application_choice, add_environment_options


def parser(prog: str = "starjoin replay") -> ArgumentParser:
    """The options of `replay`."""
    parser = ArgumentParser(
        prog=prog,
        description="Put dead letters back onto the stream, once their cause is fixed. Without "
        "--apply it only prints what it would put back.",
        epilog="Exit codes: 0 done; 1 failed; 2 wrong arguments.",
    )
    add_application_choice(parser)
    parser.add_argument(
        "--apply", action="store_true", help="put them back instead of only printing the plan"
    )
    parser.add_argument("--table", help="only dead letters of this declared table")
    parser.add_argument("--reason", help="only dead letters with this reason")
    parser.add_argument("--since", type=_time, help="arrived at this time or later")
    parser.add_argument("--until", type=_time, help="arrived before this time")
    parser.add_argument("--part", help="only this part, by its name in the ledger")
    parser.add_argument("--limit", type=_count, help="at most this many, the first in order")
    add_environment_options(parser)
    return parser


def _time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        message = f"{text!r} has no time zone: write it as 2026-11-23T10:00:00Z"
        raise argparse.ArgumentTypeError(message)
    return time


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        message = "the limit must be at least 1"
        raise argparse.ArgumentTypeError(message)
    return count
