"""The command line of `build.py load-test`. Standard library only: help needs no environment."""

from __future__ import annotations

from pathlib import Path

from infra.arguments import ArgumentParser
from tests.load.thresholds import FIGURES, read_threshold


def parser() -> ArgumentParser:
    """The options of `load-test`; `tests.load.options` says what each is."""
    parser = ArgumentParser(
        prog="build.py load-test",
        description="Put the job under load from a generator that knows the true table, and write "
        "a report.",
        epilog="Exit codes: 0 the warehouse equals the true table; 1 it differs, or the test "
        "failed; 2 wrong arguments; 3 sent, but there was no warehouse to compare; 4 a threshold "
        "of --fail-if is crossed, or cannot be judged; 130 interrupted.",
    )
    add = parser.add_argument
    add("--rate", type=float, default=500.0, help="records/s on average (%(default)g)")
    add("--minutes", type=float, default=1.0, help="for so long (%(default)g)")
    add("--seed", type=int, default=1, help="of the traffic (%(default)s)")
    add(
        "--declaration",
        type=Path,
        metavar="FILE",
        help="changes of this declaration's tables, made up by their types, in place of the "
        "ticket seller's business",
    )
    add("--rows", type=int, default=2000, help="of each of its tables at first (%(default)s)")
    add("--burst", type=float, default=3.0, help="factor; 1 is none (%(default)g)")
    add("--senders", type=int, default=2, help="threads that put (%(default)s)")
    add("--shards", type=int, default=2, help="of the stream (%(default)s)")
    add("--parallelism", type=int, default=2, help="of the job (%(default)s)")
    add("--checkpoint-interval", default="2 s", help="in Flink's form (%(default)s)")
    add("--weights", type=_weights, default={}, help="of operations: purchase=10,cancel=0,...")
    add("--environment", help="put on this deployed environment's stream, start no local servers")
    add("--environments", type=Path, help="folder of the environment's file")
    add(
        "--first-key",
        type=int,
        default=1,
        help="smallest key; a deployed table needs keys of its own (%(default)s)",
    )
    add(
        "--search",
        action="store_true",
        help="look for the highest rate that is sustained, from --rate on: about ten runs of "
        "--minutes each",
    )
    add(
        "--fail-if",
        type=read_threshold,
        action="append",
        default=[],
        metavar="THRESHOLD",
        help="exit with 4 if it is so: 'p99>6s', 'rate<450'; may be repeated "
        f"(figures: {', '.join(FIGURES)})",
    )
    add(
        "--compare",
        type=Path,
        nargs=2,
        metavar=("A.json", "B.json"),
        help="put two earlier reports side by side, and run nothing; --fail-if judges B",
    )
    add("--output", type=Path, default=Path("build/load-test"), help="folder (%(default)s)")
    add("--keep", type=Path, help="keep logs and state of the local servers in this folder")
    return parser


def _weights(text: str) -> dict[str, float]:
    pairs = (item.partition("=") for item in text.split(","))
    return {name.strip(): float(weight) for name, _, weight in pairs}
