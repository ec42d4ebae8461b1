"""What follows from what is known of a row. Pure: it calls nothing.

Of a group the change that set it is named by the position in the row, which is exact. Which load
brought it is exact where a staged part has that position for that key; otherwise the accounts say
before which load it cannot have been, and that no earlier one reaches its position.

A change whose position is lower than that of the row is superseded, whenever it comes. A staged
change with a higher one, in a load from before the row was read, means that the row is wrong.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.accounts import Gap
from flink_app.declaration.dms_records import Positions
from flink_app.positions.position import UNKNOWN, generation_of
from infra.explain.key import StoredKey
from infra.explain.known import (
    Batch,
    KeyLetter,
    Known,
    Origin,
    PartSearch,
    ReadRange,
    StagedChange,
    StoredGroup,
    StreamRecord,
    StreamSearch,
)
from infra.explain.layout import Group, Layout
from infra.explain.positions import DecodedPosition, decode_position


class Verdict(enum.StrEnum):
    """What there is of a row, or why there is none."""

    PRESENT = "present"
    DELETED = "deleted"  # by a change, or it stopped counting
    SWEPT = "below the floor"  # a reload did not bring it again
    DEAD_LETTER = "dead letter"  # its changes are among the dead letters
    LOST = "lost"  # loaded, and gone without a change that says so
    NEVER_SEEN = "never seen"


@dataclass(frozen=True)
class ExplainedChange:
    """The change that a group, or the absence of a row, comes from.

    Attributes:
        position: of the change.
        loaded: where it was found among the staged parts; None where it was not.
        earliest: the load that brought it; where `loaded` is None, the first that may have.
        is_summed: whether loads before that may have brought it as well.
        ranges: what that load read of its table.
        record: on the stream; None where it was not found.
    """

    position: DecodedPosition
    loaded: StagedChange | None
    earliest: Batch | None
    is_summed: bool
    ranges: tuple[ReadRange, ...]
    record: StreamRecord | None = None

    @property
    def is_exact(self) -> bool:
        """Whether its record is known, as where its load read one record of its table."""
        if self.record is not None:
            return True
        only = self.ranges[0] if len(self.ranges) == 1 and self.loaded is not None else None
        return only is not None and only.first_sequence_number == only.last_sequence_number


@dataclass(frozen=True)
class ExplainedGroup:
    """Where the columns of a group come from.

    Attributes:
        group: the columns.
        key: of the row of the source; None where the reference is NULL.
        change: that set them; None where no change of that key is loaded.
        is_empty: whether all of its columns are NULL.
        touched: staged changes of the same key that reached the row after it was loaded itself.
        superseded: staged changes of the same key that are older.
        missed: staged changes that are newer and should have set them.
    """

    group: Group
    key: StoredKey | None
    change: ExplainedChange | None
    is_empty: bool = False
    touched: tuple[StagedChange, ...] = ()
    superseded: tuple[StagedChange, ...] = ()
    missed: tuple[StagedChange, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """What can be said of a row.

    Attributes:
        target: its name.
        key: as it is stored.
        verdict: whether there is a row, or why not.
        reasons: the verdict in sentences.
        groups: of the row; of a row that is not there, what is known of the fact alone.
        letters: dead letters of its keys.
        gaps: in the stream.
        unknown: what cannot be said, and why, in sentences.
    """

    target: str
    key: StoredKey
    verdict: Verdict
    reasons: tuple[str, ...]
    groups: tuple[ExplainedGroup, ...]
    letters: tuple[KeyLetter, ...]
    gaps: tuple[Gap, ...]
    unknown: tuple[str, ...]


def explain(layout: Layout, known: Known, kind: Positions) -> Explanation:
    """The explanation of a row.

    Args:
        layout: of its target.
        known: what was read.
        kind: of the declaration's positions.
    """
    groups: tuple[ExplainedGroup, ...]
    if known.row is None:
        verdict, reasons, groups = _explain_absence(layout, known, kind)
    else:
        verdict, reasons = Verdict.PRESENT, ()
        groups = tuple(_explain_groups(layout, known, known.row, kind))
    return Explanation(
        layout.target.table,
        known.key,
        verdict,
        reasons,
        groups,
        known.letters.letters,
        known.bookkeeping.gaps,
        tuple(_list_unknown(known, groups)),
    )


def find_loaded(search: PartSearch, position: str) -> StagedChange | None:
    """The staged change of this position that was loaded first: a later one is the same, reread."""
    return next((change for change in search.changes if change.position == position), None)


def _explain_groups(
    layout: Layout, known: Known, row: Mapping[Group, StoredGroup], kind: Positions
) -> Iterator[ExplainedGroup]:
    row_change = find_loaded(
        known.searches.get(layout.fact, PartSearch()), row[layout.fact].position
    )
    for group in layout.groups:
        stored = row[group]
        search = known.searches.get(group, PartSearch())
        change = _explain_change(group, stored.position, known, kind)
        changes = _take_first_loads(search.changes)
        touched = [
            each
            for each in changes
            if row_change is not None
            and not group.is_of_fact
            and _is_later(each.part.batch, row_change)
        ]
        yield ExplainedGroup(
            group,
            stored.key,
            change,
            is_empty=stored.is_empty,
            touched=tuple(each for each in touched if each.position <= stored.position),
            superseded=tuple(each for each in changes if each.position < stored.position),
            missed=_find_missed(changes, group, stored.position, known),
        )


def _explain_change(
    group: Group, position: str, known: Known, kind: Positions
) -> ExplainedChange | None:
    decoded = decode_position(position, kind)
    if decoded is None:
        return None
    loaded = find_loaded(known.searches.get(group, PartSearch()), position)
    origin = known.origins.get((group.table, position), Origin())
    batch = loaded.part.batch if loaded else origin.earliest
    ranges = known.ranges.get((batch.name, group.table), ()) if batch else ()
    return ExplainedChange(
        decoded,
        loaded,
        batch,
        is_summed=origin.is_summed and loaded is None,
        ranges=select_ranges(ranges, decoded),
        record=known.records.get((group.table, position), StreamSearch()).record,
    )


def select_ranges(ranges: Iterable[ReadRange], position: DecodedPosition) -> tuple[ReadRange, ...]:
    """Those of what a load read in which the change may be: that reach its position."""
    return tuple(
        read for read in ranges if position.is_load or read.last_position >= position.digits
    )


def _take_first_loads(changes: Iterable[StagedChange]) -> tuple[StagedChange, ...]:
    """Each position once, as it was loaded first."""
    first: dict[str, StagedChange] = {}
    for change in changes:
        first.setdefault(change.position, change)
    return tuple(first.values())


def _find_missed(
    changes: Iterable[StagedChange], group: Group, position: str, known: Known
) -> tuple[StagedChange, ...]:
    """Newer changes than the one that is there, but for those that a floor has made irrelevant."""
    floor = known.bookkeeping.floors.of(group.table)
    return tuple(
        change
        for change in changes
        if change.position > position and generation_of(change.position) >= floor
    )


def _is_later(batch: Batch, than: StagedChange) -> bool:
    """Whether a load came after that which brought a change."""
    time, other = batch.loaded_at, than.part.batch.loaded_at
    return (
        batch.name != than.part.batch.name
        and time is not None
        and other is not None
        and (time > other)
    )


def _explain_absence(
    layout: Layout, known: Known, kind: Positions
) -> tuple[Verdict, tuple[str, ...], tuple[ExplainedGroup, ...]]:
    """Why there is no row, in sentences, and what is known of its last change."""
    fact, search = layout.fact, known.searches.get(layout.fact, PartSearch())
    newest = max(search.changes, key=lambda change: change.position, default=None)
    position = UNKNOWN
    if known.delete is not None:
        verdict, position = Verdict.DELETED, known.delete.position
        reasons = [_say_deleted(layout)]
    elif newest is not None:
        position = newest.position
        verdict, reason = _judge_newest(layout, known, newest)
        reasons = [reason]
    elif any(letter.has_key and not letter.is_replayed for letter in known.letters.letters):
        verdict = Verdict.DEAD_LETTER
        reasons = ["nothing of this key was loaded, and there are dead letters of it"]
    else:
        verdict = Verdict.NEVER_SEEN
        reasons = [*_list_chances(layout, known)]
    change = _explain_change(fact, position, known, kind)
    if change is None:
        return verdict, tuple(reasons), ()
    changes = _take_first_loads(search.changes)
    group = ExplainedGroup(
        fact,
        known.key,
        change,
        superseded=tuple(each for each in changes if each.position < position),
        missed=_find_missed(changes, fact, position, known),
    )
    return verdict, tuple(reasons), (group,)


def _say_deleted(layout: Layout) -> str:
    causes = ["its row was deleted at the source", "its key was changed there"]
    if layout.is_filtered:
        causes.append("it no longer fulfils the target's `where`")
    return f"a change took it out: {', or '.join(causes)}"


def _judge_newest(layout: Layout, known: Known, newest: StagedChange) -> tuple[Verdict, str]:
    """Why the newest staged change of a key has left neither a row nor a tombstone."""
    floor = known.bookkeeping.floors.of(layout.fact.table)
    if generation_of(newest.position) < floor:
        return Verdict.SWEPT, (
            f"its newest change is of generation {generation_of(newest.position)}, and the floor "
            f"of {layout.fact.table} is {floor}: a reload did not bring the row again, so it had "
            "vanished at the source"
        )
    if newest.deletes:
        return Verdict.DELETED, f"{_say_deleted(layout)}. Its tombstone is no longer kept"
    return Verdict.LOST, (
        "its newest change is no delete, was loaded, and has left no row: somebody else has taken "
        "it out of the warehouse. Compare with the source (`starjoin reconcile`), and load the "
        f"table again (`starjoin reload --table {layout.fact.table}`)"
    )


def _list_chances(layout: Layout, known: Known) -> Iterator[str]:
    """What may have become of a key of which nothing is known."""
    yield "there is no row, no tombstone, no staged change and no dead letter of this key"
    floor = known.bookkeeping.floors.of(layout.fact.table)
    if floor:
        yield (
            f"if it had a row of a generation below {floor}, the floor of {layout.fact.table}, a "
            "reload has swept it"
        )
    if known.bookkeeping.gaps:
        yield "if its changes were in a gap of the stream, they are lost: see the gaps"
    if known.deletes_kept_days:
        yield (
            f"if it was deleted more than {known.deletes_kept_days} days ago, its tombstone is no "
            "longer kept"
        )


def _list_unknown(known: Known, groups: Sequence[ExplainedGroup]) -> Iterator[str]:
    """What cannot be said of a row, and why."""
    yield from _list_unsearched(known)
    yield from _list_inexact(known, [each.change for each in groups if each.change is not None])


def _list_unsearched(known: Known) -> Iterator[str]:
    """What was not looked at, is gone, or is still to come."""
    until = known.bookkeeping.complete_until
    if until is None:
        yield "until when everything is loaded: no cut says so (`starjoin cut`)"
    else:
        yield f"what was committed after {until.isoformat()}Z: it need not be loaded yet"
    searches = [*known.searches.values()]
    if not searches:
        yield "which part and epoch brought a change: staged parts were not searched"
    if any(search.is_partial for search in searches):
        yield "what is in the parts that were not searched: give a greater --parts"
    if expired := sum(search.expired for search in searches):
        yield f"what was in {expired:,} parts of the ledger whose files have expired"
    if unlike := sum(search.unlike for search in searches):
        yield (
            f"what is in {unlike:,} parts that were staged under another declaration, with other "
            "columns or types of the key"
        )
    if known.letters.is_partial:
        yield "what is in the parts of dead letters that were not searched: give a greater --parts"
    if known.letters.expired:
        expired = known.letters.expired
        yield f"what was in {expired:,} parts of dead letters whose files have expired"


def _list_inexact(known: Known, changes: Sequence[ExplainedChange]) -> Iterator[str]:
    """What is not known of changes that are named."""
    if any(search.is_partial for search in known.records.values()):
        yield "what is in the records that were not read: give a greater --records"
    elif any(search.record is None for search in known.records.values()):
        yield "which record some changes were: the stream no longer has it between these numbers"
    until = known.bookkeeping.summed_until
    if until is not None and any(c.is_summed or c.earliest is None for c in changes):
        yield f"which load it was before {until.isoformat()}Z: these accounts are summed up"
    if any(not change.is_exact for change in changes):
        yield (
            "the sequence number of a change, and when it arrived and was committed, but for what "
            "its position says: all that is known lies within what its load read, as printed. "
            "--records reads the stream for it, as long as it has the record"
        )
    if any(len(change.position.readings) > 1 for change in changes):
        yield (
            "which database a position is of, since the declaration has `positions: auto`: "
            "everything that it may be is printed"
        )
