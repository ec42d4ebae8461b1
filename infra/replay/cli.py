"""The command line: says what would be put back; does it with `--apply`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.redshift.errors import LoadError
from flink_app.decode.dead_letters import Reason, SealedOriginalError
from flink_app.privacy.keys import SecretError
from flink_app.settings import SettingsError
from infra.aws.environment import FOLDER
from infra.aws.errors import DeployError
from infra.replay.errors import ReplayError
from infra.replay.letters import OriginalReader, read_letters
from infra.replay.plan import Selection, plan_replay
from infra.replay.replay import replay
from infra.replay.services import Services, of_environment, of_properties

_FAULTS: Final = (
    ReplayError,
    DeployError,
    SettingsError,
    SecretError,
    SealedOriginalError,
    LoadError,
)


def main(
    arguments: Sequence[str] | None = None,
    *,
    opened: Callable[[argparse.Namespace], Services] | None = None,
) -> int:
    """Runs the command; gives the exit code."""
    given = _parser().parse_args(arguments)
    try:
        _run(given, (opened or _opened)(given))
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"replay: AWS refuses: {error}\n")
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
        _say("nothing was put; --apply does it")
        return
    originals = OriginalReader(services.read, restricted, services.letters_key())
    replay(plan, originals, services.putter(), services.mark, _say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.py replay",
        description="Put dead letters back onto the stream, once their cause is mended.",
    )
    application = parser.add_mutually_exclusive_group(required=True)
    application.add_argument("--environment", metavar="NAME", help="a deployed one")
    application.add_argument("--properties", type=Path, help="a file of runtime properties")
    parser.add_argument("--apply", action="store_true", help="do it; without, it is only said")
    parser.add_argument("--table", help="only of this declared table")
    parser.add_argument("--reason", choices=[str(reason) for reason in Reason])
    parser.add_argument("--since", type=_moment, help="arrived at this time or later")
    parser.add_argument("--until", type=_moment, help="arrived before this time")
    parser.add_argument("--part", help="only of this part, by its name in the ledger")
    parser.add_argument("--limit", type=_count, help="at most so many, the first in order")
    parser.add_argument(
        "--environments", type=Path, default=FOLDER, metavar="FOLDER", help="where the files are"
    )
    parser.add_argument("--profile", help="of the AWS configuration")
    return parser


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text!r} has no time zone: write it as 2026-11-23T10:00:00Z"
        raise argparse.ArgumentTypeError(message)
    return moment


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        message = "the limit is at least 1"
        raise argparse.ArgumentTypeError(message)
    return count


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
