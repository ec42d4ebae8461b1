"""The declaration as the loader sees it: SQL types, keys, paths and what patches overwrite."""

from __future__ import annotations

from connectors.positions import POSITION_TYPE, position_type
from connectors.redshift.spec import (
    ColumnSpec,
    ComputedSpec,
    ConstantSpec,
    DimensionSpec,
    PatchSpec,
    PathSpec,
    TargetSpec,
    UnchangedSpec,
    WarehouseSpec,
)
from connectors.staging.shape import shape_of
from flink_app.computed_sql import columns_of, write_expression, write_literal
from flink_app.declaration.expressions import Expression
from flink_app.declaration.file import DeclarationError
from flink_app.declaration.literals import Constant
from flink_app.declaration.star import DELETED, POSITION, Path, Star, unchanged_position_column
from flink_app.positions.position import UNKNOWN


def refuse_bookkeeping_schema(star: Star, bookkeeping_schema: str) -> None:
    """Raises DeclarationError for a target in the schema of the bookkeeping tables.

    It could be one of them, or become one.
    """
    for name, target in star.targets.items():
        if target.schema_name == bookkeeping_schema:
            message = (
                f"target {name}: schema {bookkeeping_schema} is that of the bookkeeping tables "
                "(bookkeeping.schema of starjoin.redshift): choose another schema for one of them"
            )
            raise DeclarationError(message)


def warehouse_spec(star: Star) -> WarehouseSpec:
    """Everything that loads of `star` may touch."""
    return WarehouseSpec(
        targets=tuple(_target(name, star) for name in star.targets),
        patches=tuple(_patch(name, star) for name in star.broadcast_dimensions),
        dimensions=tuple(_dimension(name, star) for name in star.warehouse_dimensions),
        sources=tuple((name, _source(name, star)) for name in star.used_tables),
        position=POSITION,
        deleted=DELETED,
        unknown=UNKNOWN,
    )


def _source(table: str, star: Star) -> str:
    schema, name = star.declaration.source_of(table)
    return f'"{schema}"."{name}"'


def _target(name: str, star: Star) -> TargetSpec:
    declared = star.targets[name]
    visible = tuple(ColumnSpec(c.name, c.type.stored_type.sql) for c in star.wide_columns(name))
    return TargetSpec(
        table=name,
        fact=declared.fact,
        schema=declared.schema_name,
        columns=(*visible, *_hidden_columns(name, star)),
        declared=tuple(column.name for column in visible),
        computed=tuple(_compute_column(*each) for each in star.computed_columns(name).items()),
        constants=tuple(_constant(*constant) for constant in declared.constants.items()),
        key=star.key_columns(name),
        dist_key=declared.dist_key or _default_dist_key(star.key_columns(name)),
        sort_key=tuple(declared.sort_key),
        paths=tuple(_path(name, path, star) for path in star.target_paths(name)),
        unchanged_columns=tuple(
            (c.name, unchanged_position_column(c.name)) for c in star.unchanged_target_columns(name)
        ),
        followed=tuple(star.followed_columns(name).items()),
        staged=shape_of(star.wide_schema(name)),
    )


def _compute_column(name: str, expression: Expression) -> ComputedSpec:
    columns = tuple((column, kind.sql) for column, kind in columns_of(expression).items())
    return ComputedSpec(name, write_expression(expression), expression.type.sql, columns)


def _constant(name: str, value: Constant) -> ConstantSpec:
    """A constant as SQL; text is as long as it is, and a VARCHAR has at least one byte."""
    if isinstance(value, str):
        kind = f"VARCHAR({max(len(value.encode()), 1)})"
    else:
        kind = "BOOLEAN" if isinstance(value, bool) else "BIGINT"
    return ConstantSpec(name, write_literal(value), kind)


def _default_dist_key(key: tuple[str, ...]) -> str | None:
    """The fact's key, which every load searches, deletes and joins by.

    Nothing where it has several columns: one of them alone may have few values.
    """
    return key[0] if len(key) == 1 else None


def _hidden_columns(name: str, star: Star) -> tuple[ColumnSpec, ...]:
    fact = star.targets[name].fact
    keys = {
        column: star.tables[star.parent_table(fact, path)].columns[source].stored_type.sql
        for path in star.target_paths(name)
        for column, source in zip(star.path_key(name, path), path.key, strict=True)
    }
    versions = {path.position: _version_type(path.table, star) for path in star.target_paths(name)}
    types = keys | versions
    return tuple(
        ColumnSpec(column, types.get(column, POSITION_TYPE)) for column in star.hidden_columns(name)
    )


def _version_type(table: str, star: Star) -> str:
    """The type of a row's version: one position, and one for each of `Star.unchanged_columns`."""
    return position_type(1 + len(star.unchanged_columns(table)))


def _patch(dimension: str, star: Star) -> PatchSpec:
    columns = _change_columns(dimension, star)
    for path in star.patch_paths(dimension):
        columns.append(ColumnSpec(path.position, _version_type(path.table, star)))
        columns += [
            ColumnSpec(path.column(name), column.stored_type.sql)
            for name, column in star.stored_columns(path.table).items()
        ]
    shape = shape_of(star.patch_schema(dimension))
    return PatchSpec(dimension, tuple(columns), tuple(star.tables[dimension].key), shape)


def _dimension(dimension: str, star: Star) -> DimensionSpec:
    key = tuple(star.tables[dimension].key)
    shape = shape_of(star.changes_schema(dimension))
    return DimensionSpec(dimension, tuple(_change_columns(dimension, star)), key, shape)


def _change_columns(table: str, star: Star) -> list[ColumnSpec]:
    stored = star.stored_columns(table)
    columns = [ColumnSpec(name, column.stored_type.sql) for name, column in stored.items()]
    position = ColumnSpec(POSITION, _version_type(table, star))
    return [*columns, position, ColumnSpec(DELETED, "BOOLEAN")]


def _path(target: str, path: Path, star: Star) -> PathSpec:
    """What the dimension at the end of `path` overwrites in `target`.

    A patch carries the paths below it that the stream knows, `known`; a row of a dimension that is
    kept in the warehouse carries none.
    """
    depth = len(path.steps)
    paths = star.target_paths(target)
    reached = [p for p in paths if p.steps[:depth] == path.steps]
    known = {
        p.steps: _relative(p, depth)
        for p in reached
        if p == path or p.table in star.broadcast_dimensions
    }
    assigned = {path.position: POSITION}
    cleared: dict[str, None] = {}
    for wide in star.wide_columns(target):
        if wide.path in known:
            assigned[wide.name] = _patch_column(known[wide.path], wide.source)
        elif wide.path[:depth] == path.steps:
            cleared[wide.name] = None
    for lower in reached[1:]:
        if lower.steps in known:
            assigned[lower.position] = _below_position(known[lower.steps])
        for column, source in zip(star.path_key(target, lower), lower.key, strict=True):
            if lower.parent in known:
                assigned.setdefault(column, _patch_column(known[lower.parent], source))
            else:
                cleared[column] = None
    key = zip(star.path_key(target, path), star.tables[path.table].key, strict=True)
    return PathSpec(
        path.table,
        tuple(key),
        path.position,
        tuple(assigned.items()),
        cleared=tuple(cleared),
        unknown=tuple(lower.position for lower in reached if lower.steps not in known),
        above=tuple(p.table for p in paths if p.steps == path.steps[: len(p.steps)] and p != path),
        unchanged_columns=tuple(
            _resolve_unchanged(target, path, column, star)
            for column in star.unchanged_columns(path.table)
        ),
    )


def _resolve_unchanged(target: str, path: Path, column: str, star: Star) -> UnchangedSpec:
    """What `target` has from an unchanged column of the dimension at the end of `path`."""
    paths = star.target_paths(target)
    leading = {p.steps for p in paths if p.parent == path.steps and column in p.key}
    reached = [p for p in paths if p.steps[: len(path.steps) + 1] in leading]
    ends = {p.steps for p in reached}
    columns = [
        wide.name
        for wide in star.wide_columns(target)
        if wide.path in ends or (wide.path, wide.source) == (path.steps, column)
    ]
    for lower in reached:
        columns += [
            name
            for name, source in zip(star.path_key(target, lower), lower.key, strict=True)
            if lower.steps not in leading or source == column
        ]
    return UnchangedSpec(tuple(dict.fromkeys(columns)), tuple(p.position for p in reached))


def _relative(path: Path, depth: int) -> Path | None:
    """`path` as seen from the dimension `depth` steps along it; None for that dimension itself."""
    steps = path.steps[depth:]
    return Path(steps, path.table, path.key) if steps else None


def _patch_column(path: Path | None, source: str) -> str:
    return source if path is None else path.column(source)


def _below_position(path: Path | None) -> str:
    return POSITION if path is None else path.position
