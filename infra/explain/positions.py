"""What a position says of its change: the way back from `flink_app.positions.position`.

The commit position of a declaration with `positions: auto` may be that of one source or another.
What cannot be is left out; what remains is given as alternatives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flink_app.declaration.dms_records import Positions
from flink_app.positions.position import (
    ARRIVAL_DIGITS,
    COMMIT_DIGITS,
    GENERATION_DIGITS,
    RECORD_DIGITS,
    TIME_DIGITS,
    UNKNOWN,
    WIDTH,
    generation_of,
    is_load,
)
from flink_app.records.repair_marker import lowest_position

_LOW: Final = 32  # bits behind a log position or a system change number
_FILE: Final = 64  # bits of an offset in a binary log
_LONGEST_OFFSET: Final = 10**15
_LONGEST_CHANGE_NUMBER: Final = 10**18
# Commit times between 1990 and 2200, in microseconds since 1970. As a log position that would be
# a petabyte, as a change number more than a database gives out in centuries.
_EARLIEST_TIME: Final = 631_152_000_000_000
_LATEST_TIME: Final = 7_258_118_400_000_000


@dataclass(frozen=True)
class CommitReading:
    """One meaning of a commit position.

    Attributes:
        kind: of which source.
        text: as the source writes it, without what the position does not keep.
        record: the number of the change in its transaction; None where the position has none.
        committed: microseconds since 1970; None where the position does not say.
        arrival: what orders changes of one commit time, as digits; empty for the others.
    """

    kind: Positions
    text: str
    record: int | None = None
    committed: int | None = None
    arrival: str = ""


@dataclass(frozen=True)
class DecodedPosition:
    """A position, taken apart.

    Attributes:
        digits: the position, 44 hexadecimal digits.
        generation: of the change.
        built: when DMS built the record, microseconds since 1970; None but for a full load's.
        readings: what its commit position may be; empty for a full load's.
    """

    digits: str
    generation: int
    built: int | None
    readings: tuple[CommitReading, ...]

    @property
    def is_load(self) -> bool:
        """Whether it is that of a full-load record."""
        return self.built is not None

    @property
    def is_repair(self) -> bool:
        """Whether a repair put the row, which stands right above what it read there.

        Successors of log positions and change numbers show it; those of others do not.
        """
        if self.is_load or int(self.digits[-RECORD_DIGITS:], 16):
            return False
        commit = int(self.digits[GENERATION_DIGITS:-RECORD_DIGITS], 16)
        has_low = bool(commit & ((1 << _LOW) - 1))
        of_log = any(r.kind in {Positions.POSTGRESQL, Positions.ORACLE} for r in self.readings)
        return has_low and (of_log or not commit >> _LOW)

    @property
    def is_lowest_repair(self) -> bool:
        """Whether a repair put the row where nothing was, or what a full load had brought."""
        return self.is_repair and self.digits == lowest_position(self.generation)

    @property
    def committed(self) -> int | None:
        """When it was committed, microseconds since 1970; None where the position does not say."""
        if self.is_repair:
            return None
        times = {reading.committed for reading in self.readings}
        return times.pop() if len(times) == 1 else None


def decode_position(digits: str, kind: Positions) -> DecodedPosition | None:
    """A position taken apart, of a declaration with positions of this kind; None for UNKNOWN."""
    if digits == UNKNOWN:
        return None
    generation = generation_of(digits)
    if is_load(digits):
        return DecodedPosition(digits, generation, int(digits[-RECORD_DIGITS:], 16), ())
    readings = tuple(_read_commit(digits, kind))
    return DecodedPosition(digits, generation, None, readings)


def split_version(digits: str) -> tuple[str, ...]:
    """The positions that stand one after the other in a version."""
    return tuple(digits[start : start + WIDTH] for start in range(0, len(digits), WIDTH))


def _read_commit(digits: str, kind: Positions) -> Iterator[CommitReading]:
    commit = int(digits[GENERATION_DIGITS : GENERATION_DIGITS + COMMIT_DIGITS], 16)
    record = int(digits[-RECORD_DIGITS:], 16)
    time = int(digits[GENERATION_DIGITS : GENERATION_DIGITS + TIME_DIGITS], 16)
    is_time = _EARLIEST_TIME <= time < _LATEST_TIME
    if kind is Positions.COMMIT_TIMESTAMP or (kind is Positions.AUTO and is_time):
        yield CommitReading(
            Positions.COMMIT_TIMESTAMP,
            "commit time alone",
            committed=time,
            arrival=digits[-ARRIVAL_DIGITS:],
        )
        return
    has_low = bool(commit & ((1 << _LOW) - 1))
    if kind is Positions.POSTGRESQL or (kind is Positions.AUTO and not has_low):
        yield CommitReading(Positions.POSTGRESQL, _write_log_position(commit >> _LOW), record)
    file, offset = divmod(commit, 1 << _FILE)
    if kind is Positions.MYSQL or (kind is Positions.AUTO and offset < _LONGEST_OFFSET):
        text = f"binary log {file:06d}, offset {offset}"
        yield CommitReading(Positions.MYSQL, text, record)
    number = commit >> _LOW
    fits = not has_low and number < _LONGEST_CHANGE_NUMBER
    if kind is Positions.ORACLE or (kind is Positions.AUTO and fits):
        yield CommitReading(Positions.ORACLE, f"change number {number}", record)


def _write_log_position(number: int) -> str:
    """A log position as PostgreSQL writes it."""
    return f"{number >> _LOW:X}/{number & ((1 << _LOW) - 1):X}"
