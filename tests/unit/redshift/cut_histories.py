"""Random histories of a stream and its loads, with what every cut of them must be.

A source commits changes; DMS brings them to shards, later and a little out of order; shards are
split and merged; readers that fail go on from a checkpoint, or from an older one. What is assumed
of the stream (`RULE`) holds, and no more than that.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from connectors.accounts import Account, Tip
from connectors.redshift.cuts import Cut, CutRule, Evidence

RULE: Final = CutRule(disorder_seconds=3, lag_seconds=40)
_BUCKETS: Final = 8  # of hash keys, that are dealt out to shards
_BUCKET: Final = 2**128 // _BUCKETS
_BEGIN: Final = 1_700_000_000  # seconds
_FIRST: Final = 95  # a sequence number: numbers get longer on their way
_NOTHING_PROMISED: Final = (Evidence.REPLAYING, Evidence.INCOMPLETE)


@dataclass(frozen=True, eq=False)
class Change:
    """One record: when it was committed, in seconds, and which bucket its key is in."""

    committed: int
    bucket: int
    says_time: bool = True


@dataclass
class Shard:
    """One shard, and when each of its records arrived."""

    name: str
    buckets: range
    parents: tuple[str, ...] = ()
    records: list[tuple[Change, int]] = field(default_factory=list)
    closed: bool = False


@dataclass
class Epoch:
    """What was read between two checkpoints, and how far each shard was read at its end."""

    accounts: list[Account] = field(default_factory=list)
    tips: list[Tip] = field(default_factory=list)
    read: list[Change] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """What a start goes on from."""

    positions: dict[str, int]
    ended: frozenset[str]
    pending: tuple[Epoch, ...]


class CutHistory:
    """One history; `run` raises AssertionError at a cut that is not right.

    Attributes:
        promises: cuts that said a time.
    """

    def __init__(self, seed: int, *, says_times: bool = True) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._says_times = says_times
        self._now = _BEGIN
        self._wire: list[list[Change]] = [[] for _ in range(_BUCKETS)]
        self._changes: list[Change] = []
        count = 1 + self._chance.randrange(3)
        bounds = sorted({0, _BUCKETS, *self._chance.sample(range(1, _BUCKETS), count - 1)})
        self._shards: dict[str, Shard] = {}
        for first, end in pairwise(bounds):
            self._add_shard(range(first, end))
        self._positions: dict[str, int] = {}
        self._ended: set[str] = set()
        self._announced: set[str] = set()
        self._epoch = Epoch()
        self._pending: list[Epoch] = []
        self._checkpoints = [Checkpoint({}, frozenset(), ())]
        self._completed = 0  # of the pending epochs, how many a checkpoint has
        self._loaded: set[int] = set()  # changes, by identity
        self._loaded_epochs: set[int] = set()
        self._greatest: dict[str, int] = {}
        self._kept: list[object] = []  # so that no identity is used again
        self.cut = Cut()
        self.promises = 0

    def _add_shard(self, buckets: range, parents: tuple[str, ...] = ()) -> None:
        name = f"shard-{len(self._shards)}"
        self._shards[name] = Shard(name, buckets, parents)

    def run(self, steps: int) -> None:
        """Something happens at random, so many times; then all is read and loaded."""
        acts = [
            (30, self._commit),
            (30, self._arrive),
            (12, self._pass_time),
            (3, self._reshard),
            (40, self._read),
            (12, self._tip),
            (14, self._checkpoint),
            (14, self._load),
            (3, self._restart),
        ]
        weights = [weight for weight, _ in acts]
        for _ in range(steps):
            self._chance.choices([act for _, act in acts], weights)[0]()
        self._finish()

    # -- the source, DMS and Kinesis

    def _commit(self) -> None:
        for _ in range(1 + self._chance.randrange(3)):
            says = self._says_times and self._chance.random() < 0.9
            change = Change(self._now, self._chance.randrange(_BUCKETS), says)
            self._wire[change.bucket].append(change)
            self._changes.append(change)
            self._kept.append(change)

    def _open_shards(self) -> list[Shard]:
        return [shard for shard in self._shards.values() if not shard.closed]

    def _arrive(self, most: int = 4) -> None:
        shard = self._chance.choice(self._open_shards())
        for _ in range(most):
            waiting = [change for bucket in shard.buckets for change in self._wire[bucket]]
            if not waiting:
                return
            limit = min(change.committed for change in waiting) + RULE.disorder_seconds
            change = self._chance.choice([c for c in waiting if c.committed <= limit])
            self._put(shard, change)

    def _put(self, shard: Shard, change: Change) -> None:
        self._wire[change.bucket].remove(change)
        shard.records.append((change, self._now))
        if self._chance.random() < 0.1:
            shard.records.append((change, self._now))  # as PutRecords repeats it

    def _pass_time(self) -> None:
        """Whatever DMS must have brought by then arrives first."""
        until = self._now + self._chance.choice((1, 1, 2, 5, 30))
        for shard in self._open_shards():
            waiting = [change for bucket in shard.buckets for change in self._wire[bucket]]
            for change in sorted(waiting, key=lambda each: each.committed):
                if change.committed + RULE.lag_seconds - 1 <= until:
                    self._put(shard, change)
        self._now = until

    def _reshard(self) -> None:
        shards = self._open_shards()
        shard = self._chance.choice(shards)
        if len(shard.buckets) > 1 and self._chance.random() < 0.6:
            middle = self._chance.choice(shard.buckets[1:])
            shard.closed = True
            self._add_shard(range(shard.buckets.start, middle), (shard.name,))
            self._add_shard(range(middle, shard.buckets.stop), (shard.name,))
        elif len(shards) > 1:
            ordered = sorted(shards, key=lambda each: each.buckets.start)
            first, second = self._chance.choice(list(pairwise(ordered)))
            first.closed = second.closed = True
            buckets = range(first.buckets.start, second.buckets.stop)
            self._add_shard(buckets, (first.name, second.name))

    # -- the readers

    def _readable(self) -> list[Shard]:
        return [
            shard
            for shard in self._shards.values()
            if shard.name not in self._ended and set(shard.parents) <= self._ended
        ]

    def _read(self) -> None:
        if self._readable():
            self._read_some(self._chance.choice(self._readable()), 1 + self._chance.randrange(5))

    def _read_some(self, shard: Shard, most: int) -> None:
        position = self._positions.setdefault(shard.name, 0)
        block = shard.records[position : position + most]
        if not block:
            self._end(shard)
            return
        self._positions[shard.name] = position + len(block)
        committed = [c.committed * 1_000_000 for c, _ in block if c.says_time]
        timed_arrival = max((at for c, at in block if c.says_time), default=0) * 1_000
        arrival = max(at for _, at in block) * 1_000
        self._epoch.accounts.append(
            Account(
                "changes",
                shard.name,
                "sale",
                str(_FIRST + position),
                str(_FIRST + position + len(block) - 1),
                len(block),
                0,
                0,
                0,
                arrival,
                first_committed=min(committed, default=None),
                last_committed=max(committed, default=None),
                commit_lag_ms=timed_arrival - max(committed) // 1_000 if committed else None,
            )
        )
        self._epoch.read += [change for change, _ in block]
        if shard.name not in self._announced:
            self._say(shard, None)

    def _end(self, shard: Shard) -> None:
        if shard.closed and self._positions.get(shard.name, 0) == len(shard.records):
            self._ended.add(shard.name)
            self._say(shard, None, ended=True)

    def _tip(self) -> None:
        """A reader finds a shard empty; what arrives in this second may still come."""
        for shard in self._readable():
            at_tip = self._positions.setdefault(shard.name, 0) == len(shard.records)
            if at_tip and self._chance.random() < 0.6:
                self._say(shard, self._now * 1_000)

    def _say(self, shard: Shard, read_until_ms: int | None, *, ended: bool = False) -> None:
        self._announced.add(shard.name)
        first, last = shard.buckets.start * _BUCKET, shard.buckets.stop * _BUCKET - 1
        self._epoch.tips.append(
            Tip("changes", shard.name, read_until_ms, ended, str(first), str(last))
        )

    # -- checkpoints and loads

    def _checkpoint(self) -> None:
        self._epoch.ends = dict(self._positions)
        self._pending.append(self._epoch)
        self._kept.append(self._epoch)
        self._epoch = Epoch()
        self._completed = len(self._pending)
        state = Checkpoint(dict(self._positions), frozenset(self._ended), tuple(self._pending))
        self._checkpoints.append(state)

    def _restart(self) -> None:
        """From the last checkpoint, or, as a person asked for it, from an older one."""
        if self._chance.random() < 0.5:
            index = self._chance.randrange(len(self._checkpoints))
            del self._checkpoints[index + 1 :]
        state = self._checkpoints[-1]
        self._positions, self._ended = dict(state.positions), set(state.ended)
        self._pending = list(state.pending)
        self._completed = len(self._pending)
        self._epoch, self._announced = Epoch(), set()
        self.cut = self.cut.begin_start()

    def _load(self) -> None:
        """All that is complete, or a part of it."""
        if not self._completed:
            return
        count = self._chance.randint(1, self._completed)
        taken, self._pending = self._pending[:count], self._pending[count:]
        self._completed -= count
        new = [epoch for epoch in taken if id(epoch) not in self._loaded_epochs]
        self._loaded_epochs |= {id(epoch) for epoch in new}
        accounts = [account for epoch in new for account in epoch.accounts]
        tips = [tip for epoch in new for tip in epoch.tips]
        if not accounts and not tips:
            return
        self._loaded |= {id(change) for epoch in new for change in epoch.read}
        before, self.cut = self.cut, self.cut.advance(accounts, tips, RULE)
        self._check(before, taken[-1].ends)

    def _check(self, before: Cut, ends: dict[str, int]) -> None:
        cut = self.cut
        assert cut.number == before.number + 1
        if before.complete_until is not None:
            assert cut.complete_until is not None, "a time was taken back"
            assert cut.complete_until >= before.complete_until, "the time went back"
        is_behind = any(ends.get(name, 0) < count for name, count in self._greatest.items())
        for name, count in ends.items():
            self._greatest[name] = max(count, self._greatest.get(name, 0))
        if is_behind:
            assert cut.evidence in _NOTHING_PROMISED, "promised while a shard is read again"
        if cut.evidence in _NOTHING_PROMISED:
            assert cut.complete_until == before.complete_until, "moved without evidence"
        if cut.complete_until is None:
            return
        self.promises += cut.evidence not in _NOTHING_PROMISED
        missing = [
            change
            for change in self._changes
            if change.committed * 1_000_000 < cut.complete_until and id(change) not in self._loaded
        ]
        assert not missing, f"{cut.evidence}: {missing} are not loaded at {cut.complete_until}"

    def _finish(self) -> None:
        """Nothing more is written: the time comes as close as the rule allows, by itself."""
        while any(self._wire):
            self._pass_time()
        self._now += 1
        while self._readable() and not self._is_read_out():
            for shard in self._readable():
                self._read_some(shard, 100)
        for shard in self._readable():
            self._say(shard, self._now * 1_000)
        self._checkpoint()
        while self._completed:
            self._load()
        assert self.cut.complete_until is not None
        late = self._now - self.cut.complete_until / 1_000_000
        assert late <= 2 * RULE.lag_seconds, f"{self.cut.evidence}: held back by {late} s"

    def _is_read_out(self) -> bool:
        return all(
            self._positions.get(shard.name, 0) == len(shard.records) and not shard.closed
            for shard in self._readable()
        )


def run_many(seeds: Iterable[int], steps: int = 150) -> int:
    """Runs a history for each seed; how many cuts have promised something."""
    promises = 0
    for seed in seeds:
        history = CutHistory(seed, says_times=seed % 5 > 0)
        history.run(steps)
        promises += history.promises
    return promises


def without_confirmation(cut: Cut) -> Cut:
    """A mutation of `Cut.begin_start`: as if readers always went on where they were."""
    return replace(cut)
