"""DMS tasks that announce the same table on one stream: noticed, since their rows would be mixed.

Records do not name the database. Two databases with a schema of one name, captured by two tasks
into one stream, look like one: of equal keys the row of either may stay. Only the records that
announce a table say which task sends them. A task that has replaced another one is no fault.

Each subtask judges by the records that it has seen since it started.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flink_app.diagnostics.schema_findings import Finding, FindingKind
from flink_app.diagnostics.source_names import SourceName

# An identifier as DMS makes it; anything else might be a value in its place.
_TASK: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,254}")
_MOST_TABLES: Final = 1_000  # a stream of made-up partitions must not fill the memory
_MOST_TASKS: Final = 10  # of one table


@dataclass(frozen=True)
class Announcement:
    """A control record of a declared table that names its task.

    Attributes:
        source: the schema and table that it names.
        task: the identifier of the task.
        arrival_ms: when it arrived on the stream.
        finding: with the table and the coordinates of the record; its kind is open.
    """

    source: SourceName
    task: str
    arrival_ms: int
    finding: Finding


def read_task(
    metadata: Mapping[str, Any], source: SourceName, partition_key: str = ""
) -> str | None:
    """The task that sends a control record; None where it does not say so.

    Without IncludePartitionValue only the record's partition key in Kinesis has it.
    """
    value = metadata.get("partition-key-value", partition_key)
    if metadata.get("partition-key-type") != "task-id" or not isinstance(value, str):
        return None
    task = value.removesuffix(f".{source[0]}.{source[1]}")
    return task if _TASK.fullmatch(task) else None


class TaskWatch:
    """What a subtask has seen: by table, when each task announced it first and last."""

    def __init__(self) -> None:
        self._seen: defaultdict[SourceName, dict[str, tuple[int, int]]] = defaultdict(dict)

    def add(self, announcements: Iterable[Announcement]) -> Iterator[Finding]:
        """Takes note of a block's announcements; gives what further tasks show."""
        for announcement in announcements:
            if announcement.source not in self._seen and len(self._seen) >= _MOST_TABLES:
                continue
            tasks = self._seen[announcement.source]
            if announcement.task not in tasks and len(tasks) >= _MOST_TASKS:
                continue
            arrival = announcement.arrival_ms
            first, last = tasks.get(announcement.task, (arrival, arrival))
            tasks[announcement.task] = (min(first, arrival), max(last, arrival))
            yield from _compare(announcement, tasks)


def _compare(announcement: Announcement, tasks: Mapping[str, tuple[int, int]]) -> Iterator[Finding]:
    first, last = tasks[announcement.task]
    for other, (other_first, other_last) in tasks.items():
        if other == announcement.task:
            continue
        in_turn = first < other_last and other_first < last
        kind = FindingKind.TWO_TASKS if in_turn else FindingKind.OTHER_TASK
        pair = " and ".join(sorted((other, announcement.task)))
        yield replace(announcement.finding, kind=kind, observed=pair)
