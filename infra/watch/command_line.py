"""The command line of `starjoin watch`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from infra.arguments import ArgumentParser
from infra.aws.command_line import add_environment_options, list_environments

_LEAST_SECONDS = 0.5


def parser(prog: str = "starjoin watch") -> ArgumentParser:
    """The options of `watch`."""
    parser = ArgumentParser(
        prog=prog,
        description="Show on one screen how a running application does, until Ctrl-C: records in "
        "and out, how far each shard is behind, pending epochs, the last loads, dead letters by "
        "reason, gaps, and whether all is well. Without an option it watches the run on this "
        "machine (`starjoin run`, `demo`, a load test). In a pipe it prints a line for each look. "
        "Only reads.",
        epilog="Exit codes: 0 ended by Ctrl-C, or what was watched has ended; with --once, it is "
        "not failing; 1 there is nothing to watch, or with --once, it is failing; 2 wrong "
        "arguments, or the file of properties cannot be used. A look at an environment runs "
        "queries on its warehouse, which keeps a serverless one from pausing.",
    )
    watched = parser.add_mutually_exclusive_group()
    environment = watched.add_argument(
        "--environment", metavar="NAME", help="watch a deployed environment"
    )
    environment.completer = list_environments  # type: ignore[attr-defined]
    watched.add_argument(
        "--properties", type=Path, help="watch an application with this file of runtime properties"
    )
    watched.add_argument(
        "--run", type=int, metavar="PID", help="which run on this machine, if there are several"
    )
    parser.add_argument(
        "--interval",
        type=_seconds,
        metavar="SECONDS",
        help="from one look to the next (default 2, for an environment 30)",
    )
    parser.add_argument("--once", action="store_true", help="look once, and end")
    parser.add_argument(
        "--json", action="store_true", help="print an object for each look, a line each"
    )
    add_environment_options(parser)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds) or not _LEAST_SECONDS <= seconds <= 86_400:
        message = f"{text!r}: at least {_LEAST_SECONDS} seconds, and at most a day"
        raise argparse.ArgumentTypeError(message)
    return seconds
