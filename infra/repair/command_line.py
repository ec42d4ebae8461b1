"""The command line of `starjoin repair`. Standard library only: help needs no environment."""

from __future__ import annotations

from infra.arguments import ArgumentParser
from infra.reconcile.command_line import add_comparison_options


def parser(prog: str = "starjoin repair") -> ArgumentParser:
    """The options of `repair`."""
    parser = ArgumentParser(
        prog=prog,
        description="Reload the rows in which the warehouse differs from the source: through the "
        "stream, at positions below every later change. Without --apply it only compares, and "
        "prints what it would put.",
        epilog="Exit codes: 0 equal, or repaired; 1 differences; 2 not comparable, not repairable, "
        "or wrong arguments; 3 only keys that changed in every look. The password is best left out "
        "of --dsn: set PGPASSWORD, or have it in ~/.pgpass.",
        advice={"--url": "the source's address is --dsn"},
    )
    parser.add_argument(
        "--apply", action="store_true", help="put the records instead of only printing the plan"
    )
    add_comparison_options(parser)
    return parser
