"""The next version of every row of a target that a batch touches: one SELECT (step 5 of `plan`).

From the inside out:

A. `_touched_keys`: the keys of the rows that the batch may touch. One scan of the target reads keys
   and positions alone, for all paths: rows whose key is staged, and rows where a path's key has a
   change with a later position. That is exact: before the first change that reaches a row, the row
   has the keys that it has now, and what is further down its paths is found by the new keys in C.
   Where no path has changes the staged keys are all there are, and their range bounds B.
B. `_pool` and `_winners`: whole rows of those keys, all staged rows, and the tombstones of staged
   keys. Of each key the newest wins; at one position what is there already, so that a change which
   is read again does not count as loaded. One window is the newest of each key, over upserts and
   deletes together, and the guard against older changes.
C. `_level`: one nested SELECT for each depth of paths, parents inside children: a change of a
   parent may decide which child a row refers to. Each joins what has changed on the key as the
   level below left it, where the row's position is older. What lies below a changed path is
   overwritten whatever its position: positions of different keys do not compare. The paths of one
   depth assign different columns, and so share a SELECT.
D. What is written: winners that were staged, and rows that a level, or a late column, has changed.

A dimension that is kept in the warehouse is joined from its table, which is replaced before: for
rows that are written, or that a change further up the path has pointed to another key, all of it
may be news. Of rows that are not, only those that hold a changed key are looked for in A.

Only equality and `<` join anything, so that each join is a hash join on Redshift; no subquery is
correlated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from connectors.redshift.names import Names, list_columns, match_columns, quote
from connectors.redshift.position_sql import literal
from connectors.redshift.spec import DimensionSpec, PatchSpec, PathSpec, TargetSpec, WarehouseSpec
from connectors.redshift.statements import KeyRange, bound, indent, select_newest
from connectors.redshift.unchanged import is_late, kept_value, known_since

# Columns of the next versions: whether a row was staged, and whether it differs from what is there.
STAGED: Final = quote("_staged")
_CHANGED: Final = quote("_changed")


@dataclass(frozen=True)
class Touching:
    """What a batch has for one target.

    Attributes:
        warehouse: what there is.
        names: the tables' names.
        target: whose rows are made.
        rows_staged: whether rows of the target are staged.
        changed: dimensions of either placement whose changes are staged.
        key_range: of the keys of all rows that are touched; None where it is not known.
    """

    warehouse: WarehouseSpec
    names: Names
    target: TargetSpec
    rows_staged: bool
    changed: Collection[str]
    key_range: KeyRange | None = None

    @property
    def columns(self) -> list[str]:
        """The target's, in order."""
        return [column.name for column in self.target.columns]

    @property
    def followed(self) -> dict[str, str]:
        """Columns that come along with a reference which changes may leave out, each with it."""
        return dict(self.target.followed)

    @property
    def searched(self) -> list[PathSpec]:
        """Paths by which rows of the target are looked for."""
        return [path for path in self.target.paths if path.dimension in self.changed]

    @property
    def applied(self) -> list[PathSpec]:
        """Paths that rows are joined along: those, and what lies below them in the warehouse."""
        return [
            path
            for path in self.target.paths
            if path.dimension in self.changed
            or (
                self.dimension_of(path)
                and (self.rows_staged or any(above in self.changed for above in path.above))
            )
        ]

    def dimension_of(self, path: PathSpec) -> DimensionSpec | None:
        """What the path leads to, where it is kept in the warehouse."""
        return next((d for d in self.warehouse.dimensions if d.table == path.dimension), None)

    def changes(self, path: PathSpec) -> str:
        """The temporary table with the changes that reach rows along the path."""
        if kept := self.dimension_of(path):
            return self.names.newest_changes_table(kept)
        return self.names.stage(self._patch(path))

    def versions(self, path: PathSpec, columns: Iterable[str]) -> str:
        """A table expression with one row a key: the newest that the path can bring."""
        if kept := self.dimension_of(path):
            return self.names.dimension(kept)
        return select_newest(self._patch(path), columns, self.warehouse, self.names)

    def _patch(self, path: PathSpec) -> PatchSpec:
        return next(p for p in self.warehouse.patches if p.table == path.dimension)

    def number(self, path: PathSpec) -> int:
        """The path's place among those of the target, for its aliases."""
        return self.target.paths.index(path)


def select_next_versions(touching: Touching) -> str | None:
    """The SELECT, whose columns are the target's, the delete flag and `_staged`.

    None where the batch touches no row of the target.
    """
    if not touching.rows_staged and not touching.searched:
        return None
    sql = _winners(touching) if touching.rows_staged else _rows_there(touching)
    for paths in group_by_depth(touching.applied):
        sql = _level(touching, paths, sql)
    deleted = quote(touching.warehouse.deleted)
    return (
        f"SELECT {list_columns(touching.columns)}, {deleted}, {STAGED}\n"
        f"FROM (\n{indent(sql)}\n) AS r\n"
        f"WHERE {STAGED} = 1 OR {_CHANGED} = 1"
    )


def group_by_depth(paths: Collection[PathSpec]) -> list[list[PathSpec]]:
    """The paths by their depth, parents before children."""
    depths = sorted({len(path.above) for path in paths})
    return [[path for path in paths if len(path.above) == depth] for depth in depths]


def _staged_keys(touching: Touching) -> str:
    stage = touching.names.stage(touching.target)
    return f"(SELECT DISTINCT {list_columns(touching.target.key)} FROM {stage})"


def _touched_keys(touching: Touching) -> str:
    """A: a table expression with the key of each row of the target that may be touched."""
    target, position = touching.target, quote(touching.warehouse.position)
    if not touching.searched:
        return _staged_keys(touching)
    joins, conditions = [], []
    if touching.rows_staged:
        joins.append(
            f"  LEFT JOIN {_staged_keys(touching)} AS s ON {match_columns('t', 's', target.key)}\n"
        )
        conditions.append(f"s.{quote(target.key[0])} IS NOT NULL")
    for path in touching.searched:
        alias, keys = f"c{touching.number(path)}", [key_column for _, key_column in path.key]
        # One row a key, or a row of the target would be found twice.
        joins.append(
            f"  LEFT JOIN (SELECT {list_columns(keys)}, MAX({position}) AS {position}"
            f" FROM {touching.changes(path)} GROUP BY {list_columns(keys)}) AS {alias}\n"
            f"    ON {_matches('t', path, alias)}"
            f" AND t.{quote(path.position)} < {alias}.{position}\n"
        )
        conditions.append(f"{alias}.{quote(keys[0])} IS NOT NULL")
    return (
        f"(\n  SELECT {list_columns(target.key, 't.')}\n"
        f"  FROM {touching.names.base(target)} AS t\n"
        f"{''.join(joins)}  WHERE {' OR '.join(conditions)}\n)"
    )


def _matches(row: str, path: PathSpec, other: str) -> str:
    return " AND ".join(
        f"{row}.{quote(column)} = {other}.{quote(key_column)}" for column, key_column in path.key
    )


def _select_touched(touching: Touching, columns: str, flags: str) -> str:
    """Whole rows of the target, of the touched keys alone."""
    return (
        f"SELECT {columns}, {flags}\n"
        f"FROM {touching.names.base(touching.target)} AS t\n"
        f"JOIN {_touched_keys(touching)} AS touched"
        f" ON {match_columns('t', 'touched', touching.target.key)}"
        f"{bound('t', touching.key_range)}"
    )


def _rows_there(touching: Touching) -> str:
    """What competes where no row of the target is staged: what is there."""
    flags = f"FALSE AS {quote(touching.warehouse.deleted)}, 0 AS {STAGED}, 0 AS {_CHANGED}"
    return _select_touched(touching, list_columns(touching.columns, "t."), flags)


def _pool(touching: Touching) -> str:
    """B: what competes for a key. The target's rows come first: they give NULL its type."""
    target, names = touching.target, touching.names
    position, deleted = quote(touching.warehouse.position), quote(touching.warehouse.deleted)
    since = {name for _, name in target.unchanged_columns}
    present = ", ".join(
        f"{known_since('t', name, position)} AS {quote(name)}"
        if name in since
        else f"t.{quote(name)}"
        for name in touching.columns
    )
    kept = (*target.key, touching.warehouse.position)
    nothing = dict.fromkeys(since, f"b.{position}") | {
        path.position: literal(touching.warehouse.unknown)
        for path in target.paths
        if path.position in touching.followed
    }
    buried = ", ".join(
        f"b.{quote(name)}" if name in kept else f"{nothing.get(name, 'NULL')} AS {quote(name)}"
        for name in touching.columns
    )
    return (
        f"{_select_touched(touching, present, f'FALSE AS {deleted}, 0 AS {STAGED}')}\n"
        "UNION ALL\n"
        f"SELECT {list_columns(touching.columns)}, {deleted}, 1 AS {STAGED}\n"
        f"FROM {names.stage(target)}\n"
        "UNION ALL\n"
        f"SELECT {buried}, TRUE AS {deleted}, 0 AS {STAGED}\nFROM {names.tombstones(target)} AS b\n"
        f"JOIN {_staged_keys(touching)} AS s ON {match_columns('b', 's', target.key)}"
        f"{bound('b', touching.key_range)}"
    )


def _winners(touching: Touching) -> str:
    """B: of each key the newest; `_changed` where it stays and a column of a late change does not.

    A tombstone that wins is neither staged nor, its keys being NULL, matched by a path: D drops it.
    """
    target = touching.target
    position, deleted = quote(touching.warehouse.position), quote(touching.warehouse.deleted)
    key = list_columns(target.key, "pool.")
    unchanged, followed = dict(target.unchanged_columns), touching.followed
    values = []
    for name in touching.columns:
        if name in unchanged:
            value = kept_value(name, unchanged[name], key, f"pool.{STAGED}")
        elif name in followed:
            lead = followed[name]
            known = [path.position for path in target.paths if followed.get(path.position) == lead]
            value = kept_value(name, unchanged[lead], key, f"pool.{STAGED}", known)
        elif name in unchanged.values():
            value = f"MAX(pool.{quote(name)}) OVER (PARTITION BY {key}) AS {quote(name)}"
        else:
            value = f"pool.{quote(name)}"
        values.append(value)
    late = is_late(target, key, f"pool.{deleted}")
    order = f"PARTITION BY {key} ORDER BY pool.{position} DESC, pool.{STAGED}"
    return (
        f"SELECT {list_columns(touching.columns)}, {deleted}, {STAGED}, {_CHANGED}\nFROM (\n"
        f"  SELECT {', '.join(values)}, pool.{deleted}, pool.{STAGED}, {late} AS {_CHANGED},\n"
        f"    ROW_NUMBER() OVER ({order}) AS _rank\n"
        f"  FROM (\n{indent(_pool(touching), 2)}\n  ) AS pool\n"
        ") AS ranked WHERE _rank = 1"
    )


def _level(touching: Touching, paths: list[PathSpec], inner: str) -> str:
    """C: the rows of `inner` with what the paths of one depth assign."""
    warehouse = touching.warehouse
    values: dict[str, str] = {}
    joins, hits = [], []
    for path in paths:
        alias, keys = f"q{touching.number(path)}", [key_column for _, key_column in path.key]
        # An equality has matched it: it is NULL only where nothing was joined.
        matched = f"{alias}.{quote(keys[0])} IS NOT NULL"
        needed = (*keys, warehouse.position, warehouse.deleted, *(c for _, c in path.assigned))
        versions = touching.versions(path, dict.fromkeys(needed))
        joins.append(
            f"LEFT JOIN {versions} AS {alias}\n  ON {_matches('r', path, alias)}"
            f" AND r.{quote(path.position)} < {alias}.{quote(warehouse.position)}"
        )
        hits.append(matched)
        for column, value in _assignments(path, alias, warehouse).items():
            values[column] = f"CASE WHEN {matched} THEN {value} ELSE r.{quote(column)} END"
    columns = ",\n  ".join(
        f"{values[name]} AS {quote(name)}" if name in values else f"r.{quote(name)}"
        for name in touching.columns
    )
    changed = f"CASE WHEN {' OR '.join(hits)} THEN 1 ELSE r.{_CHANGED} END AS {_CHANGED}"
    deleted = quote(warehouse.deleted)
    return (
        f"SELECT\n  {columns},\n  r.{deleted}, r.{STAGED},\n  {changed}\n"
        f"FROM (\n{indent(inner)}\n) AS r\n" + "\n".join(joins)
    )


def _assignments(path: PathSpec, alias: str, warehouse: WarehouseSpec) -> dict[str, str]:
    """The values that a row of the dimension gives to columns of the target."""
    keys = {key_column for _, key_column in path.key}

    def value(column: str) -> str:
        # A deleted row has its key, to find the target's rows by; what they show is nothing.
        if column in keys:
            deleted = f"{alias}.{quote(warehouse.deleted)}"
            return f"CASE WHEN NOT {deleted} THEN {alias}.{quote(column)} END"
        return f"{alias}.{quote(column)}"

    return (
        {column: value(source) for column, source in path.assigned}
        | dict.fromkeys(path.cleared, "NULL")
        | dict.fromkeys(path.unknown, literal(warehouse.unknown))
    )
