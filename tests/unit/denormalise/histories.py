"""Histories of changes of any star, and the LEFT JOIN by dictionaries that they must lead to."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from flink_app.declaration import POSITION, ColumnType, Star
from flink_app.declaration.star import DELETED
from flink_app.positions.position import UNKNOWN, make_position

# Few values, so that keys meet.
_VALUES: Final[dict[str, list[Any]]] = {
    "smallint": [1, 2],
    "integer": [1, 2, 3],
    "bigint": [1, 2, 2**60],
    "decimal": [Decimal("0.25"), Decimal("7.50")],
    "double precision": [0.5, -1.5],
    "boolean": [True, False],
    "date": [dt.date(2024, 2, 29), dt.date(2025, 1, 1)],
    "timestamp": [dt.datetime(2024, 2, 29, 1, 2, 3, 4)],  # noqa: DTZ001 - as Arrow gives it
    "varchar": ["a", "b"],
}

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Change:
    """A change of one key as decode gives it; `values` are all stored columns."""

    table: str
    values: dict[str, Any]
    position: str
    deleted: bool


def random_change(star: Star, seed: int, at: int) -> Change:
    """A change that the seed decides, at the commit position `at`."""
    chosen = random.Random(seed)  # noqa: S311
    table = chosen.choice(star.used_tables)
    deleted = chosen.random() < 0.2
    key = star.tables[table].key
    values = {}
    for name, column in star.stored_columns(table).items():
        wanted = name in key or (not deleted and chosen.random() < 0.9)
        values[name] = chosen.choice(_values(column.stored_type)) if wanted else None
    return Change(table, values, make_position(1, at, chosen.randrange(2)), deleted)


def _values(kind: ColumnType) -> list[Any]:
    if kind.name == "decimal":
        step = Decimal(1).scaleb(-(kind.scale or 0))
        return [value.quantize(step) for value in _VALUES["decimal"]]
    return _VALUES[kind.name]


def batch(star: Star, table: str, changes: Iterable[Change]) -> pa.RecordBatch:
    """Changes of one table as a block's batch."""
    rows = [{**c.values, POSITION: c.position, DELETED: c.deleted} for c in changes]
    return pa.RecordBatch.from_pylist(rows, schema=star.changes_schema(table))


@dataclass
class Oracle:
    """The newest version of every key of every table, and their join."""

    star: Star
    newest: dict[str, dict[Key, Change]] = field(default_factory=dict)

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            table = self.newest.setdefault(change.table, {})
            key = self.key(change)
            if key not in table or table[key].position < change.position:
                table[key] = change

    def key(self, change: Change) -> Key:
        return tuple(change.values[name] for name in self.star.tables[change.table].key)

    def rows(self, target: str) -> list[dict[str, Any]]:
        """The wide rows of all facts that are there."""
        facts = self.newest.get(self.star.targets[target].fact, {})
        return [self.joined(fact, target) for fact in facts.values() if not fact.deleted]

    def joined(self, fact: Change, target: str) -> dict[str, Any]:
        """One wide row, hidden columns among its columns."""
        found: dict[tuple[str, ...], dict[str, Any]] = {(): fact.values}
        row: dict[str, Any] = {POSITION: fact.position, DELETED: fact.deleted}
        for path in self.star.target_paths(target):
            parent = found[path.parent]
            key = tuple(parent.get(name) for name in path.key)
            version = self.newest.get(path.table, {}).get(key)
            there = version is not None and not version.deleted
            found[path.steps] = version.values if version is not None and there else {}
            row[path.position] = version.position if version is not None else UNKNOWN
            names = self.star.path_key(target, path)
            row.update(zip(names, key, strict=True))
        for column in self.star.wide_columns(target):
            row[column.name] = found[column.path].get(column.source)
        return {name: row[name] for name in self.star.wide_schema(target).names}


def shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    mixed = list(items)
    random.Random(seed).shuffle(mixed)  # noqa: S311
    return mixed
