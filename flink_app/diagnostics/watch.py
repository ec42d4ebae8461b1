"""What a subtask does about its observations: counts them, warns once of each, or stops the job."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from connectors.accounts import Account
from connectors.kinesis.frame import RecordBlock
from connectors.log_points import LogPoint, LogRule, Points
from connectors.metrics import Metrics
from flink_app.declaration.dms_records import Positions
from flink_app.diagnostics.dms_settings import SettingSign, Signs
from flink_app.diagnostics.log_restarts import (
    REMEDY,
    LogRestartedError,
    LogWatch,
    describe_restart,
)
from flink_app.diagnostics.metrics import SourceCheck
from flink_app.diagnostics.observe import Observations, columns_of, observe
from flink_app.diagnostics.schema_watch import SchemaWatch
from flink_app.diagnostics.second_loads import SecondLoads
from flink_app.diagnostics.similar_tables import SimilarTablesWatch
from flink_app.diagnostics.tasks import TaskWatch
from flink_app.records.parsed import ParsedBlock
from flink_app.records.plan import RecordPlan

logger = logging.getLogger(__name__)

METRICS: Final = (
    SourceCheck.RECORDS_OF_SIMILAR_TABLES,
    SourceCheck.SECOND_LOADS,
    SourceCheck.LOG_RESTARTS,
    SourceCheck.SCHEMA_CONTRADICTIONS,
    SourceCheck.SCHEMA_NOTES,
    *(sign.metric for sign in SettingSign),
)


class SourceWatch:
    """Observes block by block what the records of one subtask show, since it started.

    Args:
        plan: of the declaration.
        metrics: takes METRICS.
        rule: what happens where the source's log has started again.
        known: how far that log had been read when the job was started, by table.
    """

    def __init__(
        self,
        plan: RecordPlan,
        metrics: Metrics,
        rule: LogRule = LogRule(),  # noqa: B008 - it is immutable
        known: Mapping[str, LogPoint] = MappingProxyType({}),
    ) -> None:
        self._plan = plan
        self._metrics = metrics
        self._warned: set[SettingSign] = set()
        self._kinds: frozenset[Positions] = frozenset()
        self._second_loads = SecondLoads()
        self._rule = rule
        self._log_watch = LogWatch(rule, known)
        self._restarted: set[str] = set()
        self._similar_tables = SimilarTablesWatch(plan)
        self._task_watch = TaskWatch()
        mode = plan.star.declaration.stream.schema_changes
        self._schema_watch = SchemaWatch(mode, metrics.add)

    def note_arrived(self, tables: Iterable[str]) -> None:
        """Records of these tables have come, to another operator of this subtask."""
        self._similar_tables.note_arrived(tables)

    def observe(
        self, block: RecordBlock, parsed: ParsedBlock, accounts: tuple[Account, ...]
    ) -> Points:
        """Looks at one block; gives how far its changes lead in the source's log, by table.

        Raises SchemaChangedError where the declared mode says so, and LogRestartedError where the
        rule does.
        """
        observations = observe(block, parsed, self._plan)
        self._count_signs(observations)
        second_loads, warnings = self._second_loads.add(observations.builds)
        self._metrics.add(SourceCheck.SECOND_LOADS, second_loads)
        similar, more = self._similar_tables.add(
            observations.undeclared, accounts, partial(columns_of, observations, block)
        )
        self._metrics.add(SourceCheck.RECORDS_OF_SIMILAR_TABLES, similar)
        for warning in (*warnings, *more):
            logger.warning("%s", warning)
        tasks = self._task_watch.add(observations.announcements)
        self._schema_watch.add([*observations.findings, *tasks])
        return self._follow_logs(block, observations)

    def _follow_logs(self, block: RecordBlock, observations: Observations) -> Points:
        restarts, points = self._log_watch.add(block, observations.log_reads)
        self._metrics.add(SourceCheck.LOG_RESTARTS, len(restarts))
        for restart in restarts:
            said = describe_restart(restart, block)
            if self._rule.stops:
                message = f"{said}. Nothing of this block has been loaded. {REMEDY}"
                raise LogRestartedError(message)
            if restart.table not in self._restarted:
                self._restarted.add(restart.table)
                logger.warning(
                    "%s. on.log.restart is continue: changes of rows that were known before are "
                    "discarded until a reload. %s",
                    said,
                    REMEDY,
                )
        return points

    def _count_signs(self, observations: Observations) -> None:
        self._kinds |= observations.kinds
        mixed = Signs({SettingSign.MIXED_KINDS: 1} if len(self._kinds) > 1 else {})
        for sign, count in (observations.signs + mixed).items():
            self._metrics.add(sign.metric, count)
            if sign not in self._warned:
                self._warned.add(sign)
                logger.warning("%s", sign.warning)
