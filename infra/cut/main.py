"""Runs `starjoin cut`."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from connectors.failures import describe_error
from connectors.redshift.cuts import Evidence
from connectors.redshift.errors import LoadError
from connectors.redshift.ledger import Cursor
from connectors.redshift.migrations import require_latest
from connectors.redshift.names import Names
from connectors.secrets import SecretReadError
from flink_app.settings import SettingsError
from infra.arguments import ExitCode
from infra.aws.clients import open_clients
from infra.aws.data_api import DataApi
from infra.aws.environment import load_environment
from infra.aws.errors import DeployError
from infra.aws.ownership import Ownership
from infra.aws.stacks import Stacks
from infra.aws.waiting import SystemClock
from infra.cut.command_line import parser
from infra.cut.reading import ShownCut, ShownShard, read_cut
from infra.replay.services import open_application

_FAULTS: Final = (DeployError, SecretReadError, LoadError)
_READS: Final = "reading the cut, whose table the application makes when it starts"
_SAYS: Final = {
    Evidence.COMMITS: "by the latest commit times that are loaded",
    Evidence.ARRIVAL: "by the time until which everything that arrived was read",
    Evidence.REPLAYING: "shards are read again after a restore, so no time holds for all rows",
    Evidence.INCOMPLETE: "nothing newer is known: a shard of the stream, or its times, are missing",
}
Warehouse = tuple[Cursor, Names]
Open = Callable[[argparse.Namespace], AbstractContextManager[Warehouse]]


def main(arguments: Sequence[str] | None = None, *, opened: Open | None = None) -> int:
    """Prints the cut; the exit code is as the help says."""
    options = parser().parse_args(arguments)
    try:
        with (opened or _open)(options) as (cursor, names):
            require_latest(cursor, names)
            cut = read_cut(cursor, names, options.at)
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"cut: {describe_error(error)}\n")
        return ExitCode.FAILED
    except SettingsError as error:
        sys.stderr.write(f"cut: {error}\n")
        return ExitCode.WRONG_ARGUMENTS
    except _FAULTS as error:
        sys.stderr.write(f"cut: {error}\n")
        return ExitCode.FAILED
    asked_at = options.at or dt.datetime.now(dt.UTC)
    fault = _find_fault(cut, asked_at, options.within)
    if options.json:
        sys.stdout.write(json.dumps(_describe(cut, fault), indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _list_lines(cut, fault))
    return ExitCode.FAILED if fault else ExitCode.DONE


@contextmanager
def _open(options: argparse.Namespace) -> Iterator[Warehouse]:
    """The warehouse of an application, in a transaction that only reads; or an environment's."""
    if options.properties is not None:
        services = open_application(options.properties, options.profile)
        with services.open_transaction(_READS) as cursor:
            yield cursor, services.names
        return
    environment = load_environment(options.environment, options.environments)
    clients, clock = open_clients(environment.region, options.profile), SystemClock()
    Ownership(environment, Stacks(clients.cloudformation, clock, lambda _: None), clients).check()
    names = Names(environment.redshift.bookkeeping_schema)
    yield DataApi(environment.redshift, clients.redshift_data, clock), names


def _find_fault(cut: ShownCut | None, asked_at: dt.datetime, within: float | None) -> str:
    """Why the data is not known to be complete, in a sentence; empty if it is."""
    if cut is None:
        return "there is no cut of that time: none was loaded before it, or it is no longer kept"
    if not cut.promises or cut.complete_until is None:
        return _SAYS[cut.evidence]
    late = (asked_at - cut.complete_until.replace(tzinfo=dt.UTC)).total_seconds()
    if within is not None and late > within:
        return f"that is {late:,.0f} s before the time asked for, and --within is {within:g}"
    return ""


def _describe(cut: ShownCut | None, fault: str) -> dict[str, Any]:
    """The cut for scripts; times end in Z."""
    described: dict[str, Any] = {"complete": not fault, "fault": fault or None, "cut": None}
    if cut is not None:
        described["cut"] = {
            name: _as_json(value) for name, value in dataclasses.asdict(cut).items()
        } | {"shards": [_describe_shard(shard) for shard in cut.shards]}
    return described


def _describe_shard(shard: ShownShard) -> dict[str, Any]:
    return {name: _as_json(value) for name, value in dataclasses.asdict(shard).items()}


def _as_json(value: Any) -> Any:
    return _write_time(value) if isinstance(value, dt.datetime) else value


def _list_lines(cut: ShownCut | None, fault: str) -> Iterator[str]:
    if cut is not None:
        yield f"complete until {_write_time(cut.complete_until)}: {_SAYS[cut.evidence]}"
        yield f"cut {cut.number}, loaded at {_write_time(cut.loaded_at)} with batch {cut.batch}"
        for shard in cut.shards:
            yield (
                f"  {shard.stream}/{shard.shard}: complete until "
                f"{_write_time(shard.complete_until)} ({shard.evidence}), loaded up to "
                f"{shard.last_sequence_number or 'no record'}, newest commit "
                f"{_write_time(shard.last_committed)}, read until {_write_time(shard.read_until)}"
                f"{', ended' if shard.ended else ''}"
            )
    if fault:
        yield f"not complete: {fault}"


def _write_time(time: dt.datetime | None) -> str:
    return "unknown" if time is None else f"{time.isoformat()}Z"
