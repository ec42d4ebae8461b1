"""Which dead letters are put back, in which order, and the report. Pure: it calls nothing.

Order: shard by shard, by sequence number, which is the order in which they came. A letter is left
out when it was replayed already, when the selection does not name it, when it is so old that a
later delete of its key may be forgotten, or when no declaration can fix it: what is not JSON, or an
aggregate, would only become a dead letter again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.redshift.replay_marks import RecordId
from flink_app.records.rejected import Reason
from infra.replay.letters import Letter

# Only put back when asked for by name.
_UNFIXABLE: Final = (Reason.NOT_JSON, Reason.KPL_AGGREGATE)


@dataclass(frozen=True)
class Selection:
    """What the user names; None is everything."""

    table: str | None = None
    reason: str | None = None
    since: dt.datetime | None = None  # of arrival, included
    until: dt.datetime | None = None  # of arrival, not included
    limit: int | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is meant, but for the limit."""
        arrival = letter.coordinates.arrival_ms
        return (
            self.table in {None, letter.table}
            and self.reason in {None, letter.reason}
            and (self.since is None or (arrival is not None and arrival >= _millis(self.since)))
            and (self.until is None or (arrival is not None and arrival < _millis(self.until)))
        )


@dataclass(frozen=True)
class ReplayPlan:
    """What would be put back, in order, and what is left out."""

    letters: tuple[Letter, ...]
    in_ledger: int
    already: int
    not_selected: int
    too_old: int
    unfixable: Counter[str]
    behind_limit: int

    def lines(self) -> Iterator[str]:
        """The plan as text; never a value of a record."""
        yield from self._counts()
        yield f"to be put back: {len(self.letters):,}"
        if not self.letters:
            return
        counts = Counter((x.table or "-", x.reason, x.coordinates.shard) for x in self.letters)
        for (table, reason, shard), count in sorted(counts.items()):
            yield f"  {count:>9,}  {table}  {reason}  {shard}"
        yield "in this order, each shard's by sequence number:"
        for shard in dict.fromkeys(letter.coordinates.shard for letter in self.letters):
            of_shard = [
                letter.coordinates for letter in self.letters if letter.coordinates.shard == shard
            ]
            first, last = of_shard[0], of_shard[-1]
            yield (
                f"  {shard}: {first.sequence_number} ({_time(first.arrival_ms)}) "
                f"to {last.sequence_number} ({_time(last.arrival_ms)})"
            )
        again = sum(letter.is_replay for letter in self.letters)
        if again:
            yield f"{again:,} had been replayed before and became dead letters again"
        bare = [letter for letter in self.letters if not letter.has_room]
        if bare:
            yield (
                f"{len(bare):,} are not JSON objects: they are put back without their first "
                f"coordinates, so their new arrival determines their generation"
            )
            for letter in bare[:_LISTED]:
                coordinates = letter.coordinates
                yield f"  {coordinates.shard} {coordinates.sequence_number} ({letter.reason})"
            if len(bare) > _LISTED:
                yield f"  and {len(bare) - _LISTED:,} more"

    def _counts(self) -> Iterator[str]:
        """How many there are, and why the others are left out."""
        yield f"dead letters in the ledger's parts: {self.in_ledger:,}"
        yield f"  replayed already: {self.already:,}"
        yield f"  not selected: {self.not_selected:,}"
        if self.too_old:
            yield (
                f"  left out: {self.too_old:,} whose records reached the stream more than "
                f"bookkeeping.days (starjoin.redshift) ago. Rows that were deleted since could "
                f"come back with them: load those tables again instead"
            )
        for reason, count in sorted(self.unfixable.items()):
            yield (
                f"  left out: {count:,} for {reason}, which no declaration "
                f"fixes; --reason {reason} puts them back anyway"
            )
        if self.behind_limit:
            yield f"  behind the limit: {self.behind_limit:,}"


_LISTED: Final = 20


def plan_replay(
    letters: Iterable[Letter],
    already: set[RecordId],
    selection: Selection,
    is_recent: Callable[[int], bool] = lambda _: True,
) -> ReplayPlan:
    """Chooses and orders. A record that is in several parts counts once, by the newest of them.

    `is_recent` says of a record's first arrival, in milliseconds, whether it may still be replayed.
    """
    by_record = {letter.record_id: letter for letter in letters}
    open_letters = [letter for record_id, letter in by_record.items() if record_id not in already]
    selected = [letter for letter in open_letters if selection.takes(letter)]
    left_out = {*_UNFIXABLE} - {selection.reason}
    recent = [
        letter
        for letter in selected
        if letter.first_arrival_ms is None or is_recent(letter.first_arrival_ms)
    ]
    fixable = [letter for letter in recent if letter.reason not in left_out]
    ordered = sorted(fixable, key=_order)
    taken = ordered[: selection.limit]
    return ReplayPlan(
        letters=tuple(taken),
        in_ledger=len(by_record),
        already=len(by_record) - len(open_letters),
        not_selected=len(open_letters) - len(selected),
        too_old=len(selected) - len(recent),
        unfixable=Counter(x.reason for x in recent if x.reason in left_out),
        behind_limit=len(ordered) - len(taken),
    )


def _order(letter: Letter) -> tuple[str, str, int]:
    # Sequence numbers are numbers of up to 129 digits without leading zeros.
    return (
        letter.coordinates.stream,
        letter.coordinates.shard,
        int(letter.coordinates.sequence_number),
    )


def _millis(time: dt.datetime) -> int:
    return round(time.timestamp() * 1_000)


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "arrival unknown"
    return dt.datetime.fromtimestamp(milliseconds / 1_000, dt.UTC).isoformat(timespec="seconds")
