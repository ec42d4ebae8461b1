"""The command line of `build.py bench`. Standard library only: help needs no environment."""

from __future__ import annotations

from infra.arguments import ArgumentParser


def parser() -> ArgumentParser:
    """The options of `bench`."""
    parser = ArgumentParser(
        prog="build.py bench",
        description="Measure the engine and its parts; print every figure with what it was "
        "measured against.",
    )
    parser.add_argument("what", nargs="?", default="all", choices=["all", "parts", "engine"])
    parser.add_argument("--frames", type=int, default=200, help="of 7,500 facts (default 200)")
    parser.add_argument("--records", type=int, default=100_000, help="on the stream")
    return parser
