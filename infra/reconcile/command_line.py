"""The command line of `starjoin reconcile`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from typing import Final

from infra.arguments import ArgumentParser
from infra.aws.command_line import add_application_choice, add_environment_options

_SHARE: Final = re.compile(r"(?P<percent>[0-9]+(\.[0-9]+)?)\s*%")
_AGO: Final = re.compile(r"(?P<number>[0-9]{1,6})\s*(?P<unit>[mhd])")
_WHOLE: Final = 100.0


def parser(prog: str = "starjoin reconcile") -> ArgumentParser:
    """The options of `reconcile`."""
    parser = ArgumentParser(
        prog=prog,
        description="Compare the warehouse with the source, a PostgreSQL or MySQL, while both "
        "run: checksums of ranges of keys, narrowed down to the keys that differ. Reads on both "
        "sides, and changes nothing.",
        epilog="Exit codes: 0 equal; 1 differences; 2 not comparable, or wrong arguments; 3 only "
        "keys that changed in every look. The password is best left out of --dsn: set PGPASSWORD, "
        "or have it in ~/.pgpass; for MySQL set MYSQL_PWD.",
        advice={"--url": "the source's address is --dsn"},
    )
    add_comparison_options(parser)
    parser.add_argument(
        "--sample",
        type=_every,
        metavar="SHARE",
        help="only a share of the ranges, such as 1%%; another part of them each day",
    )
    parser.add_argument(
        "--since",
        type=_instant,
        metavar="TIME",
        help="only what has changed since the cut that held then, as 2026-11-23T10:00:00Z or 24h "
        "for so long ago; a change that never reached the warehouse is not among that",
    )
    parser.add_argument(
        "--tokens",
        choices=["source", "leave-out"],
        default="source",
        help="source: the source makes tokens with the privacy key, which is in its memory for the "
        "run and in none of its logs; leave-out: of tokenised columns only NULL is compared, as "
        "always with a MySQL",
    )
    return parser


def add_comparison_options(parser: ArgumentParser) -> None:
    """Which sides are compared, how long is waited, and how much is looked at."""
    add_application_choice(parser)
    parser.add_argument(
        "--dsn",
        required=True,
        metavar="ADDRESS",
        help="the source, as postgresql://USER@HOST:5432/DATABASE or as libpq takes it, or as "
        "mysql://USER@HOST:3306/DATABASE, which reconcile reads and repair does not",
    )
    parser.add_argument(
        "--table",
        "--target",
        dest="table",
        action="append",
        default=[],
        metavar="NAME",
        help="only this target, or this dimension of the warehouse (dimension_NAME); may be given "
        "several times",
    )
    parser.add_argument(
        "--slot",
        default="",
        metavar="NAME",
        help="the replication slot of DMS (default: all that decode the source's database)",
    )
    parser.add_argument(
        "--lag",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long after DMS has read a change it is on the stream at the latest; where the "
        "source has no slot, after its commit (default: 60)",
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=600.0,
        metavar="SECONDS",
        help="how long to wait until the warehouse is complete (default: 600)",
    )
    parser.add_argument(
        "--gap",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="between two looks at what differs (default: 30)",
    )
    parser.add_argument(
        "--limit",
        type=_count,
        default=1_000,
        metavar="N",
        help="at most so many differing ranges and keys of a table are looked at (default: 1000)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_environment_options(parser)


def _instant(text: str) -> dt.datetime:
    """A time with its zone, or how long ago."""
    ago = _AGO.fullmatch(text.strip())
    if ago:
        unit = {"m": "minutes", "h": "hours", "d": "days"}[ago["unit"]]
        return dt.datetime.now(dt.UTC) - dt.timedelta(**{unit: int(ago["number"])})
    instant: dt.datetime | None
    try:
        instant = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        message = f"{text!r} is no time: write it as 2026-11-23T10:00:00Z, or as 30m, 24h or 7d"
        raise argparse.ArgumentTypeError(message)
    return instant


def _every(text: str) -> int:
    """One range of how many."""
    share = _SHARE.fullmatch(text.strip())
    percent = float(share["percent"]) if share else 0.0
    if not 0 < percent <= _WHOLE:
        message = f"{text!r} is no share: write it as 1% or 0.5%"
        raise argparse.ArgumentTypeError(message)
    return round(_WHOLE / percent)


def choose_remainder(every: int, day: dt.date) -> int:
    """Which ranges are a day's: after `every` days all of them have had their turn."""
    return day.toordinal() % every


def _seconds(text: str) -> float:
    seconds = float(text)
    if seconds < 0:
        message = f"{text} is less than no time"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        message = "the limit must be at least 1"
        raise argparse.ArgumentTypeError(message)
    return count
