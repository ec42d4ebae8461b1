"""Reads the bookkeeping tables of one application: one look, with any cursor. It only reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.blocks import Kind
from connectors.redshift.balance import Balance, balance_query, balances
from connectors.redshift.cuts import as_time
from connectors.redshift.ledger import Cursor, columns_of
from connectors.redshift.migrations import require_latest
from connectors.redshift.names import Names
from connectors.redshift.pruning import SUMMED
from infra.cut.reading import ShownShard, read_cut
from infra.watch.picture import Batch, Destination, Gap, LetterFile, LoadedShard, Loads

LATELY_SECONDS: Final = 300
_HOUR: Final = 3_600
_BATCHES: Final = 5
_GAPS: Final = 3
_LETTER_FILES: Final = 30
_SINCE: Final = "loaded_at >= CAST(%s AS TIMESTAMP)"


class Bookkeeping:
    """The tables of one application.

    Args:
        names: of the tables.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._is_latest = False

    def read(self, cursor: Cursor, now: dt.datetime) -> Loads:
        """What they say at this time, which has its zone.

        Raises NeedsRepairError where they have the layout of another release, and what the
        cursor raises.
        """
        names = self._names
        if not self._is_latest:
            if not columns_of(cursor, names, names.ACCOUNT):
                return Loads(begun=False)
            require_latest(cursor, names)
            self._is_latest = True
        cursor.execute(balance_query(names))
        loads = _sum_up(balances(cursor.fetchall()))
        loads = self._add_lately(cursor, loads, now)
        loads = self._add_cut(cursor, loads)
        cursor.execute(f"SELECT COUNT(*) FROM {names.replayed}")  # noqa: S608 - names of our own
        replayed = int(cursor.fetchall()[0][0])
        gap_count, gaps = self._read_gaps(cursor)
        return replace(
            loads,
            replayed=replayed,
            gap_count=gap_count,
            gaps=gaps,
            batches=self._read_batches(cursor),
            letters=self._read_letter_files(cursor) if loads.dead_lettered else (),
        )

    def _add_lately(self, cursor: Cursor, loads: Loads, now: dt.datetime) -> Loads:
        lately, hour = _as_text(now, LATELY_SECONDS), _as_text(now, _HOUR)
        cursor.execute(
            f"SELECT COALESCE(SUM(CASE WHEN {_SINCE} THEN records_read ELSE 0 END), 0), "  # noqa: S608
            f"COALESCE(SUM(dead_lettered), 0) FROM {self._names.account} "
            f"WHERE batch <> '{SUMMED}' AND {_SINCE}",
            [lately, hour],
        )
        read, dead_lettered = map(int, cursor.fetchall()[0])
        cursor.execute(
            f"SELECT COALESCE(SUM(loaded), 0) FROM {self._names.outcome} "  # noqa: S608
            f"WHERE batch <> '{SUMMED}' AND {_SINCE}",
            [lately],
        )
        return replace(
            loads,
            lately_seconds=LATELY_SECONDS,
            lately_read=read,
            lately_loaded=int(cursor.fetchall()[0][0]),
            lately_dead_lettered=dead_lettered,
        )

    def _add_cut(self, cursor: Cursor, loads: Loads) -> Loads:
        cut = read_cut(cursor, self._names)
        if cut is None:
            return loads
        return replace(
            loads,
            complete_until=_with_zone(cut.complete_until),
            evidence=cut.evidence.value,
            shards=tuple(_loaded_shard(shard) for shard in cut.shards),
        )

    def _read_batches(self, cursor: Cursor) -> tuple[Batch, ...]:
        """The newest; loads that brought nothing but tips have no accounts, and are none."""
        names = self._names
        cursor.execute(
            "SELECT batch, MAX(loaded_at), SUM(records_read), SUM(dead_lettered), "  # noqa: S608
            f"MAX(last_arrival_ms) FROM {names.account} WHERE batch <> '{SUMMED}' "
            f"GROUP BY batch ORDER BY 2 DESC, 1 LIMIT {_BATCHES}"
        )
        rows = cursor.fetchall()
        times = [_require_time(row[1]) for row in rows]
        if not times:
            return ()
        since = [_as_text(min(times))]
        cursor.execute(
            f"SELECT batch, SUM(loaded) FROM {names.outcome} WHERE {_SINCE} GROUP BY batch",  # noqa: S608
            since,
        )
        changes = {str(batch): int(loaded) for batch, loaded in cursor.fetchall()}
        cursor.execute(
            f"SELECT batch, MIN(epoch), MAX(epoch) FROM {names.ledger} "  # noqa: S608
            f"WHERE {_SINCE} GROUP BY batch",
            since,
        )
        epochs = {str(row[0]): (int(row[1]), int(row[2])) for row in cursor.fetchall()}
        batches = []
        for (name, _, records, dead_lettered, arrival), loaded_at in zip(rows, times, strict=True):
            first, last = epochs.get(str(name), (None, None))
            after = None if arrival is None else loaded_at.timestamp() - int(arrival) / 1_000
            batches.append(
                Batch(
                    str(name),
                    loaded_at,
                    first,
                    last,
                    int(records),
                    changes.get(str(name), 0),
                    int(dead_lettered),
                    None if after is None else max(after, 0.0),
                )
            )
        return tuple(batches)

    def _read_gaps(self, cursor: Cursor) -> tuple[int, tuple[Gap, ...]]:
        cursor.execute(f"SELECT COUNT(*) FROM {self._names.gap}")  # noqa: S608
        count = int(cursor.fetchall()[0][0])
        if not count:
            return 0, ()
        cursor.execute(
            f"SELECT shard, cause, loaded_at FROM {self._names.gap} "  # noqa: S608
            f"ORDER BY loaded_at DESC, shard LIMIT {_GAPS}"
        )
        rows = cursor.fetchall()
        return count, tuple(Gap(str(row[0]), str(row[1]), _with_zone(row[2])) for row in rows)

    def _read_letter_files(self, cursor: Cursor) -> tuple[LetterFile, ...]:
        cursor.execute(
            f"SELECT part, url, row_count, byte_count FROM {self._names.ledger} "  # noqa: S608
            f"WHERE kind = %s ORDER BY loaded_at DESC, part LIMIT {_LETTER_FILES}",
            [Kind.DEAD_LETTERS.name.lower()],
        )
        return tuple(
            LetterFile(str(part), str(url), int(rows), int(size))
            for part, url, rows, size in cursor.fetchall()
        )


def _sum_up(lines: Sequence[Balance]) -> Loads:
    """The totals: a table has a line for each of its destinations, all with the same records."""
    by_table = {line.table: line for line in lines}
    destinations: dict[str, Destination] = {}
    for line in lines:
        if line.destination:
            former = destinations.get(line.destination, Destination(line.destination, 0, 0))
            destinations[line.destination] = replace(
                former,
                loaded=former.loaded + line.loaded,
                superseded=former.superseded + line.superseded,
            )
    return Loads(
        begun=True,
        read=sum(line.read for line in by_table.values()),
        split=sum(line.split for line in by_table.values()),
        dead_lettered=sum(line.dead_lettered for line in by_table.values()),
        passed_over=sum(line.passed_over for line in by_table.values()),
        # Targets first: names of what is none begin with a bracket.
        destinations=tuple(
            sorted(destinations.values(), key=lambda each: (each.name.startswith("("), each.name))
        ),
    )


def _loaded_shard(shard: ShownShard) -> LoadedShard:
    reached = [time for time in (shard.last_arrival, shard.read_until) if time is not None]
    return LoadedShard(
        shard.shard,
        shard.last_sequence_number,
        _with_zone(max(reached, default=None)),
        _with_zone(shard.complete_until),
        shard.ended,
    )


def _with_zone(value: Any) -> dt.datetime | None:
    """A time of the tables, which is in UTC without zone, or as a text of the Data API."""
    time = as_time(value)
    return None if time is None else time.replace(tzinfo=dt.UTC)


def _require_time(value: Any) -> dt.datetime:
    """The same of a column that is never NULL."""
    time: dt.datetime = as_time(value)  # type: ignore[assignment]
    return time.replace(tzinfo=dt.UTC)


def _as_text(time: dt.datetime, before: float = 0.0) -> str:
    """So many seconds before a time, as the tables have times."""
    earlier = time.astimezone(dt.UTC) - dt.timedelta(seconds=before)
    return earlier.replace(tzinfo=None).isoformat(sep=" ")
