"""The command line of `starjoin simulate`. Standard library only: help needs no environment."""

from __future__ import annotations

from pathlib import Path

from infra.arguments import ArgumentParser


def parser(prog: str = "starjoin simulate") -> ArgumentParser:
    """The options of `simulate`."""
    parser = ArgumentParser(
        prog=prog,
        description="Run random histories of a declaration's source tables (transactions, key "
        "updates, deletes, full loads, re-deliveries, crashes, restores, reloads) through the "
        "application's own operators and SQL, and compare every target with the join of the "
        "source after every commit. Needs no AWS account and no database.",
        epilog="Exit codes: 0 every commit of every history was right; 1 a history went wrong, and "
        "the smallest one found is printed; 2 wrong arguments, or the declaration cannot be used.",
    )
    parser.add_argument("declaration", type=Path, help="the declaration's YAML file")
    parser.add_argument(
        "--histories", type=int, default=100, help="how many histories (default 100)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the first (default 0)")
    return parser
