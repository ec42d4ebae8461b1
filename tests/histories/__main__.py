"""One history on the real engine; `--help` says how."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.histories.engines import on_cluster, on_mini_cluster


def main() -> int:
    """Runs it; an error when the warehouse was wrong at some commit."""
    parser = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parallelism", default="1,2,4", help="of one start after the other")
    parser.add_argument("--pieces", type=int, default=12, help="between two starts (default 12)")
    parser.add_argument("--cluster", action="store_true", help="on a cluster of several processes")
    given = parser.parse_args()
    parallelisms = [int(number) for number in given.parallelism.split(",")]
    began = time.monotonic()
    run = on_cluster if given.cluster else on_mini_cluster
    with tempfile.TemporaryDirectory(prefix="histories-", ignore_cleanup_errors=True) as folder:
        history = run(given.seed, Path(folder), parallelisms, given.pieces)
    sys.stdout.write(
        f"seed {given.seed}: {history.put} records, {history.commits.seen} commits, each compared "
        f"and right, {time.monotonic() - began:.0f} s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
