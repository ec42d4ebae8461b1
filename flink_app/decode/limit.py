"""The limit on dead letters: a bad deploy or a changed source stops the job, with its reason.

Each subtask watches its own records, since it last started. A stopped job loses nothing: the stream
keeps the records, and the job goes on from its last checkpoint once the cause is mended.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from connectors.accounts import Account

# The share is taken over as many records as this, so that a few bad ones at the start do not stop.
WINDOW: Final = 10_000


@dataclass(frozen=True)
class DeadLetterLimit:
    """How many dead letters are let pass.

    Args:
        share: the greatest share of the records of a window; 1 is no limit.
        run: how many may follow each other without a change between them; 0 is no limit.
    """

    share: float = 0.5
    run: int = 5_000


class TooManyDeadLettersError(RuntimeError):
    """More dead letters than the settings let pass; the message says why, and never a value."""


class DeadLetterWatch:
    """Counts block by block, and raises where the limit is passed."""

    def __init__(self, limit: DeadLetterLimit) -> None:
        self._limit = limit
        self._run = 0
        self._seen = 0
        self._dead = 0
        self._latest: pa.RecordBatch | None = None

    def add(self, account: Account, dead_letters: pa.RecordBatch) -> None:
        """Takes note of one block. Records that are passed over count as nothing."""
        if len(dead_letters):
            self._latest = dead_letters.select(["table", "reason", "detail"])
        self._run = 0 if account.changed else self._run + account.dead_lettered
        self._seen += account.changed + account.dead_lettered
        self._dead += account.dead_lettered
        if self._limit.run and self._run > self._limit.run:
            self._stop(f"{self._run} records in a row", "dead.letter.run")
        if self._seen >= WINDOW:
            if self._dead > self._limit.share * self._seen:
                self._stop(f"{self._dead} of {self._seen} records", "dead.letter.share")
            self._seen = self._dead = 0

    def _stop(self, what: str, setting: str) -> None:
        letters = [] if self._latest is None else self._latest.to_pylist()
        ((table, reason, detail), _), *_ = Counter(tuple(x.values()) for x in letters).most_common(
            1
        )
        of = f"table {table}, " if table else ""
        message = (
            f"{what} became dead letters, of late most often for {reason}: {of}{detail}. Mend the "
            f"declaration, the source or DMS, or let them pass by a greater {setting} of "
            "starjoin.application; nothing is lost as long as the stream keeps its records"
        )
        raise TooManyDeadLettersError(message)
