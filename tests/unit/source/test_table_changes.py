"""What two forms of a table say of what was done between them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.local.source.table_changes import list_operations
from infra.local.source.tables import SourceTable
from tests.unit.source.test_row_records import column, table

A, B, C = column("a", "int2"), column("b", "int2"), column("c", "varchar", 24)
OF: SourceTable = replace(table(), columns=(A, B, C))


@pytest.mark.parametrize(
    ("after", "operations"),
    [
        (OF, []),
        (replace(OF, columns=(A, B, C, column("d", "date"))), ["add-column"]),
        (replace(OF, columns=(A, C)), ["drop-column"]),
        (replace(OF, columns=(A,)), ["drop-column", "drop-column"]),
        (replace(OF, columns=(A, column("e", "int2"), C)), ["rename-column"]),
        # At the end, and not in its place: another column.
        (replace(OF, columns=(A, C, column("e", "int2"))), ["drop-column", "add-column"]),
        (replace(OF, columns=(A, B, column("c", "varchar", 99))), ["column-type-change"]),
        (replace(OF, name="U"), ["rename-table"]),
        (replace(OF, name="U", columns=(A, B)), ["rename-table", "drop-column"]),
        (replace(OF, key=("a",)), ["change-columns"]),
    ],
)
def test_operations(after: SourceTable, operations: list[str]) -> None:
    assert list_operations(OF, after) == operations
