"""The command line of `starjoin explain`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
from typing import Final

from infra.arguments import ArgumentParser
from infra.aws.command_line import add_application_choice, add_environment_options

_PARTS: Final = 200


def parser(prog: str = "starjoin explain") -> ArgumentParser:
    """The options of `explain`."""
    parser = ArgumentParser(
        prog=prog,
        description="Print which change of the source gave a row of a target its columns, for each "
        "path by itself: its position, when it was committed, what loaded it, what it has "
        "superseded; and of a row that is not there, why. Only reads.",
        epilog="Exit codes: 0 there is such a row; 1 there is none, and the output says what is "
        "known of it; 2 nothing could be explained, or wrong arguments.",
    )
    parser.add_argument("target", metavar="TARGET", help="the target, as it is declared")
    parser.add_argument(
        "key",
        metavar="KEY",
        nargs="+",
        help="the values of the fact's key, in its order and as they are at the source; - reads "
        "them from standard input, a line each, where nobody sees them",
    )
    add_application_choice(parser)
    parser.add_argument(
        "--stored",
        action="store_true",
        help="KEY has the values that are stored: tokens where the key is tokenised",
    )
    parser.add_argument(
        "--parts",
        type=_count,
        default=_PARTS,
        metavar="N",
        help="search at most so many staged parts of each table, and as many of dead letters; "
        f"0 reads the warehouse alone (default: {_PARTS})",
    )
    parser.add_argument(
        "--records",
        type=_count,
        default=0,
        metavar="N",
        help="read at most so many records of the stream again for each change, to say exactly "
        "which record it was; takes of what the shard can give to its readers (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help="print one object for scripts")
    add_environment_options(parser)
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        message = f"{text}: at least 0"
        raise argparse.ArgumentTypeError(message)
    return count
