"""Reads the warehouse: the row, its tombstone, and what the bookkeeping tables say. Writes nothing.

Neither `load_lock` nor anything else is locked, so no load waits for it. Through the Data API each
statement is a transaction of its own: what is read of the ledger is limited to loads that were
there before the row was read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import localcontext
from typing import Any, Final

from connectors.accounts import Gap
from connectors.blocks import Kind
from connectors.log_points import TOLERANCE_SECONDS
from connectors.redshift.cuts import as_time
from connectors.redshift.ddl import TOMBSTONE_TIME
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, quote
from connectors.redshift.position_sql import to_digits
from connectors.redshift.pruning import SUMMED
from connectors.redshift.sweep import read_swept_floors
from flink_app.declaration.star import POSITION
from flink_app.positions.position import UNKNOWN
from infra.cut.reading import read_cut
from infra.explain.key import StoredKey, StoredValue, read_stored
from infra.explain.known import (
    Batch,
    Bookkeeping,
    LoadedPart,
    Origin,
    ReadRange,
    StoredDelete,
    StoredGroup,
)
from infra.explain.layout import Group, Layout
from infra.explain.positions import DecodedPosition, split_version

_DECIMAL_DIGITS: Final = 38  # Redshift has no more
# The clocks of DMS, which dates a full load's records, and of Kinesis may differ by as much.
_CLOCKS_MS: Final = TOLERANCE_SECONDS * 1_000
_TIME: Final = "CAST(%s AS TIMESTAMP)"
_PART: Final = "part, batch, stream, epoch, url, loaded_at"
_RANGE: Final = (
    "batch, stream, shard, first_sequence_number, last_sequence_number, last_arrival_ms, "
    "first_committed, last_committed, log_position"
)


class WarehouseReader:
    """What is asked of one warehouse.

    Args:
        cursor: of a transaction that is only read in, or of the Data API.
        names: of the bookkeeping tables.
    """

    def __init__(self, cursor: Cursor, names: Names) -> None:
        self._cursor = cursor
        self._names = names

    def read_bookkeeping(self) -> Bookkeeping:
        """What the bookkeeping tables have, whatever the row. To be read first."""
        ((newest,),) = self._rows(f"SELECT MAX(loaded_at) FROM {self._names.ledger}")
        account = self._names.account
        ((since, summed),) = self._rows(
            f"SELECT MIN(CASE WHEN batch <> '{SUMMED}' THEN loaded_at END),"
            f" MAX(CASE WHEN batch = '{SUMMED}' THEN loaded_at END) FROM {account}"
        )
        cut = read_cut(self._cursor, self._names)
        return Bookkeeping(
            as_time(newest),
            read_swept_floors(self._cursor, self._names),
            tuple(self._read_gaps()),
            as_time(since),
            as_time(summed),
            cut.complete_until if cut is not None and cut.promises else None,
        )

    def read_row(self, layout: Layout, key: StoredKey) -> dict[Group, StoredGroup] | None:
        """Each group of the target's row with this key; None where there is no row."""
        of_paths = [group for group in layout.groups if not group.is_of_fact]
        held = tuple(dict.fromkeys(column.column for group in of_paths for column in group.key))
        positions = tuple(dict.fromkeys(group.position for group in layout.groups))
        selected = [
            *map(quote, held),
            *(to_digits(quote(name)) for name in positions),
            *(_select_emptiness(group) for group in layout.groups),
        ]
        condition, values = _match_key(key)
        rows = self._rows(
            f"SELECT {', '.join(selected)} FROM {layout.names.base(layout.target)} "
            f"WHERE {condition}",
            values,
        )
        if not rows:
            return None
        row = [*rows[0]]
        keys = dict(zip(held, row, strict=False))
        digits = dict(zip(positions, row[len(held) :], strict=False))
        empty = row[len(held) + len(positions) :]
        of_row = _read_digits(digits[POSITION], 0, UNKNOWN)
        return {
            group: StoredGroup(
                _read_digits(
                    digits[group.position], group.part, of_row if group.is_of_fact else ""
                ),
                key if group.is_of_fact else _read_key(group, keys),
                is_empty=bool(int(is_empty)),
            )
            for group, is_empty in zip(layout.groups, empty, strict=True)
        }

    def read_delete(self, layout: Layout, key: StoredKey) -> StoredDelete | None:
        """The tombstone of a key, the newest if there are several."""
        condition, values = _match_key(key)
        digits = to_digits(quote(POSITION))
        deletes = [
            StoredDelete(str(position).lower(), as_time(loaded_at))
            for position, loaded_at in self._rows(
                f"SELECT {digits}, {quote(TOMBSTONE_TIME)} "
                f"FROM {layout.names.tombstones(layout.target)} WHERE {condition}",
                values,
            )
        ]
        return max(deletes, key=lambda delete: delete.position, default=None)

    def find_origin(self, table: str, position: DecodedPosition) -> Origin:
        """What the accounts of a table say of a change: the first load that reaches its position.

        A full-load record stands in no log: it was built before it arrived.
        """
        account = self._names.account
        reaches, value = "log_position >= %s", position.digits
        if position.built is not None:
            reaches = "last_arrival_ms >= CAST(%s AS BIGINT)"
            value = str(position.built // 1_000 - _CLOCKS_MS)
        rows = self._rows(
            f"SELECT batch, MIN(loaded_at) AS since FROM {account} "
            f"WHERE table_name = %s AND {reaches} GROUP BY batch ORDER BY since, batch LIMIT 2",
            [table, value],
        )
        loads = [Batch(str(batch), as_time(since)) for batch, since in rows]
        batches = [batch for batch in loads if batch.name != SUMMED]
        if not batches:
            return Origin(is_summed=bool(loads))
        return Origin(batches[0], len(batches) < len(loads))

    def read_ranges(self, batch: str, table: str) -> tuple[ReadRange, ...]:
        """What a load read of a table, by shard."""
        rows = self._rows(
            f"SELECT {_RANGE} FROM {self._names.account} "
            "WHERE batch = %s AND table_name = %s ORDER BY stream, shard",
            [batch, table],
        )
        return tuple(_range_of(row) for row in rows)

    def list_parts(
        self,
        kind: Kind,
        table: str,
        limit: int,
        newest: dt.datetime,
        since: dt.datetime | None = None,
    ) -> list[LoadedPart]:
        """At most `limit` parts of a table: those since a time first, then those before, in turn.

        What was loaded after `newest` is left out.
        """
        known = self._list_parts(kind, table, limit, f"loaded_at <= {_TIME}", [newest])
        if since is None or len(known) < limit:
            return known
        parts = self._list_parts(
            kind,
            table,
            limit,
            f"loaded_at >= {_TIME} AND loaded_at <= {_TIME}",
            [since, newest],
            "loaded_at",
        )
        remaining = limit - len(parts)
        return parts + self._list_parts(kind, table, remaining, f"loaded_at < {_TIME}", [since])

    def _list_parts(  # noqa: PLR0913, PLR0917
        self,
        kind: Kind,
        table: str,
        limit: int,
        condition: str,
        times: Sequence[dt.datetime],
        order: str = "loaded_at DESC",
    ) -> list[LoadedPart]:
        rows = self._rows(
            f"SELECT {_PART} FROM {self._names.ledger} "
            f"WHERE kind = %s AND stream = %s AND {condition} "
            f"ORDER BY {order}, part LIMIT {limit:d}",
            [kind.name.lower(), table, *(time.isoformat(sep=" ") for time in times)],
        )
        return [
            LoadedPart(str(part), Batch(str(batch), as_time(time)), str(name), int(epoch), str(url))
            for part, batch, name, epoch, url, time in rows
        ]

    def _read_gaps(self) -> list[Gap]:
        rows = self._rows(
            "SELECT stream, shard, last_sequence_number, first_sequence_number, read_until, "
            f"first_arrival, cause FROM {self._names.gap} ORDER BY loaded_at, stream, shard"
        )
        return [
            Gap(
                str(stream),
                str(shard),
                last,
                first,
                _millis(as_time(until)),
                _millis(as_time(arrival)),
                str(cause),
            )
            for stream, shard, last, first, until, arrival, cause in rows
        ]

    def _rows(self, sql: str, values: Sequence[str] = ()) -> list[Sequence[Any]]:
        # The driver rounds decimals to the context's precision, by default 28 digits.
        with localcontext(prec=_DECIMAL_DIGITS):
            self._cursor.execute(sql, values)
            return [*self._cursor.fetchall()]


def _match_key(key: StoredKey) -> tuple[str, list[str]]:
    """The condition of a key, and its parameters."""
    conditions = [f"{quote(value.column.column)} = {_write_value(value)}" for value in key]
    return " AND ".join(conditions), [value.text for value in key]


def _write_value(value: StoredValue) -> str:
    return f"CAST(%s AS {value.column.read.declared.stored_type.sql})"


def _select_emptiness(group: Group) -> str:
    if not group.columns:
        return "0"
    empty = " AND ".join(f"{quote(column)} IS NULL" for column in group.columns)
    return f"CASE WHEN {empty} THEN 1 ELSE 0 END"


def _read_digits(version: object, part: int, missing: str) -> str:
    """One position of a version; `missing`, or else UNKNOWN, where it is NULL."""
    if version is None:
        return missing or UNKNOWN
    positions = split_version(str(version).lower())
    return positions[part] if part < len(positions) else UNKNOWN


def _read_key(group: Group, values: Mapping[str, object]) -> StoredKey | None:
    if any(values[column.column] is None for column in group.key):
        return None
    return tuple(read_stored(column, values[column.column]) for column in group.key)


def _range_of(row: Sequence[Any]) -> ReadRange:
    batch, stream, shard, first, last, arrival, first_committed, last_committed, position = row
    return ReadRange(
        str(batch),
        str(stream),
        str(shard),
        str(first),
        str(last),
        arrival,
        first_committed,
        last_committed,
        position or "",
    )


def _millis(time: dt.datetime | None) -> int | None:
    return None if time is None else round(time.replace(tzinfo=dt.UTC).timestamp() * 1_000)
