"""`build.py bench`: prints every figure, with what it was measured against."""

from __future__ import annotations

import argparse

from rich.console import Console

from tests.bench.engine import from_block_files, from_kinesis
from tests.bench.parts import Parts


def main() -> None:
    """Runs the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(prog="build.py bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=["all", "parts", "engine"])
    parser.add_argument("--frames", type=int, default=200, help="of 7,500 facts (default 200)")
    parser.add_argument("--records", type=int, default=100_000, help="on the stream")
    arguments = parser.parse_args()
    console = Console(width=160, highlight=False)
    no_engine = Parts().measure(console)
    if arguments.what != "parts":
        from_block_files(console, arguments.frames, no_engine)
        from_kinesis(console, arguments.records)


if __name__ == "__main__":
    main()
