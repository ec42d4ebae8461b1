"""How DMS writes the simulated source's rows: names of the source, values as JSON."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from flink_app.declaration import Declaration, Table
from flink_app.declaration.dms_records import Positions, ZeroDates
from flink_app.declaration.model import TrailingBlanks
from flink_app.declaration.partitions import WILDCARDS
from infra.simulation.collated import write_alike
from infra.simulation.values import Row, readers_of

# 2026-01-01, in microseconds since the epoch.
FIRST_MICROS: Final = 1_767_225_600_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LOG_OF_A_SECOND: Final = 28  # several transactions are committed in it
_ZERO_DATE: Final = "0000-00-00"  # how MySQL may write that there is no date


class Commit(NamedTuple):
    """A transaction's commit position: as metadata of its records, and as a number."""

    metadata: Row
    position: int


def commit_at(kind: Positions, log: int, first: int, seconds: int, server: int = 0) -> Commit:
    """What a transaction at `log` carries, which is a number that grows from `first` on.

    It is committed so many seconds after the first, by the server of this number.
    """
    commit = _commit_at(kind, log, first, server)
    if kind is Positions.COMMIT_TIMESTAMP:
        return commit
    committed = timestamp_text(FIRST_MICROS + seconds * 1_000_000)
    return Commit(commit.metadata | {"commit-timestamp": committed}, commit.position)


def _commit_at(kind: Positions, log: int, first: int, server: int) -> Commit:
    high, low = log >> 32, log & 0xFFFFFFFF
    match kind:
        case Positions.MYSQL:
            file = f"mysql-bin-{server}.{high:06}"
            text = f"{file}:{low}:-1:{low}:7:{file}:4"
            return Commit({"stream-position": text}, (high << 64) + low)
        case Positions.ORACLE:
            return Commit({"stream-position": str(log)}, log << 32)
        case Positions.COMMIT_TIMESTAMP:
            micros = FIRST_MICROS + (log - first) // _LOG_OF_A_SECOND * 1_000_000
            return Commit({"commit-timestamp": timestamp_text(micros)}, micros << 32)
    text = f"{high:08X}/{low:08X}"
    return Commit({"stream-position": f"{text}.3.{text}"}, log << 32)


def source_names(declaration: Declaration, table: str) -> list[tuple[str, str]]:
    """The schemas and names that the rows of a table may come under: its own, its partitions'."""
    names = [declaration.source_of(table)]
    for number, partitions in enumerate(declaration.tables[table].partitions):
        schema = partitions.source_schema or declaration.schema_of(table)
        names += [
            (schema, re.sub(f"[{WILDCARDS}]", text, partitions.source))
            for text in (str(number), "2026_01")
        ]
    return names


def timestamp_text(micros: int) -> str:
    """A timestamp as DMS writes it."""
    timestamp = (_EPOCH + dt.timedelta(microseconds=micros)).replace(tzinfo=None)
    return timestamp.isoformat(timespec="microseconds") + "Z"


def written_row(table: Table, row: Mapping[str, Any], way: int = 0) -> Row:
    """The row by the source's names; columns that `row` lacks are left out.

    Texts that the source takes for equal are written in one way or another, by the number `way`.
    """
    readers = readers_of(table.columns)
    written = {}
    for name, value in row.items():
        source = table.columns[name].source or name
        if source not in written:
            has_zeros = all(
                table.columns[reader].zero_dates is ZeroDates.AS_NULL for reader in readers[source]
            )
            is_zero = value is None and has_zeros
            text = _ZERO_DATE if is_zero else _write(table, readers[source], value, way)
            written[source] = text
    return written


def with_before_image(declaration: Declaration, envelope: Row, before: Row) -> Row:
    """The record with values from before the change, where the declaration says they stand."""
    stream = declaration.stream
    if not stream.before_image_among_columns:
        return envelope | {stream.before_image: before}
    named = {stream.before_name(source): value for source, value in before.items()}
    return envelope | {"data": envelope["data"] | named}


def _write(table: Table, readers: Sequence[str], value: Any, way: int) -> Any:
    match value:
        case Decimal():
            # Numbers come as numbers or as text; a float holds only some of them exactly, and long
            # ones with an exponent, which says that digits may be lost.
            written = repr(float(value))
            is_exact = Decimal(written) == value and "e" not in written
            return float(value) if is_exact else _with_zeros(f"{value:f}")
        case dt.datetime():
            return _with_zeros(value.replace(tzinfo=None).isoformat()) + "Z"
        case dt.date():
            return value.isoformat()
        case bytes():
            return f"0x{value.hex()}" if len(value) % 2 else value.hex()
        case str():
            alike = _write_alike(table, readers, value, way)
            return alike + " " * _padding(table, readers, alike)
    return value


def _with_zeros(fraction: str) -> str:
    """Zeros behind a fraction, as sources with more digits write them."""
    return f"{fraction}000" if "." in fraction else fraction


def _write_alike(table: Table, readers: Iterable[str], value: str, way: int) -> str:
    """The text as a source might write it for which it equals others; each reader knows that."""
    columns = [table.columns[name] for name in readers]
    ignored = frozenset.intersection(*(column.ignored for column in columns))
    lengths = [column.type.length for column in columns if column.type.length]
    return write_alike(value, ignored, min(lengths), way) if ignored else value


def _padding(table: Table, readers: Iterable[str], value: str) -> int:
    """Blanks behind a text, which every column that reads it takes off."""
    if any(table.trailing_blanks(name) is not TrailingBlanks.TRIM for name in readers):
        return 0
    types = [table.columns[name].type for name in readers]
    room = min(kind.length or 0 for kind in types) - len(value.encode())
    return room if all(kind.name == "char" for kind in types) else min(room, 1)
