"""Where the changes of a table stand in the source's log, and whether that log has started again.

A log only grows: what is committed later stands further on. After a promotion, a restore or a reset
the log is another one that begins low, so every change in it is older, by its position, than rows
that are long known, and would be discarded. Commit time, which goes on, shows it.

Records come late and twice, so a lower position alone shows nothing: with an older commit time it
is a late record. The tolerance is for clocks, and for sources whose position is that of the row and
not of its commit: what a long transaction wrote then stands as far back as it is long.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

TOLERANCE_SECONDS: Final = 300


class OnLogRestart(enum.StrEnum):
    """What happens where the source's log has started again."""

    STOP = "stop"  # nothing from there on is loaded
    CONTINUE = "continue"  # it is counted and warned of, and changes of known rows are discarded


@dataclass(frozen=True)
class LogRule:
    """What tells a restart of the log from a late record, and what follows."""

    on_restart: OnLogRestart = OnLogRestart.STOP
    tolerance_seconds: int = TOLERANCE_SECONDS

    @property
    def stops(self) -> bool:
        """Whether nothing behind a restart is loaded."""
        return self.on_restart is OnLogRestart.STOP

    @property
    def tolerance(self) -> int:
        """In microseconds."""
        return self.tolerance_seconds * 1_000_000


@dataclass(frozen=True)
class LogPoint:
    """How far the log has been read for one table.

    Attributes:
        generation: that `position` belongs to; a new one begins a new log.
        position: of the change that stands furthest on; text that compares.
        committed: the latest commit time up to there, microseconds since 1970; 0 if unknown.
        log: which log it is, where positions say so; else empty.
    """

    generation: int
    position: str
    committed: int
    log: str = ""

    def combine(self, other: LogPoint) -> LogPoint:
        """The point further on, of two of one table."""
        return max(self, other, key=lambda point: (point.position, point.committed))

    def advance(self, later: LogPoint) -> LogPoint:
        """The point after one that was read later: a late record leads no further."""
        if later.position < self.position:
            return self
        if later.generation != self.generation:  # another log, whose source may have another clock
            return later
        committed = max(self.committed, later.committed)
        return replace(later, committed=committed, log=later.log or self.log)

    def is_after_restart(self, known: LogPoint, tolerance: int) -> bool:
        """Whether this is of another log than `known`, which began after it.

        `tolerance` is in microseconds of commit time.
        """
        if self.generation != known.generation:
            return False
        if self.log and known.log and self.log != known.log:
            return not self.committed or self.committed >= known.committed
        later = self.committed > known.committed + tolerance
        return bool(known.committed) and later and self.position < known.position


Points = dict[str, LogPoint]  # by table, as declared


def follow(
    known: Mapping[str, LogPoint], read: Iterable[tuple[str, LogPoint]], tolerance: int
) -> tuple[Points, list[tuple[str, LogPoint]]]:
    """What is known after some points were read, and those of them that are after a restart.

    The points are of several shards, and taken in the order of their commit times.
    """
    points, restarted = dict(known), []
    for table, point in sorted(read, key=lambda each: each[1].committed):
        before = points.get(table)
        if before is not None and point.is_after_restart(before, tolerance):
            restarted.append((table, point))
        else:
            points[table] = point if before is None else before.advance(point)
    return points, restarted
