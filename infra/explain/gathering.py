"""Reads everything that is known of a row: the warehouse, then files, then what files lead to.

No transaction is open while files are read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from connectors.blocks import Kind
from connectors.redshift import replay_marks
from connectors.redshift.migrations import require_latest
from flink_app.positions.position import UNKNOWN
from infra.explain.explanation import find_loaded, select_ranges
from infra.explain.key import StoredKey
from infra.explain.known import (
    Bookkeeping,
    Known,
    LetterSearch,
    LoadedPart,
    Origin,
    PartSearch,
    ReadRange,
    StreamSearch,
)
from infra.explain.layout import Group, Layout
from infra.explain.letters import search_letters
from infra.explain.parts import search_parts, staged_in
from infra.explain.positions import decode_position
from infra.explain.services import Application
from infra.explain.warehouse import WarehouseReader

Positions = dict[Group, str]


def gather(
    application: Application, layout: Layout, key: StoredKey, limit: int, records: int = 0
) -> Known:
    """What is known of the row with this key.

    Args:
        application: whose it is.
        layout: of the target.
        key: of the row.
        limit: how many staged parts of a table, and of dead letters, are searched; 0: none.
        records: how many of the stream are read for each change; 0: none.

    Raises:
        LoadError, DeployError: the warehouse does not answer, or has tables of another layout.
        NotExplainableError: a part is no Parquet.
        ClientError, BotoCoreError: a file cannot be read.
    """
    kind = application.star.declaration.stream.positions
    with application.open_cursor() as cursor:
        require_latest(cursor, application.names)
        reader = WarehouseReader(cursor, application.names)
        bookkeeping = reader.read_bookkeeping()
        row = reader.read_row(layout, key)
        delete = reader.read_delete(layout, key) if row is None else None
        positions = {group: stored.position for group, stored in (row or {}).items()}
        if delete is not None:
            positions = {layout.fact: delete.position}
        keys = {layout.fact: key} | {
            group: stored.key for group, stored in (row or {}).items() if stored.key is not None
        }
        origins = {}
        for group, position in positions.items():
            decoded = decode_position(position, kind)
            if decoded is not None and (group.table, position) not in origins:
                origins[group.table, position] = reader.find_origin(group.table, decoded)
        parts = _list_parts(reader, layout, keys, positions, origins, bookkeeping, limit)
        letter_parts = replay_marks.loaded_parts(cursor, application.names, Kind.DEAD_LETTERS)
        replayed = replay_marks.find_replayed(cursor, application.names)
    searches: dict[Group, PartSearch] = {}
    for (staged_kind, table), listed in parts.items():
        wanted = {g: k for g, k in keys.items() if staged_in(layout, g) == (staged_kind, table)}
        searches |= search_parts(listed, wanted, application.read_file, limit=limit)
    letters = LetterSearch()
    if limit:
        keys_by_table = defaultdict(list)
        for group, group_key in keys.items():
            keys_by_table[group.table].append(group_key)
        letters = search_letters(
            letter_parts, layout, keys_by_table, replayed, application.read_file, limit=limit
        )
    if row is None and delete is None and searches.get(layout.fact, PartSearch()).changes:
        newest = max(change.position for change in searches[layout.fact].changes)
        positions = {layout.fact: newest}
    loads = _find_loads(keys, positions, origins, searches)
    ranges = _read_ranges(application, loads)
    return Known(
        key,
        row,
        delete,
        bookkeeping,
        origins,
        ranges,
        searches,
        letters,
        _read_records(application, keys, positions, loads, ranges, records) if records else {},
        deletes_kept_days=2 * application.bookkeeping_days,
    )


def _list_parts(  # noqa: PLR0913, PLR0917 - what is known so far
    reader: WarehouseReader,
    layout: Layout,
    keys: Mapping[Group, StoredKey],
    positions: Mapping[Group, str],
    origins: Mapping[tuple[str, str], Origin],
    bookkeeping: Bookkeeping,
    limit: int,
) -> dict[tuple[Kind, str], list[LoadedPart]]:
    """The parts to search, those first which may have what the row shows."""
    if not limit or bookkeeping.newest is None:
        return {}
    parts = {}
    for staged in dict.fromkeys(staged_in(layout, group) for group in keys):
        earliest = [
            origin.earliest.loaded_at
            for group in keys
            if staged_in(layout, group) == staged
            and (origin := origins.get((group.table, positions.get(group, UNKNOWN))))
            and origin.earliest is not None
            and origin.earliest.loaded_at is not None
        ]
        since = min(earliest, default=None)
        parts[staged] = reader.list_parts(*staged, limit + 1, bookkeeping.newest, since)
    return parts


def _find_loads(
    keys: Mapping[Group, StoredKey],
    positions: Mapping[Group, str],
    origins: Mapping[tuple[str, str], Origin],
    searches: Mapping[Group, PartSearch],
) -> dict[Group, tuple[str, str]]:
    """The load that brought each group's change, or may have, by its name and the table."""
    loads = {}
    for group in keys:
        position = positions.get(group, UNKNOWN)
        loaded = find_loaded(searches.get(group, PartSearch()), position)
        origin = origins.get((group.table, position), Origin())
        batch = loaded.part.batch if loaded is not None else origin.earliest
        if batch is not None:
            loads[group] = batch.name, group.table
    return loads


def _read_ranges(
    application: Application, loads: Mapping[Group, tuple[str, str]]
) -> dict[tuple[str, str], tuple[ReadRange, ...]]:
    """What these loads read of their tables."""
    if not loads:
        return {}
    with application.open_cursor() as cursor:
        reader = WarehouseReader(cursor, application.names)
        return {load: reader.read_ranges(*load) for load in dict.fromkeys(loads.values())}


def _read_records(  # noqa: PLR0913, PLR0917 - what is known so far
    application: Application,
    keys: Mapping[Group, StoredKey],
    positions: Mapping[Group, str],
    loads: Mapping[Group, tuple[str, str]],
    ranges: Mapping[tuple[str, str], tuple[ReadRange, ...]],
    limit: int,
) -> dict[tuple[str, str], StreamSearch]:
    """The records of the changes on the stream."""
    kind = application.star.declaration.stream.positions
    find_record = application.open_stream()
    searches: dict[tuple[str, str], StreamSearch] = {}
    for group, load in loads.items():
        position = positions[group]
        decoded = decode_position(position, kind)
        if decoded is not None and (group.table, position) not in searches:
            searches[group.table, position] = find_record(
                select_ranges(ranges[load], decoded), group.table, keys[group], position, limit
            )
    return searches
