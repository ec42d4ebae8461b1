"""Targets as views of base tables, on a warehouse: made, upgraded, altered, refused, and cut."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa
import pytest
from redshift_connector.core import Connection

from connectors.blocks import Block, Kind
from connectors.redshift.errors import LoadError, NeedsRepairError, RetryLoadError
from connectors.redshift.loader import Loader
from connectors.redshift.migrations import COMMIT_TIMES
from connectors.staging.part import Part
from connectors.staging.store import S3Store
from connectors.staging.writer import PartWriter
from flink_app.positions.position import make_position
from flink_app.warehouse import warehouse_spec
from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.test_alter import start
from tests.contract.warehouse import Warehouse, refused, rows, run, value
from tests.unit.stars import star

pytestmark = pytest.mark.contract

NOTE = "note: varchar(10)"
COLUMNS = ["id", "price", "at", "note"]


def shown(warehouse: Warehouse, relation: str = "sales") -> list[str]:
    """What SELECT * gives, asked in a session that has not asked before."""
    with closing(warehouse.connect(autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"select * from {relation}")
        return [str(column[0]) for column in cursor.description]


@pytest.fixture
def person(warehouse: Warehouse) -> Connection:
    return warehouse.connect(autocommit=True)


@pytest.fixture
def former(warehouse: Warehouse, person: Connection) -> Connection:
    """A target as releases before there were views left it: a table, with hidden columns."""
    start(warehouse, NOTE)
    run(person, "drop view sales")
    run(person, "alter table sales_base rename to sales")
    run(person, f"delete from {warehouse.schema}.fence")
    run(person, f"update {warehouse.schema}.schema_version set version = 9")
    for later in COMMIT_TIMES:
        run(person, f"alter table {warehouse.schema}.account drop column {later}")
    run(person, "alter table sales add column remark varchar(9)")
    run(person, "insert into sales (id, price, note, remark) values (1, 2.50, 'one', 'seen')")
    run(person, "comment on table sales is 'Sales of Anna''s shop'")
    return person


def kinds(warehouse: Warehouse, person: Connection) -> dict[str, str]:
    found = rows(
        person,
        "select c.relname, c.relkind from pg_class as c join pg_namespace as n "
        "on n.oid = c.relnamespace where n.nspname = %s and c.relname in ('sales', 'sales_base')",
        [warehouse.schema],
    )
    return {str(name): str(kind) for name, kind in found}


def comment(warehouse: Warehouse, person: Connection) -> Any:
    found = rows(
        person,
        "select obj_description(c.oid, 'pg_class') from pg_class as c join pg_namespace as n "
        "on n.oid = c.relnamespace where n.nspname = %s and c.relname = 'sales'",
        [warehouse.schema],
    )
    return found[0][0]


def is_public(warehouse: Warehouse, person: Connection, relation: str = "sales") -> bool:
    ((granted,),) = rows(
        person,
        "select array_to_string(c.relacl, ',') from pg_class as c join pg_namespace as n "
        "on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s",
        [warehouse.schema, relation],
    )
    return any(entry.startswith("=r/") for entry in str(granted).split(","))


def test_a_new_target_shows_the_declared_columns_in_their_order(
    warehouse: Warehouse, person: Connection
) -> None:
    start(warehouse, NOTE)
    assert shown(warehouse) == COLUMNS
    assert shown(warehouse, "sales_base") == [*COLUMNS, "_pos"]
    start(warehouse, NOTE)
    assert kinds(warehouse, person) == {"sales": "v", "sales_base": "r"}


def test_a_table_becomes_the_base_table_with_rows_columns_comment_and_rights(
    warehouse: Warehouse, former: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    run(former, "grant select on sales to public")
    with caplog.at_level(logging.WARNING):
        start(warehouse, NOTE)
    assert shown(warehouse) == COLUMNS
    assert rows(former, "select * from sales") == [[1, Decimal("2.50"), None, "one"]]
    assert rows(former, "select id, remark from sales_base") == [[1, "seen"]]
    assert comment(warehouse, former) == "Sales of Anna's shop"
    assert is_public(warehouse, former)
    assert is_public(warehouse, former, "sales_base"), "views of people's own go on to work"
    assert "granted to those who had it (1)" in caplog.text
    assert '("remark"); the base table keeps them' in caplog.text
    caplog.clear()
    start(warehouse, NOTE)
    assert caplog.text == ""


def test_views_that_people_have_made_go_on_to_work(
    warehouse: Warehouse, former: Connection
) -> None:
    run(former, "create view bound as select id, note from sales")
    late = f"create view late as select id, note from {warehouse.schema}.sales"
    run(former, f"{late} with no schema binding")
    start(warehouse, NOTE)
    assert rows(former, "select * from bound") == [[1, "one"]]
    assert rows(former, "select * from late") == [[1, "one"]]


def test_users_and_groups_keep_their_rights_and_get_no_others(
    warehouse: Warehouse, former: Connection
) -> None:
    if warehouse.emulator is None:
        pytest.skip("a cluster's users are not created by a test")
    reader, group = (f"{kind}_{warehouse.schema}" for kind in ("reader", "group"))
    stranger = f"stranger_{warehouse.schema}"
    for user in (reader, stranger):
        run(former, f"create user {user} password 'Reader1234'")
        run(former, f"grant usage on schema {warehouse.schema} to {user}")
    run(former, f"create group {group}")
    run(former, f"grant select, insert on sales to {reader} with grant option")
    run(former, f"grant select on sales to group {group}")
    start(warehouse, NOTE)
    start(warehouse, f"{NOTE}, extra: boolean", alters=True)
    with closing(warehouse.connect(user=reader, autocommit=True)) as session:
        assert rows(session, "select id, extra from sales") == [[1, None]]
        run(session, f"grant select on sales to group {group}")
    with (
        closing(warehouse.connect(user=stranger, autocommit=True)) as session,
        refused("42501", "permission denied"),
    ):
        run(session, "select id from sales")
    granted = (
        "select count(*) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        f"where n.nspname = '{warehouse.schema}' and c.relname = 'sales' "
        f"and array_to_string(c.relacl, ',') like '%{group}=r/%'"
    )
    assert value(former, granted) == 1
    run(former, f"drop schema {warehouse.schema} cascade")
    run(former, f"create schema {warehouse.schema}")
    for role in (reader, stranger, group):
        run(former, f"drop role {role}")


@pytest.fixture
def loader_user(warehouse: Warehouse, person: Connection) -> str:
    """Who may create schemas and tables, and owns nothing yet."""
    if warehouse.emulator is None:
        pytest.skip("a cluster's users are not created by a test")
    user = f"loader_{warehouse.schema}"
    run(person, f"create user {user} password 'Loader1234'")
    run(person, f"grant usage, create on schema {warehouse.schema} to {user}")
    run(person, f"grant create, temp on database dev to {user}")
    return user


def test_what_is_another_users_is_named_with_what_to_do(
    warehouse: Warehouse, person: Connection, loader_user: str
) -> None:
    """The table of an upgrade; and a view that somebody has made again by hand."""
    connect = partial(warehouse.connect, user=loader_user)
    start(warehouse, NOTE, connect=connect)
    loading = connect(autocommit=True)
    run(loading, "grant select on sales_base to public")
    run(loading, "drop view sales")
    columns = ", ".join(COLUMNS)
    view = f"view sales as select {columns} from {warehouse.schema}.sales_base"
    run(person, f"create {view} with no schema binding")
    start(warehouse, NOTE, connect=connect)  # it is as it should be
    not_owner = r"does not own table or view .sales.: transfer it with ALTER TABLE"
    with pytest.raises(NeedsRepairError, match=not_owner):
        start(warehouse, f"{NOTE}, extra: boolean", alters=True, connect=connect)
    run(person, "drop view sales")
    run(person, "create table sales as select * from sales_base")
    run(loading, "drop table sales_base")
    with pytest.raises(NeedsRepairError, match=r"has no right on table .*transfer it with ALTER"):
        start(warehouse, NOTE, connect=connect)
    run(person, f"grant select on sales to {loader_user}")
    with pytest.raises(NeedsRepairError, match=not_owner):
        start(warehouse, NOTE, connect=connect)
    assert kinds(warehouse, person) == {"sales": "r"}


def test_the_view_follows_the_declaration_and_keeps_rights_and_comment(
    warehouse: Warehouse, person: Connection
) -> None:
    start(warehouse, NOTE)
    run(person, "grant select on sales to public")
    run(person, "comment on view sales is 'sales'")
    run(person, "insert into sales_base (id, note) values (1, 'one')")
    start(warehouse, "extra: boolean, note: varchar(100)", alters=True)
    assert shown(warehouse) == ["id", "price", "at", "extra", "note"]
    run(person, f"update sales_base set note = '{'y' * 100}'")
    assert rows(person, "select extra, note from sales") == [[None, "y" * 100]]
    start(warehouse, "extra: boolean")
    assert shown(warehouse) == ["id", "price", "at", "extra"]
    assert rows(person, "select note from sales_base") == [["y" * 100]]
    assert is_public(warehouse, person)
    assert comment(warehouse, person) == "sales"


def test_a_view_that_others_are_bound_to_is_not_taken_from_them(
    warehouse: Warehouse, person: Connection
) -> None:
    start(warehouse, NOTE)
    run(person, "create view theirs as select id from sales")
    with pytest.raises(NeedsRepairError, match="WITH NO SCHEMA BINDING"):
        start(warehouse, f"{NOTE}, extra: boolean", alters=True)
    assert shown(warehouse) == COLUMNS
    run(person, "drop view theirs")
    start(warehouse, f"{NOTE}, extra: boolean", alters=True)
    assert shown(warehouse) == [*COLUMNS, "extra"]


def test_a_start_that_cannot_lock_the_table_says_who_has_it_and_changes_nothing(
    warehouse: Warehouse, former: Connection
) -> None:
    reader = warehouse.connect()
    assert value(reader, "select count(*) from sales") == 1
    process = value(reader, "select pg_backend_pid()")
    waits = rf"waiting for the lock on .*sales.*is locked by process {process}, in a transaction"
    with pytest.raises(RetryLoadError, match=waits):
        start(warehouse, NOTE, alter_seconds=1)
    assert kinds(warehouse, former) == {"sales": "r"}
    reader.rollback()
    start(warehouse, NOTE)
    assert kinds(warehouse, former) == {"sales": "v", "sales_base": "r"}


def no_base(person: Connection) -> None:
    run(person, "alter table sales_base rename to elsewhere")


def strange_table(person: Connection) -> None:
    run(person, "drop view sales")
    run(person, "drop table sales_base")
    run(person, "create table sales (id int, iban varchar(34))")


def strange_view(person: Connection) -> None:
    run(person, "drop view sales")
    run(person, "create view sales as select 1 as id")


def both(person: Connection) -> None:
    run(person, "drop view sales")
    run(person, "create table sales (like sales_base)")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (no_base, "which is not there: restore the table"),
        (strange_table, "table that Starjoin has not made"),
        (strange_view, "a view of that name already that does not read this table"),
        (both, "there are tables of both names"),
    ],
)
def test_what_somebody_else_has_made_is_refused(
    warehouse: Warehouse, person: Connection, make: Callable[[Connection], None], message: str
) -> None:
    start(warehouse, NOTE)
    make(person)
    before = kinds(warehouse, person)
    with pytest.raises(NeedsRepairError, match=message):
        start(warehouse, NOTE)
    assert kinds(warehouse, person) == before


@pytest.mark.faults
@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_an_upgrade_that_is_cut_anywhere_has_happened_or_not(
    warehouse: Warehouse, former: Connection, faults: Faults, when: When
) -> None:
    run(former, "grant select on sales to public")
    statement = r"^\s*(alter|create view|grant|comment|commit)\b"
    within = r"rename to|create view" if when is When.AFTER else r"pg_get_viewdef"
    places = 0
    while True:
        fault = faults.add(Rule(statement, when, Action.CLOSE, within, places))
        try:
            start(warehouse, NOTE)
            break
        except LoadError:
            assert fault.struck == 1
        finally:
            faults.clear()
        assert kinds(warehouse, former) in ({"sales": "r"}, {"sales": "v", "sales_base": "r"})
        with closing(warehouse.connect(autocommit=True)) as reader:
            assert rows(reader, "select id, note from sales") == [[1, "one"]]
        assert is_public(warehouse, former)
        places += 1
    assert places >= 1
    assert shown(warehouse) == COLUMNS
    assert comment(warehouse, former) == "Sales of Anna's shop"


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_another_start_may_upgrade_between_any_two_transactions(
    warehouse: Warehouse, former: Connection, place: int
) -> None:
    made: list[Connection] = []

    def connect() -> Connection:
        if len(made) == place:
            start(warehouse, NOTE)
        made.append(warehouse.connect())
        return made[-1]

    start(warehouse, NOTE, connect=connect)
    assert len(made) > place
    assert shown(warehouse) == COLUMNS
    assert kinds(warehouse, former) == {"sales": "v", "sales_base": "r"}


TWO_TABLES = """
name: shop
source_schema: shop
tables:
  sale:
    key: [id]
    columns: {{id: integer, product_id: integer}}
    references: {{product: {{table: product, columns: [product_id]}}}}
  product:
    key: [id]
    columns: {{id: integer, title: varchar(20)}}
targets:
  sales:
    fact: sale
    columns: {{id: id, product_id: product_id{more}}}
"""


def test_a_path_that_comes_back_is_followed_in_rows_that_were_loaded_without_it(
    warehouse: Warehouse, person: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    store = S3Store(warehouse.s3, warehouse.bucket, f"contract/{warehouse.schema}")

    def loader(more: str) -> Loader:
        made = warehouse_spec(star(TWO_TABLES.format(more=more)))
        (target,) = made.targets
        loading = Loader(
            replace(made, targets=(replace(target, schema=warehouse.schema),)),
            application="app",
            bookkeeping_schema=warehouse.schema,
            copy_role=warehouse.role,
            connect=warehouse.connect,
            manifests=store,
        )
        loading.start(1)
        return loading

    def stage(kind: Kind, table: str, schema: pa.Schema, **row: Any) -> list[Part]:
        writer = PartWriter(store)
        values = dict.fromkeys(schema.names) | row
        writer.add(Block(kind, table, pa.RecordBatch.from_pylist([values], schema=schema)))
        return list(writer.close(epoch=1))

    with_path, without = (
        star(TWO_TABLES.format(more=more)) for more in (", title: product.title", "")
    )
    loader(", title: product.title")
    loading = loader("")
    position, later = make_position(1, 1 << 32, 0), make_position(1, 2 << 32, 0)
    sale = {"id": 1, "product_id": 7, "_pos": position, "_deleted": False}
    loading.load(stage(Kind.ROWS, "sales", without.wide_schema("sales"), **sale), 1)
    assert rows(person, "select id, product_id from sales") == [[1, 7]]
    with caplog.at_level(logging.WARNING):
        loading = loader(", title: product.title")
    assert 'Columns "title" are new in it: rows that were loaded before' in caplog.text
    assert rows(person, "select title from sales") == [[None]]
    product = {"id": 7, "title": "hat", "_pos": later}
    schema = with_path.patch_schema("product")
    loading.load(stage(Kind.PATCHES, "product", schema, **product), 1)
    assert rows(person, "select title from sales") == [["hat"]]
