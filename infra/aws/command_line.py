"""The command lines of what is done to an environment. Standard library only: help needs nothing.

`build.py` has the commands among its own; `python -m infra.aws` has them alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.aws.environments import FOLDER


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--environment", required=True, metavar="NAME", help="its file's name")
    common.add_argument(
        "--environments", type=Path, default=FOLDER, metavar="FOLDER", help="where the files are"
    )
    common.add_argument("--profile", help="of the AWS configuration")
    parser = argparse.ArgumentParser(
        prog="build.py", description="What is done to an environment on AWS."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser(
        "deploy", parents=[common], help="bring the environment to its file, and start it"
    )
    deploy.add_argument("--dry-run", action="store_true", help="only say what would be done")
    deploy.add_argument(
        "--compare",
        action="store_true",
        help="with --dry-run: read the account, and say what DMS would be told and in which order",
    )
    deploy.add_argument(
        "--without-drain",
        action="store_true",
        help="change the declaration though the warehouse lacks records that DMS has sent",
    )
    deploy.add_argument("--package", type=Path, help="a zip that exists, instead of making it")
    state = deploy.add_mutually_exclusive_group()
    state.add_argument("--snapshot", help="start from this one instead of the latest")
    state.add_argument(
        "--without-state",
        action="store_true",
        help="start at the stream's initial position; what has left the stream is missing",
    )
    deploy.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="lose data: a change that removes or replaces stream, buckets, key or snapshots",
    )
    reload = commands.add_parser(
        "reload", parents=[common], help="load every table anew; what is gone leaves the warehouse"
    )
    reload.add_argument(
        "--apply", action="store_true", help="do it, instead of saying what would be done"
    )
    reload.add_argument(
        "--generation", type=int, metavar="N", help="of the reload, so that it is not done twice"
    )
    commands.add_parser("status", parents=[common], help="say how it is")
    stop = commands.add_parser("stop", parents=[common], help="stop it with a snapshot")
    stop.add_argument("--without-snapshot", action="store_true", help="when it is stuck")
    destroy = commands.add_parser("destroy", parents=[common], help="delete its stacks")
    destroy.add_argument("--confirm", metavar="NAME", help="the environment's name once more")
    destroy.add_argument("--with-data", action="store_true", help="stream and buckets as well")
    return parser
