"""What the log shows of altered tables, as the operations of control records.

The log says how a table is when a row of it changes, and not what was done to it: a column that is
gone and one that is new at its place, with its type, are taken for one that was renamed.
"""

from __future__ import annotations

from infra.local.source.tables import SourceTable


def list_operations(before: SourceTable, after: SourceTable) -> list[str]:
    """The operations, one for each column and one for the table; none where nothing differs."""
    operations = ["rename-table"] if before.full_name != after.full_name else []
    was = {column.name: column for column in before.columns}
    now = {column.name: column for column in after.columns}
    dropped = [column for column in before.columns if column.name not in now]
    added = [column for column in after.columns if column.name not in was]
    renamed = 0
    if len(before.columns) == len(after.columns):
        renamed = sum(
            old.name not in now
            and new.name not in was
            and (old.type_number, old.modifier) == (new.type_number, new.modifier)
            for old, new in zip(before.columns, after.columns, strict=True)
        )
    operations += ["rename-column"] * renamed
    operations += ["drop-column"] * (len(dropped) - renamed)
    operations += ["add-column"] * (len(added) - renamed)
    operations += [
        "column-type-change"
        for name, column in now.items()
        if name in was
        and (column.type_number, column.modifier) != (was[name].type_number, was[name].modifier)
    ]
    if not operations and before.key != after.key:
        operations.append("change-columns")
    return operations
