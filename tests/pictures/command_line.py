"""The command line of `build.py pictures`. Standard library only."""

from __future__ import annotations

from infra.arguments import ArgumentParser


def parser() -> ArgumentParser:
    """The options of `pictures`."""
    parser = ArgumentParser(
        prog="build.py pictures",
        description="Draw the pictures of the README, in docs/pictures, from recorded outputs.",
        epilog="Exit codes: 0 done; 1 a command that was to be recorded has failed, or the machine "
        "has no Chromium, which photographs the load test's report; 2 wrong arguments.",
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="first run the demo, a run and a load test here, and record what they print; takes "
        "some minutes",
    )
    return parser
