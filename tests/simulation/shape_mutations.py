"""Guards of stars of other shapes: parts of one table, rows that count, a view's own columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.redshift import next_versions, targets
from connectors.redshift.ddl import create_view
from connectors.redshift.spec import PathSpec, TargetSpec
from flink_app.declaration.star import DELETED, POSITION
from flink_app.decode.decoder import RecordDecoder
from flink_app.denormalise import join
from flink_app.denormalise.conditions import delete_uncounted
from flink_app.positions.position import UNKNOWN
from tests.simulation.plan_mutations import Patch


def dimensions_alone() -> list[Patch]:
    """What is a dimension is no fact."""
    kinds = RecordDecoder._kinds_of
    return [(RecordDecoder, "_kinds_of", lambda self, table: kinds(self, table)[:1])]


def facts_alone() -> list[Patch]:
    """What is a fact is no dimension."""
    kinds = RecordDecoder._kinds_of
    return [(RecordDecoder, "_kinds_of", lambda self, table: kinds(self, table)[-1:])]


def _first_of_each(paths: list[PathSpec]) -> list[PathSpec]:
    first: dict[str, PathSpec] = {}
    for path in paths:
        first.setdefault(path.dimension, path)
    return [*first.values()]


def searched_by_the_first_path_of_a_table() -> list[Patch]:
    """Rows are looked for along one of the paths that lead to a table."""
    searched = property(
        lambda self: _first_of_each(
            [path for path in self.target.paths if path.dimension in self.changed]
        )
    )
    return [(next_versions.Touching, "searched", searched)]


def applied_along_the_first_path_of_a_table() -> list[Patch]:
    """Rows are joined along one of the paths that lead to a table."""
    applied = next_versions.Touching.applied.fget  # type: ignore[attr-defined]
    first = property(lambda self: _first_of_each(applied(self)))
    return [(next_versions.Touching, "applied", first)]


def every_row_counts() -> list[Patch]:
    """Rows stay where they no longer count."""
    return [(join, "delete_uncounted", lambda facts, _: facts)]


def uncounted_rows_are_left_out() -> list[Patch]:
    """What does not count says nothing."""

    def leave_out(facts: pa.RecordBatch, conditions: Any) -> pa.RecordBatch:
        buried = delete_uncounted(facts, conditions).column(DELETED)
        return facts.filter(pc.or_(facts.column(DELETED), pc.invert(buried)))

    return [(join, "delete_uncounted", leave_out)]


def uncounted_rows_have_no_position() -> list[Patch]:
    """An older change brings back what no longer counts."""

    def bury(facts: pa.RecordBatch, conditions: Any) -> pa.RecordBatch:
        buried = delete_uncounted(facts, conditions)
        stopped = pc.and_not(buried.column(DELETED), facts.column(DELETED))
        positions = pc.if_else(stopped, UNKNOWN, buried.column(POSITION))
        index = buried.schema.get_field_index(POSITION)
        return buried.set_column(index, buried.schema.field(index), positions)

    return [(join, "delete_uncounted", bury)]


def computed_columns_are_not_shown() -> list[Patch]:
    """The view has columns of the base table, and constants."""

    def show(target: TargetSpec, *others: Any) -> str:
        return create_view(replace(target, computed=()), *others)

    return [(targets, "create_view", show)]


def constants_are_not_shown() -> list[Patch]:
    """The view has columns of the base table alone."""

    def show(target: TargetSpec, *others: Any) -> str:
        return create_view(replace(target, constants=()), *others)

    return [(targets, "create_view", show)]
