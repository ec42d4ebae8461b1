"""Pruning: from which times on something that can be restored still needs the bookkeeping tables.

The loader prunes with its own statements, by time: what was loaded before some time goes. How long
things are kept is a setting, which promises that nothing older is needed. Here that promise is kept
for no longer than it has to be, since without pruning a missing fence or ledger seldom does harm.
The rules are those of the algorithm:

- a ledger row may go when no snapshot that can be restored has its part pending;
- a tombstone may go when every record of its key at or below its position is applied for good: it
  lies before the oldest such snapshot, and no part that waits to be loaded has it, not even one of
  a record that was read and loaded before. A dead letter that can be replayed is a record that is
  not applied.

With its tombstone the warehouse forgets that a key was deleted. What comes of it later is of a row
that was inserted again, whatever its position: a full load in the same generation has positions
below all changes, so it may show the row before the record of its insert does.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.redshift.ddl import TOMBSTONE_TIME
from connectors.redshift.ledger import now
from connectors.redshift.pruning import Cutoffs
from flink_app.declaration import POSITION
from infra.simulation.channels import Checkpoint
from infra.simulation.database import BOOKKEEPING, list_shown
from infra.simulation.faults import Warehouse
from infra.simulation.oracle import Identity, Oracle, find_newest
from infra.simulation.source import Key, Source, Version

Row = tuple[Any, ...]
Tombstone = tuple[str, Row]  # the target, and the row that stands for the delete


@dataclass
class _Before:
    """What there was when a pruning began.

    Attributes:
        ledger: kind and rows of each part.
        tombstones: of each that there was and that may go, what is forgotten with it.
    """

    ledger: dict[str, tuple[str, int]] = field(default_factory=dict)
    tombstones: dict[Tombstone, set[Identity]] = field(default_factory=dict)


class Pruning:
    """Says what may go, and remembers what the bookkeeping tables no longer say.

    Attributes:
        rows: by kind of part, rows of pruned ledger entries.
        forgotten: by target, versions of deleted facts whose tombstones were pruned.
    """

    def __init__(self, database: Warehouse, oracle: Oracle, source: Source) -> None:
        self.rows: Counter[str] = Counter()
        self.forgotten: defaultdict[str, set[Identity]] = defaultdict(set)
        self._database = database
        self._oracle = oracle
        self._source = source
        self._before: _Before | None = None

    def begin(
        self,
        needed: Iterable[str],
        restorable: Sequence[Checkpoint],
        loaded: Sequence[int],
        reached: Sequence[int],
    ) -> Cutoffs:
        """What may go now: parts but for those `needed`, or pending in what is `restorable`.

        `loaded` is how far all that is known to be read is also loaded, whatever was before.
        """
        before = self._before = _Before()
        safe = [
            min([count, *(checkpoint.offsets.get(shard, 0) for checkpoint in restorable)])
            for shard, count in enumerate(loaded)
        ]
        pending = {name for checkpoint in restorable for name in checkpoint.pending or {}}
        return Cutoffs(
            batches=self._batches({*needed, *pending}, before),
            tombstones=self._tombstones(self._forgettable(safe, reached), before),
        )

    def note_commit(self) -> None:
        """Something was committed: takes note of what a pruning has taken out, if it was one."""
        if self._before is None:
            return
        ledger = {part for part, *_ in self._ledger()}
        for part, (kind, rows) in self._before.ledger.items():
            if part not in ledger:
                self.rows[kind] += rows
        kept = {tombstone for tombstone, _ in self._read_tombstones()}
        for tombstone, versions in self._before.tombstones.items():
            if tombstone not in kept:
                self.forgotten[tombstone[0]] |= versions
        self._before = None

    def end(self) -> None:
        """The transaction is over, committed or not."""
        self._before = None

    def _batches(self, needed: set[str], before: _Before) -> dt.datetime:
        times = []
        for part, kind, rows, loaded_at in self._ledger():
            before.ledger[part] = (kind, rows)
            if part in needed:
                times.append(loaded_at)
        return min(times, default=now())

    def _tombstones(
        self, forgettable: dict[Tombstone, set[Identity]], before: _Before
    ) -> dt.datetime:
        times = []
        for tombstone, loaded_at in self._read_tombstones():
            if tombstone in forgettable:
                before.tombstones[tombstone] = forgettable[tombstone]
            else:
                times.append(loaded_at)
        return min(times, default=now())

    def _ledger(self) -> list[tuple[str, str, int, dt.datetime]]:
        rows = self._database.query(
            f"SELECT part, kind, row_count, loaded_at FROM {BOOKKEEPING}.ledger"
        )
        return [(part, kind, count, _time(loaded_at)) for part, kind, count, loaded_at in rows]

    def _read_tombstones(self) -> list[tuple[Tombstone, dt.datetime]]:
        """Every tombstone that there is, and when it was loaded."""
        buried = []
        for target in self._source.declaration.targets:
            names = [*self._oracle.key_columns(target), POSITION, TOMBSTONE_TIME]
            listed = list_shown(names, [POSITION])
            sql = f'SELECT {listed} FROM {BOOKKEEPING}."tombstones_{target}"'
            for *row, loaded_at in self._database.query(sql):
                buried.append(((target, tuple(row)), _time(loaded_at)))
        return buried

    def _forgettable(
        self, safe: Sequence[int], reached: Sequence[int]
    ) -> dict[Tombstone, set[Identity]]:
        """The tombstones that may go; of each, all versions of its key that are applied."""
        held, shards = self._held_back(safe), self._source.shards
        applied: defaultdict[tuple[str, Key], set[Identity]] = defaultdict(set)
        for records, count in zip(shards, reached, strict=True):
            for record in records[:count]:
                for version in record.versions:
                    applied[version.table, version.key].add(version.identity)
        forgettable = {}
        for target, declared in self._source.declaration.targets.items():
            fact = declared.fact
            facts = find_newest(shards, reached, forgotten=self.forgotten[target])
            for version in facts.get(fact, {}).values():
                waits = held[fact, version.key]
                if not self._oracle.counts(target, version.row) and not any(
                    other.position <= version.position for other in waits
                ):
                    tombstone = (target, self._oracle.tombstone(version))
                    forgettable[tombstone] = applied[fact, version.key]
        return forgettable

    def _held_back(self, safe: Sequence[int]) -> defaultdict[tuple[str, Key], list[Version]]:
        """Changes that have not been applied for good, by table and key."""
        records = [record for _, record in (*self._source.wire, *self._source.letters)]
        for shard, count in zip(self._source.shards, safe, strict=True):
            records += shard[count:]
        held: defaultdict[tuple[str, Key], list[Version]] = defaultdict(list)
        for record in records:
            for version in record.known_versions:
                held[version.table, version.key].append(version)
        return held


def _time(value: Any) -> dt.datetime:
    """A time as either warehouse returns it."""
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value
