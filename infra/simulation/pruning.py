"""Pruning: what nothing that can be restored needs any more goes out of ledger and tombstones.

The application does not prune yet. Pruning is a provocation: without it a missing fence or ledger
seldom does harm. The rules are those of the algorithm: a ledger row goes when no snapshot that can
be restored has its part pending, a tombstone when every record of its key at or below its position
is applied and lies before the oldest such snapshot.
"""

from __future__ import annotations

from infra.simulation.attempt import Attempt
from infra.simulation.channels import Checkpoint
from infra.simulation.database import BOOKKEEPING
from infra.simulation.faults import Warehouse
from infra.simulation.oracle import Lines, Oracle, find_newest
from infra.simulation.source import Source, Version


class Pruning:
    """Prunes, and remembers what the bookkeeping tables no longer say.

    Attributes:
        rows: by kind of part, rows of pruned ledger entries.
    """

    def __init__(self, database: Warehouse, oracle: Oracle, source: Source) -> None:
        self.rows: dict[str, int] = {}
        self._database = database
        self._oracle = oracle
        self._source = source
        self._tombstones: set[tuple[str, tuple[object, ...]]] = set()

    def prune(self, attempt: Attempt, oldest: Checkpoint, reached: list[int]) -> None:
        """Takes out everything that may go; `oldest` is the only checkpoint to be restored."""
        self._prune_ledger(attempt, oldest)
        safe = [min(oldest.offsets.get(shard, 0), count) for shard, count in enumerate(reached)]
        self._prune_tombstones(safe, reached)

    def leave_out(self, target: str, tombstones: Lines) -> Lines:
        """The expected tombstones but for those that were pruned."""
        return [
            tombstone for tombstone in tombstones if (target, tombstone) not in self._tombstones
        ]

    def _prune_ledger(self, attempt: Attempt, oldest: Checkpoint) -> None:
        needed = {*(oldest.pending or {}), *attempt.list_pending()}
        if attempt.checkpoint is not None:
            needed |= {*(attempt.checkpoint.pending or {})}
        for name, kind, rows in self._database.query(
            f"SELECT part, kind, row_count FROM {BOOKKEEPING}.ledger"
        ):
            if name not in needed:
                self.rows[kind] = self.rows.get(kind, 0) + rows
                self._database.execute(f"DELETE FROM {BOOKKEEPING}.ledger WHERE part = ?", [name])

    def _prune_tombstones(self, safe: list[int], reached: list[int]) -> None:
        held = self._held_back(safe)
        applied = find_newest(self._source.shards, reached)
        declaration = self._source.declaration
        for target, declared in declaration.targets.items():
            fact = declared.fact
            names = [*self._oracle.key_columns(target), "_pos"]
            for version in applied.get(fact, {}).values():
                waits = held.get((fact, version.key), [])
                if version.row is None and not any(
                    other.position <= version.position for other in waits
                ):
                    row = self._oracle.tombstone(version)
                    condition = " AND ".join(f'"{name}" = ?' for name in names)
                    self._database.execute(
                        f'DELETE FROM {BOOKKEEPING}."tombstones_{target}" WHERE {condition}', row
                    )
                    self._tombstones.add((target, row))

    def _held_back(self, safe: list[int]) -> dict[tuple[str, object], list[Version]]:
        """Changes that have not been applied for good, by table and key."""
        unapplied = [record for _, record in self._source.wire]
        for shard, count in zip(self._source.shards, safe, strict=True):
            unapplied += shard[count:]
        held: dict[tuple[str, object], list[Version]] = {}
        for record in unapplied:
            for version in record.versions:
                held.setdefault((version.table, version.key), []).append(version)
        return held
