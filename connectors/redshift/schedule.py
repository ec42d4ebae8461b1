"""When a load begins, and how much of the backlog one transaction takes.

Owns the limits that a user sets, and the choice among complete parts. A transaction ends at a
completed checkpoint: between an aborted one and the next, some subtasks have closed parts whose
counterparts of other subtasks belong to the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.staging.part import Part

MEGABYTE: Final = 1_000_000
# Files that COPY reads in seconds, by estimate: what is as large as that need not wait.
LOAD_ROWS: Final = 1_000_000
LOAD_MEGABYTES: Final = 500
# Ten such loads, so that a statement stays within `statement_seconds`. Not measured on a cluster.
TRANSACTION_ROWS: Final = 10_000_000
TRANSACTION_MEGABYTES: Final = 5_000


# A warehouse that bills for the time that it works is woken for a minute, fifteen minutes apart.
IDLE_SECONDS: Final = 900


@dataclass(frozen=True)
class Size:
    """How much parts hold: rows, and bytes of their files."""

    rows: int = 0
    bytes: int = 0

    @staticmethod
    def of(parts: Iterable[Part]) -> Size:
        """The sum of parts; accounts and the like have no file and do not count."""
        files = [part for part in parts if part.url]
        return Size(sum(part.rows for part in files), sum(part.size for part in files))

    def __add__(self, other: Size) -> Size:
        """Both together."""
        return Size(self.rows + other.rows, self.bytes + other.bytes)

    def reaches(self, limit: Size) -> bool:
        """Whether either is at its limit."""
        return self.rows >= limit.rows or self.bytes >= limit.bytes

    def exceeds(self, limit: Size) -> bool:
        """Whether either is above its limit."""
        return self.rows > limit.rows or self.bytes > limit.bytes


@dataclass(frozen=True)
class Schedule:
    """What the user sets.

    Attributes:
        interval: seconds between the beginnings of two loads; 0 loads at every checkpoint.
        early: what is complete and as large as this is loaded before the interval has passed.
        transaction: the most that one transaction takes, unless a single checkpoint's is more.
        idle: seconds between two loads that bring nothing but until when shards were read.
    """

    interval: int = 0
    early: Size = Size(LOAD_ROWS, LOAD_MEGABYTES * MEGABYTE)
    transaction: Size = Size(TRANSACTION_ROWS, TRANSACTION_MEGABYTES * MEGABYTE)
    idle: int = IDLE_SECONDS


AT_EVERY_CHECKPOINT: Final = Schedule()


def choose_parts(complete: Sequence[Part], checkpoints: Collection[int], limit: Size) -> list[Part]:
    """The oldest checkpoints' parts that fit into one transaction; at least one checkpoint's.

    `checkpoints` are completed ones, the last of which is at or after every part's epoch.
    """
    by_checkpoint = defaultdict[int, list[Part]](list)
    ordered = sorted(checkpoints)
    for part in complete:
        by_checkpoint[_closing(part, ordered)].append(part)
    chosen: list[Part] = []
    size = Size()
    for checkpoint in sorted(by_checkpoint):
        parts = by_checkpoint[checkpoint]
        size += Size.of(parts)
        if chosen and size.exceeds(limit):
            break
        chosen += parts
    return chosen


def needed_checkpoints(complete: Iterable[Part], checkpoints: Collection[int]) -> set[int]:
    """Those at which some of the parts became complete."""
    ordered = sorted(checkpoints)
    return {_closing(part, ordered) for part in complete}


def _closing(part: Part, checkpoints: Sequence[int]) -> int:
    """The first completed checkpoint at or after the part's epoch."""
    return checkpoints[bisect_left(checkpoints, part.epoch)]
