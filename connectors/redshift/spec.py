"""What the loader knows of a star: names of columns, keys and positions, no meaning.

The application makes these values from its declaration; all SQL is made from them.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.staging.shape import Shape

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ColumnSpec:
    """A column and its type in Redshift's DDL."""

    name: str
    sql_type: str


@dataclass(frozen=True)
class UnchangedSpec:
    """What a target has from a column of a dimension that changes may leave out.

    Attributes:
        columns: target columns that hold it, and of a reference what it leads to: keys and columns.
        positions: target columns with the positions of what it leads to.
    """

    columns: tuple[str, ...]
    positions: tuple[str, ...]


@dataclass(frozen=True)
class PathSpec:
    """How one dimension reaches a target along one path: by patches, or by a table of its own.

    Attributes:
        dimension: table of the patches, or of the dimension's changes.
        key: pairs (target column, column of the dimension) that must be equal.
        position: the target column with the dimension's position; a patch is applied only
            where it is smaller than the patch's own.
        assigned: pairs (target column, column of the dimension) that are overwritten: the position,
            the dimension's columns, the keys of the paths directly below; by a patch then keys,
            positions and columns of all paths below that the stream knows.
        cleared: target columns below that become NULL, since the warehouse knows them.
        unknown: their positions, which become unknown.
        above: the dimensions that the path leads through, without the last.
        unchanged_columns: of the dimension those that changes may leave out, in the order in which
            their positions follow its own in `position`.
    """

    dimension: str
    key: Pairs
    position: str
    assigned: Pairs
    cleared: tuple[str, ...]
    unknown: tuple[str, ...]
    above: tuple[str, ...]
    unchanged_columns: tuple[UnchangedSpec, ...]


@dataclass(frozen=True)
class ConstantSpec:
    """A column of a target's view that has one value in every row: as SQL, and its type."""

    name: str
    value: str
    sql_type: str


@dataclass(frozen=True)
class ComputedSpec:
    """A column that a target's view computes: as SQL, and its type.

    Attributes:
        columns: pairs (column of the target, its type) that the SQL reads, and has counted on.
    """

    name: str
    value: str
    sql_type: str
    columns: Pairs


@dataclass(frozen=True)
class TargetSpec:
    """One wide table.

    Attributes:
        table: the target's name, which is its view's.
        fact: the table whose changes its rows are.
        schema: of the view and of the base table.
        columns: of the base table, which are those of a staged row but for the delete flag.
        declared: the first of these, which the view shows; the others are hidden.
        computed: what the view computes of these and shows behind them.
        constants: what it shows behind those.
        key: of the fact.
        dist_key: what the base table is distributed by; None if Redshift chooses.
        sort_key: what it is sorted by.
        paths: along which dimensions reach it, parents before children.
        unchanged_columns: that changes may leave out, each with that of its own position.
        followed: columns that come along with one of those, each with it; positions first.
        staged: the shape of its files.
    """

    table: str
    fact: str
    schema: str
    columns: tuple[ColumnSpec, ...]
    declared: tuple[str, ...]
    computed: tuple[ComputedSpec, ...]
    constants: tuple[ConstantSpec, ...]
    key: tuple[str, ...]
    dist_key: str | None
    sort_key: tuple[str, ...]
    paths: tuple[PathSpec, ...]
    unchanged_columns: Pairs
    followed: Pairs
    staged: Shape


@dataclass(frozen=True)
class PatchSpec:
    """One dimension's patches as they are staged: `columns` in order."""

    table: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    staged: Shape  # of their files


@dataclass(frozen=True)
class DimensionSpec:
    """A dimension that is kept in the warehouse: `columns` of its table, as they are staged."""

    table: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    staged: Shape  # of its files

    @property
    def dist_key(self) -> str | None:
        """What the table is distributed by, so that joins move the target's few rows, not it.

        Nothing where the key has several columns: one of them alone may have few values.
        """
        return self.key[0] if len(self.key) == 1 else None


StagedSpec = TargetSpec | PatchSpec | DimensionSpec


@dataclass(frozen=True)
class WarehouseSpec:
    """Everything that a load may touch, and where its records come from."""

    targets: tuple[TargetSpec, ...]
    patches: tuple[PatchSpec, ...]
    dimensions: tuple[DimensionSpec, ...]
    sources: Pairs  # every table whose records are read, and what the source calls it
    position: str  # name of the position column in whatever is staged, and in targets
    deleted: str  # name of the delete flag in whatever is staged
    unknown: str  # the position of what is not known, below every other
