"""Second full loads of a table within one generation: noticed, and warned of.

DMS sends a table's changes only after its load. So a load record that was built later than a change
of the same table and generation is of a second load. Positions keep newer changes above it, so it
undoes nothing; but rows that vanished in between stay, and what only this load tells of a row that
changed before stays unseen, until a reload.

Each subtask judges by the records that it has seen since it started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from flink_app.positions.position import generation_of, is_load
from flink_app.records.arrays import Mask

# Beyond every time of building; the least of nothing.
_NEVER: Final = 2**63 - 1
_UNKNOWN: Final = -1

TableAndGeneration = tuple[str, int]


@dataclass(frozen=True)
class Built:
    """When the first change and the last load record were built, microseconds since the epoch."""

    first_change: int = _NEVER
    last_load: int = _UNKNOWN

    def plus(self, other: Built) -> Built:
        """Of both."""
        return Built(
            min(self.first_change, other.first_change), max(self.last_load, other.last_load)
        )

    @property
    def shows_second_load(self) -> bool:
        """Whether a load record was built after a change."""
        return self.last_load > self.first_change


Builds = dict[TableAndGeneration, Built]


def add(builds: Builds, place: TableAndGeneration, built: Built) -> None:
    """Takes note of further records of a table and generation."""
    builds[place] = builds[place].plus(built) if place in builds else built


def of_record(position: str, built: int | None) -> tuple[int, Built]:
    """One record by its position, with its generation; None where its time is unknown."""
    generation = generation_of(position)
    if built is None or built < 0:
        return generation, Built()
    if is_load(position):
        return generation, Built(last_load=built)
    return generation, Built(first_change=built)


def of_columns(
    built: npt.NDArray[np.int64],
    loads: Mask,
    good: Mask,
    generation: int | npt.NDArray[np.int64],
) -> Iterator[tuple[int, Built]]:
    """Those of the good records, by generation; -1 stands for an unknown time."""
    if isinstance(generation, int):
        yield generation, _of(built[good], loads[good])
        return
    for one in np.unique(generation[good]):
        mine = good & (generation == one)
        yield int(one), _of(built[mine], loads[mine])


def _of(built: npt.NDArray[np.int64], loads: Mask) -> Built:
    changes = built[~loads]
    changes = changes[changes >= 0]
    return Built(int(changes.min(initial=_NEVER)), int(built[loads].max(initial=_UNKNOWN)))


class SecondLoads:
    """What a subtask has seen, block by block."""

    def __init__(self) -> None:
        self._seen: Builds = {}
        self._warned: set[TableAndGeneration] = set()

    def add(self, builds: Mapping[TableAndGeneration, Built]) -> tuple[int, list[str]]:
        """How many tables of the block show a second load, and a sentence for each new one."""
        shown, warnings = 0, []
        for place, built in builds.items():
            add(self._seen, place, built)
            if built.last_load == _UNKNOWN or not self._seen[place].shows_second_load:
                continue
            shown += 1
            if place not in self._warned:
                self._warned.add(place)
                warnings.append(_warning(*place))
        return shown, warnings


def _warning(table: str, generation: int) -> str:
    return (
        f"table {table} was loaded in full a second time within generation {generation}: newer "
        "changes stand, but rows that vanished in between stay, and what only this load tells of "
        "rows that had changed stays unseen; make a reload (build.py reload)"
    )
