"""A DMS task as a model: changes of a source to the records that it would write."""

from __future__ import annotations

import datetime as dt
import json
from random import Random
from typing import Any, Final

from tests.unit.decode.round_trips.history import SCHEMA, Change, Row, Table
from tests.unit.decode.round_trips.kinds import Written
from tests.unit.decode.round_trips.settings import Before, Engine, Settings

_START: Final = dt.datetime(2026, 3, 11, 9, 45)  # noqa: DTZ001 - DMS writes UTC
_Texts = dict[str, Any]  # names to JSON text, or to another such object


def write(change: Change, settings: Settings, rng: Random) -> bytes:
    """The record of one change; the order of names is that of `rng`, since none is promised."""
    data = _named(change, _data(change, settings))
    record: _Texts = {"data": data, "metadata": _metadata(change, settings)}
    if change.operation == "update" and change.old is not None:
        before = _named(change, _before(change, settings, rng))
        if settings.before is Before.OBJECT:
            record[settings.field_name] = before
        elif settings.before is Before.COLUMNS:
            data |= {f"{settings.prefix}{n}{settings.suffix}": t for n, t in before.items()}
    return _json(record, settings, rng)


def announcement(table: Table, settings: Settings, rng: Random) -> bytes:
    """The control record with which a task begins a table."""
    metadata = {
        "timestamp": _timestamp(0),
        "record-type": '"control"',
        "operation": '"create-table"',
        "partition-key-type": '"task-id"',
        "schema-name": f'"{SCHEMA}"',
        "table-name": f'"{table.name}"',
    }
    record: _Texts = {"metadata": metadata}
    if settings.control_details:
        columns = {table.source(name): {"type": '"STRING"'} for name in table.columns}
        key = json.dumps([table.source(name) for name in table.key])
        record["control"] = {"table-def": {"columns": columns, "primary-key": key}}
    return _json(record, settings, rng)


def values(change: Change, row: Row, settings: Settings) -> dict[str, Written]:
    """The columns of a row as they are written; none for NULL."""
    return {
        name: kind.write(row[name], settings)
        for name, kind in change.table.columns.items()
        if row[name] is not None
    }


def sent(change: Change, settings: Settings) -> Row:
    """The row that a record has under `data`."""
    if change.new is not None:
        return change.new
    old = change.old or {}
    if settings.full_identity:
        return old
    return {name: value if name in change.table.key else None for name, value in old.items()}


def _named(change: Change, texts: _Texts) -> _Texts:
    """The same under the names that the source has for the columns."""
    return {change.table.source(name): text for name, text in texts.items()}


def _data(change: Change, settings: Settings) -> _Texts:
    row = sent(change, settings)
    texts = {name: one.text for name, one in values(change, row, settings).items()}
    return dict.fromkeys(row, "null") | texts if settings.nulls else texts


def _before(change: Change, settings: Settings, rng: Random) -> _Texts:
    old, new = change.old or {}, change.new or {}
    names = list(change.table.columns)
    if settings.column_filter == "pk-only":
        # As an object it was seen without a key that is the same.
        stays = settings.before is Before.COLUMNS or rng.random() < 0.5
        names = [name for name in change.table.key if stays or old[name] != new[name]]
    texts = {name: one.text for name, one in values(change, old, settings).items()}
    absent = dict.fromkeys(names, "null") if settings.nulls else {}
    return absent | {name: texts[name] for name in names if name in texts}


def _metadata(change: Change, settings: Settings) -> _Texts:
    found: _Texts = {
        "timestamp": _timestamp(3_600_000_000 + change.transaction * 1_000 + change.number),
        "record-type": '"data"',
        "operation": f'"{change.operation}"',
        "partition-key-type": f'"{settings.partition_type}"',
        "schema-name": f'"{SCHEMA}"',
        "table-name": f'"{change.table.name}"',
    }
    if settings.partition_value and settings.partition_type != "schema-table":
        named = f"{SCHEMA}.{change.table.name}.1" if settings.partition_schema else "1"
        found["partition-key-value"] = f'"{named}"'
    if change.operation != "load":
        found["transaction-id"] = str(880_000 + change.transaction)
        if settings.details:
            found["transaction-record-id"] = str(change.number + 1)
            found["commit-timestamp"] = _timestamp(change.transaction * 7)
            found["stream-position"] = json.dumps(_position(change, settings.engine))
            if change.transaction > 1:
                found["prev-transaction-id"] = str(880_000 + change.transaction - 1)
                found["prev-transaction-record-id"] = "1"
    return found


def _position(change: Change, engine: Engine) -> str:
    """Ascending with transactions, over every carry; records of one have the same."""
    at = change.transaction
    match engine:
        case Engine.POSTGRESQL:
            low = (0xFFFF_FFFE + at) & 0xFFFF_FFFF
            log = f"{0xD + (at > 1):08X}/{low:08X}"
            return f"{log}.{change.number + 1}.{log}"
        case Engine.MYSQL:
            file = f"mysql-bin.{999_998 + at // 2:06}"
            return f"{file}:900" if at % 2 else f"{file}:4:-1:{at}:12:{file}:154"
        case Engine.ORACLE:
            return str(99_999_999_997 + at)
        case Engine.SQLSERVER:
            return f"0000002c:00000f2a:{at:04}"


def _timestamp(micros: int) -> str:
    return f'"{(_START + dt.timedelta(microseconds=micros)).isoformat(timespec="microseconds")}Z"'


def _json(record: _Texts, settings: Settings, rng: Random) -> bytes:
    text = _object(record, rng, "" if settings.unformatted else "\n\t")
    return (text + ("\n" if settings.unformatted else "")).encode()


def _object(members: _Texts, rng: Random, line: str) -> str:
    names = list(members)
    rng.shuffle(names)
    colon = ":\t" if line else ":"
    inner = line + "\t" if line else ""
    parts = [
        f"{json.dumps(name)}{colon}"
        + (_object(child, rng, inner) if isinstance(child := members[name], dict) else child)
        for name in names
    ]
    return "{" + line + f",{line}".join(parts) + line[:-1] + "}"
