"""The command line of `starjoin check`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from infra.arguments import ArgumentParser

_SIMULATED: Final = "random histories are run by `simulate`"


def parser(prog: str = "starjoin check") -> ArgumentParser:
    """The options of `check`."""
    parser = ArgumentParser(
        prog=prog,
        description="Check declarations. Every fault is printed at once, with file, line, column, "
        "what is wrong and what to write instead; then warnings of personal data that is kept "
        "and of limits. Nothing is started, and nothing is read but the "
        "files.",
        epilog="Exit codes: 0 no errors; 1 errors, a record that becomes a dead letter, or with "
        "--strict a warning; 2 wrong arguments, or a file that cannot be read.",
        advice={"--histories": _SIMULATED, "--seed": _SIMULATED},
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a declaration")
    parser.add_argument(
        "--records",
        type=Path,
        metavar="RECORDS",
        help="decode this file of DMS records, one JSON object a line, and print what each "
        "becomes; values are treated, tokens made under a secret of this run",
    )
    parser.add_argument(
        "--rows",
        type=_rows,
        action="append",
        default=[],
        metavar="TABLE=N",
        help="how many rows a table has, to estimate memory; may be given several times",
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail the check too")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for scripts")
    return parser


def _rows(text: str) -> tuple[str, int]:
    """`customer=1000` as a table and its number of rows."""
    table, _, number = text.partition("=")
    if not table or not number.isascii() or not number.isdigit():
        message = f"{text!r} is no table with a number of rows: write it as {table}=1000"
        raise argparse.ArgumentTypeError(message)
    return table, int(number)
