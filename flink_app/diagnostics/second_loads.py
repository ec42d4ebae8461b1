"""Second full loads of a table within one generation: noticed, and warned of.

DMS sends a table's changes only after its load. So a load record that was built later than a change
of the same table and generation is of a second load. Positions keep newer changes above it, so it
undoes nothing. But rows that were deleted in between stay, and values that only this load has, of
rows that had changed before it, are not taken until a reload.

Each subtask judges by the records that it has seen since it started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from flink_app.declaration import POSITION
from flink_app.positions.position import generation_of, is_load
from flink_app.records.arrays import Mask
from flink_app.records.parsed import Numbers, ParsedRow, RecordColumns
from flink_app.records.values import ValueFaultError, timestamp_micros

# The minimum and the maximum of no times at all.
_NEVER: Final = 2**63 - 1
_UNKNOWN: Final = -1

TableAndGeneration = tuple[str, int]


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


Builds = dict[TableAndGeneration, BuildTimes]


def note_build_times(builds: Builds, key: TableAndGeneration, times: BuildTimes) -> None:
    """Takes note of further records of a table and generation."""
    builds[key] = builds[key].combine(times) if key in builds else times


def note_columns(builds: Builds, columns: RecordColumns) -> None:
    """Takes note of the good records of a table."""
    built, loads, good = columns.ordering.built, columns.ordering.is_load, columns.good
    generations, table = columns.generations, columns.table.name
    if isinstance(generations, int):
        note_build_times(builds, (table, generations), _times_of(built[good], loads[good]))
        return
    for generation in np.unique(generations[good]):
        members = good & (generations == generation)
        times = _times_of(built[members], loads[members])
        note_build_times(builds, (table, int(generation)), times)


def note_row(builds: Builds, row: ParsedRow, metadata: Mapping[str, Any]) -> None:
    """Takes note of one record that was read by itself."""
    position = row.values[POSITION]
    try:
        built = timestamp_micros(metadata.get("timestamp"))
    except ValueFaultError:
        built = None  # only a load needs it, and has it then
    times = BuildTimes()
    if built is not None and built >= 0:
        times = BuildTimes(last_load=built) if is_load(position) else BuildTimes(first_change=built)
    note_build_times(builds, (row.table.name, generation_of(position)), times)


def _times_of(built: Numbers, loads: Mask) -> BuildTimes:
    changes = built[~loads]
    changes = changes[changes >= 0]
    return BuildTimes(int(changes.min(initial=_NEVER)), int(built[loads].max(initial=_UNKNOWN)))


class SecondLoads:
    """What a subtask has seen, block by block."""

    def __init__(self) -> None:
        self._seen: Builds = {}
        self._warned: set[TableAndGeneration] = set()

    def add(self, builds: Mapping[TableAndGeneration, BuildTimes]) -> tuple[int, list[str]]:
        """How many tables of the block show a second load, and a sentence for each new one."""
        shown, warnings = 0, []
        for key, built in builds.items():
            note_build_times(self._seen, key, built)
            if built.last_load == _UNKNOWN or not self._seen[key].shows_second_load:
                continue
            shown += 1
            if key not in self._warned:
                self._warned.add(key)
                warnings.append(_warning(*key))
        return shown, warnings


def _warning(table: str, generation: int) -> str:
    return (
        f"table {table} was loaded in full a second time within generation {generation}: newer "
        "changes stand, but rows deleted in between stay, and values that only this load has of "
        "rows that had changed are not taken; run a reload (build.py reload)"
    )
