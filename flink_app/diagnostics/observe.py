"""What one parsed block shows of its source.

Most of it is read from what decode has parsed anyway. Two kinds of records are read once more as
JSON: the control records of declared tables, and one row of each block, for signs that would cost
the columnar path time in every record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from connectors.accounts import CONTROL
from connectors.kinesis.frame import RecordBlock
from flink_app.declaration.dms_records import Positions
from flink_app.diagnostics.dms_settings import (
    Signs,
    signs_in_columns,
    signs_in_record,
    signs_in_sample,
)
from flink_app.diagnostics.schema_findings import (
    Finding,
    findings_in_control,
    findings_in_row,
)
from flink_app.diagnostics.second_loads import Builds, note_columns, note_row
from flink_app.diagnostics.similar_tables import SourceName
from flink_app.positions.position import UNKNOWN, floor_position
from flink_app.records.envelope import NOT_JSON, Members, load, object_of, text_of
from flink_app.records.parsed import ParsedBlock, ParsedRow, Skipped
from flink_app.records.plan import DATA, METADATA, REPLAY, RecordPlan, TablePlan


@dataclass
class Observations:
    """What a block shows.

    Attributes:
        signs: of settings of DMS that are off, by how many records show them.
        kinds: of the stream positions that were read by columns.
        builds: when changes and loads were built, by table and generation.
        undeclared: rows of undeclared tables, by their names.
        findings: where the source's tables differ from the declaration.
    """

    signs: Signs = field(default_factory=Signs)
    kinds: frozenset[Positions] = frozenset()
    builds: Builds = field(default_factory=dict)
    undeclared: Counter[SourceName] = field(default_factory=Counter)
    findings: tuple[Finding, ...] = ()


def observe(block: RecordBlock, parsed: ParsedBlock, plan: RecordPlan) -> Observations:
    """Looks at one block; never raises for anything that stands in its records."""
    seen = Observations()
    control: list[int] = []
    for columns in parsed.tables:
        seen.signs += signs_in_columns(columns, plan)
        seen.kinds |= columns.positioned.kinds
        note_columns(seen.builds, columns)
    for skipped in parsed.skipped:
        control += map(int, skipped.rows[skipped.control])
        seen.undeclared += _source_names(skipped.metadata.filter(pa.array(~skipped.control)))
    for record in parsed.slow:
        seen.signs.update(signs_in_record(record, plan))
        match record.outcome:
            case ParsedRow() as parsed_row:
                note_row(seen.builds, parsed_row, record.envelope[METADATA])
            case Skipped(kind):
                if kind == CONTROL:
                    control.append(record.row)
                else:
                    seen.undeclared[source_name(record.envelope[METADATA])] += 1
    row = _sampled_row(block)
    sample = read_sample(block.record(row), plan)
    seen.signs += sample.signs
    findings = [(row, f) for row in sorted(control) for f in read_control(block.record(row), plan)]
    findings += [(row, finding) for finding in sample.findings]
    seen.findings = tuple(_located(findings, block, plan))
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
    if table is None or not is_row:
        return Sample()
    known = plan.known_names[table.name]
    is_replayed = envelope.get(REPLAY) is not None
    operation = metadata.get("operation")
    findings = () if is_replayed else findings_in_row(operation, data, table, known)
    signs = Signs(signs_in_sample(metadata, data, before, table, plan))
    return Sample(signs, tuple(findings))


def read_control(record: bytes, plan: RecordPlan) -> tuple[Finding, ...]:
    """What a control record shows of its table, if that is declared; never raises."""
    try:
        envelope, metadata, table = _read(record, plan)
    except NOT_JSON:
        return ()
    if table is None:
        return ()
    operation, known = metadata.get("operation"), plan.known_names[table.name]
    return tuple(findings_in_control(operation, envelope.get("control"), table, known))


def _read(record: bytes, plan: RecordPlan) -> tuple[Members, Members, TablePlan | None]:
    """The record, its metadata and its table. Raises one of NOT_JSON."""
    envelope = load(record)
    metadata = object_of(envelope, METADATA)
    table = plan.table_of(text_of(metadata, "schema-name"), text_of(metadata, "table-name"))
    return envelope, metadata, table


def _sampled_row(block: RecordBlock) -> int:
    """Picks one record of a block: any may be picked, and always the same one of a block."""
    return crc32(block.sequence_numbers[0].as_py().encode()) % len(block)


def _located(
    findings: list[tuple[int, Finding]], block: RecordBlock, plan: RecordPlan
) -> Iterator[Finding]:
    """The findings with the coordinates of their records.

    Records below the floor of a reload show tables as they were before it: they are left out.
    """
    for row, finding in findings:
        generation = plan.generations.of(block.arrival[row].value)
        if plan.floor > UNKNOWN and floor_position(generation) < plan.floor:
            continue
        sequence_number = block.sequence_numbers[row].as_py()
        yield replace(finding, shard=block.shard, sequence_number=sequence_number)


def _source_names(metadata: pa.StructArray) -> Counter[SourceName]:
    """How many records there are of each schema and table."""
    counted: Counter[SourceName] = Counter()
    if not len(metadata):
        return counted
    names = {part: pc.struct_field(metadata, f"{part}-name") for part in ("schema", "table")}
    grouped = pa.table(names).group_by(list(names), use_threads=False)
    for row in grouped.aggregate([([], "count_all")]).to_pylist():
        counted[row["schema"] or "", row["table"] or ""] += row["count_all"]
    return counted


def source_name(metadata: Mapping[str, Any]) -> SourceName:
    """The schema and table that a record's metadata names."""
    return metadata.get("schema-name") or "", metadata.get("table-name") or ""
