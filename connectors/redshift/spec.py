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
class PathSpec:
    """How patches of one dimension reach a target along one path.

    Attributes:
        dimension: stream of the patches.
        key: pairs (target column, patch column) that must be equal.
        position: the target column with the dimension's position; a patch is applied only
            where it is smaller than the patch's own.
        assigned: pairs (target column, patch column) that the patch overwrites: the position,
            the dimension's columns, then keys, positions and columns of all paths below.
    """

    dimension: str
    key: Pairs
    position: str
    assigned: Pairs


@dataclass(frozen=True)
class TargetSpec:
    """One wide table. `columns` are those of a staged row but for the delete flag, in order."""

    stream: str
    schema: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    dist_key: str | None
    sort_key: tuple[str, ...]
    paths: tuple[PathSpec, ...]  # parents before children
    staged: Shape  # of its files


@dataclass(frozen=True)
class PatchSpec:
    """One dimension's patches as they are staged: `columns` in order."""

    stream: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    staged: Shape  # of their files


@dataclass(frozen=True)
class WarehouseSpec:
    """Everything that a load may touch."""

    targets: tuple[TargetSpec, ...]
    patches: tuple[PatchSpec, ...]
    position: str  # name of the position column in staged rows, patches and targets
    deleted: str  # name of the delete flag in staged rows and patches
    unknown: str  # the position of what is not known, below every other
