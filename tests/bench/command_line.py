"""The command line of `build.py bench`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.arguments import ArgumentParser
from tests.bench.loads.shapes import Shape
from tests.bench.peers.names import CaseName, Peer


def parser() -> ArgumentParser:
    """The options of `bench`."""
    parser = ArgumentParser(
        prog="build.py bench",
        description="Measure the engine, its parts, and loads, or the job beside its peers; print "
        "every figure with what it was measured against. `all` is all but the peers, for which "
        "Spark is installed, and reconcile, for which gigabytes of rows are made.",
    )
    choices = ["all", "parts", "engine", "load", "peers", "reconcile"]
    parser.add_argument("what", nargs="?", default="all", choices=choices)
    parser.add_argument(
        "--repeats", type=_positive, help="of each load (default 3), or of each peer (default 5)"
    )
    parser.add_argument(
        "--json", type=Path, help="write the figures of loads or peers to this file as well"
    )
    parser.add_argument("--frames", type=int, default=200, help="of 7,500 facts (default 200)")
    parser.add_argument("--stream-records", type=int, default=100_000, help="on the stream")
    load = parser.add_argument_group(
        "load",
        "The present plan of a load beside the former one, on the Redshift emulator: time, CPU "
        "time, statements, rows read and written.",
    )
    load.add_argument(
        "--target-rows",
        type=_positive,
        nargs="+",
        default=[200_000, 2_000_000],
        help="of each target (default 200000 2000000; 200000 with `all`)",
    )
    load.add_argument(
        "--batch-rows",
        type=_positive,
        nargs="+",
        default=[10_000],
        help="of each batch (default 10000)",
    )
    load.add_argument(
        "--shapes",
        nargs="+",
        choices=[shape.value for shape in Shape],
        default=list(Shape),
        help="what batches are made of (default: each in turn); the output says what they mean",
    )
    load.add_argument(
        "--full",
        action="store_true",
        help="targets of 200,000, 2,000,000 and 20,000,000 rows, batches of 10,000, 100,000 and "
        "1,000,000: takes hours, and 15 GB of disk",
    )
    reconcile = parser.add_argument_group(
        "reconcile", "What a reconciliation of many rows takes: time, memory, bytes moved."
    )
    reconcile.add_argument(
        "--rows",
        type=_positive,
        default=10_000_000,
        help="of the target, about (default 10000000: some 10 GB of disk)",
    )
    reconcile.add_argument(
        "--damaged", type=_positive, default=100, help="rows that differ (default 100)"
    )
    peers = parser.add_argument_group(
        "peers",
        "The job beside Spark, PyFlink record by record, and pyarrow alone, in turns on the same "
        "records: CPU time and time of the clock a record.",
    )
    peers.add_argument(
        "--cases",
        nargs="+",
        type=CaseName,
        choices=[*CaseName],
        default=[*CaseName],
        help="which records (default: each in turn)",
    )
    peers.add_argument(
        "--peers", nargs="+", type=Peer, choices=[*Peer], default=[*Peer], help="which of them"
    )
    peers.add_argument(
        "--records",
        type=_positive,
        default=4_800_000,
        help="of each trial, about; fewer show the compilers of the JVM (default 4800000)",
    )
    peers.add_argument(
        "--markdown", type=Path, help="write the tables to this file as Markdown as well"
    )
    peers.add_argument("--plot", type=Path, help="draw the figures into this SVG file as well")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        message = "must be at least 1"
        raise argparse.ArgumentTypeError(message)
    return number
