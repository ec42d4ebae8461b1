"""One block of raw records to changes, rejected records and accounts: decode as a pure function.

Records are read by columns; those that the columnar reader cannot take exactly are read one by one.
Every record ends in exactly one place: changed, rejected, passed over, or below the floor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import CONTROL, UNDECLARED, UNREADABLE, Account, sum_tables
from connectors.kinesis.frame import RecordBlock
from flink_app.declaration import POSITION
from flink_app.decode.changes import deletes_of_treated, to_changes
from flink_app.decode.columns import parse_columns
from flink_app.decode.lines import Lines
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_alone
from flink_app.decode.tally import Tally
from flink_app.positions.position import UNKNOWN
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.arrays import concatenate
from flink_app.records.parsed import ParsedBlock, ParsedRow, Skipped, SlowRecord
from flink_app.records.rejected import Rejected


@dataclass(frozen=True)
class Decoded:
    """What one block of records became.

    Attributes:
        changes: by declared table, rows by `Star.changes_schema`.
        rejected: faults, each with the record's number in the block; the origin of dead letters.
        accounts: one for each table that the block has records of.
    """

    changes: dict[str, pa.RecordBatch]
    rejected: Sequence[tuple[int, Rejected]]
    accounts: tuple[Account, ...]

    @cached_property
    def account(self) -> Account:
        """The total of the accounts."""
        return sum_tables(self.accounts)


def decode_block(block: RecordBlock, plan: DecodePlan, keys: PrivacyKeys) -> Decoded:
    """Decodes one block; never raises for anything that stands in its records."""
    return to_decoded(block, parse_block(block, plan), plan, keys)


def parse_block(block: RecordBlock, plan: DecodePlan) -> ParsedBlock:
    """Reads every record of a block, by columns where possible and the others one by one."""
    lines = Lines(block.text, block.offsets, np.arange(len(block), dtype=np.int64))
    columnar = parse_columns(lines, plan, block.arrival, block.sequence_numbers)
    odd = sorted(int(row) for rows in columnar.odd for row in rows)
    slow = [
        parse_alone(
            row,
            block.record(row),
            plan,
            arrival_ms=block.arrival[row].value,
            sequence_number=block.sequence_numbers[row].as_py(),
        )
        for row in odd
    ]
    return ParsedBlock(columnar.tables, columnar.skipped, slow)


def to_decoded(
    block: RecordBlock, parsed: ParsedBlock, plan: DecodePlan, keys: PrivacyKeys
) -> Decoded:
    """Counts what was parsed, leaves out what is below the floor, and treats the rest."""
    tally = Tally()
    tally.note_commits(parsed)
    batches: dict[str, list[pa.RecordBatch]] = defaultdict(list)
    for columns in parsed.tables:
        if len(columns.changes):
            batches[columns.table.name].append(columns.changes)
    for skipped in parsed.skipped:
        control = int(skipped.control.sum())
        tally.passed_over.update({CONTROL: control, UNDECLARED: len(skipped.control) - control})
    rejected = _take_slow(parsed.slow, plan, batches, tally)
    treated = _take_treated(parsed.slow, plan)
    for kind in (batches, treated):
        tally.below_floor.update(_drop_below_floor(kind, plan.floors))
    changes = {}
    for name, parts in batches.items():
        changes[name] = to_changes(concatenate(parts), plan.tables[name], plan.star, keys)
        tally.changed[name] = sum(map(len, parts))
        tally.split[name] = len(changes[name]) - tally.changed[name]
    for name, deletes in treated.items():
        known = [changes[name]] if name in changes else []
        changes[name] = concatenate([*known, *deletes])
        tally.changed[name] += sum(map(len, deletes))
    return Decoded(changes, rejected, tally.accounts(block))


def _take_slow(
    records: Sequence[SlowRecord],
    plan: DecodePlan,
    batches: dict[str, list[pa.RecordBatch]],
    tally: Tally,
) -> list[tuple[int, Rejected]]:
    """Adds the records that were read one by one; gives those that were rejected."""
    values_by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rejected: list[tuple[int, Rejected]] = []
    for record in records:
        match record.outcome:
            case ParsedRow(table, values):
                if not record.outcome.treated:
                    values_by_table[table.name].append(values)
            case Skipped(kind):
                tally.passed_over[kind] += 1
            case Rejected() as fault:
                rejected.append((record.row, fault))
                tally.dead_lettered[fault.table or UNREADABLE] += 1
    for name, rows in values_by_table.items():
        schema = plan.tables[name].parsed_schema
        batches[name].append(pa.RecordBatch.from_pylist(rows, schema=schema))
    return rejected


def _take_treated(
    records: Sequence[SlowRecord], plan: DecodePlan
) -> dict[str, list[pa.RecordBatch]]:
    """The deletes whose keys are treated already, by table."""
    values_by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        match record.outcome:
            case ParsedRow(table, values, treated=True):
                values_by_table[table.name].append(values)
    return {
        name: [deletes_of_treated(rows, plan.tables[name], plan.star)]
        for name, rows in values_by_table.items()
    }


def _drop_below_floor(
    batches: dict[str, list[pa.RecordBatch]], floors: Mapping[str, str]
) -> dict[str, int]:
    """Takes changes of generations that a reload has replaced out; how many of each table."""
    dropped: dict[str, int] = {}
    for name, parts in list(batches.items()):
        floor = floors[name]
        if floor == UNKNOWN:
            continue
        above = [part.filter(pc.greater_equal(part.column(POSITION), floor)) for part in parts]
        batches[name] = [part for part in above if len(part)]
        dropped[name] = sum(map(len, parts)) - sum(map(len, above))
        if not batches[name]:
            del batches[name]
    return dropped
