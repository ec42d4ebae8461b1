"""The order of a reconciliation, and what counts as a difference.

A look:

1. The position of the source's log is read: the start.
2. A snapshot begins at the source, and is held.
3. The log's position is read again, in another session: the end. Whatever the snapshot has was
   committed below it.
4. Wait until the warehouse is complete to the end.
5. A reading transaction begins at the warehouse. So it has everything that the snapshot has, and
   perhaps more: changes since the start. Keys with a position above the start are *hot*: rows,
   and for each path the dimensions that rows have.

The first look compares everything:

6. Checksums of ranges of keys on both sides, without what is hot.
7. Ranges that differ are narrowed down to keys and groups of columns. These are candidates.
   Where only what has changed since a cut is asked for, both sides leave out everything else: what
   the warehouse has no newer position of. A change that never reached it is not among that.

Further looks, at least `gap` seconds apart, compare the candidates, and what was hot in every look
so far: the latter as in 6 and 7, restricted to what has a position above the first start:

8. A group is *equal* as soon as both sides agree on it in one look. It is *different* when it
   differs in two looks in turn and its positions in the warehouse are the same in both: nothing
   has touched it, although everything that was committed before the first of them has been
   loaded. What is hot in a look is not judged by it. What is neither after the last look is
   *open*: it changes all the time.
9. What the exit code says is in `report`.

The waiting and the second look make it right, whether positions are those of changes or of
commits; leaving out what is hot only makes it cheap. Excused as in flight are a hot group, for
this look, and a candidate that the next look does not confirm; nothing else is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from flink_app.positions.position import commit_of, generation_of, make_position
from infra.aws.waiting import Clock
from infra.reconcile.comparison import Comparison, require_key
from infra.reconcile.errors import NotComparableError
from infra.reconcile.log_positions import to_commit
from infra.reconcile.looks import (
    ColumnDigests,
    Completeness,
    Extent,
    Hot,
    Sample,
    Since,
    Source,
    SourceLook,
    Thresholds,
    Warehouse,
    WarehouseLook,
    WarehouseRow,
)
from infra.reconcile.narrowing import Narrowed, narrow

LOOKS: Final = 4
GAP_SECONDS: Final = 30.0
LIMIT: Final = 1_000
# More hot keys than this are not left out: the looks that follow tell them apart all the same.
_MOST_HOT: Final = 100_000
# The source is given the keys of what has changed since a cut: with more, all is compared.
MOST_CHANGED: Final = 100_000


@dataclass(frozen=True)
class Settings:
    """How a reconciliation goes.

    Attributes:
        limit: of ranges that are narrowed down, and of candidates, in each comparison.
        looks: at most, the first among them.
        gap: seconds between two of them.
        sample: only these ranges.
        since: only what has changed since the cut that held then.
        orders_by_log: whether positions are known to be those of the source's log, so that what is
            hot can be seen.
    """

    limit: int = LIMIT
    looks: int = LOOKS
    gap: float = GAP_SECONDS
    sample: Sample | None = None
    since: dt.datetime | None = None
    orders_by_log: bool = True


@dataclass(frozen=True)
class Difference:
    """A key that differs, with what is stored in it, never with what it stands for.

    Attributes:
        key: its text.
        kind: missing in the warehouse, there without a row at the source (extra), or different.
        groups: the names of groups that differ, each with the names of its columns.
        deleted: of a key that the warehouse lacks, whether it has the delete of it.
        is_dead_letter: whether a dead letter has this key.
    """

    key: str
    kind: str
    groups: Mapping[str, tuple[str, ...]]
    deleted: bool = False
    is_dead_letter: bool = False


MISSING: Final = "missing"
EXTRA: Final = "extra"
DIFFERENT: Final = "different"


@dataclass
class Outcome:
    """What has come of one comparison.

    Attributes:
        comparison: which one.
        narrowed: what the first look has found.
        extent: the rows of the warehouse.
        hot: how many keys were left out of the first look; None if too many to leave out.
        differences: confirmed, by key.
        open_keys: those that no look could judge.
        unjudged: what was hot in every look.
        thresholds: of the first look.
        changed: how many keys have changed since the cut that was asked for; None where all of
            them are compared.
        refusal: why nothing was compared; empty where it was.
    """

    comparison: Comparison
    narrowed: Narrowed = field(default_factory=Narrowed)
    extent: Extent = field(default_factory=lambda: Extent(0, 0, 0, ()))
    hot: int | None = 0
    differences: list[Difference] = field(default_factory=list)
    open_keys: list[str] = field(default_factory=list)
    unjudged: Hot = field(default_factory=Hot)
    thresholds: Thresholds = ()
    changed: int | None = None
    refusal: str = ""


@dataclass(frozen=True)
class Look:
    """A look that has been taken.

    Attributes:
        start, end: positions of the source's log.
        evidence: why the warehouse was complete.
        newest_arrival_ms: of what was loaded by then; None where nothing was.
        received: bytes of answers, of source and warehouse.
        held: seconds for which the snapshot was held.
    """

    start: int
    end: int
    evidence: str
    newest_arrival_ms: int | None
    received: tuple[int, int]
    held: float


@dataclass
class Result:
    """Everything that a reconciliation has to say.

    Attributes:
        sample: which ranges were compared; None for all.
        looks: in order.
        outcomes: in the order of the comparisons.
        since: of what only later changes were compared; None for all.
    """

    sample: Sample | None = None
    looks: list[Look] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    since: Since | None = None


@dataclass
class _Candidate:
    """A key that is not judged yet.

    Attributes:
        positions: by group, those under which it differed in the last look.
        groups: that are neither equal nor different.
        confirmed: groups that are different, with their columns.
        kind: of the difference.
        deleted: see `Difference`.
    """

    positions: dict[int, tuple[str, ...]] = field(default_factory=dict)
    groups: set[int] = field(default_factory=set)
    confirmed: dict[int, tuple[str, ...]] = field(default_factory=dict)
    kind: str = DIFFERENT
    deleted: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether a further look has to judge it."""
        return bool(self.groups)


_Pending = tuple[Outcome, dict[str, _Candidate]]


class Reconciliation:
    """One reconciliation; the numbers are those above.

    Args:
        source: PostgreSQL.
        warehouse: Redshift.
        completeness: waits for the warehouse.
        clock: for the gap between looks.
        settings: how it goes.
        say: where progress goes, line by line.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - both sides, and how they are compared
        self,
        source: Source,
        warehouse: Warehouse,
        completeness: Completeness,
        clock: Clock,
        settings: Settings,
        say: Callable[[str], None],
    ) -> None:
        self._source = source
        self._warehouse = warehouse
        self._completeness = completeness
        self._clock = clock
        self._settings = settings
        self._say = say

    def run(self, comparisons: Sequence[Comparison]) -> Result:
        """Compares. Raises NotComparableError where no look can be taken."""
        result = Result(self._settings.sample)
        self._go_on(self._look_at_all(comparisons, result), result)
        return result

    def run_for_keys(
        self, keys: Mapping[str, Sequence[str]], among: Sequence[Comparison]
    ) -> Result:
        """Compares these keys alone, by the names of their comparisons.

        Raises NotComparableError where no look can be taken.
        """
        result = Result(None)
        pending: list[_Pending] = []
        for comparison in among:
            if comparison.name not in keys:
                continue
            every = range(len(comparison.groups))
            candidates = {key: _Candidate(groups=set(every)) for key in keys[comparison.name]}
            outcome = Outcome(comparison)
            result.outcomes.append(outcome)
            pending.append((outcome, candidates))
        with self.look(result) as (source, warehouse):
            for outcome, candidates in pending:
                self._judge(outcome, candidates, source, warehouse)
        self._go_on(pending, result)
        return result

    def _go_on(self, pending: list[_Pending], result: Result) -> None:
        """The looks after the first, and what remains after the last."""
        for _ in range(1, self._settings.looks):
            pending = [(o, c) for o, c in pending if _is_pending(c) or o.unjudged.count]
            if not pending:
                break
            self._look_again(pending, result)
        for outcome, candidates in pending:
            for key, candidate in candidates.items():
                if candidate.groups and candidate.confirmed:
                    outcome.differences.append(_difference(outcome.comparison, key, candidate))
                elif candidate.groups:
                    outcome.open_keys.append(key)
        for outcome in result.outcomes:
            outcome.differences.sort(key=lambda difference: difference.key)
            outcome.open_keys.sort()

    def _look_at_all(self, comparisons: Sequence[Comparison], result: Result) -> list[_Pending]:
        """The first look."""
        pending: list[_Pending] = []
        with self.look(result) as (source, warehouse):
            if self._settings.since is not None:
                result.since = _find_since(warehouse, self._settings.since)
            for comparison in comparisons:
                outcome = Outcome(comparison)
                result.outcomes.append(outcome)
                try:
                    require_key(comparison)
                    candidates = self._compare(outcome, source, warehouse, result.since)
                    pending.append((outcome, candidates))
                except NotComparableError as error:
                    outcome.refusal = str(error)
        return pending

    def _look_again(self, pending: Sequence[_Pending], result: Result) -> None:
        """A further look."""
        count = sum(c.is_pending for _, candidates in pending for c in candidates.values())
        hot = sum(outcome.unjudged.count for outcome, _ in pending)
        self._say(
            f"looking again in {self._settings.gap:g} s at {count} keys that differ and {hot} that "
            "were changing"
        )
        self._clock.sleep(self._settings.gap)
        with self.look(result) as (source, warehouse):
            for outcome, candidates in pending:
                if outcome.unjudged.count:
                    self._compare_unjudged(outcome, candidates, source, warehouse)
                self._judge(outcome, candidates, source, warehouse)

    @contextmanager
    def look(self, result: Result) -> Iterator[tuple[SourceLook, WarehouseLook]]:
        """One look, of which the result takes note. Raises NotComparableError."""
        with self._source.look() as source:  # 1, 2, 3
            began = self._clock.now()
            evidence = self._completeness.wait(source.end)  # 4
            with self._warehouse.look() as warehouse:  # 5
                newest = warehouse.read_newest_arrival()
                yield source, warehouse
                received = (source.received, warehouse.received)
        held = self._clock.now() - began
        result.looks.append(Look(source.start, source.end, evidence, newest, received, held))

    def _compare(
        self,
        outcome: Outcome,
        source: SourceLook,
        warehouse: WarehouseLook,
        since: Since | None,
    ) -> dict[str, _Candidate]:
        """5 to 7: the candidates of one comparison."""
        comparison = outcome.comparison
        outcome.extent = extent = warehouse.find_extent(comparison)
        thresholds = self._thresholds(comparison, extent, source.start)
        hot = warehouse.find_hot(comparison, thresholds, _MOST_HOT) if any(thresholds) else Hot()
        outcome.hot = None if hot is None else hot.count
        outcome.thresholds, outcome.unjudged = thresholds, hot or Hot()
        changed = self._find_changed(comparison, warehouse, extent, since)
        outcome.changed = None if changed is None else changed.count
        outcome.narrowed = narrow(
            comparison,
            source,
            warehouse,
            extent,
            Hot() if hot is None else hot,
            limit=self._settings.limit,
            sample=self._settings.sample,
            only=changed,
        )
        self._say(
            f"{comparison.name}: {outcome.narrowed.different} of {outcome.narrowed.ranges} ranges "
            f"differ, {len(outcome.narrowed.candidates)} keys in them"
        )
        candidates = {
            key: _Candidate(groups=set(range(len(comparison.groups))))
            for key in outcome.narrowed.candidates
        }
        if candidates:
            self._judge(outcome, candidates, source, warehouse)
        return candidates

    def _find_changed(
        self,
        comparison: Comparison,
        warehouse: WarehouseLook,
        extent: Extent,
        since: Since | None,
    ) -> Hot | None:
        """What has changed since a cut; None where everything is to be compared."""
        if since is None:
            return None
        generations = [generation_of(newest) for newest in extent.newest if newest]
        if any(generation > generation_of(since.position) for generation in generations):
            self._say(f"{comparison.name}: loaded again since; all of it is compared")
            return None
        thresholds = tuple(
            make_position(generation_of(newest), commit_of(since.position), 0) if newest else ""
            for newest in extent.newest
        )
        changed = warehouse.find_hot(comparison, thresholds, MOST_CHANGED)
        if changed is None:
            self._say(
                f"{comparison.name}: more than {MOST_CHANGED:,} keys have changed since; all of it "
                "is compared"
            )
        return changed

    def _compare_unjudged(
        self,
        outcome: Outcome,
        candidates: dict[str, _Candidate],
        source: SourceLook,
        warehouse: WarehouseLook,
    ) -> None:
        """6 and 7 for what was hot in every look so far."""
        comparison = outcome.comparison
        extent = warehouse.find_extent(comparison)
        thresholds = self._thresholds(comparison, extent, source.start)
        hot = warehouse.find_hot(comparison, thresholds, _MOST_HOT) or Hot()
        narrowed = narrow(
            comparison,
            source,
            warehouse,
            extent,
            hot,
            limit=self._settings.limit,
            sample=self._settings.sample,
            only=warehouse.find_hot(comparison, outcome.thresholds, _MOST_HOT),
        )
        outcome.narrowed.is_general |= narrowed.is_general
        for key in narrowed.candidates.keys() - candidates.keys():
            candidates[key] = _Candidate(groups=set(range(len(comparison.groups))))
        outcome.unjudged = outcome.unjudged.intersect(hot)

    def _thresholds(self, comparison: Comparison, extent: Extent, start: int) -> Thresholds:
        """For each group the position of the start, in the generation that the group has."""
        if not self._settings.orders_by_log:
            return ("",) * len(comparison.groups)
        return tuple(
            make_position(generation_of(newest), to_commit(start), 0) if newest else ""
            for newest in extent.newest
        )

    def _judge(
        self,
        outcome: Outcome,
        candidates: dict[str, _Candidate],
        source: SourceLook,
        warehouse: WarehouseLook,
    ) -> None:
        """8, for one look."""
        comparison = outcome.comparison
        keys = [key for key, candidate in candidates.items() if candidate.groups]
        expected = source.read_columns(comparison, keys)
        rows = warehouse.read_rows(comparison, keys)
        for key in keys:
            candidate = candidates[key]
            start = source.start if self._settings.orders_by_log else None
            _judge_key(comparison, candidate, expected.get(key), rows.get(key), start)
            if not candidate.groups and candidate.confirmed:
                outcome.differences.append(_difference(comparison, key, candidate))


def _find_since(warehouse: WarehouseLook, instant: dt.datetime) -> Since:
    since = warehouse.find_since(instant)
    if since is None:
        message = (
            f"--since: until {instant.isoformat(timespec='seconds').replace('+00:00', 'Z')} no cut "
            "was loaded that says up to which position of the log the warehouse was complete: name "
            "a later time, or leave --since out to compare everything"
        )
        raise NotComparableError(message)
    return since


def _is_pending(candidates: Mapping[str, _Candidate]) -> bool:
    return any(candidate.is_pending for candidate in candidates.values())


def _judge_key(
    comparison: Comparison,
    candidate: _Candidate,
    wanted: ColumnDigests | None,
    row: WarehouseRow | None,
    start: int | None,
) -> None:
    """Judges the groups of a key; one that a side lacks by its row alone."""
    present = None if row is None else row.digests
    if wanted is None or present is None:
        groups, kind = {0}, MISSING if present is None else EXTRA
    else:
        was_there = candidate.kind == DIFFERENT
        groups = set(candidate.groups if was_there else range(len(comparison.groups)))
        kind = DIFFERENT
    if kind != candidate.kind:  # it was another thing that differed
        candidate.positions.clear()
        candidate.confirmed.clear()
        candidate.kind = kind
    candidate.deleted = row is not None and row.digests is None
    remaining: set[int] = set()
    for group in groups:
        positions = _positions(comparison, group, row)
        if any(_is_hot(position, start) for position in positions):
            candidate.positions.pop(group, None)
            remaining.add(group)
            continue
        columns = _differing_columns(comparison, group, wanted, present)
        if columns is None:
            continue
        if candidate.positions.get(group) == positions:
            candidate.confirmed[group] = columns
        else:
            candidate.positions[group] = positions
            remaining.add(group)
    candidate.groups = remaining


def _positions(comparison: Comparison, group: int, row: WarehouseRow | None) -> tuple[str, ...]:
    """Of the row, of what the group's path leads through, and of the group; of a delete its own."""
    if row is None or row.digests is None:
        return () if row is None else row.positions
    numbers = dict.fromkeys((0, *comparison.groups[group].above, group))
    return tuple(row.positions[number] for number in numbers)


def _is_hot(position: str, start: int | None) -> bool:
    """Whether it is above the start, in whatever generation."""
    if start is None or not position:
        return False
    return position > make_position(generation_of(position), to_commit(start), 0)


def _differing_columns(
    comparison: Comparison, group: int, wanted: ColumnDigests | None, present: ColumnDigests | None
) -> tuple[str, ...] | None:
    """The columns of a group that differ; None where it is equal, nothing where a row is."""
    if wanted is None and present is None:
        return None
    if wanted is None or present is None:
        return ()
    columns = tuple(
        column.name
        for column, a, b in zip(
            comparison.groups[group].compared, wanted[group], present[group], strict=True
        )
        if a != b
    )
    return columns or None


def _difference(comparison: Comparison, key: str, candidate: _Candidate) -> Difference:
    groups = {
        comparison.groups[group].name: columns
        for group, columns in sorted(candidate.confirmed.items())
        if candidate.kind == DIFFERENT
    }
    return Difference(key, candidate.kind, groups, candidate.deleted)
