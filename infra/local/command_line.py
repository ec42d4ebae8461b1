"""The command line of `starjoin demo`. Standard library only: help needs no environment."""

from __future__ import annotations

from pathlib import Path

from infra.arguments import ArgumentParser
from infra.local.examples import DEFAULT, EXAMPLES


def parser(prog: str = "starjoin demo") -> ArgumentParser:
    """The options of `demo`."""
    parser = ArgumentParser(
        prog=prog,
        description="Run the main job locally, from change records to the warehouse's "
        "table, and compare that with the join that the source computes.",
        epilog="Exit codes: 0 the tables are equal and every record is accounted for; 1 they "
        "differ, or the demo failed; 2 wrong arguments; 130 interrupted.",
        advice={"--source": "`starjoin run FILE --source SQL` runs a declaration of yours"},
    )
    parser.add_argument("--example", choices=EXAMPLES, default=DEFAULT, help=f"default {DEFAULT}")
    parser.add_argument(
        "--interactive",
        action="store_true",
        help="keep it running until Ctrl-C, for changes of yours at the source: as `starjoin run` "
        "with the example's name",
    )
    parser.add_argument("--parallelism", type=int, default=2, help="of the job (default 2)")
    parser.add_argument("--keep", type=Path, help="keep logs and state in this folder")
    return parser
