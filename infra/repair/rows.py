"""Which rows of the source the differences come from, and who has them in the warehouse.

A row of a target comes from a row of its fact, and on each path from a row of a dimension. The
fact is put onto the stream for whatever differs, so that the row is joined once more with what the
job has of its dimensions. Where a dimension's columns differ, the job may have a wrong row of it
as well, so this is put too; where it is another one that the path leads to, the row that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.reconcile.comparison import Comparison, SourceTable
from infra.reconcile.looks import SourceLook, WarehouseLook
from infra.reconcile.protocol import DIFFERENT, Difference, Outcome


@dataclass(frozen=True, order=True)
class RowKey:
    """A row of a declared table.

    Attributes:
        table: its name in the declaration.
        key: the text of its key, as comparisons have it.
    """

    table: str
    key: str


@dataclass(frozen=True)
class Declared:
    """What a repair knows of a declaration.

    Attributes:
        tables: those whose records are read, by name.
        generations: the newest of each.
        comparisons: all targets, and dimensions in the warehouse.
        may_be_coarse: whether only a commit time may order a change.
    """

    tables: Mapping[str, SourceTable]
    generations: Mapping[str, int]
    comparisons: Sequence[Comparison]
    may_be_coarse: bool = False


def find_rows(outcomes: Sequence[Outcome], source: SourceLook) -> set[RowKey]:
    """The rows of the source that the differences come from."""
    rows: set[RowKey] = set()
    for outcome in outcomes:
        comparison = outcome.comparison
        rows |= {RowKey(comparison.groups[0].table, d.key) for d in outcome.differences}
        on_paths = [d for d in outcome.differences if d.kind == DIFFERENT and any(d.groups)]
        references = source.find_references(comparison, [d.key for d in on_paths])
        for difference in on_paths:
            if difference.key in references:
                rows |= {*_find_dimensions(comparison, difference, references[difference.key])}
    return rows


def _find_dimensions(
    comparison: Comparison, difference: Difference, references: Sequence[str | None]
) -> Iterator[RowKey]:
    """The dimensions' rows that a row of a target differs by."""
    for index, group in enumerate(comparison.groups[1:], 1):
        columns = difference.groups.get(group.name, ())
        leading = {column.name for column in group.key}
        holders = []
        if leading.intersection(columns) and group.above:
            holders.append(group.above[-1])
        if set(columns) - leading:
            holders.append(index)
        for number in holders:
            key = references[number - 1]
            if key is not None and comparison.groups[number].is_keyed:
                yield RowKey(comparison.groups[number].table, key)


def find_positions(
    declared: Declared, rows: set[RowKey], warehouse: WarehouseLook
) -> dict[RowKey, str]:
    """Of each row the greatest position, wherever the warehouse has it; empty for nothing.

    One record reaches every target and path of its table, so it has to be above all of them.
    """
    positions = dict.fromkeys(rows, "")
    for table in {row.table for row in rows}:
        keys = sorted(row.key for row in rows if row.table == table)
        for comparison in declared.comparisons:
            for index, group in enumerate(comparison.groups):
                if group.table != table or (index and not group.is_keyed):
                    continue
                for key, position in warehouse.find_positions(comparison, index, keys).items():
                    row = RowKey(table, key)
                    positions[row] = max(position, positions[row])
    return positions
