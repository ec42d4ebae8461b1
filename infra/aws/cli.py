"""The command line: `deploy`, `reload`, `status`, `stop` and `destroy` of one environment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws import dry_run
from infra.aws.application import StartState
from infra.aws.clients import AwsClients, open_clients
from infra.aws.command_line import parser
from infra.aws.deploy import Deployment
from infra.aws.environment import Environment, load_environment
from infra.aws.errors import DeployError
from infra.aws.ownership import Ownership
from infra.aws.package import ZIP, build_package
from infra.aws.stacks import Stacks
from infra.aws.waiting import Clock, SystemClock

# Commands that check ownership themselves: deploy checks more, and status reports what it finds.
_CHECK_OWNERSHIP_THEMSELVES: Final = frozenset({"deploy", "status"})

OpenClients = Callable[[str, str | None], AwsClients]


def main(
    arguments: Sequence[str] | None = None,
    *,
    open_clients: OpenClients = open_clients,
    clock: Clock | None = None,
) -> int:
    """Runs one command; returns the exit code."""
    given = parser().parse_args(arguments)
    try:
        environment = load_environment(given.environment, given.environments)
        if given.command == "deploy" and given.dry_run:
            for line in dry_run.describe(environment, given.package or ZIP):
                _say(line)
            if not given.compare:
                return 0
        if given.command == "deploy" and given.compare and not given.dry_run:
            _refuse_compare()
        if given.command == "reload":
            _check_generation(given)
        if given.command == "destroy":
            _check_confirmed(environment, given.confirm)
        clients, clock = open_clients(environment.region, given.profile), clock or SystemClock()
        if given.command not in _CHECK_OWNERSHIP_THEMSELVES:
            Ownership(environment, Stacks(clients.cloudformation, clock, _say), clients).check()
        _run(given, environment, Deployment(environment, clients, clock, _say))
    except DeployError as error:
        sys.stderr.write(f"{given.command}: {error}\n")
        return 1
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"{given.command}: AWS call failed: {error}\n")
        return 1
    return 0


def _run(given: argparse.Namespace, environment: Environment, deployment: Deployment) -> None:
    _say(f"environment {environment.name}, region {environment.region}")
    if given.command == "deploy":
        _deploy(given, deployment)
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


def _deploy(given: argparse.Namespace, deployment: Deployment) -> None:
    if given.dry_run:
        for line in deployment.compare(given.package or ZIP):
            _say(line)
        return
    deployment.deploy(
        given.package or build_package(),
        start_from=StartState(given.snapshot, without=given.without_state),
        allow_data_loss=given.allow_data_loss,
        drains=not given.without_drain,
    )


def _check_confirmed(environment: Environment, confirmed: str | None) -> None:
    if confirmed != environment.name:
        message = (
            f"this deletes the application and its snapshots: repeat the environment's name to "
            f"confirm, --confirm {environment.name}"
        )
        raise DeployError(message)


def _refuse_compare() -> None:
    message = "--compare only works with --dry-run; leave it out to deploy"
    raise DeployError(message)


def _check_generation(given: argparse.Namespace) -> None:
    if given.apply and given.generation is None:
        message = "--apply needs --generation: run reload without --apply to see which"
        raise DeployError(message)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
