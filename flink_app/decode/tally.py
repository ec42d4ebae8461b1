"""The tally of a block: its records counted by table and by what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import Account
from connectors.kinesis.frame import RecordBlock

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
    """

    changed: ByTable = field(default_factory=Counter)
    split: ByTable = field(default_factory=Counter)
    dead_lettered: ByTable = field(default_factory=Counter)
    passed_over: ByTable = field(default_factory=Counter)
    below_floor: ByTable = field(default_factory=Counter)

    def accounts(self, block: RecordBlock) -> tuple[Account, ...]:
        """One account for each table that the block has records of."""
        read: ByTable = Counter()
        for counts in (self.changed, self.dead_lettered, self.passed_over, self.below_floor):
            read.update(counts)
        first = block.sequence_numbers[0].as_py()
        last = block.sequence_numbers[len(block) - 1].as_py()
        arrival = pc.max(block.arrival.view(pa.int64())).as_py()
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
            )
            for table, count in read.items()
            if count
        )
