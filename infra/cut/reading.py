"""One cut, read of the bookkeeping tables: the newest, or that which held at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.redshift.cuts import ALL_SHARDS, Evidence, as_time
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names

_COLUMNS: Final = (
    "cut_number, batch, stream, shard, first_sequence_number, last_sequence_number, last_position, "
    "last_committed, last_arrival, commit_lag_ms, read_until, ended, complete_until, evidence, "
    "loaded_at"
)


@dataclass(frozen=True)
class ShownShard:
    """One shard of a cut; times are in UTC without zone, None where they are not known."""

    stream: str
    shard: str
    first_sequence_number: str | None
    last_sequence_number: str | None
    last_position: str | None
    last_committed: dt.datetime | None
    last_arrival: dt.datetime | None
    commit_lag_ms: int | None
    read_until: dt.datetime | None
    ended: bool
    complete_until: dt.datetime | None
    evidence: Evidence


@dataclass(frozen=True)
class ShownCut:
    """A cut.

    Attributes:
        number: counts up, by one a cut.
        batch: the name of the load that wrote it.
        loaded_at: when that was.
        complete_until: every change that was committed before is loaded; None if nothing is known.
        evidence: what shows it, or why nothing new is promised.
        shards: by name.
    """

    number: int
    batch: str
    loaded_at: dt.datetime | None
    complete_until: dt.datetime | None
    evidence: Evidence
    shards: tuple[ShownShard, ...]

    @property
    def promises(self) -> bool:
        """Whether `complete_until` holds: not while shards are read again after a restore."""
        return self.complete_until is not None and self.evidence is not Evidence.REPLAYING


def read_cut(cursor: Cursor, names: Names, moment: dt.datetime | None = None) -> ShownCut | None:
    """The newest cut, or the newest of those that were loaded until `moment`, which has its zone.

    None where there is none.
    """
    condition, values = "", list[str]()
    if moment is not None:
        condition = " WHERE loaded_at <= CAST(%s AS TIMESTAMP)"
        values = [moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ")]
    cursor.execute(
        f"SELECT {_COLUMNS} FROM {names.cut} "  # noqa: S608 - names of our own
        f"WHERE cut_number = (SELECT MAX(cut_number) FROM {names.cut}{condition}) "
        "ORDER BY stream, shard",
        values,
    )
    rows = cursor.fetchall()
    shards = [_shard_of(row[2:14]) for row in rows]
    wholes = [index for index, shard in enumerate(shards) if shard.shard == ALL_SHARDS]
    if not wholes:
        return None
    row, whole = rows[wholes[0]], shards[wholes[0]]
    return ShownCut(
        int(row[0]),
        str(row[1]),
        as_time(row[-1]),
        whole.complete_until,
        whole.evidence,
        tuple(shard for shard in shards if shard.shard != ALL_SHARDS),
    )


def _shard_of(values: Sequence[Any]) -> ShownShard:
    stream, shard, first, last, position, committed, arrival, lag, until, ended = values[:10]
    complete, evidence = values[10:]
    return ShownShard(
        str(stream),
        str(shard),
        first,
        last,
        position,
        as_time(committed),
        as_time(arrival),
        lag,
        as_time(until),
        bool(ended),
        as_time(complete),
        Evidence(evidence),
    )
