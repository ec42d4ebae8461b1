"""The command line: `deploy`, `reload`, `status`, `stop` and `destroy` of one environment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from flink_app.positions.generations import time_milliseconds
from infra.aws import dry_run
from infra.aws.application import Say, StartState
from infra.aws.clients import AwsClients, open_clients
from infra.aws.command_line import PARSERS
from infra.aws.deploy import Deployment
from infra.aws.environment import Environment, load_environment
from infra.aws.errors import DeployError
from infra.aws.ownership import Ownership
from infra.aws.package import ZIP, build_package
from infra.aws.stacks import Stacks
from infra.aws.waiting import Clock, SystemClock
from infra.progress import narrate

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
    name, *rest = sys.argv[1:] if arguments is None else arguments
    options = PARSERS[name]().parse_args(rest, argparse.Namespace(command=name))
    try:
        environment = load_environment(options.environment, options.environments)
        if options.command == "deploy" and options.dry_run:
            for line in dry_run.describe(environment, options.package or ZIP):
                _say(line)
            if not options.compare:
                return 0
        if options.command == "deploy" and options.compare and not options.dry_run:
            _refuse_compare()
        if options.command == "reload":
            _check_generation(options)
        if options.command == "destroy":
            _check_confirmed(environment, options.confirm)
        clients, clock = open_clients(environment.region, options.profile), clock or SystemClock()
        if options.command not in _CHECK_OWNERSHIP_THEMSELVES:
            Ownership(environment, Stacks(clients.cloudformation, clock, _say), clients).check()
        with narrate(f"{options.command} of {environment.name}") as narration:
            deployment = Deployment(
                environment,
                clients,
                clock,
                narration.say,
                lambda done, total: narration.count(done, total, "per cent"),
            )
            _run(options, environment, deployment, narration.say)
    except DeployError as error:
        sys.stderr.write(f"{options.command}: {error}\n")
        return 1
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"{options.command}: AWS call failed: {error}\n")
        return 1
    return 0


def _run(
    options: argparse.Namespace, environment: Environment, deployment: Deployment, say: Say
) -> None:
    say(f"environment {environment.name}, region {environment.region}")
    if options.command == "deploy":
        _deploy(options, deployment, say)
    elif options.command == "status":
        deployment.status()
    elif options.command == "reload":
        table = options.table
        reload = deployment.reload() if table is None else deployment.reload_table(table)
        if options.apply:
            reload.apply(options.generation)
        else:
            for line in reload.describe(options.generation):
                say(line)
    elif options.command == "stop":
        deployment.stop(snapshot=not options.without_snapshot)
    else:
        deployment.destroy(with_data=options.with_data)


def _deploy(options: argparse.Namespace, deployment: Deployment, say: Say) -> None:
    if options.dry_run:
        for line in deployment.compare(options.package or ZIP):
            say(line)
        return
    deployment.deploy(
        options.package or build_package(),
        start_from=StartState(options.snapshot, without=options.without_state),
        allow_data_loss=options.allow_data_loss,
        drains=not options.without_drain,
        generation_from_ms=_milliseconds(options.begin_generation),
    )


def _milliseconds(text: str | None) -> int | None:
    """The time where a generation begins; None for none. Raises DeployError."""
    try:
        return None if text is None else time_milliseconds(text)
    except ValueError as error:
        message = f"--begin-generation: {error}"
        raise DeployError(message) from error


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


def _check_generation(options: argparse.Namespace) -> None:
    if options.apply and options.generation is None:
        message = "--apply needs --generation: run reload without --apply to see which"
        raise DeployError(message)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
