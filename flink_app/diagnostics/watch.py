"""What a subtask does about its observations: counts them, warns once of each, or stops the job."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from connectors.accounts import Account
from connectors.kinesis.frame import RecordBlock
from connectors.metrics import Metrics
from flink_app.declaration.dms_records import Positions
from flink_app.diagnostics.dms_settings import SettingSign, Signs
from flink_app.diagnostics.metrics import SourceCheck
from flink_app.diagnostics.observe import Observations, columns_of, observe
from flink_app.diagnostics.schema_watch import SchemaWatch
from flink_app.diagnostics.second_loads import SecondLoads
from flink_app.diagnostics.similar_tables import SimilarTablesWatch
from flink_app.records.parsed import ParsedBlock
from flink_app.records.plan import RecordPlan

logger = logging.getLogger(__name__)

METRICS: Final = (
    SourceCheck.RECORDS_OF_SIMILAR_TABLES,
    SourceCheck.SECOND_LOADS,
    SourceCheck.SCHEMA_CONTRADICTIONS,
    SourceCheck.SCHEMA_NOTES,
    *(sign.metric for sign in SettingSign),
)


class SourceWatch:
    """Observes block by block what the records of one subtask show, since it started.

    Args:
        plan: of the declaration.
        metrics: takes METRICS.
    """

    def __init__(self, plan: RecordPlan, metrics: Metrics) -> None:
        self._plan = plan
        self._metrics = metrics
        self._warned: set[SettingSign] = set()
        self._kinds: frozenset[Positions] = frozenset()
        self._second_loads = SecondLoads()
        self._similar_tables = SimilarTablesWatch(plan)
        mode = plan.star.declaration.stream.schema_changes
        self._schema_watch = SchemaWatch(mode, metrics.add)

    def observe(
        self, block: RecordBlock, parsed: ParsedBlock, accounts: tuple[Account, ...]
    ) -> None:
        """Looks at one block. Raises SchemaChangedError where the declared mode says so."""
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
        self._schema_watch.add(observations.findings)

    def _count_signs(self, observations: Observations) -> None:
        self._kinds |= observations.kinds
        mixed = Signs({SettingSign.MIXED_KINDS: 1} if len(self._kinds) > 1 else {})
        for sign, count in (observations.signs + mixed).items():
            self._metrics.add(sign.metric, count)
            if sign not in self._warned:
                self._warned.add(sign)
                logger.warning("%s", sign.warning)
