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
    BY_RECORD_STATE = "by-record-state"
    LEAN = "lean"

    @property
    def meaning(self) -> str:
        """What it is, in a line."""
        return _MEANINGS[self]

    @property
    def share(self) -> float:
        """Of the records of a trial, how many it reads: what is slow would take long."""
        return _SHARES.get(self, 1)

    @property
    def is_endless(self) -> bool:
        """Whether it goes on when it has nothing more to read."""
        return self in {Peer.JOB, Peer.BY_RECORD, Peer.BY_RECORD_STATE}

    @property
    def reads_dimensions(self) -> bool:
        """Whether they come to it as records; the others have them from files."""
        return self in {Peer.JOB, Peer.BY_RECORD_STATE}


_MEANINGS: Final = {
    Peer.JOB: "the real job; frames cross the JVM as in production",
    Peer.SPARK: "Spark Structured Streaming: the same rows, the same checks of records",
    Peer.BY_RECORD: "PyFlink with a record an element; dimensions are dicts instead of state",
    Peer.BY_RECORD_STATE: "PyFlink with a record an element and dimensions in broadcast state",
    Peer.LEAN: "pyarrow alone in two processes: inserts only, no checks, no engine; a floor",
}
_SHARES: Final = {Peer.BY_RECORD: 0.25, Peer.BY_RECORD_STATE: 0.02}


@enum.unique
class CaseName(enum.StrEnum):
    """A kind of records."""

    TICKETS = "tickets"
    SMALL_BLOCKS = "small-blocks"
    ORDER_BOOK = "order-book"
