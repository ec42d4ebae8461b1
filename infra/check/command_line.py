"""The command line of `starjoin check`. Standard library only: help needs no environment."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.arguments import ArgumentParser

_SIMULATED: Final = "random histories are run by `simulate`"


def parser(prog: str = "starjoin check") -> ArgumentParser:
    """The options of `check`."""
    parser = ArgumentParser(
        prog=prog,
        description="Check declarations. Every fault is printed at once, with file, line, column, "
        "what is wrong and what to write instead. Nothing is started, and nothing is read but the "
        "files.",
        epilog="Exit codes: 0 no errors; 1 errors; 2 wrong arguments, or a file that cannot be "
        "read.",
        advice={"--histories": _SIMULATED, "--seed": _SIMULATED},
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a declaration")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for scripts")
    return parser
