"""A DMS task as a model: changes of a source to the records that it would write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from random import Random
from typing import Final

from infra.local.source import records
from infra.local.source.records import InTransaction, RowRecord, TableRecord, Values
from tests.unit.decode.round_trips.history import SCHEMA, Change, Row, Table
from tests.unit.decode.round_trips.kinds import Written
from tests.unit.decode.round_trips.settings import Before, Engine, Settings

_START: Final = dt.datetime(2026, 3, 11, 9, 45)  # noqa: DTZ001 - DMS writes UTC


def write(change: Change, settings: Settings, rng: Random) -> bytes:
    """The record of one change; the order of names is that of `rng`, since none is promised."""
    is_update = change.operation == "update" and change.old is not None
    row = RowRecord(
        SCHEMA,
        change.table.name,
        change.operation,
        _texts(change, sent(change, settings), settings),
        _before(change, settings, rng) if is_update else None,
        "1",
        _timestamp(3_600_000_000 + change.transaction * 1_000 + change.number),
        _transaction(change, settings) if change.operation != "load" else None,
    )
    return records.to_bytes(records.write_row(row, settings), settings, _shuffle(rng))


def announcement(table: Table, settings: Settings, rng: Random) -> bytes:
    """The control record with which a task begins a table."""
    columns = {table.source(name): {"type": "STRING"} for name in table.columns}
    key = [table.source(name) for name in table.key]
    record = records.write_table(
        TableRecord("create-table", SCHEMA, table.name, columns, key, _timestamp(0)), settings
    )
    return records.to_bytes(record, settings, _shuffle(rng))


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


def _texts(change: Change, row: Row, settings: Settings) -> Values:
    """The row in JSON, under the names that the source has for the columns."""
    texts = {name: one.text for name, one in values(change, row, settings).items()}
    return {change.table.source(name): texts.get(name) for name in row}


def _before(change: Change, settings: Settings, rng: Random) -> Values:
    old = _texts(change, change.old or {}, settings)
    new = _texts(change, change.new or {}, settings)
    key = [change.table.source(name) for name in change.table.key]
    before = records.choose_before(old, new, key, settings)
    # As an object it was seen without a key that is the same.
    stays = settings.before is Before.COLUMNS or rng.random() < 0.5
    return {name: old[name] for name in key} | dict(before) if stays else before


def _transaction(change: Change, settings: Settings) -> InTransaction:
    number = change.transaction
    return InTransaction(
        880_000 + number,
        change.number + 1,
        _timestamp(number * 7),
        _position(change, settings.engine),
        (880_000 + number - 1, 1) if number > 1 else None,
    )


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
    return f"{(_START + dt.timedelta(microseconds=micros)).isoformat(timespec='microseconds')}Z"


def _shuffle(rng: Random) -> records.Order:
    def shuffle(names: Iterable[str]) -> list[str]:
        shuffled = list(names)
        rng.shuffle(shuffled)
        return shuffled

    return shuffle
