"""What the join needs of a declaration, compiled once: where each column of its rows comes from.

Per block there is nothing left to derive: the join looks up one path after another, then picks
columns by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from flink_app.declaration.star import DELETED, POSITION, Path, Star, unchanged_position_column
from flink_app.denormalise.conditions import ColumnCondition, conditions_of

# A path's steps and a column of the row at its end; the empty path is the start itself.
ColumnSource = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class Lookup:
    """One step along the references: from the parent's key columns to a dimension's row.

    Attributes:
        steps: the path that ends here.
        parent: the path that holds the key.
        table: the dimension.
        key: columns of the parent that hold the dimension's key, in the key's order.
        stored: the dimension's columns, with the types in which they are stored.
        version: the columns whose texts, joined, are the row's position on this path.
    """

    steps: tuple[str, ...]
    parent: tuple[str, ...]
    table: str
    key: tuple[str, ...]
    stored: pa.Schema
    version: tuple[str, ...]

    @classmethod
    def from_path(cls, path: Path, star: Star) -> Lookup:
        """The look-up at the end of `path`."""
        columns = star.stored_columns(path.table).items()
        stored = pa.schema([(name, column.stored_type.arrow) for name, column in columns])
        return cls(
            path.steps, path.parent, path.table, path.key, stored, _version(star, path.table)
        )


@dataclass(frozen=True)
class TargetJoin:
    """How changes of a fact become rows of one target.

    Attributes:
        schema: `Star.wide_schema` of the target.
        lookups: parents before children.
        sources: where each column of the schema comes from, in its order.
        kept: columns that a delete keeps: the fact's key and what says how new the row is.
        positions: columns that a delete sets to 0; it sets all others to NULL.
        conditions: which rows count; the others are deletes.
    """

    schema: pa.Schema
    lookups: tuple[Lookup, ...]
    sources: tuple[ColumnSource, ...]
    kept: frozenset[str]
    positions: frozenset[str]
    conditions: tuple[ColumnCondition, ...] = ()


@dataclass(frozen=True)
class PatchJoin:
    """How accepted changes of a dimension become its patch.

    Attributes:
        schema: `Star.patch_schema` of the dimension.
        lookups: the paths below it, parents before children.
        sources: where each column of the schema comes from, in its order.
        version: the columns of a change whose texts, joined, are its position in the patch.
    """

    schema: pa.Schema
    lookups: tuple[Lookup, ...]
    sources: tuple[ColumnSource, ...]
    version: tuple[str, ...]


class JoinPlan:
    """The joins of a declaration.

    Attributes:
        targets: by name of the target.
        patches: by name of the dimension; of those that are joined in the stream.
        targets_of: the names of the targets of each fact.
    """

    def __init__(self, star: Star) -> None:
        self.targets = {name: _target_join(star, name) for name in star.targets}
        self.patches = {name: _patch_join(star, name) for name in star.broadcast_dimensions}
        self.targets_of = {
            fact: tuple(name for name, target in star.targets.items() if target.fact == fact)
            for fact in star.facts
        }


def _target_join(star: Star, target: str) -> TargetJoin:
    paths = star.target_paths(target)
    schema = star.wide_schema(target)
    sources: dict[str, ColumnSource] = {POSITION: ((), POSITION), DELETED: ((), DELETED)}
    sources |= {wide.name: (wide.path, wide.source) for wide in star.wide_columns(target)}
    column_positions = {
        unchanged_position_column(wide.name): ((), unchanged_position_column(wide.source))
        for wide in star.unchanged_target_columns(target)
    }
    sources |= column_positions
    for path in paths:
        sources[path.position] = (path.steps, POSITION)
        for name, source in zip(star.path_key(target, path), path.key, strict=True):
            # A visible column that holds the key has its source already.
            sources.setdefault(name, (path.parent, source))
    return TargetJoin(
        schema,
        _lookups(star, paths),
        tuple(sources[name] for name in schema.names),
        frozenset((*star.key_columns(target), POSITION, DELETED, *column_positions)),
        frozenset(path.position for path in paths),
        conditions_of(star, target),
    )


def _patch_join(star: Star, dimension: str) -> PatchJoin:
    paths = star.patch_paths(dimension)
    schema = star.patch_schema(dimension)
    sources: dict[str, ColumnSource] = {name: ((), name) for name in schema.names}
    for path in paths:
        sources[path.position] = (path.steps, POSITION)
        for name in star.stored_columns(path.table):
            sources[path.column(name)] = (path.steps, name)
    return PatchJoin(
        schema,
        _lookups(star, paths),
        tuple(sources[name] for name in schema.names),
        _version(star, dimension),
    )


def _lookups(star: Star, paths: Sequence[Path]) -> tuple[Lookup, ...]:
    return tuple(Lookup.from_path(path, star) for path in paths)


def _version(star: Star, table: str) -> tuple[str, ...]:
    """The columns whose texts, joined, are a row's version (see `Star.unchanged_columns`)."""
    return (POSITION, *(unchanged_position_column(name) for name in star.unchanged_columns(table)))
