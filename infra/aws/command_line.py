"""The command lines that act on an environment. Standard library only, so help needs no install.

`build.py` offers these commands among its own; `.venv/bin/python -m infra.aws` offers only these.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.aws.environments import FOLDER


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--environment", required=True, metavar="NAME", help="name of the environment's file"
    )
    common.add_argument(
        "--environments",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="folder of the environment files",
    )
    common.add_argument("--profile", help="profile of the AWS configuration")
    parser = argparse.ArgumentParser(prog="build.py", description="Manage an environment on AWS.")
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser(
        "deploy", parents=[common], help="bring the environment in line with its file, and start it"
    )
    deploy.add_argument("--dry-run", action="store_true", help="only print what would be done")
    deploy.add_argument(
        "--compare",
        action="store_true",
        help="with --dry-run: read the account, and print what would change for DMS and how",
    )
    deploy.add_argument(
        "--without-drain",
        action="store_true",
        help="change the declaration although the warehouse lacks records that DMS has sent",
    )
    deploy.add_argument(
        "--begin-generation",
        metavar="TIME",
        help="what arrived on the stream from this time on is of another generation, as "
        "2026-11-23T10:00:00Z: where the source's log has started again",
    )
    deploy.add_argument("--package", type=Path, help="use this zip instead of building one")
    state = deploy.add_mutually_exclusive_group()
    state.add_argument("--snapshot", help="start from this snapshot instead of the latest")
    state.add_argument(
        "--without-state",
        action="store_true",
        help="start at the stream's initial position; what has left the stream is missing",
    )
    deploy.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="allow changes that remove or replace the stream, buckets, key or snapshots",
    )
    reload = commands.add_parser(
        "reload",
        parents=[common],
        help="load every table again; rows that no longer exist leave the warehouse",
    )
    reload.add_argument(
        "--apply", action="store_true", help="do it instead of printing what would be done"
    )
    reload.add_argument(
        "--generation",
        type=int,
        metavar="N",
        help="generation of the reload, so that it is not done twice",
    )
    commands.add_parser("status", parents=[common], help="print its state")
    stop = commands.add_parser(
        "stop", parents=[common], help="stop the application with a snapshot"
    )
    stop.add_argument(
        "--without-snapshot", action="store_true", help="for an application that is stuck"
    )
    destroy = commands.add_parser(
        "destroy", parents=[common], help="delete the environment's stacks"
    )
    destroy.add_argument("--confirm", metavar="NAME", help="the environment's name, to confirm")
    destroy.add_argument(
        "--with-data", action="store_true", help="delete the stream and buckets as well"
    )
    return parser
