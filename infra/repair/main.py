"""Runs `starjoin repair`."""

from __future__ import annotations

import datetime as dt
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from connectors.failures import describe_error
from flink_app.declaration.dms_records import CoarsePositions, Positions
from flink_app.records.plan import RecordPlan
from flink_app.settings import Settings as ApplicationSettings
from infra.catalogue.databases import is_mysql
from infra.progress import show
from infra.reconcile.comparison import source_table
from infra.reconcile.letters import name_letters
from infra.reconcile.main import COMPARING, EVERY, FAULTS, choose_comparisons, read_settings
from infra.reconcile.protocol import Reconciliation, Result, Settings
from infra.reconcile.report import Verdict, find_verdict
from infra.reconcile.services import Sides, Waiting, open_sides
from infra.repair.command_line import parser
from infra.repair.errors import NotRepairableError, RepairStoppedError
from infra.repair.protocol import Plan, Repair
from infra.repair.report import write_json, write_text
from infra.repair.rows import Declared
from infra.repair.stream_writer import StreamWriter

_BY_GRAVITY: Final = (Verdict.DIFFERENT, Verdict.NOT_COMPARABLE, Verdict.OPEN, Verdict.EQUAL)


@dataclass(frozen=True)
class Done:
    """What a repair has found and done; `after` is None where nothing was put."""

    before: Result
    plan: Plan
    after: Result | None
    declared: Declared

    @property
    def verdict(self) -> Verdict:
        """That of the comparison after the repair; without one, that of the one before."""
        if self.after is None:
            return find_verdict(self.before)
        verdicts = {find_verdict(self.after), _without_differences(self.before)}
        if self.plan.left_out:
            verdicts.add(Verdict.DIFFERENT)
        return next(verdict for verdict in _BY_GRAVITY if verdict in verdicts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares and repairs; gives the exit code."""
    options = parser().parse_args(arguments)
    try:
        done = _repair(options)
    except (ClientError, BotoCoreError) as error:
        return _refuse(describe_error(error))
    except psycopg.Error as error:
        return _refuse(f"the source: {describe_error(error)}: run it again")
    except (*FAULTS, NotRepairableError, RepairStoppedError) as error:
        return _refuse(str(error))
    if options.json:
        _say(write_json(done.before, done.plan, done.after, done.declared))
    else:
        for line in write_text(done.before, done.plan, done.after, done.declared):
            _say(line)
    return done.verdict


def _repair(options: Namespace) -> Done:
    if is_mysql(options.dsn):
        message = (
            "--dsn: repair reads the rows of a PostgreSQL alone; of a MySQL load the table again "
            "(reload --table NAME)"
        )
        raise NotRepairableError(message)
    settings = read_settings(options)
    waiting = Waiting(options.slot, options.lag, options.wait, EVERY)
    with (
        show(COMPARING) as how_far,
        open_sides(settings, options.dsn, waiting, has_key=True, profile=options.profile) as sides,
    ):
        declared = declare(sides, settings)
        reconciliation = Reconciliation(
            sides.source,
            sides.warehouse,
            sides.completeness,
            sides.clock,
            Settings(limit=options.limit, gap=options.gap, orders_by_log=sides.orders_by_log),
            how_far.replace,
        )
        repair = Repair(
            sides.source,
            sides.warehouse,
            reconciliation,
            declared,
            StreamWriter(
                sides.kinesis,
                settings.source.stream_arn,
                sides.star,
                declared,
                RecordPlan(sides.star, settings.application.generations),
                lambda: dt.datetime.now(dt.UTC),
            ),
            sides.clock,
            gap=options.gap,
            limit=options.limit,
            say=how_far.replace,
        )
        before = reconciliation.run(choose_comparisons(sides.comparisons, options.table))
        name_letters(before, sides.letters)
        plan = repair.plan(before)
        after = repair.apply(plan, before) if options.apply and plan.repairs else None
        if after is not None:
            name_letters(after, sides.letters)
        return Done(before, plan, after, declared)


def declare(sides: Sides, settings: ApplicationSettings) -> Declared:
    """What a repair has to know of an application's declaration."""
    star, generations = sides.star, settings.application.generations
    stream = star.declaration.stream
    may_be_coarse = (
        stream.positions in {Positions.AUTO, Positions.COMMIT_TIMESTAMP}
        and stream.coarse_positions is not CoarsePositions.REFUSE
    )
    return Declared(
        tables={name: source_table(star, name) for name in star.used_tables},
        generations={name: generations.newest_of(name) for name in star.used_tables},
        comparisons=sides.comparisons,
        may_be_coarse=may_be_coarse,
    )


def _without_differences(result: Result) -> Verdict:
    """What else a comparison has said: differences were repaired since."""
    if any(outcome.refusal for outcome in result.outcomes):
        return Verdict.NOT_COMPARABLE
    is_open = any(o.open_keys or o.unjudged.count for o in result.outcomes)
    return Verdict.OPEN if is_open else Verdict.EQUAL


def _refuse(message: str) -> int:
    sys.stderr.write(f"repair: {message}\n")
    return Verdict.NOT_COMPARABLE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
