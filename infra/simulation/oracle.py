"""What the warehouse must hold: the LEFT JOIN of the tables at a cut, by plain dictionaries.

Nothing of the code under test is used but the declaration's own words: which table has which key,
which column refers to which table. Paths, positions, treatments and names of hidden columns are
worked out here once more; computed columns in `computed`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.failures import StarjoinError
from connectors.floors import NO_FLOORS, Floors
from flink_app.declaration import Declaration, Star
from infra.simulation.computed import compute
from infra.simulation.source import Key, Position, Record, Version
from infra.simulation.values import Row

Steps = tuple[str, ...]
Tables = dict[str, dict[Key, Version]]
Identity = tuple[str, Key, Position]  # of a version
Lines = list[tuple[Any, ...]]


def position_text(position: Position) -> str:
    """A position as it is stored."""
    generation, commit, number = position
    return f"{generation:04x}{commit:024x}{number:016x}"


NOTHING = position_text((0, 0, 0))


def _known_at(version: Version) -> str:
    """A row's position, and those of the columns that changes may leave out."""
    return "".join(map(position_text, (version.position, *version.set_at.values())))


def find_newest(
    shards: Sequence[Sequence[Record]],
    cut: Sequence[int],
    floors: Floors = NO_FLOORS,
    forgotten: Collection[Identity] = (),
) -> Tables:
    """Every key's newest version among the first records of each shard, deleted keys among them.

    What is of a generation below its table's floor does not count, nor what is `forgotten`.
    """
    versions_of: dict[str, dict[Key, list[Version]]] = {}
    for records, count in zip(shards, cut, strict=True):
        for record in records[:count]:
            for version in () if record.is_below(floors) else record.versions:
                if version.identity in forgotten:
                    continue
                versions_of.setdefault(version.table, {}).setdefault(version.key, []).append(
                    version
                )
    return {
        table: {key: Version.merge(versions) for key, versions in keys.items()}
        for table, keys in versions_of.items()
    }


@dataclass(frozen=True)
class Expected:
    """The rows of a target, and the keys of deleted facts with their positions."""

    rows: Lines
    tombstones: Lines


class UnknownTreatmentError(StarjoinError, ValueError):
    """A declaration has a treatment whose result the oracle cannot work out."""


class Oracle:
    """Expectations of one declaration."""

    def __init__(self, declaration: Declaration, token_key: bytes) -> None:
        self._declaration = declaration
        self._token_key = token_key

    def compute_expected(
        self, target: str, columns: Sequence[str], tables: Tables, facts: Tables
    ) -> Expected:
        """What `target` holds, by `columns`, and its tombstones.

        `facts` has what is known of its own rows, `tables` what dimensions they are joined to.
        """
        fact = self._declaration.targets[target].fact
        versions = facts.get(fact, {}).values()
        return Expected(
            rows=sort_rows(
                tuple(row[name] for name in columns)
                for version in versions
                if self.counts(target, version.row)
                for row in [self._wide(target, version, tables)]
            ),
            tombstones=sort_rows(
                self.tombstone(v) for v in versions if not self.counts(target, v.row)
            ),
        )

    def counts(self, target: str, row: Row | None) -> bool:
        """Whether a row of the fact is one of the target's."""
        if row is None:
            return False
        for column, condition in self._declaration.targets[target].row_conditions.items():
            value = row.get(column)
            if condition.is_null is not None:
                holds = (value is None) == condition.is_null
            elif condition.one_of is not None:
                holds = value in condition.one_of
            else:
                holds = value is not None and value not in (condition.none_of or [])
            if not holds:
                return False
        return True

    def dimension(self, table: str, columns: Sequence[str], tables: Tables) -> Lines:
        """The newest version of every key of `table`, as it is kept; of a deleted one the key."""
        key = self._declaration.tables[table].key
        lines = []
        for version in tables.get(table, {}).values():
            row = version.row or dict(zip(key, version.key, strict=True))
            kept = {"_pos": position_text(version.position), "_deleted": version.row is None}
            lines.append(
                tuple(
                    kept[name] if name in kept else self._treat(table, name, row.get(name))
                    for name in columns
                )
            )
        return sort_rows(lines)

    def tombstone(self, version: Version) -> tuple[Any, ...]:
        """What stands for a deleted fact: its key and position."""
        key = self._declaration.tables[version.table].key
        values = [self._treat(version.table, *pair) for pair in zip(key, version.key, strict=True)]
        return (*values, position_text(version.position))

    def key_columns(self, target: str) -> list[str]:
        """The columns of `target` with the fact's key."""
        declared = self._declaration.targets[target]
        shown = {dotted: name for name, dotted in declared.columns.items()}
        return [shown[name] for name in self._declaration.tables[declared.fact].key]

    def compute_visible(self, target: str, tables: dict[str, dict[Key, Row]]) -> Lines:
        """What the view of `target` shows, from plain tables: columns, computed ones, constants."""
        declared = self._declaration.targets[target]
        versions = {
            name: {key: Version(name, key, row, (0, 0, 0)) for key, row in rows.items()}
            for name, rows in tables.items()
        }
        columns, constants = list(declared.columns), tuple(declared.constants.values())
        computed = Star(self._declaration).computed_columns(target).values()
        rows = self.compute_expected(target, columns, versions, versions).rows
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        return [
            (*row, *(compute(each, values) for each in computed), *constants)
            for row, values in zip(rows, named, strict=True)
        ]

    def _wide(self, target: str, fact: Version, tables: Tables) -> dict[str, Any]:
        """One wide row: visible columns, positions and hidden keys."""
        declared = self._declaration.targets[target]
        wide: dict[str, Any] = {"_pos": position_text(fact.position)}
        for name, dotted in declared.columns.items():
            if dotted in fact.unchanged_columns:
                wide[f"_set_{name}"] = position_text(fact.set_at[dotted])
        ends: dict[Steps, tuple[str, Row]] = {(): (fact.table, fact.row or {})}
        shown = {}
        for name, dotted in declared.columns.items():
            *references, column = dotted.split(".")
            steps = tuple(references)
            for depth in range(1, len(steps) + 1):
                self._step(steps[:depth], ends, wide, tables)
            table, row = ends[steps]
            wide[name] = self._treat(table, column, row.get(column))
            shown[steps, column] = name
        for path in ends:
            self._key_columns(path, ends, shown, wide)
            if len(path) == 1:
                self._key_positions(path, fact, shown, wide)
        return wide

    def _key_positions(
        self, steps: Steps, fact: Version, shown: dict[tuple[Steps, str], str], wide: Row
    ) -> None:
        """Since when the row has the hidden key of a path, where changes may leave that out."""
        for name in self._declaration.tables[fact.table].references[steps[0]].columns:
            if name in fact.unchanged_columns and ((), name) not in shown:
                wide[f"_set__key_{steps[0]}__{name}"] = position_text(fact.set_at[name])

    def _step(
        self, steps: Steps, ends: dict[Steps, tuple[str, Row]], wide: Row, tables: Tables
    ) -> None:
        if steps in ends:
            return
        table, row = ends[steps[:-1]]
        reference = self._declaration.tables[table].references[steps[-1]]
        key = tuple(row.get(name) for name in reference.columns)
        version = None if None in key else tables.get(reference.table, {}).get(key)
        ends[steps] = (reference.table, (version.row if version else None) or {})
        wide["_pos_" + "__".join(steps)] = _known_at(version) if version else NOTHING

    def _key_columns(
        self,
        steps: Steps,
        ends: dict[Steps, tuple[str, Row]],
        shown: dict[tuple[Steps, str], str],
        wide: Row,
    ) -> None:
        if not steps:
            return
        table, row = ends[steps[:-1]]
        for name in self._declaration.tables[table].references[steps[-1]].columns:
            if (steps[:-1], name) not in shown:
                hidden = f"_key_{'__'.join(steps)}__{name}"
                wide[hidden] = self._treat(table, name, row.get(name))

    def _treat(self, table: str, column: str, value: Any) -> Any:
        treatment = self._declaration.tables[table].columns[column].treatment
        if value is None or treatment == "keep":
            return value
        if treatment == "mask":
            return "".join("*" if letter.isdecimal() else letter for letter in value)
        if treatment == "mask_text":
            return "".join(letter if _stays_in_text(letter) else "*" for letter in value)
        if treatment == "redact":
            return "redacted"
        if treatment == "tokenise":
            return hmac.new(self._token_key, _as_text(value).encode(), hashlib.sha256).hexdigest()
        if treatment == "sha256":
            return hashlib.sha256(_as_text(value).encode()).hexdigest()
        message = f"the oracle knows no treatment {treatment}"
        raise UnknownTreatmentError(message)


def sort_rows(rows: Iterable[Sequence[Any]]) -> Lines:
    """Rows in an order of no meaning, duplicates kept; True and 1 are the same."""
    return sorted((tuple(row) for row in rows), key=_order)


def _order(row: Sequence[Any]) -> str:
    return repr([int(value) if isinstance(value, bool) else value for value in row])


def _stays_in_text(letter: str) -> bool:
    """Punctuation, separators and white space."""
    return unicodedata.category(letter)[0] in "PZ" or letter.isspace()


def _as_text(value: Any) -> str:
    """The text that stands for a value in tokens."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value).removesuffix(".0")
        case bytes():
            return value.hex()
        case dt.datetime():
            text = value.replace(tzinfo=None).isoformat(" ", timespec="microseconds")
            return f"{text}Z" if value.tzinfo else text
    return str(value)
