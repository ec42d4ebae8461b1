"""The command line of `starjoin run`. Standard library only: help needs no environment."""

from __future__ import annotations

from pathlib import Path

from infra.arguments import ArgumentParser
from infra.local.examples import EXAMPLES


def parser(prog: str = "starjoin run") -> ArgumentParser:
    """The options of `run`."""
    parser = ArgumentParser(
        prog=prog,
        description="Run a declaration on this machine: what is written at the source is in the "
        "warehouse's wide tables a few seconds later. Kinesis, S3 and Redshift are local servers, "
        "and the job runs on a Flink of its own. Prints the addresses of the source, the warehouse "
        "and Flink's user interface, and then what each batch has brought in, until Ctrl-C ends "
        "it. Nothing stays behind.",
        epilog="Exit codes: 0 ended by Ctrl-C while it followed the source; 1 something could not "
        "be started, or has failed; 2 wrong arguments, or a file that they name cannot be used; "
        "130 interrupted before it followed. The password of a database is best left out of "
        "--source: set PGPASSWORD, or have it in ~/.pgpass.",
        advice={
            "--dsn": "the database is the --source",
            "--sql": "the file of SQL is the --source",
            "--example": f"write its name in place of FILE: {' or '.join(EXAMPLES)}",
        },
    )
    parser.add_argument(
        "declaration",
        metavar="FILE",
        help=f"the declaration's YAML file, or a shipped example: {', '.join(EXAMPLES)}",
    )
    parser.add_argument(
        "--source",
        metavar="SQL|ADDRESS",
        help="a file of SQL that makes the source's tables and fills them, or a PostgreSQL that is "
        "to be followed, as postgresql://USER@HOST:5432/DATABASE (default for an example: its own)",
    )
    parser.add_argument("--parallelism", type=int, default=1, help="of the job (default 1)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep logs in this folder")
    return parser
