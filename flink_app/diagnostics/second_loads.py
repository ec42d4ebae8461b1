"""Second full loads of a table within one generation: noticed, and warned of.

DMS sends a table's changes only after its load. So a load record that was built later than a change
of the same table and generation is of a second load. Positions keep newer changes above it, so it
undoes nothing. But rows that were deleted in between stay, and values that only this load has, of
rows that had changed before it, are not taken until a reload.

Each partition is loaded by itself, while others have changes already, so each is judged by itself.
One without a load of its own was loaded with its table.

Where a reload of the table alone began the generation, DMS says to the second when. A change of
that second may have been built before the load, and shows nothing.

Each subtask judges by the records that it has seen since it started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from flink_app.declaration import POSITION
from flink_app.diagnostics.source_names import (
    SourceName,
    partition_of,
    partitions_of,
    quote,
    source_name,
)
from flink_app.positions.position import generation_of, is_load
from flink_app.records.arrays import Mask
from flink_app.records.parsed import Numbers, ParsedRow, RecordColumns
from flink_app.records.plan import RecordPlan
from flink_app.records.values import ValueFaultError, timestamp_micros

# The minimum and the maximum of no times at all.
_NEVER: Final = 2**63 - 1
_UNKNOWN: Final = -1


class Loaded(NamedTuple):
    """What is loaded at once: a declared table, or one partition of it, in a generation."""

    table: str
    generation: int
    partition: SourceName | None = None


@dataclass(frozen=True)
class BuildTimes:
    """When the first change and the last load record were built, microseconds since the epoch."""

    first_change: int = _NEVER
    last_load: int = _UNKNOWN

    def combine(self, other: BuildTimes) -> BuildTimes:
        """Those of two sets of records together."""
        return BuildTimes(
            min(self.first_change, other.first_change), max(self.last_load, other.last_load)
        )

    @property
    def shows_second_load(self) -> bool:
        """Whether a load record was built after a change."""
        return self.last_load > self.first_change


Builds = dict[Loaded, BuildTimes]


def note_build_times(builds: Builds, key: Loaded, times: BuildTimes) -> None:
    """Takes note of further records of a table and generation."""
    if times != BuildTimes():
        builds[key] = builds[key].combine(times) if key in builds else times


def note_columns(builds: Builds, columns: RecordColumns, plan: RecordPlan) -> None:
    """Takes note of the good records of a table."""
    for partition, members in partitions_of(columns):
        for generation, chosen in _by_generation(columns, columns.good & members):
            since = plan.generations.surely_begun(columns.table.name, generation)
            built, loads = columns.ordering.built[chosen], columns.ordering.is_load[chosen]
            loaded = Loaded(columns.table.name, generation, partition)
            note_build_times(builds, loaded, _times_of(built, loads, since))


def _by_generation(columns: RecordColumns, members: Mask) -> Iterator[tuple[int, Mask]]:
    generations = columns.generations
    if isinstance(generations, int):
        yield generations, members
        return
    for generation in np.unique(generations[members]):
        yield int(generation), members & (generations == generation)


def note_row(builds: Builds, row: ParsedRow, metadata: Mapping[str, Any], plan: RecordPlan) -> None:
    """Takes note of one record that was read by itself."""
    position = row.values[POSITION]
    try:
        built = timestamp_micros(metadata.get("timestamp"))
    except ValueFaultError:
        built = None  # only a load needs it, and has it then
    partition = partition_of(row.table, source_name(metadata))
    loaded = Loaded(row.table.name, generation_of(position), partition)
    since = plan.generations.surely_begun(loaded.table, loaded.generation)
    times = BuildTimes()
    if built is not None and built >= 0 and is_load(position):
        times = BuildTimes(last_load=built)
    elif built is not None and built >= since:
        times = BuildTimes(first_change=built)
    note_build_times(builds, loaded, times)


def _times_of(built: Numbers, loads: Mask, since: int) -> BuildTimes:
    changes = built[~loads]
    changes = changes[changes >= since]
    return BuildTimes(int(changes.min(initial=_NEVER)), int(built[loads].max(initial=_UNKNOWN)))


class SecondLoads:
    """What a subtask has seen, block by block."""

    def __init__(self) -> None:
        self._seen: Builds = {}
        self._warned: set[Loaded] = set()

    def add(self, builds: Mapping[Loaded, BuildTimes]) -> tuple[int, list[str]]:
        """How many loads of the block are second ones, and a sentence for each new one."""
        shown, warnings = 0, []
        for key, built in builds.items():
            note_build_times(self._seen, key, built)
        for key, built in builds.items():
            if built.last_load == _UNKNOWN or not self._with_parts(key).shows_second_load:
                continue
            shown += 1
            if key not in self._warned:
                self._warned.add(key)
                warnings.append(_warning(key))
        return shown, warnings

    def _with_parts(self, key: Loaded) -> BuildTimes:
        """What was seen of a table, with those of its partitions that had no load of their own."""
        times = self._seen[key]
        if key.partition is None:
            for other, seen in self._seen.items():
                if other[:2] == key[:2] and seen.last_load == _UNKNOWN:
                    times = times.combine(seen)
        return times


def _warning(key: Loaded) -> str:
    partition = f", partition {quote(key.partition)}," if key.partition else ""
    remedy = f"reload it as a generation of its own (build.py reload --table {key.table})"
    if key.partition:
        remedy = "reload every table (build.py reload)"
    return (
        f"table {key.table}{partition} was loaded in full a second time within generation "
        f"{key.generation}: newer changes stand, but rows deleted in between stay, and values that "
        f"only this load has of rows that had changed are not taken; {remedy}"
    )
