"""Whether the warehouse has everything that had arrived on the stream by some time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from infra.aws.stream import ChangeStream
from infra.aws.waiting import Clock
from infra.aws.warehouse import Bookkeeping

# More than clocks of one region differ by.
MARGIN_MS: Final = 60_000


@dataclass(frozen=True)
class Drain:
    """The stream and the bookkeeping tables of one application.

    Attributes:
        stream: that it reads.
        bookkeeping: of its warehouse.
        clock: for the time of day.
    """

    stream: ChangeStream
    bookkeeping: Bookkeeping
    clock: Clock

    def shards_behind(self, until_ms: int) -> list[str] | None:
        """Shards with a record that arrived up to shortly after a time and is not loaded.

        None while the clock has not reached that time, so that records may still arrive.
        """
        until_ms += MARGIN_MS
        if self.clock.milliseconds() < until_ms:
            return None
        return self.stream.find_unloaded(self.bookkeeping.read_loaded(), until_ms)
