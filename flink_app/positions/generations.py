"""Which generation a record belongs to, derived from its arrival time on the stream.

A reload begins a new generation at a time when DMS sends nothing. Records that arrived before it
belong to the previous generation, even if they are read, or read again, much later: if a setting
determined the generation of whatever is read, an unread older change would outrank the new load.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import PlainSerializer, PlainValidator

from flink_app.positions.position import MAX_GENERATION

_ENTRY: Final = re.compile(r"(?P<generation>[0-9]{1,6})(?:\s+from\s+(?P<start>\S+))?")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
# A generation that no record has: it stands for one that cannot be determined.
UNKNOWN_GENERATION: Final = 0


@dataclass(frozen=True)
class Generations:
    """The generations of a stream.

    As text: `1`, or `1, 2 from 2026-11-23T10:00:00Z`, oldest first.

    Args:
        first: the generation of what arrived before the first boundary.
        later: generation and first millisecond since the epoch of each later one, ascending.
    """

    first: int = 1
    later: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where the numbers cannot be."""
        for generation in self._numbers:
            if not 1 <= generation <= MAX_GENERATION:
                message = f"generation {generation} is not between 1 and {MAX_GENERATION}"
                raise ValueError(message)
        if list(self._numbers) != sorted(set(self._numbers)):
            message = "generations must ascend: give the oldest first"
            raise ValueError(message)
        if list(self._starts) != sorted(set(self._starts)):
            message = "each generation must start later than the one before it"
            raise ValueError(message)

    @classmethod
    def parse(cls, text: str) -> Generations:
        """Reads the text form. Raises ValueError that says which part of it is wrong."""
        (first, start), *later = [_entry(part.strip()) for part in text.split(",")]
        if start is not None:
            message = f"the first generation, {first}, has no start: write {first} alone"
            raise ValueError(message)
        bounded = []
        for generation, start in later:
            if start is None:
                message = f"generation {generation} needs a start: {generation} from <time>"
                raise ValueError(message)
            bounded.append((generation, start))
        return cls(first, tuple(bounded))

    def __str__(self) -> str:
        """The text form."""
        return ", ".join([str(self.first), *(f"{g} from {time_text(s)}" for g, s in self.later)])

    @property
    def newest(self) -> int:
        """The last generation."""
        return self._numbers[-1]

    def generation_at(self, arrival_ms: int | None) -> int:
        """The generation of a record; UNKNOWN_GENERATION if it depends on an unknown arrival."""
        if not self.later:
            return self.first
        if arrival_ms is None:
            return UNKNOWN_GENERATION
        return self._numbers[bisect_right(self._starts, arrival_ms)]

    def generations_at(self, arrival: pa.TimestampArray) -> int | npt.NDArray[np.int64]:
        """The same for a column of milliseconds: one number where all records have the same."""
        if not self.later:
            return self.first
        known = arrival.is_valid().to_numpy(zero_copy_only=False)
        times = arrival.cast(pa.int64()).fill_null(0).to_numpy()
        numbers = np.array(self._numbers, np.int64)
        generations: npt.NDArray[np.int64] = numbers[np.searchsorted(self._starts, times, "right")]
        generations[~known] = UNKNOWN_GENERATION
        return generations

    def extend(self, generation: int, start_ms: int) -> Generations:
        """These, and a newer one from a time on. Raises ValueError if it is not newer."""
        return Generations(self.first, (*self.later, (generation, start_ms)))

    @cached_property
    def _numbers(self) -> tuple[int, ...]:
        return (self.first, *(generation for generation, _ in self.later))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(start for _, start in self.later)


def time_text(milliseconds: int) -> str:
    """A time as settings write it, in UTC."""
    time = _EPOCH + milliseconds * _MILLISECOND
    form = "milliseconds" if milliseconds % 1_000 else "seconds"
    return time.replace(tzinfo=None).isoformat(timespec=form) + "Z"


def _entry(text: str) -> tuple[int, int | None]:
    entry = _ENTRY.fullmatch(text)
    if not entry:
        message = f"{text!r} is not a generation: write 1, or 2 from 2026-11-23T10:00:00Z"
        raise ValueError(message)
    start = entry["start"]
    return int(entry["generation"]), None if start is None else time_milliseconds(start)


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
