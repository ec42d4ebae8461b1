"""The tally of a block: its records counted by table and by what became of them; commit times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import CONTROL, UNDECLARED, Account
from connectors.kinesis.frame import RecordBlock
from flink_app.records.arrays import Rows
from flink_app.records.parsed import Numbers, ParsedBlock, ParsedRow, Skipped, SkippedColumns
from flink_app.records.plan import METADATA
from flink_app.records.values import timestamp_micros

ByTable = Counter[str]


@dataclass
class Tally:
    """Counts by table, as `connectors.accounts` names tables.

    Attributes:
        changed: records that became changes.
        split: those of them that became two.
        dead_lettered: records that are dead letters.
        passed_over: records of no concern.
        below_floor: changes of a generation that a reload has replaced.
        committed: the earliest and the latest commit time among a table's records, microseconds
            since 1970.
        newest_committed: the row of the last record that says one.
    """

    changed: ByTable = field(default_factory=Counter)
    split: ByTable = field(default_factory=Counter)
    dead_lettered: ByTable = field(default_factory=Counter)
    passed_over: ByTable = field(default_factory=Counter)
    below_floor: ByTable = field(default_factory=Counter)
    committed: dict[str, tuple[int, int]] = field(default_factory=dict)
    newest_committed: int = -1

    def note_commits(self, parsed: ParsedBlock) -> None:
        """Takes in the commit times of a block, of undeclared tables too; not of dead letters."""
        for columns in parsed.tables:
            committed = np.where(columns.good, columns.ordering.committed, 0)
            self._add_commits(columns.table.name, columns.rows, committed)
        for skipped in parsed.skipped:
            committed = _commits_of(skipped)
            for kind, mask in ((CONTROL, skipped.control), (UNDECLARED, ~skipped.control)):
                self._add_commits(kind, skipped.rows[mask], committed[mask])
        for record in parsed.slow:
            match record.outcome:
                case ParsedRow(table, _):
                    name = table.name
                case Skipped(kind):
                    name = kind
                case _:
                    continue
            micros = timestamp_micros(record.envelope[METADATA].get("commit-timestamp"))
            row = np.array([record.row], np.int64)
            self._add_commits(name, row, np.array([micros or 0], np.int64))

    def _add_commits(self, table: str, rows: Rows, committed: Numbers) -> None:
        says = committed > 0
        if not says.any():
            return
        known = committed[says]
        first, last = self.committed.get(table, (int(known[0]), int(known[0])))
        self.committed[table] = min(first, int(known.min())), max(last, int(known.max()))
        self.newest_committed = max(self.newest_committed, int(rows[says].max()))

    def accounts(self, block: RecordBlock) -> tuple[Account, ...]:
        """One account for each table that the block has records of."""
        read: ByTable = Counter()
        for counts in (self.changed, self.dead_lettered, self.passed_over, self.below_floor):
            read.update(counts)
        first = block.sequence_numbers[0].as_py()
        last = block.sequence_numbers[len(block) - 1].as_py()
        arrival = pc.max(block.arrival.view(pa.int64())).as_py()
        commits = self._believe_commits(arrival)
        lag = self._measure_lag(block, commits)
        return tuple(
            Account(
                stream=block.stream,
                shard=block.shard,
                table=table,
                first_sequence_number=first,
                last_sequence_number=last,
                read=count,
                split=self.split[table],
                dead_lettered=self.dead_lettered[table],
                passed_over=self.passed_over[table],
                last_arrival_ms=arrival,
                below_floor=self.below_floor[table],
                first_committed=commits[table][0] if table in commits else None,
                last_committed=commits[table][1] if table in commits else None,
                commit_lag_ms=lag if table in commits else None,
            )
            for table, count in read.items()
            if count
        )

    def _measure_lag(self, block: RecordBlock, commits: dict[str, tuple[int, int]]) -> int | None:
        """How long the newest record that says a commit time had been under way, milliseconds."""
        if not commits:
            return None
        arrival = block.arrival[self.newest_committed].value
        return (
            None
            if arrival is None
            else arrival - max(last for _, last in commits.values()) // 1_000
        )

    def _believe_commits(self, arrival: int | None) -> dict[str, tuple[int, int]]:
        """Commit times that are no later than the block: one record must not date all that come."""
        if arrival is None:
            return self.committed
        limit = arrival * 1_000
        return {
            t: (min(first, limit), min(last, limit)) for t, (first, last) in self.committed.items()
        }


def _commits_of(skipped: SkippedColumns) -> Numbers:
    """When each was committed, microseconds since 1970; 0 where it does not say."""
    micros = pc.struct_field(skipped.metadata, "commit-timestamp").cast(pa.int64())
    committed: Numbers = pc.fill_null(micros, 0).to_numpy(zero_copy_only=False)
    return committed
