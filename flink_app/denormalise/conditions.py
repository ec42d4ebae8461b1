"""Which rows of a fact count in a target: its `where`, over columns.

A row that does not count is a delete of its key, at the position of the change that says so. So a
row goes when it stops counting, comes when it counts again, and no older change brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from flink_app.declaration.model import Condition
from flink_app.declaration.star import DELETED, Star


@dataclass(frozen=True)
class ColumnCondition:
    """A condition of one column of the fact.

    Attributes:
        column: its name.
        values: what it is compared with, in the stored type; None where NULL is asked for.
        holds: whether it has to be one of the values, or NULL.
    """

    column: str
    values: pa.Array | None
    holds: bool

    @classmethod
    def of(cls, column: str, condition: Condition, kind: pa.DataType) -> ColumnCondition:
        """The declared condition of a column that is stored as `kind`."""
        if condition.is_null is not None:
            return cls(column, None, condition.is_null)
        return cls(column, pa.array(condition.values, kind), condition.one_of is not None)

    def find(self, values: pa.Array) -> pa.Array:
        """Where the column has a value with which a row counts."""
        if self.values is None:
            return values.is_null() if self.holds else values.is_valid()
        is_one = pc.is_in(values, value_set=self.values)
        return is_one if self.holds else pc.and_(values.is_valid(), pc.invert(is_one))


def conditions_of(star: Star, target: str) -> tuple[ColumnCondition, ...]:
    """Those of `target`, which all have to hold."""
    declared = star.targets[target]
    columns = star.stored_columns(declared.fact)
    return tuple(
        ColumnCondition.of(column, condition, columns[column].stored_type.arrow)
        for column, condition in declared.row_conditions.items()
    )


def delete_uncounted(
    facts: pa.RecordBatch, conditions: Sequence[ColumnCondition]
) -> pa.RecordBatch:
    """The changes, where those that do not count are deletes."""
    if not conditions:
        return facts
    deleted = facts.column(DELETED)
    for condition in conditions:
        counts = condition.find(facts.column(condition.column))
        deleted = pc.or_(deleted, pc.invert(counts))
    return facts.set_column(facts.schema.get_field_index(DELETED), DELETED, deleted)
