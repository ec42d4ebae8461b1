"""What Redshift would refuse of the tables that follow from a declaration, known before any start.

The other rules (`rules`) are those of the declaration's own parts. A declaration that breaks one of
these deploys, decodes and stages, and then can never be loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from connectors.positions import POSITION_BYTES
from connectors.sql_limits import (
    BASE_SUFFIX,
    LONGEST_NAME,
    MOST_COLUMNS,
    MOST_SORT_KEY_COLUMNS,
    SYSTEM_COLUMNS,
    WIDEST_ROW,
    is_system_schema,
)
from flink_app.declaration.literals import Constant
from flink_app.declaration.model import Target
from flink_app.declaration.star import Path, Star, unchanged_position_column
from flink_app.declaration.types import ColumnType
from flink_app.validation.fault import Fault, KeyPath

_NARROWER: Final = "declare shorter varchars, or leave columns out"
_FEWER: Final = "leave some out"
_RENAME: Final = "give it another name here, and its name in the source as `source`"
_NO_KEY: Final = (
    "Redshift takes no varbyte as a key, distribution key or sort key",
    "choose a column of another type, or store a varchar(64): treatment tokenise or sha256",
)


def redshift_faults(star: Star) -> list[Fault]:
    """Every fault with its place; none for a declaration whose tables Redshift makes."""
    checks = (_key_faults, _name_faults, _target_faults, _table_faults, _row_faults)
    return list(dict.fromkeys(fault for faults in checks for fault in faults(star)))


def _key_faults(star: Star) -> Iterator[Fault]:
    """Keys and references are what the load joins, distributes and sorts by."""
    for name in star.used_tables:
        table, key_path = star.tables[name], ("tables", name)
        if len(table.key) > MOST_SORT_KEY_COLUMNS:
            problem = f"{len(table.key)} columns; Redshift takes at most {MOST_SORT_KEY_COLUMNS}"
            yield Fault((*key_path, "key"), problem, _FEWER, f"table {name}, key")
        for column in table.key:
            if table.columns[column].stored_type.is_binary:
                subject = f"table {name}, key, column {column}"
                yield Fault((*key_path, "columns", column), *_NO_KEY, subject)
        for reference_name, reference in table.references.items():
            for column in reference.columns:
                if table.columns[column].stored_type.is_binary:
                    subject = f"table {name}, reference {reference_name}, column {column}"
                    yield Fault((*key_path, "columns", column), *_NO_KEY, subject)


def _name_faults(star: Star) -> Iterator[Fault]:
    """Every target is a view of a base table, whose name follows from its own."""
    names = {(target.schema_name, name) for name, target in star.targets.items()}
    for schema, name in sorted(names):
        if (schema, base := f"{name}{BASE_SUFFIX}") in names:
            problem = f"that is the base table's name of target {name}"
            yield Fault(("targets", base), problem, "choose another", f"target {base}")


def _target_faults(star: Star) -> Iterator[Fault]:
    for name, target in star.targets.items():
        subject, key_path = f"target {name}", ("targets", name)
        if is_system_schema(target.schema_name):
            problem = f"schema {target.schema_name} is reserved by Redshift"
            yield Fault((*key_path, "schema"), problem, "choose another", subject)
        types: dict[str, ColumnType] = {c.name: c.type.stored_type for c in star.wide_columns(name)}
        keys = [("dist_key", target.dist_key), *(("sort_key", each) for each in target.sort_key)]
        for key, column in keys:
            if column and types[column].is_binary:
                within = f"{subject}, dist_key or sort_key, column {column}"
                yield Fault((*key_path, key), *_NO_KEY, within)
        for column, times in Counter(target.sort_key).items():
            if times > 1:
                problem = f"column {column} is named {times} times"
                yield Fault(
                    (*key_path, "sort_key"), problem, "name it once", f"{subject}, sort_key"
                )
        if len(target.sort_key) > MOST_SORT_KEY_COLUMNS:
            problem = (
                f"{len(target.sort_key)} columns; Redshift takes at most {MOST_SORT_KEY_COLUMNS}"
            )
            yield Fault((*key_path, "sort_key"), problem, _FEWER, f"{subject}, sort_key")
        yield from _shown_faults(target, subject, key_path)
        yield from _view_width_faults(star, name)


def _shown_faults(target: Target, subject: str, key_path: KeyPath) -> Iterator[Fault]:
    """Of what the view shows."""
    shown = [("columns", column) for column in target.columns]
    shown += [("computed", column) for column in target.computed]
    shown += [("constants", column) for column in target.constants]
    for section, column in shown:
        if column in SYSTEM_COLUMNS:
            within = f"{subject}, column {column}"
            of_column = (*key_path, section, column)
            remedy = "give it another name"
            yield Fault(of_column, _of_system(column), remedy, within, of_key=True)
    for section, held in (("computed", target.computed), ("constants", target.constants)):
        if held and len(shown) > MOST_COLUMNS:
            problem = f"its view has {len(shown)} columns; Redshift takes at most {MOST_COLUMNS}"
            yield Fault((*key_path, section), problem, _FEWER, subject, of_key=True)
            break


def _view_width_faults(star: Star, name: str) -> Iterator[Fault]:
    """Of the rows that the view shows: whoever sorts them has them in a query."""
    target, computed = star.targets[name], star.computed_columns(name)
    width = sum(column.type.stored_type.row_bytes for column in star.wide_columns(name))
    added = sum(expression.type.row_bytes for expression in computed.values())
    added += sum(_constant_bytes(constant) for constant in target.constants.values())
    if computed and width + added > WIDEST_ROW:
        problem = (
            f"its view's rows have up to {width + added} bytes, {added} of them in computed "
            "columns and constants; Redshift processes rows of at most "
            f"{WIDEST_ROW} bytes in a query"
        )
        key_path: KeyPath = ("targets", name, "computed")
        yield Fault(key_path, problem, _NARROWER, f"target {name}, computed", of_key=True)


def _constant_bytes(value: Constant) -> int:
    return len(value.encode()) if isinstance(value, str) else 8


def _table_faults(star: Star) -> Iterator[Fault]:
    """Of every table that a load makes or copies into, hidden columns among the others."""
    for subject, key_path, schema in _tables(star):
        if len(schema.names) > MOST_COLUMNS:
            count = len(schema.names)
            problem = (
                f"{count} columns including hidden ones; Redshift takes at most {MOST_COLUMNS}"
            )
            yield Fault(key_path, problem, _FEWER, subject, of_key=True)
        for column in schema.names:
            if len(column) > LONGEST_NAME:
                problem = f"the name {column} has more than {LONGEST_NAME} characters"
                remedy = "shorten the names of references or columns"
                yield Fault(key_path, problem, remedy, subject, of_key=True)
    for name in star.dimensions:
        for column in star.stored_columns(name):
            if column in SYSTEM_COLUMNS:
                of_column, subject = ("tables", name, "columns", column), f"table {name}, column"
                yield Fault(
                    of_column, _of_system(column), _RENAME, f"{subject} {column}", of_key=True
                )


def _tables(star: Star) -> Iterator[tuple[str, KeyPath, pa.Schema]]:
    for name in star.targets:
        yield f"target {name}", ("targets", name), star.wide_schema(name)
    for name in star.broadcast_dimensions:
        yield f"table {name}, its patches", ("tables", name), star.patch_schema(name)
    for name in star.warehouse_dimensions:
        yield f"table {name}", ("tables", name), star.changes_schema(name)


def _row_faults(star: Star) -> Iterator[Fault]:
    """Of what a load sorts by ROW_NUMBER to find the newest change of each key: whole staged rows.

    Redshift refuses wider rows in a query with error 8001. It counts a varchar by what is declared
    and not by what is in it, or close to it: so a wider row might be loaded, and might not.
    """
    for name in star.targets:
        width, added = sum(_target_widths(star, name).values()), _widest_addition(star, name)
        if width <= WIDEST_ROW < width + added:
            problem = (
                f"its rows have up to {width} bytes, hidden columns included, and {added} more "
                "while a load gives them the newest columns of their dimensions; Redshift "
                f"processes rows of at most {WIDEST_ROW} bytes in a query"
            )
            yield Fault(("targets", name), problem, _NARROWER, f"target {name}", of_key=True)
    for subject, key_path, width in row_widths(star):
        if width > WIDEST_ROW:
            problem = (
                f"its rows have up to {width} bytes, hidden columns included; Redshift sorts rows "
                f"of at most {WIDEST_ROW} bytes, and each load sorts them"
            )
            yield Fault(key_path, problem, _NARROWER, subject, of_key=True)


def row_widths(star: Star) -> Iterator[tuple[str, KeyPath, int]]:
    """What people call each table that a load sorts, its place, and its widest row in bytes."""
    for name in star.targets:
        yield f"target {name}", ("targets", name), sum(_target_widths(star, name).values())
    for name in star.broadcast_dimensions:
        below = sum(_change_width(star, path.table) for path in star.patch_paths(name))
        yield f"table {name}, its patches", ("tables", name), _change_width(star, name) + below
    for name in star.warehouse_dimensions:
        yield f"table {name}", ("tables", name), _change_width(star, name)


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
    return dict.fromkeys(star.hidden_columns(name), POSITION_BYTES) | widths


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
    return count * POSITION_BYTES


def _of_system(column: str) -> str:
    return f"Redshift reserves the name {column} for a system column"
