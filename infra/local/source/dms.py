"""Row changes as AWS DMS writes them to Kinesis, with the endpoint settings that Starjoin needs.

Owns the envelope, how values of PostgreSQL types are rendered, and the partition key. The settings
modelled: json-unformatted, transaction details, partition values with schema and table, control
details, nulls included, before-image of the key, booleans as booleans, large integers as integers.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from connectors.failures import StarjoinError
from infra.local.source.database import RowChange, SourceDatabase

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

_TASK: Final = "starjoin-local-task"
_TIMESTAMPS: Final = {"timestamp without time zone", "timestamp with time zone"}
_DATA_TYPES: Final = {
    "smallint": "INT16",
    "integer": "INT32",
    "bigint": "INT64",
    "numeric": "NUMERIC",
    "double precision": "REAL8",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp without time zone": "DATETIME",
}
# A PutRecords call takes 500 records and 5 MiB; change records here are below 1 KiB.
_RECORDS_PER_CALL: Final = 500


def records(database: SourceDatabase, changes: Iterable[RowChange]) -> Iterator[tuple[str, bytes]]:
    """Change records with their partition keys, in order."""
    types = {table: database.columns(table) for table in database.tables()}
    keys = {table: database.key(table) for table in types}
    for change in changes:
        record = _record(change, database.schema, types[change.table], keys[change.table])
        row = change.new or change.old or {}
        values = ".".join(str(row[column]) for column in keys[change.table])
        yield (
            f"{database.schema}.{change.table}.{values}",
            _json(record).encode() + b"\n",
        )


def announcements(database: SourceDatabase) -> Iterator[tuple[str, bytes]]:
    """The control records with which a task starts: one create-table for each table."""
    for table in database.tables():
        definition = {
            "columns": {
                name: {"type": _DATA_TYPES.get(kind, "STRING"), "nullable": True}
                for name, kind in database.columns(table).items()
            },
            "primary-key": database.key(table),
        }
        metadata = {
            "timestamp": _iso(dt.datetime.now(dt.UTC)),
            "record-type": "control",
            "operation": "create-table",
            "partition-key-type": "task-id",
            "partition-key-value": _TASK,
            "schema-name": database.schema,
            "table-name": table,
        }
        record = {"control": {"table-def": definition}, "metadata": metadata}
        yield _TASK, _json(record).encode() + b"\n"


class PutError(StarjoinError, RuntimeError):
    """Kinesis did not take all the records of a call."""


def put(client: KinesisClient, stream: str, entries: Iterable[tuple[str, bytes]]) -> int:
    """Puts records on a stream in order; gives their number.

    Raises PutError when Kinesis refuses some of them.
    """
    count = 0
    call: list[PutRecordsRequestEntryTypeDef] = []
    for key, data in entries:
        call.append({"PartitionKey": key[:256], "Data": data})
        if len(call) == _RECORDS_PER_CALL:
            count += _put_call(client, stream, call)
            call = []
    return count + (_put_call(client, stream, call) if call else 0)


def _put_call(client: KinesisClient, stream: str, call: list[PutRecordsRequestEntryTypeDef]) -> int:
    answer = client.put_records(StreamName=stream, Records=call)
    if answer.get("FailedRecordCount"):
        message = (
            f"Kinesis refused {answer['FailedRecordCount']} of {len(call)} records for stream "
            f"{stream}; the others of the call are on it"
        )
        raise PutError(message)
    return len(call)


def _record(
    change: RowChange, schema: str, types: dict[str, str], key: list[str]
) -> dict[str, Any]:
    row = change.new if change.new is not None else _only_key(change.old or {}, key)
    record: dict[str, Any] = {
        "data": {name: _value(row[name], kind) for name, kind in types.items()},
        "metadata": {
            # When DMS built the record, later than the change itself.
            "timestamp": _iso(dt.datetime.now(dt.UTC)),
            "record-type": "data",
            "operation": change.operation,
            "partition-key-type": "primary-key",
            "partition-key-value": f"{schema}.{change.table}."
            + ".".join(str(row[column]) for column in key),
            "schema-name": schema,
            "table-name": change.table,
        },
    }
    if change.operation == "load":
        return record
    position = _pad(change.log_position)
    record["metadata"] |= {
        "transaction-id": change.transaction,
        "transaction-record-id": change.number_in_transaction,
        "commit-timestamp": _iso(dt.datetime.fromisoformat(change.committed_at)),
        "stream-position": f"{position}.{change.number_in_transaction}.{position}",
    }
    if change.operation == "update" and change.old is not None:
        # pk-only: the former values of the key columns that changed.
        moved = {c: change.old[c] for c in key if change.old[c] != row[c]}
        record = {"before-image": moved, **record}
    return record


def _only_key(row: dict[str, Any], key: list[str]) -> dict[str, Any]:
    """What a delete sends under REPLICA IDENTITY DEFAULT: the key, all else null."""
    return {name: value if name in key else None for name, value in row.items()}


def _value(value: Any, kind: str) -> Any:
    if value is not None and kind in _TIMESTAMPS:
        return _iso(dt.datetime.fromisoformat(value))
    return value


def _json(value: Any) -> str:
    """JSON that keeps every digit of a number and writes no exponent."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(name)}:{_json(of)}" for name, of in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False)


def _iso(time: dt.datetime) -> str:
    """DMS's form: a trailing Z, whether the source has a zone or not."""
    return (
        time.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
        if time.tzinfo
        else (time.isoformat() + "Z")
    )


def _pad(log_position: str) -> str:
    """`0/16B3748` as DMS pads it: `00000000/016B3748`."""
    high, low = log_position.split("/")
    return f"{high:0>8}/{low:0>8}"
