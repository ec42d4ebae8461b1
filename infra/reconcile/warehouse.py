"""Redshift: one transaction a look, which reads one state of the warehouse and writes nothing.

It reads targets, tombstones, dimensions, accounts, the cut and the fence: neither `load_lock`, so
that no load waits for it, nor `ledger`, which releases before layout 6 lock. What is read of that,
the parts of dead letters, is read in a short transaction of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import localcontext
from typing import Any, Final

from redshift_connector.core import Connection
from redshift_connector.error import Error

from connectors.blocks import Kind
from connectors.positions import POSITION_BYTES
from connectors.redshift.connection import disconnect
from connectors.redshift.cuts import Evidence
from connectors.redshift.errors import CONNECTION_LOST, Step, classify
from connectors.redshift.migrations import require_latest
from connectors.redshift.names import Names
from connectors.redshift.replay_marks import (
    LetterPart,
    RecordId,
    find_replayed,
    loaded_parts,
)
from infra.aws.warehouse import Shard, read_loaded
from infra.cut.reading import read_cut
from infra.reconcile import queries
from infra.reconcile.canonical import Side
from infra.reconcile.comparison import Comparison
from infra.reconcile.looks import (
    Checksum,
    Digests,
    Extent,
    Hot,
    Ranges,
    Since,
    Thresholds,
    WarehouseRow,
)
from infra.reconcile.rows import column_digests, read_checksum

_CLIENT_ERRORS: Final = (Error, *CONNECTION_LOST)
_KEYS_OF_A_QUERY: Final = 500
_DECIMAL_DIGITS: Final = 38  # Redshift has no more


class RedshiftWarehouse:
    """Reading transactions of one warehouse.

    Args:
        connect: opens a session without autocommit; raises what the driver raises.
        names: of the bookkeeping tables.
    """

    def __init__(self, connect: Callable[[], Connection], names: Names) -> None:
        self._connect = connect
        self._names = names

    @contextmanager
    def look(self) -> Iterator[RedshiftLook]:
        """One transaction. Raises LoadError and NeedsRepairError."""
        with self._transaction() as connection:
            require_latest(connection.cursor(), self._names)
            yield RedshiftLook(connection, self._names)

    def read_loaded(self) -> dict[Shard, str]:
        """The last sequence number of each shard that is loaded, in a transaction of its own.

        Raises LoadError and NeedsRepairError.
        """
        with self._transaction() as connection:
            return read_loaded(connection.cursor(), self._names)

    def read_letters(self) -> tuple[list[LetterPart], set[RecordId]]:
        """The parts of dead letters and the records that were replayed, in a short transaction.

        Raises LoadError and NeedsRepairError.
        """
        with self._transaction() as connection:
            cursor = connection.cursor()
            return (
                loaded_parts(cursor, self._names, Kind.DEAD_LETTERS),
                find_replayed(cursor, self._names),
            )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        known = self._names.bookkeeping_names
        try:
            connection = self._connect()
        except _CLIENT_ERRORS as error:
            raise classify(error, "connecting to the warehouse", Step.CONNECT, known) from None
        try:
            yield connection
        except _CLIENT_ERRORS as error:
            raise classify(error, "reading the warehouse", known=known) from None
        finally:
            disconnect(connection)  # which rolls back what was only read


class RedshiftLook:
    """A `WarehouseLook`: what one transaction has."""

    def __init__(self, connection: Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self._received = 0

    @property
    def received(self) -> int:
        """How many bytes of answers it has received, as text."""
        return self._received

    def find_extent(self, comparison: Comparison) -> Extent:
        """The rows of a table."""
        ((rows, least, greatest, *newest),) = self._rows(queries.find_extent(comparison))
        positions = tuple("" if position is None else str(position).lower() for position in newest)
        return Extent(int(rows), int(least or 0), int(greatest or 0), positions)

    def find_hot(self, comparison: Comparison, thresholds: Thresholds, limit: int) -> Hot | None:
        """What has changed since; None for more than `limit` keys."""
        keys: frozenset[str] = frozenset()
        path_keys: dict[int, frozenset[str]] = {}
        for index, (group, threshold) in enumerate(zip(comparison.groups, thresholds, strict=True)):
            if not threshold or (index and not group.is_keyed):
                continue
            sql = (
                queries.find_hot_path_keys(comparison, index, threshold)
                if index
                else queries.find_hot_keys(comparison, threshold)
            )
            changed = frozenset(str(key) for (key,) in self._rows(f"{sql}\nLIMIT {limit + 1}"))
            if len(changed) > limit:
                return None
            if index:
                path_keys[index] = changed
            else:
                keys = changed
        # What the source cannot leave out must not be left out here either.
        usable = tuple(
            threshold if not index or group.is_keyed else ""
            for index, (group, threshold) in enumerate(
                zip(comparison.groups, thresholds, strict=True)
            )
        )
        return Hot(usable, keys, path_keys)

    def sum_ranges(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[int, Checksum]]:
        """The number of each range that has rows, with its checksum."""
        sql = queries.sum_ranges(comparison, Side.WAREHOUSE, ranges, hot)
        for number, *sums in self._rows(sql):
            yield int(number), read_checksum(sums)

    def read_digests(
        self, comparison: Comparison, ranges: Ranges, hot: Hot
    ) -> Iterator[tuple[str, Digests]]:
        """Every key of some ranges, with its digests."""
        sql = queries.read_digests(comparison, Side.WAREHOUSE, ranges, hot)
        for key, *digests in self._rows(sql):
            yield str(key), tuple(digests)

    def read_rows(self, comparison: Comparison, keys: Sequence[str]) -> Mapping[str, WarehouseRow]:
        """Some keys, those without a row if there is a tombstone of them."""
        rows: dict[str, WarehouseRow] = {}
        for start in range(0, len(keys), _KEYS_OF_A_QUERY):
            wanted = keys[start : start + _KEYS_OF_A_QUERY]
            among = f"k IN ({', '.join(['%s'] * len(wanted))})"
            for key, position in self._rows(queries.read_deletes(comparison, among), wanted):
                rows[str(key)] = WarehouseRow(None, (str(position).lower(),))
            sql = queries.read_columns(comparison, Side.WAREHOUSE, among)
            for key, *values in self._rows(sql, wanted):
                groups = len(comparison.groups)
                rows[str(key)] = WarehouseRow(
                    column_digests(comparison, values[:-groups]),
                    tuple(str(position or "").lower() for position in values[-groups:]),
                )
        return rows

    def find_positions(
        self, comparison: Comparison, index: int, keys: Sequence[str]
    ) -> Mapping[str, str]:
        """The greatest position of some keys in a group, deletes included."""
        greatest: dict[str, str] = {}
        for start in range(0, len(keys), _KEYS_OF_A_QUERY):
            wanted = keys[start : start + _KEYS_OF_A_QUERY]
            for sql in queries.find_positions(comparison, index, len(wanted)):
                for key, digits in self._rows(sql, wanted):
                    # A version has further positions behind the row's own.
                    position = str(digits or "").lower()[: 2 * POSITION_BYTES]
                    greatest[str(key)] = max(position, greatest.get(str(key), ""))
        return greatest

    def is_read_again(self) -> bool:
        """Whether the application may be reading what was loaded before, as after a restore.

        So it is from each start until a cut says that every shard has come past it.
        """
        rows = self._rows(queries.read_progress(self._names))
        return not rows or any(
            Evidence(evidence) is Evidence.REPLAYING or start != holder
            for evidence, start, holder in rows
        )

    def find_since(self, instant: dt.datetime) -> Since | None:
        """What the newest cut of those loaded until an instant promises."""
        cut = read_cut(self._connection.cursor(), self._names, instant)
        if cut is None or not cut.promises or cut.loaded_at is None:
            return None
        # What was committed before is loaded, so whatever was furthest in the log then is, too.
        until = cut.complete_until.isoformat(sep=" ") if cut.complete_until else ""
        sql = queries.find_position_before(self._names, cut.number)
        ((position,),) = self._rows(sql, [until])
        return Since(cut.loaded_at, str(position)) if position else None

    def read_newest_arrival(self) -> int | None:
        """When the newest loaded record arrived, in milliseconds since 1970."""
        sql = f"SELECT MAX(last_arrival_ms) FROM {self._names.account}"
        ((newest,),) = self._rows(sql)
        return None if newest is None else int(newest)

    def _rows(self, sql: str, parameters: Sequence[str] | None = None) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        # The driver rounds decimals to the context's precision, by default 28 digits.
        with localcontext(prec=_DECIMAL_DIGITS):
            cursor.execute(sql, parameters)
            rows = [tuple(row) for row in cursor.fetchall()]
        self._received += sum(len(str(value)) for row in rows for value in row)
        return rows
