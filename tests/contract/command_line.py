"""The command line of `build.py contract`. Standard library only: help needs no environment."""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.arguments import ArgumentParser

PASSWORD = "STARJOIN_REDSHIFT_PASSWORD"
DEFAULT_PORT = 5439


def parser() -> ArgumentParser:
    """The options of `contract`."""
    parser = ArgumentParser(
        prog="build.py contract",
        description="Check what the application relies on in Redshift: its rules, types, errors, "
        "locks and COPY, and what a load costs there. Runs against the local emulator, or with "
        "--redshift against your own cluster or workgroup. Says first what it creates and what "
        "that costs, and writes a report that can be pasted into an issue: it names neither host, "
        "user, bucket nor account.",
        epilog=f"The password is read from {PASSWORD}, or asked for. AWS credentials and Region "
        "are found as boto3 finds them. Exit codes: 0 everything is as expected; 1 something "
        "differs, or the cluster cannot be used; 2 wrong arguments, or no consent.",
    )
    add = parser.add_argument
    add(
        "--redshift",
        metavar="HOST",
        type=_endpoint,
        help="the cluster's or workgroup's endpoint: HOST, HOST:PORT or HOST:PORT/DATABASE",
    )
    add("--database", help="whose schemas the tests make; that of the endpoint, or dev")
    add("--user", help="may create schemas in the database")
    add("--bucket", help="in the cluster's Region; files are written below contract/")
    add("--role", default="default", help="COPY's: an ARN, or default (%(default)s)")
    add(
        "--ssl-mode",
        choices=("verify-full", "verify-ca", "none"),
        default="verify-full",
        help="how far the server's certificate is verified (%(default)s)",
    )
    add(
        "--rows",
        type=int,
        default=None,
        help="of the table whose load is measured (1000000 on a cluster, 20000 on the emulator)",
    )
    add("--only", metavar="WORDS", help="only tests that match, in the form of pytest's -k")
    add("--yes", action="store_true", help="start without asking")
    add("--clean", action="store_true", help="drop what interrupted runs have left, and end")
    add(
        "--output",
        type=Path,
        default=Path("build/contract.md"),
        help="the report (%(default)s)",
    )
    return parser


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The arguments, checked with each other; exits with 2 where they do not fit."""
    known = parser()
    arguments = known.parse_args(words)
    if arguments.redshift is None:
        if arguments.database or arguments.user or arguments.bucket or arguments.clean:
            known.error("--database, --user, --bucket and --clean go with --redshift")
    elif not (arguments.user and (arguments.bucket or arguments.clean)):
        known.error("--redshift needs --user and --bucket")
    if arguments.rows is not None and arguments.rows < 1:
        known.error(f"--rows: at least 1, not {arguments.rows}")
    return arguments


def _endpoint(text: str) -> tuple[str, int, str]:
    address, _, database = text.partition("/")
    host, _, port = address.partition(":")
    if not host or not (port or str(DEFAULT_PORT)).isdigit():
        message = f"{text!r} is not of the form HOST, HOST:PORT or HOST:PORT/DATABASE"
        raise argparse.ArgumentTypeError(message)
    return host, int(port or DEFAULT_PORT), database
