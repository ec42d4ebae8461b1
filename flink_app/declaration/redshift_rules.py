"""What Redshift would refuse of the tables that follow from a declaration, known before any start.

The other rules (`rules`) are those of the declaration's own parts. A declaration that breaks one of
these deploys, decodes and stages, and then can never be loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from connectors.sql_limits import (
    LONGEST_NAME,
    MOST_COLUMNS,
    MOST_SORT_KEY_COLUMNS,
    SYSTEM_COLUMNS,
    WIDEST_ROW,
    is_system_schema,
)
from flink_app.declaration.star import Path, Star, unchanged_position_column
from flink_app.declaration.types import ColumnType

_POSITION_BYTES: Final = 44  # of a hidden column; a test compares it with the tables' DDL
_RENAME: Final = "give it another name here, and its name in the source as `source`"
_NO_KEY: Final = (
    "Redshift takes no varbyte as a key, distribution key or sort key; choose a column of another "
    "type, or set treatment to tokenise or sha256, which store a varchar(64)"
)


def redshift_faults(star: Star) -> list[str]:
    """Every fault with its place; none for a declaration whose tables Redshift makes."""
    checks = (_key_faults, _target_faults, _table_faults, _row_faults)
    return list(dict.fromkeys(fault for faults in checks for fault in faults(star)))


def _key_faults(star: Star) -> Iterator[str]:
    """Keys and references are what the load joins, distributes and sorts by."""
    for name in star.used_tables:
        table = star.tables[name]
        if len(table.key) > MOST_SORT_KEY_COLUMNS:
            count = len(table.key)
            fault = f"{count} columns; Redshift takes at most {MOST_SORT_KEY_COLUMNS}"
            yield f"table {name}, key: {fault}"
        for column in table.key:
            if table.columns[column].stored_type.is_binary:
                yield f"table {name}, key, column {column}: {_NO_KEY}"
        for reference_name, reference in table.references.items():
            for column in reference.columns:
                if table.columns[column].stored_type.is_binary:
                    yield f"table {name}, reference {reference_name}, column {column}: {_NO_KEY}"


def _target_faults(star: Star) -> Iterator[str]:
    for name, target in star.targets.items():
        subject = f"target {name}"
        if is_system_schema(target.schema_name):
            yield f"{subject}: schema {target.schema_name} is reserved by Redshift; choose another"
        types: dict[str, ColumnType] = {c.name: c.type.stored_type for c in star.wide_columns(name)}
        for column in filter(None, dict.fromkeys([target.dist_key, *target.sort_key])):
            if types[column].is_binary:
                yield f"{subject}, dist_key or sort_key, column {column}: {_NO_KEY}"
        for column, times in Counter(target.sort_key).items():
            if times > 1:
                yield f"{subject}, sort_key: column {column} is named {times} times; name it once"
        if len(target.sort_key) > MOST_SORT_KEY_COLUMNS:
            count = len(target.sort_key)
            fault = f"{count} columns; Redshift takes at most {MOST_SORT_KEY_COLUMNS}"
            yield f"{subject}, sort_key: {fault}"
        for column in target.columns:
            if column in SYSTEM_COLUMNS:
                yield f"{subject}, column {column}: {_of_system(column)}; give it another name"


def _table_faults(star: Star) -> Iterator[str]:
    """Of every table that a load makes or copies into, hidden columns among the others."""
    for subject, schema in _tables(star):
        if len(schema.names) > MOST_COLUMNS:
            count = len(schema.names)
            fault = f"{count} columns including hidden ones; Redshift takes at most {MOST_COLUMNS}"
            yield f"{subject}: {fault}"
        for column in schema.names:
            if len(column) > LONGEST_NAME:
                fault = f"the name {column} has more than {LONGEST_NAME} characters"
                yield f"{subject}: {fault}; shorten the names of references or columns"
    for name in star.dimensions:
        for column in star.stored_columns(name):
            if column in SYSTEM_COLUMNS:
                yield f"table {name}, column {column}: {_of_system(column)}; {_RENAME}"


def _tables(star: Star) -> Iterator[tuple[str, pa.Schema]]:
    for name in star.targets:
        yield f"target {name}", star.wide_schema(name)
    for name in star.broadcast_dimensions:
        yield f"table {name}, its patches", star.patch_schema(name)
    for name in star.warehouse_dimensions:
        yield f"table {name}", star.changes_schema(name)


def _row_faults(star: Star) -> Iterator[str]:
    """Of what a load sorts by ROW_NUMBER to find the newest change of each key: whole staged rows.

    Redshift refuses wider rows in a query with error 8001. It counts a varchar by what is declared
    and not by what is in it, or close to it: so a wider row might be loaded, and might not.
    """
    for name in star.targets:
        width, added = sum(_target_widths(star, name).values()), _widest_addition(star, name)
        if width <= WIDEST_ROW < width + added:
            yield (
                f"target {name}: its rows have up to {width} bytes, hidden columns included, and "
                f"{added} more while a load gives them the newest columns of their dimensions; "
                f"Redshift processes rows of at most {WIDEST_ROW} bytes in a query: declare "
                "shorter varchars, or leave columns out"
            )
    for subject, width in _row_widths(star):
        if width > WIDEST_ROW:
            fault = f"its rows have up to {width} bytes, hidden columns included"
            yield (
                f"{subject}: {fault}; Redshift sorts rows of at most {WIDEST_ROW} bytes, and each "
                "load sorts them: declare shorter varchars, or leave columns out"
            )


def _row_widths(star: Star) -> Iterator[tuple[str, int]]:
    for name in star.targets:
        yield f"target {name}", sum(_target_widths(star, name).values())
    for name in star.broadcast_dimensions:
        below = sum(_change_width(star, path.table) for path in star.patch_paths(name))
        yield f"table {name}, its patches", _change_width(star, name) + below
    for name in star.warehouse_dimensions:
        yield f"table {name}", _change_width(star, name)


def _target_widths(star: Star, name: str) -> dict[str, int]:
    """The bytes of each column of a target, hidden ones among them."""
    fact = star.targets[name].fact
    paths = star.target_paths(name)
    widths = {column.name: column.type.stored_type.row_bytes for column in star.wide_columns(name)}
    for path in paths:
        parent = star.tables[star.parent_table(fact, path)]
        for column, source in zip(star.path_key(name, path), path.key, strict=True):
            widths.setdefault(column, parent.columns[source].stored_type.row_bytes)
        widths[path.position] = _version_bytes(star, path)
    return dict.fromkeys(star.hidden_columns(name), _POSITION_BYTES) | widths


def _widest_addition(star: Star, name: str) -> int:
    """What a row has besides its own columns in the widest statement of a load.

    Either the kept values of columns that changes may leave out, or the rows that the paths of one
    depth are joined with at once.
    """
    widths = _target_widths(star, name)
    kept = {column.name for column in star.unchanged_target_columns(name)}
    kept |= {*map(unchanged_position_column, kept), *star.followed_columns(name)}
    joined = Counter[int]()
    for path in star.target_paths(name):
        joined[len(path.steps)] += _joined_width(star, name, path)
    return max(sum(widths[column] for column in kept), *joined.values(), 0)


def _joined_width(star: Star, name: str, path: Path) -> int:
    """Of the dimension's row: its key, and what the target shows of it and of what it brings along.

    A patch brings along what the stream knows of the paths below it.
    """
    depth = len(path.steps)
    reached = [p for p in star.target_paths(name) if p.steps[:depth] == path.steps]
    known = {p.steps: p for p in reached if p == path or p.table in star.broadcast_dimensions}
    columns = {(path.steps, column) for column in star.tables[path.table].key}
    columns |= {(c.path, c.source) for c in star.wide_columns(name) if c.path in known}
    columns |= {(p.parent, column) for p in reached[1:] if p.parent in known for column in p.key}
    shown = (star.tables[known[steps].table].columns[column] for steps, column in columns)
    positions = sum(_version_bytes(star, each) for each in known.values())
    return positions + sum(column.stored_type.row_bytes for column in shown)


def _version_bytes(star: Star, path: Path) -> int:
    return _positions(1 + len(star.unchanged_columns(path.table)))


def _change_width(star: Star, table: str) -> int:
    columns = star.stored_columns(table).values()
    width = sum(column.stored_type.row_bytes for column in columns)
    return width + _positions(1 + len(star.unchanged_columns(table)))


def _positions(count: int) -> int:
    return count * _POSITION_BYTES


def _of_system(column: str) -> str:
    return f"Redshift reserves the name {column} for a system column"
