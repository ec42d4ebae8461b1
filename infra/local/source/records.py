"""Records for rows and for tables, as DMS writes them: envelope, before-image, partition key.

Values come as JSON text (`json_values`). The round trips of decode make their records here as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.local.source.json_values import NULL, write_name, write_text
from infra.local.source.settings import Before, TaskSettings

# A row's columns in JSON text; None for null. What is not sent is missing.
Values = Mapping[str, str | None]
Texts = dict[str, Any]  # names to JSON text, or to another such object
Order = Callable[[Iterable[str]], Iterable[str]]  # in which an object's names come
# Kinesis takes no longer partition key.
_KEY_CHARACTERS: Final = 256


@dataclass(frozen=True)
class InTransaction:
    """Where a change stands in its source.

    Attributes:
        number: of the transaction.
        record: number of the change in it.
        committed: timestamp, as DMS writes it.
        stream_position: in the form of the engine.
        previous: numbers of the transaction and of the change before; None for the first of a run.
    """

    number: int
    record: int
    committed: str
    stream_position: str
    previous: tuple[int, int] | None = None


@dataclass(frozen=True)
class RowRecord:
    """What a record says of a change of one row.

    Attributes:
        operation: load, insert, update or delete.
        values: of the row, or of what is known of a deleted one.
        before: values from before an update; None where there are none to send.
        key: what the partition key has of the row.
        built: timestamp at which the record is made, as DMS writes it.
        transaction: None for a load.
    """

    schema: str
    table: str
    operation: str
    values: Values
    before: Values | None
    key: str
    built: str
    transaction: InTransaction | None


@dataclass(frozen=True)
class TableRecord:
    """What a control record says of a table.

    Attributes:
        columns: attributes of each, as they are announced: type, length, nullable, ...
        key: of the primary key; empty where there is none.
        built: timestamp at which the record is made, as DMS writes it.
        task: the name by which its partition is chosen; empty if it is not said.
    """

    operation: str
    schema: str
    table: str
    columns: Mapping[str, Mapping[str, str | int | bool]]
    key: Sequence[str]
    built: str
    task: str = ""


def choose_before(
    old: Values,
    new: Values,
    key: Sequence[str],
    settings: TaskSettings,
    lobs: Collection[str] = (),
) -> Values:
    """The columns that a before-image has: keys that have changed, or all but large objects."""
    if settings.column_filter == "pk-only":
        return {name: old[name] for name in key if name in old and old[name] != new.get(name)}
    return {name: value for name, value in old.items() if name not in lobs}


def write_row(row: RowRecord, settings: TaskSettings) -> Texts:
    """The record of a change."""
    data = _write_values(row.values, settings)
    record: Texts = {"data": data, "metadata": _describe_row(row, settings)}
    if row.before is None or settings.before is Before.OFF:
        return record
    before = _write_values(row.before, settings)
    if settings.before is Before.COLUMNS:
        data |= {f"{settings.prefix}{name}{settings.suffix}": t for name, t in before.items()}
        return record
    return {settings.field_name: before, **record}


def write_table(table: TableRecord, settings: TaskSettings) -> Texts:
    """The control record of a table."""
    metadata = {
        "timestamp": json.dumps(table.built),
        "record-type": '"control"',
        "operation": json.dumps(table.operation),
        "partition-key-type": '"task-id"',
        "schema-name": _quote(table.schema, settings),
        "table-name": _quote(table.table, settings),
    }
    if table.task and settings.partition_value:
        metadata["partition-key-value"] = _quote(table.task, settings)
    if not settings.control_details:
        return {"metadata": metadata}
    columns: Texts = {
        column: {attribute: json.dumps(value) for attribute, value in attributes.items()}
        for column, attributes in table.columns.items()
    }
    definition: Texts = {"columns": columns}
    if table.key:
        definition["primary-key"] = json.dumps(list(table.key), ensure_ascii=settings.escapes)
    return {"control": {"table-def": definition}, "metadata": metadata}


def partition_key(row: RowRecord, settings: TaskSettings) -> str:
    """The key by which Kinesis chooses a shard."""
    return _partition_value(row, settings)[:_KEY_CHARACTERS]


def to_bytes(
    record: Texts,
    settings: TaskSettings,
    order: Order = iter,
) -> bytes:
    """The record as it is put on the stream; `order` says in which order names come."""
    line = "" if settings.unformatted else "\n\t"
    text = _write_object(record, settings, order, line)
    return (text + ("\n" if settings.unformatted else "")).encode()


def _write_values(values: Values, settings: TaskSettings) -> Texts:
    return {
        name: NULL if value is None else value
        for name, value in values.items()
        if value is not None or settings.nulls
    }


def _describe_row(row: RowRecord, settings: TaskSettings) -> Texts:
    metadata: Texts = {
        "timestamp": f'"{row.built}"',
        "record-type": '"data"',
        "operation": f'"{row.operation}"',
        "partition-key-type": f'"{settings.partition_type}"',
        "schema-name": _quote(row.schema, settings),
        "table-name": _quote(row.table, settings),
    }
    if settings.partition_value and settings.partition_type != "schema-table":
        metadata["partition-key-value"] = write_text(_partition_value(row, settings), settings)
    transaction = row.transaction
    if transaction is None:
        return metadata
    metadata["transaction-id"] = str(transaction.number)
    if not settings.details:
        return metadata
    metadata["transaction-record-id"] = str(transaction.record)
    if transaction.previous is not None:
        number, record = transaction.previous
        metadata |= {
            "prev-transaction-id": str(number),
            "prev-transaction-record-id": str(record),
        }
    metadata["commit-timestamp"] = f'"{transaction.committed}"'
    metadata["stream-position"] = f'"{transaction.stream_position}"'
    return metadata


def _partition_value(row: RowRecord, settings: TaskSettings) -> str:
    return f"{row.schema}.{row.table}.{row.key}" if settings.partition_schema else row.key


def _quote(name: str, settings: TaskSettings) -> str:
    return write_name(name, escapes=settings.escapes)


def _write_object(
    members: Texts,
    settings: TaskSettings,
    order: Order,
    line: str,
) -> str:
    colon = ":\t" if line else ":"
    inner = line + "\t" if line else ""
    parts = []
    for name in order(members):
        member = members[name]
        is_object = isinstance(member, dict)
        text = _write_object(member, settings, order, inner) if is_object else member
        parts.append(f"{_quote(name, settings)}{colon}{text}")
    return "{" + line + f",{line}".join(parts) + line[:-1] + "}"
