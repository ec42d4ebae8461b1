"""Which dead letters are put back, in which order, and the report. Pure: it calls nothing.

Order: shard by shard, by sequence number, which is the order in which they came. A letter is left
out when it was replayed already, when the selection does not name it, or when no declaration can
fix it: what is not JSON would only become a dead letter again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.redshift.replay_marks import Coordinates
from flink_app.records.rejected import Reason
from infra.replay.letters import Letter

# Only put back when asked for by name.
_UNFIXABLE: Final = Reason.NOT_JSON


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
        arrival = letter.place.arrival_ms
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
    found: int
    already: int
    not_selected: int
    unfixable: int
    behind_limit: int

    def lines(self) -> Iterator[str]:
        """The plan as text; never a value of a record."""
        yield f"dead letters in the ledger's parts: {self.found:,}"
        yield f"  replayed already: {self.already:,}"
        yield f"  not selected: {self.not_selected:,}"
        if self.unfixable:
            yield (
                f"  left out: {self.unfixable:,} for {_UNFIXABLE}, which no declaration "
                f"fixes; --reason {_UNFIXABLE} puts them back anyway"
            )
        if self.behind_limit:
            yield f"  behind the limit: {self.behind_limit:,}"
        yield f"to be put back: {len(self.letters):,}"
        if not self.letters:
            return
        counts = Counter((x.table or "-", x.reason, x.place.shard) for x in self.letters)
        for (table, reason, shard), count in sorted(counts.items()):
            yield f"  {count:>9,}  {table}  {reason}  {shard}"
        yield "in this order, each shard's by sequence number:"
        for shard in dict.fromkeys(letter.place.shard for letter in self.letters):
            coordinates = [letter.place for letter in self.letters if letter.place.shard == shard]
            yield (
                f"  {shard}: {coordinates[0].sequence_number} ({_time(coordinates[0].arrival_ms)}) "
                f"to {coordinates[-1].sequence_number} ({_time(coordinates[-1].arrival_ms)})"
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
                yield f"  {letter.place.shard} {letter.place.sequence_number} ({letter.reason})"
            if len(bare) > _LISTED:
                yield f"  and {len(bare) - _LISTED:,} more"


_LISTED: Final = 20


def plan_replay(
    letters: Iterable[Letter], already: set[Coordinates], selection: Selection
) -> ReplayPlan:
    """Chooses and orders. A record that is in several parts counts once, by the newest of them."""
    found = {letter.coordinates: letter for letter in letters}
    open_letters = [letter for coordinates, letter in found.items() if coordinates not in already]
    selected = [letter for letter in open_letters if selection.takes(letter)]
    fixable = [
        letter
        for letter in selected
        if letter.reason != _UNFIXABLE or selection.reason == _UNFIXABLE
    ]
    ordered = sorted(fixable, key=_order)
    taken = ordered[: selection.limit]
    return ReplayPlan(
        letters=tuple(taken),
        found=len(found),
        already=len(found) - len(open_letters),
        not_selected=len(open_letters) - len(selected),
        unfixable=len(selected) - len(fixable),
        behind_limit=len(ordered) - len(taken),
    )


def _order(letter: Letter) -> tuple[str, str, int]:
    # Sequence numbers are numbers of up to 129 digits without leading zeros.
    return letter.place.stream, letter.place.shard, int(letter.place.sequence_number)


def _millis(time: dt.datetime) -> int:
    return round(time.timestamp() * 1_000)


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "arrival unknown"
    return dt.datetime.fromtimestamp(milliseconds / 1_000, dt.UTC).isoformat(timespec="seconds")
