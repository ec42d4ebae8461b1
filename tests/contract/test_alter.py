"""A start that alters the tables of an earlier declaration, on a warehouse."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from connectors.redshift.errors import NeedsRepairError, RetryLoadError
from connectors.redshift.loader import Loader
from connectors.redshift.spec import WarehouseSpec
from flink_app.warehouse import warehouse_spec
from tests.contract.warehouse import Warehouse, rows
from tests.unit.stars import star

DECLARED = """
name: shop
source_schema: shop
tables:
  sale:
    key: [id]
    columns: {{id: integer, price: "decimal(9,2)", at: timestamp, {others}}}
targets:
  sales:
    fact: sale
    columns: {{id: id, price: price, at: at, {shown}}}
    sort_key: [at]
"""


def spec(warehouse: Warehouse, others: str) -> WarehouseSpec:
    """A star with these columns besides; its target lies in the test's schema."""
    names = [other.partition(":")[0] for other in others.split(", ")]
    shown = ", ".join(f"{name}: {name}" for name in names)
    made = warehouse_spec(star(DECLARED.format(others=others, shown=shown)))
    (target,) = made.targets
    return dataclasses.replace(
        made, targets=(dataclasses.replace(target, schema=warehouse.schema),)
    )


class NoManifests:
    def put(self, key: str, body: bytes) -> str:
        raise NotImplementedError


def start(warehouse: Warehouse, others: str, **settings: Any) -> None:
    Loader(
        spec(warehouse, others),
        application="app",
        bookkeeping_schema=warehouse.schema,
        copy_role="default",
        connect=warehouse.connect,
        manifests=NoManifests(),
        **settings,
    ).start(1)


def test_columns_are_added_and_text_lengthened_and_rows_stay(warehouse: Warehouse) -> None:
    start(warehouse, "note: varchar(10)")
    connection = warehouse.connect(autocommit=True)
    connection.cursor().execute("insert into sales (id, price, note) values (1, 2.50, 'x')")
    wider = "note: varchar(100), extra: boolean"
    with pytest.raises(NeedsRepairError, match=r"lacks column .extra. BOOLEAN"):
        start(warehouse, wider)
    start(warehouse, wider, alters=True)
    connection.cursor().execute(f"update sales set note = '{'y' * 100}'")
    assert rows(connection, "select id, note, extra from sales") == [[1, "y" * 100, None]]
    # Once altered, neither way finds anything to do.
    start(warehouse, wider)
    start(warehouse, wider, alters=True)


def test_an_alter_that_does_not_get_its_lock_names_who_has_it_and_is_done_by_a_later_start(
    warehouse: Warehouse,
) -> None:
    start(warehouse, "note: varchar(10)")
    wider = "note: varchar(100), extra: boolean"
    person = warehouse.connect()
    ((process,),) = rows(person, "select pg_backend_pid()")
    assert rows(person, "select count(*) from sales") == [[0]]
    where = rf'altering .*, waiting for the lock on "{warehouse.schema}"."sales": '
    with pytest.raises(RetryLoadError, match=rf"{where}.*is locked by process {process}, in a"):
        start(warehouse, wider, alters=True, alter_seconds=1)
    reader = warehouse.connect(autocommit=True)
    assert rows(reader, "select count(*) from sales") == [[0]], "nobody queues behind it"
    person.rollback()
    start(warehouse, wider, alters=True, alter_seconds=1)
    assert rows(reader, "select note, extra from sales") == []


def test_another_type_is_left_to_a_person_and_the_statements_given_fix_it(
    warehouse: Warehouse,
) -> None:
    start(warehouse, "stock: integer")
    connection = warehouse.connect(autocommit=True)
    connection.cursor().execute("insert into sales (id, stock) values (1, 7)")
    with pytest.raises(NeedsRepairError, match=r"is INTEGER, which cannot hold BIGINT") as caught:
        start(warehouse, "stock: bigint", alters=True)
    line_of_statements = next(
        line for line in str(caught.value).splitlines() if "cannot hold" in line
    )
    for sql in line_of_statements.partition(" BIGINT: ")[2].rstrip(";").split("; "):
        connection.cursor().execute(sql)
    start(warehouse, "stock: bigint", alters=True)
    assert rows(connection, "select id, stock from sales") == [[1, 7]]
