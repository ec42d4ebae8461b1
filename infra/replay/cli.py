"""The command line: prints what would be put back; does it with `--apply`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.failures import named
from connectors.redshift.errors import LoadError
from connectors.secrets import SecretReadError
from flink_app.privacy.keys import SecretError
from flink_app.records.rejected import Reason
from flink_app.settings import SettingsError
from infra.aws.errors import DeployError
from infra.replay.command_line import parser
from infra.replay.errors import ReplayError
from infra.replay.letters import OriginalReader, read_letters
from infra.replay.plan import Selection, plan_replay
from infra.replay.runner import replay
from infra.replay.services import Services, of_environment, of_properties

_FAULTS: Final = (
    ReplayError,
    DeployError,
    SettingsError,
    SecretError,
    SecretReadError,
    LoadError,
)


def main(
    arguments: Sequence[str] | None = None,
    *,
    opened: Callable[[argparse.Namespace], Services] | None = None,
) -> int:
    """Runs the command; gives the exit code."""
    options = parser()
    given = options.parse_args(arguments)
    if given.reason is not None and given.reason not in list(Reason):
        known = ", ".join(Reason)
        options.error(f"no dead letter has the reason {given.reason!r}: give one of {known}")
    try:
        _run(given, (opened or _opened)(given))
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"replay: {named(error)}\n")
        return 1
    except _FAULTS as error:
        sys.stderr.write(f"replay: {error}\n")
        return 1
    return 0


def _opened(given: argparse.Namespace) -> Services:
    if given.properties is not None:
        return of_properties(given.properties, given.profile)
    return of_environment(given.environment, given.environments, given.profile)


def _run(given: argparse.Namespace, services: Services) -> None:
    parts, restricted, already = services.bookkeeping()
    if given.part is not None:
        parts = [part for part in parts if part.name == given.part]
        if not parts:
            message = f"the ledger has no part of dead letters named {given.part}"
            raise ReplayError(message)
    selection = Selection(given.table, given.reason, given.since, given.until, given.limit)
    plan = plan_replay(read_letters(parts, services.read), already, selection)
    for line in plan.lines():
        _say(line)
    if not given.apply:
        _say("nothing was put back; give --apply to do it")
        return
    originals = OriginalReader(
        services.read, restricted, services.privacy_keys(), services.application
    )
    replay(plan, originals, services.stream_writer(), services.mark, _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
