"""The names of peers and cases. Standard library only: the command line shows them."""

from __future__ import annotations

import enum
from typing import Final


@enum.unique
class Peer(enum.StrEnum):
    """An implementation."""

    JOB = "job"
    SPARK = "spark"
    BY_RECORD = "by-record"
    LEAN = "lean"

    @property
    def meaning(self) -> str:
        """What it is, in a line."""
        return _MEANINGS[self]

    @property
    def share(self) -> float:
        """Of the records of a trial, how many it reads: what is slow would take long."""
        return 0.25 if self is Peer.BY_RECORD else 1

    @property
    def is_endless(self) -> bool:
        """Whether it goes on when it has nothing more to read."""
        return self in {Peer.JOB, Peer.BY_RECORD}


_MEANINGS: Final = {
    Peer.JOB: "the real job; frames cross the JVM as in production",
    Peer.SPARK: "Spark Structured Streaming: the same rows, the same checks of records",
    Peer.BY_RECORD: "PyFlink with a record an element; dimensions are dicts instead of state",
    Peer.LEAN: "pyarrow alone in two processes: inserts only, no checks, no engine; a floor",
}


@enum.unique
class CaseName(enum.StrEnum):
    """A kind of records."""

    TICKETS = "tickets"
    SMALL_BLOCKS = "small-blocks"
    ORDER_BOOK = "order-book"
