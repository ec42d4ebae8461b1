"""Columns that a base table has and the declaration does not: what stands in them stays.

A base table may be wider than declared; its view shows nothing of it. Step 6 of `plan` deletes
rows and inserts their next versions, which have the declared columns alone. So where there are
other columns, these are set aside before the delete, and come back with the rows that had them; a
new row gets their defaults.

They are looked up in each transaction, since a column may be added at any time. Who fills it after
that look changes rows that this transaction deletes, and Redshift lets only one of both commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from connectors.redshift.ledger import Cursor
from connectors.redshift.names import Names, list_columns, match_columns, quote
from connectors.redshift.spec import TargetSpec, WarehouseSpec
from connectors.redshift.statements import KeyRange, bound, remove, temporary_distribution


def undeclared_columns(
    cursor: Cursor, warehouse: WarehouseSpec, names: Names
) -> dict[str, tuple[str, ...]]:
    """The columns by target, in the order of the base table; targets without any are left out."""
    schemas = sorted({target.schema for target in warehouse.targets})
    tables = [names.base_table(target) for target in warehouse.targets]
    cursor.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns "
        f"WHERE table_schema IN ({', '.join(['%s'] * len(schemas))}) "
        f"AND table_name IN ({', '.join(['%s'] * len(tables))}) ORDER BY ordinal_position",
        (*schemas, *tables),
    )
    present: dict[tuple[str, str], list[str]] = defaultdict(list)
    for schema, table, column in cursor.fetchall():
        present[str(schema), str(table)].append(str(column))
    undeclared = {}
    for target in warehouse.targets:
        declared = {column.name for column in target.columns}
        others = tuple(
            c for c in present[target.schema, names.base_table(target)] if c not in declared
        )
        if others:
            undeclared[target.table] = others
    return undeclared


def replace_rows(
    target: TargetSpec,
    warehouse: WarehouseSpec,
    names: Names,
    undeclared: Sequence[str],
    key_range: KeyRange | None,
) -> list[str]:
    """Step 6: the target's rows of the touched keys become their next versions."""
    table, following = names.base(target), names.next_rows_table(target)
    every = [column.name for column in target.columns]
    delete = remove(table, following, target.key, key_range)
    exists = f"NOT n.{quote(warehouse.deleted)}"

    if not undeclared:
        insert = (
            f"INSERT INTO {table} ({list_columns(every)})\n"
            f"SELECT {list_columns(every, 'n.')} FROM {following} AS n WHERE {exists}"
        )
        return [delete, insert]
    aside = names.aside_rows_table(target)
    set_aside = (
        f"CREATE TEMP TABLE {aside} {temporary_distribution(target.dist_key)} AS\n"
        f"SELECT {list_columns((*_distribution_columns(target), *undeclared), 't.')}\n"
        f"FROM {table} AS t JOIN {following} AS n ON {match_columns('t', 'n', target.key)}"
        f"{bound('t', key_range)}"
    )
    insert_again = (
        f"INSERT INTO {table} ({list_columns((*every, *undeclared))})\n"
        f"SELECT {list_columns(every, 'n.')}, {list_columns(undeclared, 'a.')}\n"
        f"FROM {following} AS n JOIN {aside} AS a ON {match_columns('n', 'a', target.key)}\n"
        f"WHERE {exists}"
    )
    insert_new = (
        f"INSERT INTO {table} ({list_columns(every)})\n"
        f"SELECT {list_columns(every, 'n.')}\n"
        f"FROM {following} AS n LEFT JOIN {aside} AS a ON {match_columns('n', 'a', target.key)}\n"
        f"WHERE a.{quote(target.key[0])} IS NULL AND {exists}"
    )
    return [set_aside, delete, insert_again, insert_new]


def _distribution_columns(target: TargetSpec) -> Mapping[str, None]:
    """The key, and the column that the table is distributed by where that is none of it."""
    return dict.fromkeys((*target.key, *([target.dist_key] if target.dist_key else [])))
