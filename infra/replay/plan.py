"""Which dead letters are put back, in which order, and how that is told. Pure: nothing is called.

Order: shard by shard, by sequence number, which is the order in which they came. A letter is left
out when it was replayed already, when the selection does not name it, or when no declaration can
mend it: what is not JSON would only become a dead letter again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.redshift.replay_marks import Spot
from flink_app.records.rejected import Reason
from infra.replay.letters import Letter

# Only put back when asked for by name.
_BEYOND_MENDING: Final = Reason.NOT_JSON


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
    beyond_mending: int
    behind_limit: int

    def lines(self) -> Iterator[str]:
        """The plan as text; never a value of a record."""
        yield f"dead letters in the ledger's parts: {self.found:,}"
        yield f"  replayed already: {self.already:,}"
        yield f"  not selected: {self.not_selected:,}"
        if self.beyond_mending:
            yield (
                f"  left out: {self.beyond_mending:,} for {_BEYOND_MENDING}, which no declaration "
                f"mends; --reason {_BEYOND_MENDING} puts them back all the same"
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
            own = [letter.place for letter in self.letters if letter.place.shard == shard]
            yield (
                f"  {shard}: {own[0].sequence_number} ({_time(own[0].arrival_ms)}) to "
                f"{own[-1].sequence_number} ({_time(own[-1].arrival_ms)})"
            )
        again = sum(letter.is_replay for letter in self.letters)
        if again:
            yield f"{again:,} had been replayed before, and were bad again"
        bare = [letter for letter in self.letters if not letter.has_room]
        if bare:
            yield (
                f"{len(bare):,} are no JSON objects: they are put back as they were, without their "
                "first place, so they get the generation of their new arrival"
            )
            for letter in bare[:_LISTED]:
                yield f"  {letter.place.shard} {letter.place.sequence_number} ({letter.reason})"
            if len(bare) > _LISTED:
                yield f"  and {len(bare) - _LISTED:,} more"


_LISTED: Final = 20


def plan_replay(letters: Iterable[Letter], already: set[Spot], selection: Selection) -> ReplayPlan:
    """Chooses and orders. A record that is in several parts counts once, by the newest of them."""
    found = {letter.spot: letter for letter in letters}
    open_letters = [letter for spot, letter in found.items() if spot not in already]
    selected = [letter for letter in open_letters if selection.takes(letter)]
    mendable = [
        letter
        for letter in selected
        if letter.reason != _BEYOND_MENDING or selection.reason == _BEYOND_MENDING
    ]
    ordered = sorted(mendable, key=_order)
    taken = ordered[: selection.limit]
    return ReplayPlan(
        letters=tuple(taken),
        found=len(found),
        already=len(found) - len(open_letters),
        not_selected=len(open_letters) - len(selected),
        beyond_mending=len(selected) - len(mendable),
        behind_limit=len(ordered) - len(taken),
    )


def _order(letter: Letter) -> tuple[str, str, int]:
    # Sequence numbers are numbers of up to 129 digits without leading zeros.
    return letter.place.stream, letter.place.shard, int(letter.place.sequence_number)


def _millis(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1_000)


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "arrival unknown"
    return dt.datetime.fromtimestamp(milliseconds / 1_000, dt.UTC).isoformat(timespec="seconds")
