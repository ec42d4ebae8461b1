"""A record of a repair: as DMS writes rows, with a marker that says its position."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from flink_app.declaration import Star
from flink_app.decode.rows import parse_record
from flink_app.records.plan import DATA, METADATA, REPAIR, RecordPlan
from flink_app.records.rejected import Rejected
from flink_app.records.repair_marker import RepairMarker
from infra.reconcile.comparison import SourceTable, read_key_text
from infra.repair.protocol import RowRepair


@dataclass(frozen=True)
class Record:
    """A record of the stream; printing it shows nothing."""

    partition_key: str
    payload: bytes = field(repr=False)


def make_record(repair: RowRepair, table: SourceTable, star: Star, made: dt.datetime) -> Record:
    """The record of a repair.

    Every value is text: decode reads each type from it, and it keeps all digits. A delete has its
    key as it is stored. The partition key is a digest, since no order among records is needed.
    """
    schema, name = star.declaration.source_of(repair.row.table)
    is_delete = repair.values is None
    treated = is_delete and any(column.is_token for column in table.key)
    data = repair.values
    if data is None:
        stored = read_key_text(table.key, repair.row.key)
        data = {column.source: value for column, value in zip(table.key, stored, strict=True)}
    envelope: dict[str, Any] = {
        REPAIR: RepairMarker(repair.position, treated).as_member(),
        DATA: data,
        METADATA: {
            "timestamp": made.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "record-type": "data",
            "operation": "delete" if is_delete else "insert",
            "partition-key-type": "primary-key",
            "schema-name": schema,
            "table-name": name,
        },
    }
    digest = hashlib.sha256(f"{schema}.{name}.{repair.row.key}".encode()).hexdigest()
    text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    return Record(f"{name}.{digest}"[:256], text.encode())


def find_fault(record: Record, plan: RecordPlan) -> str:
    """Why decode would refuse a record, without any value; empty if it would not."""
    outcome = parse_record(record.payload, plan)
    return f"{outcome.detail} ({outcome.reason})" if isinstance(outcome, Rejected) else ""
