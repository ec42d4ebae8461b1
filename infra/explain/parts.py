"""Searches staged parts for the changes of a key: which file brought each, while it is kept."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from connectors.blocks import Kind
from connectors.failures import describe_error
from flink_app.declaration.star import DELETED, POSITION
from flink_app.positions.position import UNKNOWN
from infra.explain.errors import NotExplainableError
from infra.explain.key import StoredKey
from infra.explain.known import LoadedPart, PartSearch, StagedChange
from infra.explain.layout import Group, Layout
from infra.explain.positions import split_version
from infra.replay.letters import ReadFile

_GONE: Final = frozenset({"NoSuchKey", "404"})


def staged_in(layout: Layout, group: Group) -> tuple[Kind, str]:
    """The kind of the files that bring a group's changes, and the table that they are of."""
    if group.is_of_fact:
        return Kind.ROWS, layout.target.table
    return (Kind.DIMENSION if group.in_warehouse else Kind.PATCHES), group.table


def search_parts(
    parts: Sequence[LoadedPart], keys: Mapping[Group, StoredKey], read: ReadFile, *, limit: int
) -> dict[Group, PartSearch]:
    """The changes of the rows of groups that are staged in one table's parts.

    At most `limit` of these are read, each once. Raises NotExplainableError for a file that is no
    Parquet.
    """
    changes: dict[Group, list[StagedChange]] = {group: [] for group in keys}
    unlike = dict.fromkeys(keys, 0)
    expired, searched = 0, parts[:limit]
    for part in searched:
        file = read_part(part.url, part.name, read)
        if file is None:
            expired += 1
            continue
        for group, key in keys.items():
            values = _values_in_files(group, key)
            if _has(file, values):
                changes[group] += _find(file, values, group, part)
            else:
                unlike[group] += 1
    return {
        group: PartSearch(
            tuple(
                sorted(of_group, key=lambda each: (str(each.part.batch.loaded_at), each.position))
            ),
            len(searched) - expired - unlike[group],
            expired,
            unlike[group],
            is_partial=len(parts) > limit,
        )
        for group, of_group in changes.items()
    }


def _values_in_files(group: Group, key: StoredKey) -> dict[str, pa.Scalar]:
    """A key by column: rows have the target's names, patches and changes those of the table."""
    return {
        each.column.column if group.is_of_fact else each.column.name: each.scalar for each in key
    }


def read_part(url: str, name: str, read: ReadFile) -> pq.ParquetFile | None:
    """A staged file; None where it has expired. Raises NotExplainableError for no Parquet."""
    try:
        return pq.ParquetFile(io.BytesIO(read(url)))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _GONE:
            return None
        raise
    except (pa.ArrowInvalid, OSError) as error:
        message = f"part {name} ({url}) cannot be read as Parquet: {describe_error(error)}"
        raise NotExplainableError(message) from None


def _has(file: pq.ParquetFile, values: dict[str, pa.Scalar]) -> bool:
    """Whether the file has the key's columns, in types that compare with it."""
    schema = file.schema_arrow
    names = set(schema.names)
    return {*values, POSITION, DELETED} <= names and all(
        schema.field(name).type.equals(value.type) for name, value in values.items()
    )


def _find(
    file: pq.ParquetFile, values: dict[str, pa.Scalar], group: Group, part: LoadedPart
) -> Iterator[StagedChange]:
    position, number = (group.position, 0) if group.is_of_fact else (POSITION, group.part)
    if position not in file.schema_arrow.names:
        position = POSITION  # the column was not declared so
    # Threads of Arrow that are under way when a process ends may abort it.
    names = [*values, *dict.fromkeys((position, POSITION)), DELETED]
    table = file.read(columns=names, use_threads=False)
    matches = reduce(pc.and_, (pc.equal(table[name], value) for name, value in values.items()))
    for row in table.filter(matches).to_pylist():
        positions = split_version(_digits(row[position] or row[POSITION]))
        # A change that has left the column out says nothing of it.
        if number < len(positions) and positions[number] != UNKNOWN:
            yield StagedChange(positions[number], bool(row[DELETED]), part)


def _digits(position: Any) -> str:
    """Releases before 0.2.0 staged digits."""
    return position.hex() if isinstance(position, bytes) else str(position)
