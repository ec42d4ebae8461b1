"""A declaration, resolved: which columns are kept, which paths exist, what every block holds.

Owns the names of hidden columns and the Arrow schema of each kind of block:

- *changes* of a table: its stored columns, the position, whether it is a delete;
- *patch* of a dimension: its changes with the columns of every path below it;
- *wide rows* of a target: the target's columns, the hidden columns, whether it is a delete.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import pyarrow as pa

from connectors.positions import position_field
from flink_app.declaration.declaration import Declaration
from flink_app.declaration.expressions import Expression, resolve
from flink_app.declaration.model import Column, Placement, Table, Target, Treatment
from flink_app.declaration.provenance import Provenance
from flink_app.validation.fault import Fault, FaultsError

POSITION: Final = "_pos"
DELETED: Final = "_deleted"
_SEPARATOR: Final = "__"


@cache
def unchanged_position_column(column: str) -> str:
    """Name of the hidden column with the position of the change that set `column`.

    `column` is an unchanged column: one that an update omits where its value has not changed.
    """
    return f"_set_{column}"


@dataclass(frozen=True)
class Path:
    """One chain of references that starts at some table, and the table where it ends."""

    steps: tuple[str, ...]
    table: str
    key: tuple[str, ...]  # columns of the parent's table that hold the key, in the key's order

    @property
    def parent(self) -> tuple[str, ...]:
        """The path that this one continues; empty for a reference of the start itself."""
        return self.steps[:-1]

    @property
    def name(self) -> str:
        """The path as part of a column name."""
        return _SEPARATOR.join(self.steps)

    @property
    def position(self) -> str:
        """Name of the hidden column that holds the dimension's position on this path."""
        return f"_pos_{self.name}"

    def column(self, name: str) -> str:
        """Name of a column of this path's table in a patch of the table where the path starts."""
        return f"{self.name}{_SEPARATOR}{name}"

    def hidden_key(self, name: str) -> str:
        """Name of the hidden column with one part of the key, where no target column holds it."""
        return f"_key_{self.name}{_SEPARATOR}{name}"


@dataclass(frozen=True)
class WideColumn:
    """A column of a target: `source` of `table`, where `path` ends (empty: the fact)."""

    name: str
    path: tuple[str, ...]
    table: str
    source: str
    type: Column


P = ParamSpec("P")
T = TypeVar("T")


def _once(method: Callable[Concatenate[Star, P], T]) -> Callable[Concatenate[Star, P], T]:
    """Derives an answer once per question: plans, schemas and the generated SQL ask repeatedly."""

    @wraps(method)
    def answer_once(self: Star, /, *args: P.args, **kwargs: P.kwargs) -> T:
        question = (method.__name__, args, tuple(kwargs.items()))
        if question not in self._answers:
            self._answers[question] = method(self, *args, **kwargs)
        answer: T = self._answers[question]
        return answer

    return answer_once


def _find_paths(
    tables: Mapping[str, Table], start: str, used: Collection[tuple[str, ...]]
) -> tuple[Path, ...]:
    """The chains of references from `start` that are used, parents before children.

    References may lead back to where they began: only what is used has an end.
    """

    def walk(name: str, steps: tuple[str, ...]) -> Iterator[Path]:
        for step, reference in tables[name].references.items():
            below = (*steps, step)
            if below in used:
                yield Path(below, reference.table, tuple(reference.columns))
                yield from walk(reference.table, below)

    return tuple(sorted(walk(start, ()), key=lambda path: len(path.steps)))


class Star:
    """Everything that follows from a declaration; immutable, derived once."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self._answers: dict[tuple[Any, ...], Any] = {}

    def __reduce__(self) -> tuple[type[Star], tuple[Declaration]]:
        return Star, (self.declaration,)

    @property
    def tables(self) -> dict[str, Table]:
        """Every declared table by name."""
        return self.declaration.tables

    @property
    def targets(self) -> dict[str, Target]:
        """Every target by name."""
        return self.declaration.targets

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Tables that are the fact of some target."""
        return tuple(dict.fromkeys(target.fact for target in self.targets.values()))

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Tables that some target reaches, in the declaration's order."""
        reached = {path.table for name in self.targets for path in self.target_paths(name)}
        return tuple(name for name in self.tables if name in reached)

    @cached_property
    def broadcast_dimensions(self) -> tuple[str, ...]:
        """Dimensions in the broadcast state of every subtask, where facts are joined with them."""
        return self._dimensions_of(Placement.BROADCAST)

    @cached_property
    def warehouse_dimensions(self) -> tuple[str, ...]:
        """Dimensions in tables of their own, which the load's transaction joins."""
        return self._dimensions_of(Placement.WAREHOUSE)

    def _dimensions_of(self, placement: Placement) -> tuple[str, ...]:
        return tuple(n for n in self.dimensions if self.tables[n].placement is placement)

    @cached_property
    def used_tables(self) -> tuple[str, ...]:
        """Facts and dimensions; records of other declared tables are passed over."""
        return tuple(name for name in self.tables if name in {*self.facts, *self.dimensions})

    @cached_property
    def tokenises(self) -> bool:
        """Whether any stored value depends on the privacy secret."""
        return any(
            column.treatment is Treatment.TOKENISE
            for table in self.used_tables
            for column in self.stored_columns(table).values()
        )

    @_once
    def target_paths(self, target: str) -> tuple[Path, ...]:
        """The paths that `target` needs, parents before children."""
        read = {column.path for column in self.wide_columns(target)}
        used = {path[:depth] for path in read for depth in range(1, len(path) + 1)}
        return _find_paths(self.tables, self.targets[target].fact, used)

    @cached_property
    def _below(self) -> dict[str, set[tuple[str, ...]]]:
        """For each dimension the relative paths below it that some target needs."""
        below: dict[str, set[tuple[str, ...]]] = {name: set() for name in self.dimensions}
        for target in self.targets:
            paths = self.target_paths(target)
            for upper in paths:
                depth = len(upper.steps)
                for path in paths:
                    if path.steps[:depth] == upper.steps and len(path.steps) > depth:
                        below[upper.table].add(path.steps[depth:])
        return below

    @_once
    def patch_paths(self, dimension: str) -> tuple[Path, ...]:
        """The paths below `dimension` that its patches carry, parents before children.

        What is kept in the warehouse is not known in the stream.
        """
        below = _find_paths(self.tables, dimension, self._below[dimension])
        return tuple(p for p in below if p.table in self.broadcast_dimensions)

    @cached_property
    def _stored(self) -> dict[str, tuple[str, ...]]:
        wanted: dict[str, set[str]] = {name: set(t.key) for name, t in self.tables.items()}
        for target in self.targets:
            fact = self.targets[target].fact
            wanted[fact].update(self.targets[target].row_conditions)
            for column in self.wide_columns(target):
                wanted[column.table].add(column.source)
            for path in self.target_paths(target):
                wanted[self.parent_table(fact, path)].update(path.key)
        return {
            name: tuple(column for column in table.columns if column in wanted[name])
            for name, table in self.tables.items()
        }

    @_once
    def stored_columns(self, table: str) -> Mapping[str, Column]:
        """The columns of `table` that leave decode: its key and what some target needs."""
        columns = self.tables[table].columns
        return {
            name: columns[name]
            for name in self._stored[table]
            if columns[name].treatment is not Treatment.DROP
        }

    @_once
    def unchanged_columns(self, table: str) -> tuple[str, ...]:
        """Stored columns that an update omits where they have not changed: the known value stays.

        Each has its own position, that of the newest change that has the column; deletes count.
        A row's version is then not its position alone but all of them, joined as one text: each
        only increases, so the versions that a subtask sees one after the other increase too.
        """
        stored = self.stored_columns(table)
        return tuple(name for name, column in stored.items() if column.unchanged)

    @_once
    def unchanged_references(self, table: str) -> tuple[tuple[str, ...], ...]:
        """Of each reference that some target follows, the unchanged columns.

        An update must have all of them or none, or what the reference leads to is not known.
        """
        stored = self.unchanged_columns(table)
        references = self.tables[table].references.values()
        columns = [tuple(c for c in r.columns if c in stored) for r in references]
        return tuple(dict.fromkeys(filter(None, columns)))

    @_once
    def unchanged_target_columns(self, target: str) -> tuple[WideColumn, ...]:
        """The columns of `target` that come from an unchanged column of the fact.

        Visible ones, then hidden ones, which hold the key of a path.
        """
        fact = self.targets[target].fact
        columns = [c for c in self.wide_columns(target) if not c.path]
        names = {column.name for column in columns}
        for path in self.target_paths(target):
            if path.parent:
                continue
            for name, source in zip(self.path_key(target, path), path.key, strict=True):
                if name not in names:
                    declared = self.tables[fact].columns[source]
                    columns.append(WideColumn(name, (), fact, source, declared))
        return tuple(column for column in columns if column.type.unchanged)

    @_once
    def followed_columns(self, target: str) -> Mapping[str, str]:
        """What a row takes along with an unchanged reference, where a change leaves that out.

        By column of `target` below such a reference, positions first, the column of the fact's that
        the reference has come with.
        """
        unchanged = {column.name for column in self.unchanged_target_columns(target)}
        paths = self.target_paths(target)
        leading = {
            path.steps[0]: name
            for path in paths
            if not path.parent
            for name in self.path_key(target, path)[::-1]
            if name in unchanged
        }
        below = [path for path in paths if path.steps[0] in leading]
        followed = {path.position: leading[path.steps[0]] for path in below}
        for wide in self.wide_columns(target):
            if wide.path and wide.path[0] in leading:
                followed[wide.name] = leading[wide.path[0]]
        for path in below:
            if path.parent:
                for name in self.path_key(target, path):
                    followed.setdefault(name, leading[path.steps[0]])
        return followed

    @_once
    def wide_columns(self, target: str) -> tuple[WideColumn, ...]:
        """The visible columns of `target`, in order."""
        declared = self.targets[target]
        columns = []
        for name, dotted in declared.columns.items():
            path, table, source = self.declaration.follow(declared.fact, dotted)
            column = self.tables[table].columns[source]
            columns.append(WideColumn(name, path, table, source, column))
        return tuple(columns)

    @_once
    def computed_columns(self, target: str) -> Mapping[str, Expression]:
        """What the view of `target` computes, by the columns' names, in order."""
        resolved = {}
        for name, formula in self.targets[target].computed.items():
            expression, misfits = resolve(self.declaration, target, formula)
            if expression is None:
                raise FaultsError(Fault(m.steps, m.problem, m.remedy, name) for m in misfits)
            resolved[name] = expression
        return resolved

    @_once
    def key_columns(self, target: str) -> tuple[str, ...]:
        """The visible columns that hold the fact's key, in the key's order."""
        held = {c.source: c.name for c in self.wide_columns(target) if not c.path}
        return tuple(held[name] for name in self.tables[self.targets[target].fact].key)

    @_once
    def path_key(self, target: str, path: Path) -> tuple[str, ...]:
        """The target's columns that hold the key of `path`: visible ones where there are any."""
        visible = {(c.path, c.source): c.name for c in self.wide_columns(target)}
        return tuple(visible.get((path.parent, name), path.hidden_key(name)) for name in path.key)

    @_once
    def parent_table(self, start: str, path: Path) -> str:
        """The table that holds the key columns of `path`, for a path that starts at `start`."""
        table = start
        for step in path.parent:
            table = self.tables[table].references[step].table
        return table

    @_once
    def hidden_columns(self, target: str) -> Mapping[str, pa.Field]:
        """The target's hidden columns: the fact's positions, then each path's keys and position."""
        hidden = {POSITION: position_field(POSITION)}
        for column in self.unchanged_target_columns(target):
            name = unchanged_position_column(column.name)
            hidden[name] = position_field(name)
        fact = self.targets[target].fact
        for path in self.target_paths(target):
            parent = self.parent_table(fact, path)
            for name, source in zip(self.path_key(target, path), path.key, strict=True):
                if name not in self.targets[target].columns:
                    hidden[name] = self._field(name, parent, source)
            hidden[path.position] = self._version_field(path.position, path.table)
        return hidden

    @_once
    def changes_schema(self, table: str) -> pa.Schema:
        """Changes of `table`: stored columns, positions, delete flag. Deletes fill only the key."""
        return pa.schema(
            [self._field(name, table, name) for name in self.stored_columns(table)]
            + [
                position_field(unchanged_position_column(name))
                for name in self.unchanged_columns(table)
            ]
            + [position_field(POSITION), pa.field(DELETED, pa.bool_())]
        )

    @_once
    def patch_schema(self, dimension: str) -> pa.Schema:
        """A patch: the dimension's changes, then position and columns of every path below it."""
        fields = [self._field(name, dimension, name) for name in self.stored_columns(dimension)]
        fields += [self._version_field(POSITION, dimension), pa.field(DELETED, pa.bool_())]
        for path in self.patch_paths(dimension):
            fields.append(self._version_field(path.position, path.table))
            fields += [
                self._field(path.column(name), path.table, name)
                for name in self.stored_columns(path.table)
            ]
        return pa.schema(fields)

    @_once
    def wide_schema(self, target: str) -> pa.Schema:
        """Wide rows: visible columns, hidden columns, delete flag. A delete fills only the key."""
        return pa.schema(
            [self._field(c.name, c.table, c.source) for c in self.wide_columns(target)]
            + [*self.hidden_columns(target).values(), pa.field(DELETED, pa.bool_())]
        )

    @_once
    def _version_field(self, name: str, table: str) -> pa.Field:
        """A field with a row's version: one position, and one for each of `unchanged_columns`."""
        return position_field(name, 1 + len(self.unchanged_columns(table)))

    @_once
    def _field(self, name: str, table: str, column: str) -> pa.Field:
        """A field with the stored values of a column, which says how they are made."""
        declared, blanks = self.tables[table].columns[column], self.tables[table].trailing_blanks
        made = Provenance.of(declared, blanks(column), declared.source or column)
        return made.mark(name, declared.stored_type)
