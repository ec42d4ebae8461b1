"""One block of raw records to changes, dead letters and their account: decode as a pure function.

Records are read by columns; those that the columnar reader cannot take exactly are read one by one.
Every record ends in exactly one place: changes, dead letters, passed over, or below the floor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import CONTROL, UNREADABLE, Account, whole
from connectors.kinesis.frame import RecordBlock
from flink_app.dead_letters.rows import dead_letters, restricted
from flink_app.dead_letters.schema import Originals
from flink_app.declaration import POSITION
from flink_app.declaration.model import Positions
from flink_app.decode.changes import to_changes
from flink_app.decode.columns import parse_columns
from flink_app.decode.plan import DecodePlan
from flink_app.decode.reading import Lines
from flink_app.decode.rows import ParsedRow, PassedOver, parse_record, read_control, sample
from flink_app.decode.tally import Tally
from flink_app.diagnostics.dms_settings import Signs
from flink_app.diagnostics.schema_findings import Finding
from flink_app.diagnostics.second_loads import Builds, add, of_record
from flink_app.diagnostics.similar_tables import SourceName
from flink_app.positions.position import UNKNOWN, floor_position
from flink_app.privacy.keys import PrivacyKeys
from flink_app.records.plan import TablePlan
from flink_app.records.rejected import Rejected


@dataclass(frozen=True)
class Decoded:
    """What one block of records became."""

    changes: dict[str, pa.RecordBatch]  # by declared table, rows by Star.changes_schema
    dead_letters: pa.RecordBatch  # DEAD_LETTER_SCHEMA, often without rows
    restricted: pa.RecordBatch | None  # RESTRICTED_SCHEMA, where originals are kept apart
    accounts: tuple[Account, ...]  # one for each table that the block has records of
    undeclared: Mapping[SourceName, int]  # records of undeclared tables, by their names
    by_rows: int  # records that took the slow path
    shown: Signs  # what they show of the settings of DMS
    kinds: frozenset[Positions]  # of the positions that were read by columns
    builds: Builds  # when changes and loads were built
    findings: tuple[Finding, ...]  # where the source's tables are not as declared

    @cached_property
    def account(self) -> Account:
        """That of the block as a whole."""
        return whole(self.accounts)


def decode_block(
    block: RecordBlock,
    plan: DecodePlan,
    keys: PrivacyKeys,
    originals: Originals = Originals.SEALED,
    application: str = "",
) -> Decoded:
    """Decodes one block; never raises for anything that stands in its records.

    Dead letters are sealed as those of `application`.
    """
    lines = Lines(block.text, block.offsets, np.arange(len(block), dtype=np.int64))
    columnar = parse_columns(lines, plan, block.arrival)
    parsed: dict[str, list[pa.RecordBatch]] = defaultdict(list)
    for table, batch in columnar.parsed:
        parsed[table.name].append(batch)
    odd = sorted(int(row) for rows in columnar.odd for row in rows)
    slow: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rejected: list[tuple[int, Rejected]] = []
    tally = Tally(passed_over=columnar.passed_over)
    control = {int(row) for rows in columnar.control for row in rows}
    sampled = sample(block.record(_sampled(block)), plan)
    shown = columnar.shown + sampled.shown
    for row in odd:
        arrival_ms = block.arrival[row].value
        match parse_record(block.record(row), plan, shown, arrival_ms=arrival_ms):
            case ParsedRow(table, values, built):
                slow[table.name].append(values)
                generation, alone = of_record(values[POSITION], built)
                add(columnar.builds, (table.name, generation), alone)
            case PassedOver(kind, sources):
                tally.passed_over[kind] += 1
                columnar.undeclared.update(sources)
                if kind == CONTROL:
                    control.add(row)
            case Rejected() as fault:
                rejected.append((row, fault))
                tally.dead_lettered[fault.table or UNREADABLE] += 1
    for name, read in slow.items():
        schema = plan.tables[name].parsed_schema
        parsed[name].append(pa.RecordBatch.from_pylist(read, schema=schema))
    if plan.floor > UNKNOWN:
        tally.below_floor.update(_drop_below_floor(parsed, plan.floor))
    changes = {}
    for name, batches in parsed.items():
        changes[name] = _changes(batches, plan.tables[name], plan, keys)
        tally.changed[name] = sum(map(len, batches))
        tally.split[name] = len(changes[name]) - tally.changed[name]
    return Decoded(
        changes=changes,
        dead_letters=dead_letters(block, rejected, plan, keys, originals, application),
        restricted=restricted(block, rejected, originals),
        accounts=tally.accounts(block),
        undeclared=columnar.undeclared,
        by_rows=len(odd),
        shown=shown,
        kinds=columnar.kinds,
        builds=columnar.builds,
        findings=_findings(block, control, sampled.findings, plan),
    )


def _sampled(block: RecordBlock) -> int:
    """A record that any may be, and always the same one of a block."""
    return crc32(block.sequence_numbers[0].as_py().encode()) % len(block)


def _findings(
    block: RecordBlock, control: set[int], sampled: tuple[Finding, ...], plan: DecodePlan
) -> tuple[Finding, ...]:
    """What control records show, in their order, then what the sampled row shows.

    Records below the floor of a reload show the tables of before, which nobody declares any more.
    """
    found = [(row, f) for row in sorted(control) for f in read_control(block.record(row), plan)]
    found += [(_sampled(block), finding) for finding in sampled]
    if found and plan.floor > UNKNOWN:
        found = [(row, f) for row, f in found if not _is_below_floor(block, row, plan)]
    return tuple(
        replace(f, shard=block.shard, sequence_number=block.sequence_numbers[row].as_py())
        for row, f in found
    )


def _is_below_floor(block: RecordBlock, row: int, plan: DecodePlan) -> bool:
    return floor_position(plan.generations.of(block.arrival[row].value)) < plan.floor


def _drop_below_floor(parsed: dict[str, list[pa.RecordBatch]], floor: str) -> dict[str, int]:
    """Takes changes of generations that a reload has replaced out; how many of each table."""
    dropped: dict[str, int] = {}
    for name, batches in list(parsed.items()):
        above = [b.filter(pc.greater_equal(b.column(POSITION), floor)) for b in batches]
        parsed[name] = [batch for batch in above if len(batch)]
        dropped[name] = sum(map(len, batches)) - sum(map(len, above))
        if not parsed[name]:
            del parsed[name]
    return dropped


def _changes(
    batches: list[pa.RecordBatch], table: TablePlan, plan: DecodePlan, keys: PrivacyKeys
) -> pa.RecordBatch:
    batch = batches[0]
    if len(batches) > 1:
        batch = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    return to_changes(batch, table, plan.star, keys)
