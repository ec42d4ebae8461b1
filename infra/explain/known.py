"""What was read for an explanation, as plain values. Times are in UTC, without zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.accounts import Gap
from connectors.floors import NO_FLOORS, Floors
from infra.explain.key import StoredKey
from infra.explain.layout import Group


@dataclass(frozen=True)
class StoredGroup:
    """A group of a row in the warehouse.

    Attributes:
        position: of the change that set it; that of the row where it has none of its own.
        key: of the row of the source; None where the reference is NULL.
        is_empty: whether all of its columns are NULL.
    """

    position: str
    key: StoredKey | None
    is_empty: bool = False


@dataclass(frozen=True)
class StoredDelete:
    """A tombstone: the position of a delete, and when it was loaded."""

    position: str
    loaded_at: dt.datetime | None


@dataclass(frozen=True)
class Batch:
    """A load, and when it was."""

    name: str
    loaded_at: dt.datetime | None


@dataclass(frozen=True)
class ReadRange:
    """What one load brought in from one shard for one table.

    Attributes:
        batch: the load.
        stream, shard: where the records stood.
        first_sequence_number, last_sequence_number: between which, both included.
        last_arrival_ms: when the newest arrived, milliseconds since 1970.
        first_committed, last_committed: between which they were committed, microseconds since 1970.
        last_position: the furthest of the table's changes; empty where there are loads alone.
    """

    batch: str
    stream: str
    shard: str
    first_sequence_number: str
    last_sequence_number: str
    last_arrival_ms: int | None = None
    first_committed: int | None = None
    last_committed: int | None = None
    last_position: str = ""


@dataclass(frozen=True)
class LoadedPart:
    """A staged file that the ledger has."""

    name: str
    batch: Batch
    table: str
    epoch: int
    url: str


@dataclass(frozen=True)
class StagedChange:
    """A change of a key in a staged file.

    Attributes:
        position: of the change.
        deletes: whether it is a delete, or a row that does not count.
        part: where it was found.
    """

    position: str
    deletes: bool
    part: LoadedPart


@dataclass(frozen=True)
class PartSearch:
    """What the staged files of one key say.

    Attributes:
        changes: of the key, in the order of loads.
        searched: how many files were read.
        expired: how many the ledger has whose file is gone.
        unlike: how many have no such columns, since another declaration made them.
        is_partial: whether there are more than were to be searched.
    """

    changes: tuple[StagedChange, ...] = ()
    searched: int = 0
    expired: int = 0
    unlike: int = 0
    is_partial: bool = False


@dataclass(frozen=True)
class Origin:
    """What the bookkeeping tables say of where a change came from.

    Attributes:
        earliest: the first load whose accounts reach its position: none before has it. None where
            no account does.
        is_summed: whether accounts that were summed up reach it too: `earliest` may be late then.
    """

    earliest: Batch | None = None
    is_summed: bool = False


@dataclass(frozen=True)
class StreamRecord:
    """The record of a change on the stream.

    Attributes:
        stream, shard, sequence_number: where it stands.
        arrival_ms: when it arrived, milliseconds since 1970.
        committed: when it was committed, microseconds since 1970; None where it does not say.
        operation: what DMS calls it; empty where it does not say.
        transaction: the number of its transaction; None where it does not say.
    """

    stream: str
    shard: str
    sequence_number: str
    arrival_ms: int
    committed: int | None
    operation: str
    transaction: int | None


@dataclass(frozen=True)
class StreamSearch:
    """The record of a change, if the stream still has it, and whether not all was read."""

    record: StreamRecord | None = None
    is_partial: bool = False


@dataclass(frozen=True)
class KeyLetter:
    """A dead letter of one of the row's keys, or of its fact without a key that it shows.

    Attributes:
        table: whose record it was.
        reason: why it is one.
        stream, shard, sequence_number: where its record stands.
        arrival_ms: when that arrived, milliseconds since 1970.
        part: the file that it is in.
        is_replayed: whether it was put back onto the stream.
        has_key: whether it shows the key; it may be of another row otherwise.
    """

    table: str
    reason: str
    stream: str
    shard: str
    sequence_number: str
    arrival_ms: int | None
    part: str
    is_replayed: bool
    has_key: bool


@dataclass(frozen=True)
class LetterSearch:
    """What the files of dead letters say: those of the keys, and of no known key."""

    letters: tuple[KeyLetter, ...] = ()
    searched: int = 0
    expired: int = 0
    is_partial: bool = False


@dataclass(frozen=True)
class Bookkeeping:
    """What the bookkeeping tables have, whatever the row.

    Attributes:
        newest: the time of the newest load that was seen before anything else was read.
        floors: below which nothing counts.
        gaps: in the stream.
        batches_since: the time of the oldest load that is not summed up; None where there is none.
        summed_until: until when loads are summed up; None where none are.
        complete_until: every change that was committed before is loaded; None if that is not known.
    """

    newest: dt.datetime | None = None
    floors: Floors = NO_FLOORS
    gaps: tuple[Gap, ...] = ()
    batches_since: dt.datetime | None = None
    summed_until: dt.datetime | None = None
    complete_until: dt.datetime | None = None


@dataclass(frozen=True)
class Known:
    """Everything that was read.

    Attributes:
        key: of the fact's row.
        row: each group of the target's row; None where there is no row.
        delete: its tombstone; None where there is none.
        origins: by table and position.
        ranges: what loads read of a table, by the load's name and the table.
        searches: by group; empty where parts were not searched.
        letters: of its keys.
        records: on the stream, by table and position; empty where it was not read.
        deletes_kept_days: for how long tombstones are kept; 0: for ever.
    """

    key: StoredKey
    row: Mapping[Group, StoredGroup] | None
    delete: StoredDelete | None
    bookkeeping: Bookkeeping
    origins: Mapping[tuple[str, str], Origin]
    ranges: Mapping[tuple[str, str], tuple[ReadRange, ...]] = field(default_factory=dict)
    searches: Mapping[Group, PartSearch] = field(default_factory=dict)
    letters: LetterSearch = LetterSearch()
    records: Mapping[tuple[str, str], StreamSearch] = field(default_factory=dict)
    deletes_kept_days: int = 0
