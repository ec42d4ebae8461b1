"""The groups of a target's columns that one change sets together, and where their positions are.

The fact's own columns are a group, and so is each path with its dimension's columns. An unchanged
column, which updates may leave out, is a group of its own within one of those: it may be of an
older change than the columns beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.redshift.names import Names
from connectors.redshift.spec import TargetSpec
from flink_app.declaration import Star
from flink_app.declaration.model import Placement
from flink_app.declaration.star import POSITION, Path
from flink_app.records.plan import ReadColumn
from flink_app.warehouse import warehouse_spec
from infra.explain.errors import NotExplainableError


@dataclass(frozen=True)
class KeyColumn:
    """One column of a key.

    Attributes:
        name: of the key, in its own table.
        column: of the target, which holds it.
        read: how values of `name` are read from records.
        before: what records call its value before a change.
    """

    name: str
    column: str
    read: ReadColumn
    before: str


@dataclass(frozen=True)
class Group:
    """Columns of a target that one change of one row of the source sets.

    Attributes:
        path: the references that lead to the row; empty for the fact's own.
        table: whose row it is.
        key: that leads there.
        columns: of the target, those shown.
        position: the hidden column that has the position.
        part: its place among the positions in that column.
        in_warehouse: whether the table is a dimension that is kept in the warehouse.
    """

    path: tuple[str, ...]
    table: str
    key: tuple[KeyColumn, ...]
    columns: tuple[str, ...]
    position: str
    part: int = 0
    in_warehouse: bool = False

    @property
    def name(self) -> str:
        """The path as a declaration writes it."""
        return ".".join(self.path)

    @property
    def is_of_fact(self) -> bool:
        """Whether its columns are the fact's own."""
        return not self.path

    @property
    def has_own_position(self) -> bool:
        """Whether it is of an unchanged column, beside the group of its row."""
        return self.part > 0 or (self.is_of_fact and self.position != POSITION)


@dataclass(frozen=True)
class Layout:
    """A target as it is explained.

    Attributes:
        target: what the loader knows of it.
        names: of the tables.
        groups: that of the fact's own columns first, parents before children.
        is_filtered: whether only rows that count are in the target (`where`).
    """

    target: TargetSpec
    names: Names
    groups: tuple[Group, ...]
    is_filtered: bool

    @property
    def fact(self) -> Group:
        """The group of the fact's own columns."""
        return self.groups[0]


def make_layout(star: Star, names: Names, target: str) -> Layout:
    """The layout of a target. Raises NotExplainableError for a name that is none."""
    if target not in star.targets:
        message = f"there is no target {target} (there are: {', '.join(star.targets)})"
        raise NotExplainableError(message)
    (spec,) = (each for each in warehouse_spec(star).targets if each.table == target)
    groups = [*_groups_of_fact(star, spec)]
    for path in star.target_paths(target):
        groups += _groups_of_path(star, target, path)
    return Layout(spec, names, tuple(groups), bool(star.targets[target].row_conditions))


def _groups_of_fact(star: Star, spec: TargetSpec) -> Iterator[Group]:
    table = star.tables[spec.fact]
    key = _pair(star, spec.fact, tuple(table.key), spec.key)
    unchanged = dict(spec.unchanged_columns)
    columns = [column.name for column in star.wide_columns(spec.table) if not column.path]
    together = tuple(name for name in columns if name not in unchanged)
    yield Group((), spec.fact, key, together, POSITION)
    for name in columns:
        if name in unchanged:
            yield Group((), spec.fact, key, (name,), unchanged[name])


def _groups_of_path(star: Star, target: str, path: Path) -> Iterator[Group]:
    columns = star.path_key(target, path)
    key = _pair(star, path.table, tuple(star.tables[path.table].key), columns)
    unchanged = star.unchanged_columns(path.table)
    in_warehouse = star.tables[path.table].placement is Placement.WAREHOUSE
    shown = [c for c in star.wide_columns(target) if c.path == path.steps]

    def group(names: Iterator[str], part: int = 0) -> Group:
        return Group(path.steps, path.table, key, tuple(names), path.position, part, in_warehouse)

    yield group(c.name for c in shown if c.source not in unchanged)
    for part, source in enumerate(unchanged, 1):
        if any(column.source == source for column in shown):
            yield group((c.name for c in shown if c.source == source), part)


def _pair(
    star: Star, table: str, names: tuple[str, ...], columns: tuple[str, ...]
) -> tuple[KeyColumn, ...]:
    stream = star.declaration.stream
    reads = [ReadColumn.of(name, star.tables[table], stream) for name in names]
    return tuple(
        KeyColumn(read.name, column, read, stream.before_name(read.source))
        for read, column in zip(reads, columns, strict=True)
    )
