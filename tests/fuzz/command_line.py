"""The command line of `build.py fuzz`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.arguments import ArgumentParser

_DESCRIPTION = """Decode records that a grammar makes up and damages, and check what must hold.

An input is a record. Inputs come in sessions: blocks of up to some eighty records, of one of the
declared stars, under one of the ways in which a DMS task may write. Most records are sound; in
each block a share of them is changed in values, structure or bytes, and some frames are damaged.
"""


def parser() -> ArgumentParser:
    """The options of `fuzz`."""
    parser = ArgumentParser(
        prog="build.py fuzz",
        description=_DESCRIPTION,
        epilog="Exit codes: 0 nothing was wrong; 1 a session was.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=1_000_000, help="records (default 1000000)")
    parser.add_argument("--seed", type=int, default=0, help="another one makes other inputs")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="check a session that was kept")
    parser.add_argument("--session", type=int, metavar="N", help="check session N of the seed")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="folder for files")
    parser.add_argument("--reach", action="store_true", help="list lines of decode not reached")
    return parser
