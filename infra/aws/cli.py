"""The command line: `deploy`, `reload`, `status`, `stop` and `destroy` of one environment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws import dry_run
from infra.aws.application import StartState
from infra.aws.clients import AwsClients, open_clients
from infra.aws.deploy import Deployment
from infra.aws.environment import FOLDER, Environment, load_environment
from infra.aws.errors import DeployError
from infra.aws.package import ZIP, build_package
from infra.aws.waiting import Clock, SystemClock

OpenClients = Callable[[str, str | None], AwsClients]


def main(
    arguments: Sequence[str] | None = None,
    *,
    open_clients: OpenClients = open_clients,
    clock: Clock | None = None,
) -> int:
    """Runs one command; gives the exit code."""
    given = _parser().parse_args(arguments)
    try:
        environment = load_environment(given.environment, given.environments)
        if given.command == "deploy" and given.dry_run:
            for line in dry_run.describe(environment, given.package or ZIP):
                _say(line)
            return 0
        if given.command == "reload":
            _check_generation(given)
        if given.command == "destroy":
            _check_confirmed(environment, given.confirm)
        clients = open_clients(environment.region, given.profile)
        _run(given, environment, Deployment(environment, clients, clock or SystemClock(), _say))
    except DeployError as error:
        sys.stderr.write(f"{given.command}: {error}\n")
        return 1
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"{given.command}: AWS refuses: {error}\n")
        return 1
    return 0


def _run(given: argparse.Namespace, environment: Environment, deployment: Deployment) -> None:
    _say(f"environment {environment.name}, region {environment.region}")
    if given.command == "deploy":
        package = given.package or build_package()
        state = StartState(given.snapshot, without=given.without_state)
        deployment.deploy(package, start_from=state, allow_data_loss=given.allow_data_loss)
    elif given.command == "status":
        deployment.status()
    elif given.command == "reload":
        reload = deployment.reload()
        if given.apply:
            reload.apply(given.generation)
        else:
            for line in reload.describe(given.generation):
                _say(line)
    elif given.command == "stop":
        deployment.stop(snapshot=not given.without_snapshot)
    else:
        deployment.destroy(with_data=given.with_data)


def _check_confirmed(environment: Environment, confirmed: str | None) -> None:
    if confirmed != environment.name:
        message = (
            f"this deletes the application and its snapshots: give the environment's name once "
            f"more, --confirm {environment.name}"
        )
        raise DeployError(message)


def _check_generation(given: argparse.Namespace) -> None:
    if given.apply and given.generation is None:
        message = "--apply needs --generation: reload without --apply says which"
        raise DeployError(message)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--environment", required=True, metavar="NAME", help="its file's name")
    common.add_argument(
        "--environments", type=Path, default=FOLDER, metavar="FOLDER", help="where the files are"
    )
    common.add_argument("--profile", help="of the AWS configuration")
    parser = argparse.ArgumentParser(prog="infra.aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser(
        "deploy", parents=[common], help="bring the environment to its file, and start it"
    )
    deploy.add_argument("--dry-run", action="store_true", help="only say what would be done")
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
        help="apply a change set that removes or replaces stream, buckets or key",
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


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
