"""The command line of `starjoin cut`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
import datetime as dt

from infra.arguments import ArgumentParser
from infra.aws.command_line import add_application_choice, add_environment_options


def parser(prog: str = "starjoin cut") -> ArgumentParser:
    """The options of `cut`."""
    parser = ArgumentParser(
        prog=prog,
        description="Print until which commit time every change of the source is in the warehouse, "
        "and for each shard, up to where it is loaded and what shows that. Only reads.",
        epilog="Exit codes: 0 the data is complete until the time that is printed; 1 it is not "
        "known (no cut yet, or shards are read again), or it is older than --within, or the "
        "warehouse cannot be read; 2 wrong arguments, or the file of properties cannot be used.",
    )
    add_application_choice(parser)
    parser.add_argument(
        "--at",
        type=_time,
        metavar="TIME",
        help="which cut held then, as 2026-11-23T10:00:00Z, instead of the newest",
    )
    parser.add_argument(
        "--within",
        type=_seconds,
        metavar="SECONDS",
        help="fail unless the data is complete until so many seconds ago, or before --at",
    )
    parser.add_argument("--json", action="store_true", help="print one object for scripts")
    add_environment_options(parser)
    return parser


def _time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        message = f"{text!r} has no time zone: write it as 2026-11-23T10:00:00Z"
        raise argparse.ArgumentTypeError(message)
    return time


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 10**9:
        message = f"{text!r}: at least 0 seconds, and less than 1,000,000,000"
        raise argparse.ArgumentTypeError(message)
    return seconds
