"""Runs `starjoin reconcile`."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

import psycopg
import pymysql
from botocore.exceptions import BotoCoreError, ClientError

from connectors.failures import describe_error
from connectors.redshift.errors import LoadError
from connectors.secrets import SecretReadError
from flink_app.declaration.file import DeclarationError
from flink_app.privacy.keys import SecretError
from flink_app.settings import Settings as ApplicationSettings
from flink_app.settings import SettingsError
from infra.aws.errors import DeployError
from infra.catalogue.databases import is_mysql
from infra.catalogue.model import CatalogueError
from infra.progress import show
from infra.reconcile.command_line import choose_remainder, parser
from infra.reconcile.comparison import Comparison
from infra.reconcile.errors import NotComparableError
from infra.reconcile.letters import name_letters
from infra.reconcile.looks import Sample
from infra.reconcile.protocol import Reconciliation, Result, Settings
from infra.reconcile.report import Verdict, find_verdict, write_json, write_lines
from infra.reconcile.services import Waiting, open_sides, read_environment, read_properties

FAULTS: Final = (
    NotComparableError,
    CatalogueError,
    DeclarationError,
    DeployError,
    LoadError,
    SecretError,
    SecretReadError,
    SettingsError,
)
# Looks at the stream: Kinesis answers five a second and shard, and the application asks as well.
EVERY: Final = 2.0
COMPARING: Final = "comparing the warehouse with the source"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares; gives the exit code."""
    options = parser().parse_args(arguments)
    try:
        result = _reconcile(options)
    except (ClientError, BotoCoreError) as error:
        return _refuse(describe_error(error))
    except (psycopg.Error, pymysql.MySQLError) as error:
        return _refuse(f"the source: {describe_error(error)}: run it again")
    except FAULTS as error:
        return _refuse(str(error))
    repair = "" if is_mysql(options.dsn) else write_command(options)
    if options.json:
        _say(write_json(result, repair))
    else:
        for line in write_lines(result, repair):
            _say(line)
    return find_verdict(result)


def read_settings(options: Namespace) -> ApplicationSettings:
    """The settings of the application that was chosen."""
    if options.properties is not None:
        return read_properties(options.properties)
    return read_environment(options.environment, options.environments, options.profile)


def write_command(options: Namespace) -> str:
    """The command that repairs; the source's address may hold a password, and is left out."""
    chosen = ["--environment", options.environment]
    if options.properties is not None:
        chosen = ["--properties", str(options.properties)]
    return shlex.join(["starjoin", "repair", *chosen, "--dsn", "ADDRESS"])


def _reconcile(options: Namespace) -> Result:
    settings = read_settings(options)
    waiting = Waiting(options.slot, options.lag, options.wait, EVERY)
    sample = None
    if options.sample is not None:
        today = dt.datetime.now(dt.UTC).date()
        sample = Sample(options.sample, choose_remainder(options.sample, today))
    with (
        show(COMPARING) as how_far,
        open_sides(
            settings,
            options.dsn,
            waiting,
            has_key=options.tokens == "source",
            profile=options.profile,
        ) as sides,
    ):
        reconciliation = Reconciliation(
            sides.source,
            sides.warehouse,
            sides.completeness,
            sides.clock,
            Settings(
                limit=options.limit,
                gap=options.gap,
                sample=sample,
                since=options.since,
                orders_by_log=sides.orders_by_log,
            ),
            how_far.replace,
        )
        result = reconciliation.run(choose_comparisons(sides.comparisons, options.table))
        name_letters(result, sides.letters)
        return result


def choose_comparisons(comparisons: list[Comparison], names: Sequence[str]) -> list[Comparison]:
    """Those that are named; all where none is. Raises NotComparableError for another name."""
    known = {comparison.name: comparison for comparison in comparisons}
    for name in names:
        if name not in known:
            message = f"--table: there is no {name} (there are: {', '.join(known)})"
            raise NotComparableError(message)
    return [known[name] for name in dict.fromkeys(names)] or comparisons


def _refuse(message: str) -> int:
    sys.stderr.write(f"reconcile: {message}\n")
    return Verdict.NOT_COMPARABLE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
