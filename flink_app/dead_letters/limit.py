"""The limit on dead letters: a bad deploy or a changed source stops the job, with its reason.

Each subtask watches its own records, since it last started: facts by themselves where they are
decoded apart from the rest, and the rest with all of them. A stopped job loses nothing: the stream
keeps the records, and the job continues from its last checkpoint once the cause is fixed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, NoReturn

import pyarrow as pa

from connectors.accounts import Account
from connectors.failures import StarjoinError
from flink_app.records.rejected import Reason

# The share is taken over as many records as this, so that a few bad ones at the start do not stop.
WINDOW: Final = 10_000

_NO_LIMIT: Final = {"dead.letter.share": "1", "dead.letter.run": "0"}

_Cause = tuple[str | None, str]  # declared table, reason


@dataclass(frozen=True)
class DeadLetterLimit:
    """How many dead letters are let pass.

    Args:
        share: the greatest share of the records of a window; 1 is no limit.
        run: how many may follow each other without a change between them; 0 is no limit.
    """

    share: float = 0.5
    run: int = 5_000


class TooManyDeadLettersError(StarjoinError, RuntimeError):
    """More dead letters than the settings let pass; the message says why, and never a value."""


class DeadLetterWatch:
    """Counts block by block, and raises where the limit is passed."""

    def __init__(self, limit: DeadLetterLimit) -> None:
        self._limit = limit
        self._run = _Tally()
        self._window = _Tally()
        self._seen = 0

    def add(self, account: Account, dead_letters: pa.RecordBatch) -> None:
        """Takes note of one block. Records that are passed over are not counted."""
        if account.changed:
            self._run = _Tally()
        else:
            self._run.add(account.dead_lettered, dead_letters)
        self._window.add(account.dead_lettered, dead_letters)
        self._seen += account.changed + account.dead_lettered
        if self._limit.run and self._run.count > self._limit.run:
            self._run.stop(f"{self._run.count} records in a row", "dead.letter.run")
        self._judge_window()

    def pass_by(self, records: int) -> None:
        """Takes note of records that another operator of the subtask has taken."""
        if records:
            self._run = _Tally()
        self._seen += records
        self._judge_window()

    def _judge_window(self) -> None:
        if self._seen >= WINDOW:
            if self._window.count > self._limit.share * self._seen:
                extent = f"{self._window.count} of {self._seen} records"
                self._window.stop(extent, "dead.letter.share")
            self._seen, self._window = 0, _Tally()


class _Tally:
    """Dead letters, by table and reason: details differ by sizes, so the last of each is kept."""

    def __init__(self) -> None:
        self.count = 0
        self._causes: Counter[_Cause] = Counter()
        self._details: dict[_Cause, str] = {}

    def add(self, count: int, dead_letters: pa.RecordBatch) -> None:
        self.count += count
        if len(dead_letters):
            tables, reasons, details = (
                dead_letters[name].to_pylist() for name in ("table", "reason", "detail")
            )
            causes = list(zip(tables, reasons, strict=True))
            self._causes.update(causes)
            self._details.update(zip(causes, details, strict=True))

    def stop(self, extent: str, setting: str) -> NoReturn:
        """Says which cause is the most frequent, and what to do about it."""
        ((cause, count),) = self._causes.most_common(1)
        table, reason = cause
        prefix = f"table {table}, " if table else ""
        message = (
            f"{extent} became dead letters, {count} of them for {reason}: "
            f"{prefix}{self._details[cause]}. {Reason(reason).remedy}. Then start again from the "
            "last checkpoint or snapshot: nothing is lost as long as the stream keeps its records. "
            f"Or raise {setting} of starjoin.application to let them pass ({_NO_LIMIT[setting]}: "
            "no limit), and replay them once the cause is fixed"
        )
        raise TooManyDeadLettersError(message)
