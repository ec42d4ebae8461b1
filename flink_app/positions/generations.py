"""Which generation a record belongs to, derived from times that never change.

A reload begins a new generation at a time when DMS sends nothing. Records that arrived before it
belong to the previous generation, even if they are read, or read again, much later: if a setting
determined the generation of whatever is read, an unread older change would outrank the new load.

A reload of one table begins a generation of that table alone, while DMS goes on. No pause divides
its records by arrival, but DMS sends a table's changes before its load or after it, never beside
it. So there the time at which DMS built a record divides them: changes that were built before the
load began belong to the previous generation, later ones to the new one. The load's own records
count from a little earlier, since no others can be built then and none may be missing.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import PlainSerializer, PlainValidator

from flink_app.positions.position import MAX_GENERATION

_ENTRY: Final = re.compile(
    r"(?P<generation>[0-9]{1,6})(?:\s+from\s+(?P<start>\S+)(?:\s+of\s+(?P<table>\S+))?)?"
)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
# A generation that no record has: it stands for one that cannot be determined.
UNKNOWN_GENERATION: Final = 0
# So much earlier than a table's generation begins, load records of it count: DMS says to the second
# when a load began. A reload asks for the load only when no earlier one is as near.
LOAD_MARGIN_MS: Final = 60_000
# How exact that time is: a change that is so near may still be from before the load.
BEGIN_PRECISION_MS: Final = 1_000
_MICROS: Final = 1_000


@dataclass(frozen=True)
class Boundary:
    """Where a generation begins.

    Attributes:
        generation: its number.
        start_ms: milliseconds since 1970: of the arrival of its first record; where it is of one
            table, of the time at which DMS began to load it.
        table: which one, as it is declared; empty for a generation of everything.
    """

    generation: int
    start_ms: int
    table: str = ""

    def __str__(self) -> str:
        """The text form."""
        text = f"{self.generation} from {time_text(self.start_ms)}"
        return f"{text} of {self.table}" if self.table else text


@dataclass(frozen=True)
class Generations:
    """The generations of a stream.

    As text: `1`, or `1, 2 from 2026-11-23T10:00:00Z, 3 from 2026-11-24T10:00:00Z of invoice`,
    oldest first. Numbers ascend over all of them: what begins a generation of everything later is
    above that of each table.

    Args:
        first: the generation of what arrived before the first boundary.
        later: where each later one begins, ascending.
    """

    first: int = 1
    later: tuple[Boundary, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where the numbers cannot be."""
        numbers = [self.first, *(boundary.generation for boundary in self.later)]
        for generation in numbers:
            if not 1 <= generation <= MAX_GENERATION:
                message = f"generation {generation} is not between 1 and {MAX_GENERATION}"
                raise ValueError(message)
        if numbers != sorted(set(numbers)):
            message = "generations must ascend: give the oldest first"
            raise ValueError(message)
        starts = [boundary.start_ms for boundary in self.later]
        if starts != sorted(set(starts)):
            message = "each generation must start later than the one before it"
            raise ValueError(message)

    @classmethod
    def parse(cls, text: str) -> Generations:
        """Reads the text form. Raises ValueError that says which part of it is wrong."""
        (first, start, _), *later = [_entry(part.strip()) for part in text.split(",")]
        if start is not None:
            message = f"the first generation, {first}, has no start: write {first} alone"
            raise ValueError(message)
        boundaries = []
        for generation, start, table in later:
            if start is None:
                message = f"generation {generation} needs a start: {generation} from <time>"
                raise ValueError(message)
            boundaries.append(Boundary(generation, start, table))
        return cls(first, tuple(boundaries))

    def __str__(self) -> str:
        """The text form."""
        return ", ".join([str(self.first), *map(str, self.later)])

    @property
    def newest(self) -> int:
        """The last generation of all."""
        return self.later[-1].generation if self.later else self.first

    @property
    def newest_of_all(self) -> int:
        """The last generation of everything."""
        return self._numbers[-1]

    def find_boundary(self, table: str = "") -> Boundary | None:
        """Where the last generation of everything begins, or the last of a table alone."""
        return next((b for b in reversed(self.later) if b.table == table), None)

    def newest_of(self, table: str) -> int:
        """The last generation that a record of the table may have."""
        return max([self.newest_of_all, *(b.generation for b in self._of(table))])

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables whose newest generation is not one of everything."""
        return frozenset(
            b.table for b in self.later if b.table and b.generation > self.newest_of_all
        )

    def are_of(self, table: str) -> bool:
        """Whether the table has generations of its own."""
        return table in self._by_table

    def generation_at(
        self, arrival_ms: int | None, table: str, built: int | None, *, is_load: bool
    ) -> int:
        """The generation of a record; UNKNOWN_GENERATION if it depends on an unknown time.

        `built` is when DMS built it, in microseconds since 1970.
        """
        generation = self._by_arrival(arrival_ms)
        boundaries = self._of(table)
        if not boundaries or generation == UNKNOWN_GENERATION:
            return generation
        if built is None:
            return UNKNOWN_GENERATION
        begun = bisect_right(_starts_in_micros(boundaries, is_load=is_load), built)
        return max(generation, boundaries[begun - 1].generation) if begun else generation

    def generations_at(self, arrival: pa.TimestampArray) -> int | npt.NDArray[np.int64]:
        """By arrival alone, for a column of milliseconds: one number where all have the same."""
        if len(self._numbers) == 1:
            return self.first
        known = arrival.is_valid().to_numpy(zero_copy_only=False)
        times = arrival.cast(pa.int64()).fill_null(0).to_numpy()
        numbers = np.array(self._numbers, np.int64)
        generations: npt.NDArray[np.int64] = numbers[np.searchsorted(self._starts, times, "right")]
        generations[~known] = UNKNOWN_GENERATION
        return generations

    def generations_of(
        self,
        table: str,
        by_arrival: int | npt.NDArray[np.int64],
        built: npt.NDArray[np.int64],
        is_load: npt.NDArray[np.bool_],
    ) -> int | npt.NDArray[np.int64]:
        """The same as `generation_at` for records of a table, given what arrival alone says.

        `built` is in microseconds, below 0 where it is unknown.
        """
        boundaries = self._of(table)
        if not boundaries:
            return by_arrival
        numbers = np.array([UNKNOWN_GENERATION, *(b.generation for b in boundaries)], np.int64)
        begun = np.where(
            is_load,
            np.searchsorted(_starts_in_micros(boundaries, is_load=True), built, "right"),
            np.searchsorted(_starts_in_micros(boundaries, is_load=False), built, "right"),
        )
        generations: npt.NDArray[np.int64] = np.maximum(by_arrival, numbers[begun])
        unknown = (built < 0) | (np.asarray(by_arrival) == UNKNOWN_GENERATION)
        generations[unknown] = UNKNOWN_GENERATION
        return generations

    def surely_begun(self, table: str, generation: int) -> int:
        """From when on changes were surely built after the load that began the generation.

        In microseconds since 1970; 0 where it did not begin with a load of this table alone.
        """
        starts = [b.start_ms for b in self._of(table) if b.generation == generation]
        return (starts[0] + BEGIN_PRECISION_MS) * _MICROS if starts else 0

    def extend(self, generation: int, start_ms: int, table: str = "") -> Generations:
        """These, and a newer one from a time on. Raises ValueError if it is not newer."""
        return Generations(self.first, (*self.later, Boundary(generation, start_ms, table)))

    def _by_arrival(self, arrival_ms: int | None) -> int:
        if len(self._numbers) == 1:
            return self.first
        if arrival_ms is None:
            return UNKNOWN_GENERATION
        return self._numbers[bisect_right(self._starts, arrival_ms)]

    def _of(self, table: str) -> tuple[Boundary, ...]:
        return self._by_table.get(table, ())

    @cached_property
    def _by_table(self) -> dict[str, tuple[Boundary, ...]]:
        tables = {boundary.table for boundary in self.later if boundary.table}
        return {name: tuple(b for b in self.later if b.table == name) for name in tables}

    @cached_property
    def _numbers(self) -> tuple[int, ...]:
        return (self.first, *(b.generation for b in self.later if not b.table))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(b.start_ms for b in self.later if not b.table)


def _starts_in_micros(boundaries: Sequence[Boundary], *, is_load: bool) -> list[int]:
    """From when on what DMS builds is of each generation of a table."""
    margin = LOAD_MARGIN_MS if is_load else 0
    return [(boundary.start_ms - margin) * _MICROS for boundary in boundaries]


def time_text(milliseconds: int) -> str:
    """A time as settings write it, in UTC."""
    time = _EPOCH + milliseconds * _MILLISECOND
    form = "milliseconds" if milliseconds % 1_000 else "seconds"
    return time.replace(tzinfo=None).isoformat(timespec=form) + "Z"


def _entry(text: str) -> tuple[int, int | None, str]:
    entry = _ENTRY.fullmatch(text)
    if not entry:
        message = (
            f"{text!r} is not a generation: write 1, or 2 from 2026-11-23T10:00:00Z, or for one "
            "table 3 from 2026-11-23T10:00:00Z of invoice"
        )
        raise ValueError(message)
    start, table = entry["start"], entry["table"] or ""
    return int(entry["generation"]), None if start is None else time_milliseconds(start), table


def time_milliseconds(text: str) -> int:
    """Milliseconds since 1970 of a time as settings write it. Raises ValueError."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not a time: write it as 2026-11-23T10:00:00Z"
        raise ValueError(message) from error
    if time.tzinfo is None:
        message = f"{text!r} has no time zone: end it with Z"
        raise ValueError(message)
    return (time - _EPOCH) // _MILLISECOND


def _parse_setting(value: Any) -> Generations:
    if isinstance(value, Generations):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        message = "generations are text, such as 1, 2 from 2026-11-23T10:00:00Z"
        raise ValueError(message)  # noqa: TRY004 - pydantic wants it
    return Generations.parse(str(value))


# As a field of settings: text in a file, `Generations` in code.
GenerationsSetting = Annotated[Generations, PlainValidator(_parse_setting), PlainSerializer(str)]
