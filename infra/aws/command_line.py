"""The command lines that act on an environment. Standard library only, so help needs no install.

A function gives the parser of one command, under the name that the user has called it by.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.arguments import ArgumentParser
from infra.aws.environments import FOLDER

_EXIT_CODES: Final = "Exit codes: 0 done; 1 failed; 2 wrong arguments."


def deploy_parser(prog: str = "starjoin deploy") -> ArgumentParser:
    """The options of `deploy`."""
    parser = _environment_parser(
        prog, "Bring an environment on AWS in line with its file, and start it."
    )
    add = parser.add_argument
    add("--dry-run", action="store_true", help="only print what would be done")
    add(
        "--compare",
        action="store_true",
        help="with --dry-run: read the account, and print what would change for DMS and how",
    )
    add(
        "--without-drain",
        action="store_true",
        help="change the declaration although the warehouse lacks records that DMS has sent",
    )
    add(
        "--begin-generation",
        metavar="TIME",
        help="what arrived on the stream from this time on is of another generation, as "
        "2026-11-23T10:00:00Z: where the source's log has started again",
    )
    add("--package", type=Path, help="use this zip instead of building one")
    state = parser.add_mutually_exclusive_group()
    state.add_argument("--snapshot", help="start from this snapshot instead of the latest")
    state.add_argument(
        "--without-state",
        action="store_true",
        help="start at the stream's initial position; what has left the stream is missing",
    )
    add(
        "--allow-data-loss",
        action="store_true",
        help="allow changes that remove or replace the stream, buckets, key or snapshots",
    )
    return parser


def reload_parser(prog: str = "starjoin reload") -> ArgumentParser:
    """The options of `reload`."""
    parser = _environment_parser(
        prog, "Load every table again, or one; rows that no longer exist leave the warehouse."
    )
    parser.add_argument(
        "--table",
        metavar="NAME",
        help="reload this table alone, by its name in the declaration; the changes of others go on",
    )
    parser.add_argument(
        "--apply", action="store_true", help="do it instead of printing what would be done"
    )
    parser.add_argument(
        "--generation",
        type=int,
        metavar="N",
        help="generation of the reload, so that it is not done twice",
    )
    return parser


def status_parser(prog: str = "starjoin status") -> ArgumentParser:
    """The options of `status`."""
    return _environment_parser(prog, "Print the state of an environment on AWS.")


def stop_parser(prog: str = "starjoin stop") -> ArgumentParser:
    """The options of `stop`."""
    parser = _environment_parser(prog, "Stop an environment's application with a snapshot.")
    parser.add_argument(
        "--without-snapshot", action="store_true", help="for an application that is stuck"
    )
    return parser


def destroy_parser(prog: str = "starjoin destroy") -> ArgumentParser:
    """The options of `destroy`."""
    parser = _environment_parser(prog, "Delete an environment's stacks from AWS.")
    parser.add_argument("--confirm", metavar="NAME", help="the environment's name, to confirm")
    parser.add_argument(
        "--with-data", action="store_true", help="delete the stream and buckets as well"
    )
    return parser


def package_parser(prog: str = "starjoin package") -> ArgumentParser:
    """The options of `package`: none."""
    return ArgumentParser(
        prog=prog,
        description="Build the zip that Managed Flink runs, and print its path and size.",
        epilog=_EXIT_CODES,
    )


PARSERS: Final = {
    "deploy": deploy_parser,
    "reload": reload_parser,
    "status": status_parser,
    "stop": stop_parser,
    "destroy": destroy_parser,
}


def add_application_choice(parser: ArgumentParser) -> None:
    """Whose application a command is for: that of an environment, or of a properties file."""
    application = parser.add_mutually_exclusive_group(required=True)
    environment = application.add_argument(
        "--environment", metavar="NAME", help="a deployed environment"
    )
    environment.completer = list_environments  # type: ignore[attr-defined]
    application.add_argument("--properties", type=Path, help="a file of runtime properties")


def add_environment_options(parser: ArgumentParser) -> None:
    """Where environments are, and with which credentials."""
    parser.add_argument(
        "--environments",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="folder of the environment files",
    )
    parser.add_argument("--profile", help="profile of the AWS configuration")


def list_environments(**_: object) -> list[str]:
    """The names of the environments' files where they usually are, for completion."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _environment_parser(prog: str, description: str) -> ArgumentParser:
    parser = ArgumentParser(prog=prog, description=description, epilog=_EXIT_CODES)
    environment = parser.add_argument(
        "--environment", required=True, metavar="NAME", help="name of the environment's file"
    )
    environment.completer = list_environments  # type: ignore[attr-defined]
    add_environment_options(parser)
    return parser
