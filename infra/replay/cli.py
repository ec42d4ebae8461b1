"""The command line: prints what would be put back; does it with `--apply`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.failures import describe_error
from connectors.redshift.errors import LoadError
from connectors.secrets import SecretReadError
from flink_app.privacy.keys import SecretError
from flink_app.records.rejected import Reason
from flink_app.settings import SettingsError
from infra.aws.errors import DeployError
from infra.progress import narrate
from infra.replay.command_line import parser
from infra.replay.errors import ReplayError
from infra.replay.letters import OriginalReader, read_letters
from infra.replay.plan import Selection, plan_replay
from infra.replay.runner import replay
from infra.replay.services import Services, open_application, open_environment

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
    command_line = parser()
    options = command_line.parse_args(arguments)
    if options.reason is not None and options.reason not in list(Reason):
        known = ", ".join(Reason)
        command_line.error(f"no dead letter has the reason {options.reason!r}: give one of {known}")
    try:
        _run(options, (opened or _open)(options))
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"replay: {describe_error(error)}\n")
        return 1
    except _FAULTS as error:
        sys.stderr.write(f"replay: {error}\n")
        return 1
    return 0


def _open(options: argparse.Namespace) -> Services:
    if options.properties is not None:
        return open_application(options.properties, options.profile)
    return open_environment(options.environment, options.environments, options.profile)


def _run(options: argparse.Namespace, services: Services) -> None:
    parts, restricted, already = services.bookkeeping()
    if options.part is not None:
        parts = [part for part in parts if part.name == options.part]
        if not parts:
            message = f"the ledger has no part of dead letters named {options.part}"
            raise ReplayError(message)
    selection = Selection(
        options.table, options.reason, options.since, options.until, options.limit
    )
    with narrate("reading dead letters"):
        letters = read_letters(parts, services.read)
        plan = plan_replay(letters, already, selection, services.is_recent)
    for line in plan.lines():
        _say(line)
    if not options.apply:
        _say("nothing was put back; give --apply to do it")
        return
    originals = OriginalReader(
        services.read, restricted, services.privacy_keys(), services.application
    )
    with narrate("putting dead letters back") as narration:
        replay(plan, originals, services.stream_writer(), services.mark, narration)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
