"""What the job does about a source whose tables are not what the declaration says, by mode.

The modes have the names of Flink CDC's. Here the declaration decides which columns there are, so
none of them adds a column that nobody has declared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from connectors.failures import StarjoinError
from connectors.metrics import Metric
from flink_app.declaration.dms_records import SchemaChanges
from flink_app.diagnostics.metrics import SourceCheck
from flink_app.diagnostics.schema_findings import NOTES, Finding, FindingKind
from flink_app.diagnostics.source_names import SourceName

logger = logging.getLogger(__name__)

_CONTRADICTIONS: Final = frozenset(
    {
        FindingKind.COLUMN_GONE,
        FindingKind.KEY_GONE,
        FindingKind.TYPE,
        FindingKind.COLLATION,
        FindingKind.KEY,
        FindingKind.TABLE_RENAMED,
    }
)
# They may contradict the declaration, or not.
_DOUBTFUL: Final = frozenset(
    {
        FindingKind.ALTERED,
        FindingKind.COLUMN_LEFT_OUT,
        FindingKind.TRAILING_BLANKS,
        FindingKind.TWO_TASKS,
    }
)
# Without its key no change of a table can be applied.
_FATAL: Final[dict[SchemaChanges, frozenset[FindingKind]]] = {
    SchemaChanges.EXCEPTION: _CONTRADICTIONS | _DOUBTFUL,
    SchemaChanges.EVOLVE: _CONTRADICTIONS,
    SchemaChanges.TRY_EVOLVE: frozenset({FindingKind.KEY_GONE}),
    SchemaChanges.LENIENT: frozenset({FindingKind.KEY_GONE}),
    SchemaChanges.IGNORE: frozenset(),
}
# What happens in every source, or as a task begins.
_EXPECTED: Final = frozenset(
    {FindingKind.NEW_COLUMN, FindingKind.UNKNOWN_TYPE, FindingKind.TABLE_DROPPED}
)
_MOST_NOTED: Final = 10_000  # a stream of made-up names must not fill the memory


class SchemaChangedError(StarjoinError, RuntimeError):
    """The source's tables are not what is declared, and the declared mode does not go on then."""


class SchemaWatch:
    """Counts what is found, says each thing once, and raises where the mode says so.

    Args:
        mode: of the declaration.
        count: takes metrics.
    """

    def __init__(self, mode: SchemaChanges, count: Callable[[Metric], None]) -> None:
        self._mode = mode
        self._count = count
        self._said: set[tuple[FindingKind, str, str, SourceName | None]] = set()

    def add(self, findings: Iterable[Finding]) -> None:
        """Takes note of what one block shows. Raises SchemaChangedError."""
        fatal: list[Finding] = []
        for finding in findings:
            is_note = finding.kind in NOTES
            first = self._is_first(finding)
            if first or not is_note:
                self._count(
                    SourceCheck.SCHEMA_NOTES if is_note else SourceCheck.SCHEMA_CONTRADICTIONS
                )
            if finding.kind in _FATAL[self._mode]:
                fatal.append(finding)
            elif first and self._mode is not SchemaChanges.IGNORE:
                level = logging.INFO if finding.kind in _EXPECTED else logging.WARNING
                logger.log(level, "Schema: %s. To do: %s", finding, finding.kind.remedy)
        if fatal:
            raise SchemaChangedError(self._sentence(fatal))

    def _is_first(self, finding: Finding) -> bool:
        # The columns are those of all partitions.
        partition = None if finding.column else finding.partition
        key = (finding.kind, finding.table, finding.column, partition)
        if key in self._said or len(self._said) >= _MOST_NOTED:
            return False
        self._said.add(key)
        return True

    def _sentence(self, fatal: list[Finding]) -> str:
        first, *more = fatal
        others = f" ({len(more)} more of the same block: {_list_findings(more)})" if more else ""
        goes_on = (
            SchemaChanges.IGNORE if first.kind is FindingKind.KEY_GONE else SchemaChanges.LENIENT
        ).value
        return (
            f"{first}{others}. To do: {first.kind.remedy}. The job reads the record again at each "
            f"start and stops there with schema_changes: {self._mode.value} as long as the "
            f"declaration does not fit; schema_changes: {goes_on} passes it"
        )


def _list_findings(findings: list[Finding]) -> str:
    return ", ".join(".".join(filter(None, (f.table, f.column))) for f in findings[:10])
