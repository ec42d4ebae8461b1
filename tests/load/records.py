"""Change records in the form of AWS DMS, rendered for speed and apart from `infra.local.source`.

The endpoint settings are those of the README: json-unformatted, transaction details, partition
values with schema and table, nulls included, the key as before-image.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Final

from tests.load.model import COLUMNS, SCHEMA, Change, json_value

TASK: Final = "starjoin-load-test"
_BUILDING: Final = dt.timedelta(milliseconds=120)  # DMS builds a record some time after its commit
_dumps: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where in the source's log a change stands.

    Attributes:
        transaction: its number.
        number: of the change in its transaction, from 1.
        log_position: of the transaction; strictly rising from one to the next.
        at: time of the commit, without zone, in UTC.
        previous: (transaction, number) of the change before; None for the first of all.
    """

    transaction: int
    number: int
    log_position: int
    at: dt.datetime
    previous: tuple[int, int] | None


def render(change: Change, stamp: Stamp | None, at: dt.datetime) -> tuple[str, bytes]:
    """Partition key and record of a change; `stamp` is None for a load, which has none."""
    columns = COLUMNS[change.table]
    key = change.key if change.row is None else change.row[0]
    # REPLICA IDENTITY DEFAULT: a delete sends the key, all else null.
    row = (key,) + (None,) * (len(columns) - 1) if change.row is None else change.row
    partition = f"{SCHEMA}.{change.table}.{key}"
    metadata: dict[str, Any] = {
        "timestamp": _timestamp(at + _BUILDING),
        "record-type": "data",
        "operation": change.operation,
        "partition-key-type": "primary-key",
        "partition-key-value": partition,
        "schema-name": SCHEMA,
        "table-name": change.table,
    }
    record: dict[str, Any] = {}
    if stamp is not None:
        metadata |= _transaction(stamp)
        if change.operation == "update":
            record["before-image"] = {} if key == change.key else {columns[0]: change.key}
    record["data"] = {name: json_value(v) for name, v in zip(columns, row, strict=True)}
    record["metadata"] = metadata
    return partition, _dumps(record).encode() + b"\n"


def announcement(table: str, at: dt.datetime) -> tuple[str, bytes]:
    """The create-table control record of a table, as a task sends it at its start."""
    definition = {
        "columns": {name: {"type": "STRING", "nullable": True} for name in COLUMNS[table]},
        "primary-key": [COLUMNS[table][0]],
    }
    metadata = {
        "timestamp": _timestamp(at),
        "record-type": "control",
        "operation": "create-table",
        "partition-key-type": "task-id",
        "partition-key-value": TASK,
        "schema-name": SCHEMA,
        "table-name": table,
    }
    return TASK, _dumps({"control": {"table-def": definition}, "metadata": metadata}).encode()


def _transaction(stamp: Stamp) -> dict[str, Any]:
    position = f"{stamp.log_position >> 32:08X}/{stamp.log_position & 0xFFFFFFFF:08X}"
    found: dict[str, Any] = {
        "transaction-id": stamp.transaction,
        "transaction-record-id": stamp.number,
    }
    if stamp.previous is not None:
        found["prev-transaction-id"], found["prev-transaction-record-id"] = stamp.previous
    found["commit-timestamp"] = _timestamp(stamp.at)
    found["stream-position"] = f"{position}.{stamp.number}.{position}"
    return found


def _timestamp(at: dt.datetime) -> str:
    return f"{at.isoformat(timespec='microseconds')}Z"
