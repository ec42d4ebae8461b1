"""What one parsed block shows of its source.

Most of it is read from what decode has parsed anyway. Two kinds of records are read once more as
JSON: the control records of declared tables, and one row of each block, for signs that would cost
the columnar path time in every record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
import pyarrow as pa

from connectors.accounts import CONTROL
from connectors.kinesis.frame import RecordBlock
from flink_app.declaration.dms_records import Positions
from flink_app.diagnostics.dms_settings import (
    Signs,
    signs_in_columns,
    signs_in_record,
    signs_in_sample,
)
from flink_app.diagnostics.log_reads import LogReads
from flink_app.diagnostics.schema_findings import (
    Finding,
    FindingKind,
    columns_in_control,
    findings_in_control,
    findings_in_row,
)
from flink_app.diagnostics.second_loads import Builds, note_columns, note_row
from flink_app.diagnostics.source_names import (
    SourceName,
    partition_of,
    rows_by_source,
    source_name,
)
from flink_app.diagnostics.tasks import Announcement, read_task
from flink_app.positions.position import UNKNOWN, floor_position
from flink_app.records.arrays import members
from flink_app.records.envelope import NOT_JSON, Members, load, object_of, text_of
from flink_app.records.parsed import ParsedBlock, ParsedRow, Skipped, SkippedColumns
from flink_app.records.plan import DATA, METADATA, REPLAY, RecordPlan, TablePlan
from flink_app.records.repair_marker import is_repair
from flink_app.records.values import timestamp_micros


@dataclass
class Observations:
    """What a block shows.

    Attributes:
        signs: of settings of DMS that are off, by how many records show them.
        kinds: of the stream positions that were read by columns.
        builds: when changes and loads were built, by table and generation.
        undeclared: rows of undeclared tables, by their names; 0 for one that is only defined.
        described: a record that shows the columns of an undeclared table, by its name.
        findings: where the source's tables differ from the declaration.
        announcements: control records of declared tables that name their task.
        log_reads: the changes, by which the source's log is followed.
    """

    signs: Signs = field(default_factory=Signs)
    kinds: frozenset[Positions] = frozenset()
    builds: Builds = field(default_factory=dict)
    undeclared: Counter[SourceName] = field(default_factory=Counter)
    described: dict[SourceName, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    announcements: list[Announcement] = field(default_factory=list)
    log_reads: LogReads = field(default_factory=LogReads)


def observe(block: RecordBlock, parsed: ParsedBlock, plan: RecordPlan) -> Observations:
    """Looks at one block; never raises for anything that stands in its records."""
    seen = Observations()
    control: list[int] = []
    for columns in parsed.tables:
        seen.signs += signs_in_columns(columns, plan)
        seen.kinds |= columns.positioned.kinds
        note_columns(seen.builds, columns, plan)
        seen.log_reads.note_columns(columns, plan.floors[columns.table.name])
    for skipped in parsed.skipped:
        control += map(int, skipped.rows[skipped.control])
        _note_undeclared(seen, skipped)
    # A repair's show how it writes rows, not how DMS does.
    for record in (r for r in parsed.slow if not is_repair(r.envelope)):
        seen.signs.update(signs_in_record(record, plan))
        match record.outcome:
            case ParsedRow() as parsed_row:
                metadata = record.envelope[METADATA]
                note_row(seen.builds, parsed_row, metadata, plan)
                seen.log_reads.note_row(record.row, parsed_row, metadata, plan)
            case Skipped(kind):
                if kind == CONTROL:
                    control.append(record.row)
                else:
                    source = source_name(record.envelope[METADATA])
                    seen.undeclared[source] += 1
                    seen.described.setdefault(source, record.row)
    row = _sampled_row(block)
    sample = read_sample(block.record(row), plan)
    seen.signs += sample.signs
    findings: list[tuple[int, Finding]] = []
    for row in sorted(control):
        definition = read_control(block.record(row), plan, block.partition_keys[row].as_py())
        findings += [(row, finding) for finding in definition.findings]
        if definition.undeclared is not None:
            seen.undeclared[definition.undeclared] += 0
            seen.described[definition.undeclared] = row
        if definition.task is not None:
            seen.announcements += _locate_announcement(definition, row, block, plan)
    findings += [(row, finding) for finding in sample.findings]
    seen.findings = tuple(_locate(findings, block, plan))
    return seen


@dataclass(frozen=True)
class Sample:
    """What one record shows besides its values."""

    signs: Signs = field(default_factory=Signs)
    findings: tuple[Finding, ...] = ()


def read_sample(record: bytes, plan: RecordPlan) -> Sample:
    """What one row shows of settings and tables that are not looked at in every record.

    A replayed record shows the tables as they were when it first arrived.
    """
    try:
        envelope, metadata, table = _read(record, plan)
        data = object_of(envelope, DATA)
        before = object_of(envelope, plan.before_image, required=False)
        is_row = text_of(metadata, "record-type") == "data"
    except NOT_JSON:
        return Sample()
    if table is None or not is_row or is_repair(envelope):
        return Sample()
    known = plan.known_names[table.name]
    is_replayed = envelope.get(REPLAY) is not None
    operation = metadata.get("operation")
    partition = partition_of(table, source_name(metadata))
    findings = [
        replace(finding, partition=partition)
        for finding in (() if is_replayed else findings_in_row(operation, data, table, known))
    ]
    signs = Signs(signs_in_sample(metadata, data, before, table, plan))
    return Sample(signs, tuple(findings))


@dataclass(frozen=True)
class Control:
    """What a control record shows of its table.

    Attributes:
        findings: where a declared table differs from its declaration.
        undeclared: the name of a table that is not declared and whose columns the record has.
        table: the declared table.
        source: the schema and table that the record names.
        task: the DMS task that sends it, if it says so and the table is declared.
    """

    findings: tuple[Finding, ...] = ()
    undeclared: SourceName | None = None
    table: TablePlan | None = None
    source: SourceName = ("", "")
    task: str | None = None


def read_control(record: bytes, plan: RecordPlan, partition_key: str = "") -> Control:
    """What a control record shows of its table; never raises. Its partition key names its task."""
    try:
        envelope, metadata, table = _read(record, plan)
    except NOT_JSON:
        return Control()
    body, source = envelope.get("control"), source_name(metadata)
    if table is None:
        return Control(undeclared=source if columns_in_control(body) else None)
    operation, known = metadata.get("operation"), plan.known_names[table.name]
    partition = partition_of(table, source)
    findings = tuple(findings_in_control(operation, body, table, known, partition))
    task = read_task(metadata, source, partition_key)
    return Control(findings, table=table, source=source, task=task)


def columns_of(observations: Observations, block: RecordBlock, source: SourceName) -> set[str]:
    """The columns of an undeclared table, as one of the block's records shows them."""
    row = observations.described.get(source)
    try:
        envelope = load(block.record(row)) if row is not None else {}
    except NOT_JSON:
        return set()
    metadata, data = envelope.get(METADATA), envelope.get(DATA)
    if isinstance(metadata, Mapping) and metadata.get("record-type") == "control":
        return set(columns_in_control(envelope.get("control")))
    return set(data) if isinstance(data, Mapping) else set()


def _read(record: bytes, plan: RecordPlan) -> tuple[Members, Members, TablePlan | None]:
    """The record, its metadata and its table. Raises one of NOT_JSON."""
    envelope = load(record)
    metadata = object_of(envelope, METADATA)
    table = plan.table_of(text_of(metadata, "schema-name"), text_of(metadata, "table-name"))
    return envelope, metadata, table


def _sampled_row(block: RecordBlock) -> int:
    """Picks one record of a block: any may be picked, and always the same one of a block."""
    return crc32(block.sequence_numbers[0].as_py().encode()) % len(block)


def _locate(
    findings: list[tuple[int, Finding]], block: RecordBlock, plan: RecordPlan
) -> Iterator[Finding]:
    """The findings with the coordinates of their records.

    Records below the floor of a reload show tables as they were before it: they are left out.
    """
    for row, finding in findings:
        if _is_below_floor(finding.table, row, block, plan):
            continue
        sequence_number = block.sequence_numbers[row].as_py()
        yield replace(finding, shard=block.shard, sequence_number=sequence_number)


def _is_below_floor(table: str, row: int, block: RecordBlock, plan: RecordPlan) -> bool:
    """Whether a record of the table shows it as it was before a reload."""
    if plan.floors[table] == UNKNOWN:
        return False
    metadata = object_of(load(block.record(row)), METADATA)
    generation = plan.generations.generation_at(
        block.arrival[row].value,
        table,
        timestamp_micros(metadata.get("timestamp")),
        is_load=metadata.get("operation") == "load",
    )
    return floor_position(generation) < plan.floors[table]


def _locate_announcement(
    control: Control, row: int, block: RecordBlock, plan: RecordPlan
) -> Iterator[Announcement]:
    """What a control record shows of its task, with its coordinates."""
    arrival_ms = block.arrival[row].value
    if control.table is None or control.task is None or arrival_ms is None:
        return
    partition = partition_of(control.table, control.source)
    finding = Finding(FindingKind.OTHER_TASK, control.table.name, partition=partition)
    for located in _locate([(row, finding)], block, plan):
        yield Announcement(control.source, control.task, arrival_ms, located)


def _note_undeclared(seen: Observations, skipped: SkippedColumns) -> None:
    """Counts the rows of each undeclared table."""
    rows = np.flatnonzero(~skipped.control)
    metadata = members(skipped.metadata.take(pa.array(rows)))
    for source, places in rows_by_source(metadata):
        seen.undeclared[source] += len(places)
        seen.described.setdefault(source, int(skipped.rows[rows[places[0]]]))
