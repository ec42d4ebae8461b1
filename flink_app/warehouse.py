"""The declaration as the loader sees it: SQL types, keys, paths and what patches overwrite."""

from __future__ import annotations

from connectors.redshift.ddl import POSITION_TYPE
from connectors.redshift.spec import (
    ColumnSpec,
    PatchSpec,
    PathSpec,
    TargetSpec,
    WarehouseSpec,
)
from connectors.staging.shape import shape_of
from flink_app.declaration.star import DELETED, POSITION, Path, Star
from flink_app.decode.position import UNKNOWN


def warehouse_spec(star: Star) -> WarehouseSpec:
    """Everything that loads of `star` may touch."""
    return WarehouseSpec(
        targets=tuple(_target(name, star) for name in star.targets),
        patches=tuple(_patch(name, star) for name in star.dimensions),
        position=POSITION,
        deleted=DELETED,
        unknown=UNKNOWN,
    )


def _target(name: str, star: Star) -> TargetSpec:
    declared = star.targets[name]
    visible = tuple(ColumnSpec(c.name, c.type.stored_type.sql) for c in star.wide_columns(name))
    return TargetSpec(
        stream=name,
        schema=declared.schema_name,
        columns=(*visible, *_hidden(name, star)),
        key=star.key_columns(name),
        dist_key=declared.dist_key,
        sort_key=tuple(declared.sort_key),
        paths=tuple(_path(name, path, star) for path in star.target_paths(name)),
        staged=shape_of(star.wide_schema(name)),
    )


def _hidden(name: str, star: Star) -> tuple[ColumnSpec, ...]:
    fact = star.targets[name].fact
    keys = {
        column: star.tables[star.parent_table(fact, path)].columns[source].stored_type.sql
        for path in star.target_paths(name)
        for column, source in zip(star.path_key(name, path), path.key, strict=True)
    }
    return tuple(
        ColumnSpec(column, keys.get(column, POSITION_TYPE)) for column in star.hidden_columns(name)
    )


def _patch(dimension: str, star: Star) -> PatchSpec:
    own = star.stored_columns(dimension)
    columns = [ColumnSpec(name, column.stored_type.sql) for name, column in own.items()]
    columns += [ColumnSpec(POSITION, POSITION_TYPE), ColumnSpec(DELETED, "BOOLEAN")]
    for path in star.patch_paths(dimension):
        columns.append(ColumnSpec(path.position, POSITION_TYPE))
        columns += [
            ColumnSpec(path.column(name), column.stored_type.sql)
            for name, column in star.stored_columns(path.table).items()
        ]
    shape = shape_of(star.patch_schema(dimension))
    return PatchSpec(dimension, tuple(columns), tuple(star.tables[dimension].key), shape)


def _path(target: str, path: Path, star: Star) -> PathSpec:
    """What a patch of the dimension at the end of `path` overwrites in `target`."""
    depth = len(path.steps)
    reached = [p for p in star.target_paths(target) if p.steps[:depth] == path.steps]
    below = {p.steps: _relative(p, depth) for p in reached}
    assigned = {path.position: POSITION}
    for wide in star.wide_columns(target):
        if wide.path in below:
            assigned[wide.name] = _patch_column(below[wide.path], wide.source)
    for lower in reached[1:]:
        assigned[lower.position] = _below_position(below[lower.steps])
        for column, source in zip(star.path_key(target, lower), lower.key, strict=True):
            assigned.setdefault(column, _patch_column(below[lower.parent], source))
    key = zip(star.path_key(target, path), star.tables[path.table].key, strict=True)
    return PathSpec(path.table, tuple(key), path.position, tuple(assigned.items()))


def _relative(path: Path, depth: int) -> Path | None:
    """`path` as seen from the dimension `depth` steps along it; None for that dimension itself."""
    steps = path.steps[depth:]
    return Path(steps, path.table, path.key) if steps else None


def _patch_column(path: Path | None, source: str) -> str:
    return source if path is None else path.column(source)


def _below_position(path: Path | None) -> str:
    return POSITION if path is None else path.position
