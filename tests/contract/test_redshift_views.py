"""Views, bound and late-binding: what Redshift accepts, refuses and keeps, with its sources.

Sources: Database Developer Guide, CREATE VIEW, ALTER TABLE, DROP TABLE, GRANT, Usage notes, and
PG_GET_LATE_BINDING_VIEW_COLS; clusters' messages from public reports where they are named.
"""

from __future__ import annotations

from typing import Any

import pytest
from redshift_connector.core import Connection

from tests.contract.warehouse import Warehouse, refused, rows, run, value

pytestmark = pytest.mark.contract

COLUMNS = (
    "select col_name, col_num from pg_get_late_binding_view_cols() "
    "cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int) "
    "where view_schema = %s and view_name = 'v' order by col_num"
)


@pytest.fixture
def person(warehouse: Warehouse) -> Connection:
    """A session with a table of one row."""
    connection = warehouse.connect(autocommit=True)
    run(connection, "create table t (id int, name varchar(10), price decimal(9,2), hidden int)")
    run(connection, "insert into t values (1, 'one', 2.50, 7)")
    return connection


def view(warehouse: Warehouse, columns: str = "id, name, price", *, late: bool = True) -> str:
    binding = " with no schema binding" if late else ""
    return f"view v as select {columns} from {warehouse.schema}.t{binding}"


@pytest.mark.parametrize("late", [False, True])
def test_it_shows_its_columns_with_their_types(
    warehouse: Warehouse, person: Connection, late: bool
) -> None:
    run(person, f"create {view(warehouse, late=late)}")
    cursor = person.cursor()
    cursor.execute("select * from v where id = %s", [1])
    assert [column[0] for column in cursor.description] == ["id", "name", "price"]
    assert [list(map(str, row)) for row in cursor.fetchall()] == [["1", "one", "2.50"]]


@pytest.mark.parametrize("late", [False, True])
def test_a_writer_in_its_own_transaction_sees_what_it_wrote(
    warehouse: Warehouse, person: Connection, late: bool
) -> None:
    run(person, f"create {view(warehouse, late=late)}")
    writer = warehouse.connect()
    run(writer, "insert into t (id) values (2)")
    assert value(writer, "select count(*) from v") == 2
    assert value(person, "select count(*) from v") == 1


def test_a_late_binding_view_lets_its_table_be_altered_renamed_and_replaced(
    warehouse: Warehouse, person: Connection
) -> None:
    """CREATE VIEW: "you can drop or alter a referenced object without affecting the view"."""
    run(person, f"create {view(warehouse)}")
    run(person, "alter table t alter column name type varchar(20)")
    run(person, f"update t set name = '{'x' * 20}'")
    run(person, "alter table t add column more int")
    assert rows(person, "select id, name from v") == [[1, "x" * 20]]
    run(person, "alter table t rename to former")
    with refused("42P01", f'relation "{warehouse.schema}.t" does not exist'):
        run(person, "select * from v")
    run(person, "create table t (price decimal(9,2), name varchar(5), id int)")
    run(person, "insert into t values (1, 'new', 3)")
    assert rows(person, "select id, name from v") == [[3, "new"]]
    run(person, "alter table t drop column name")
    with refused("42703", 'column "name" does not exist'):
        run(person, "select * from v")
    run(person, "drop table t")
    run(person, "drop view v")


def test_a_late_binding_view_may_come_before_its_table(
    warehouse: Warehouse, person: Connection
) -> None:
    """CREATE VIEW: "You can create a view even if the referenced objects don't exist"."""
    run(person, f"create view w as select id from {warehouse.schema}.u with no schema binding")
    with refused("42P01", f'relation "{warehouse.schema}.u" does not exist'):
        run(person, "select * from w")


def test_a_late_binding_view_names_schemas(person: Connection) -> None:
    """The words: elementary-data/dbt-data-reliability#371."""
    with refused("0A000", "All the relation names inside should be qualified"):
        run(person, "create view v as select id from t with no schema binding")


def test_columns_of_a_late_binding_view_are_listed_by_their_function_alone(
    warehouse: Warehouse, person: Connection
) -> None:
    run(person, f"create {view(warehouse)}")
    assert rows(person, COLUMNS, [warehouse.schema]) == [["id", 1], ["name", 2], ["price", 3]]
    listed = (
        "select count(*) from information_schema.columns "
        "where table_schema = %s and table_name = %s"
    )
    assert rows(person, listed, [warehouse.schema, "v"]) == [[0]]
    assert rows(person, listed, [warehouse.schema, "t"]) == [[4]]


def test_the_definition_of_a_late_binding_view_is_the_whole_statement(
    warehouse: Warehouse, person: Connection
) -> None:
    """As in awslabs/amazon-redshift-utils#340."""
    statement = f"create {view(warehouse)}"
    run(person, statement)
    assert definition(warehouse, person).rstrip(";") == statement


def definition(warehouse: Warehouse, person: Connection) -> str:
    sql = (
        "select pg_get_viewdef(c.oid) from pg_class as c join pg_namespace as n "
        "on n.oid = c.relnamespace where n.nspname = %s and c.relname = 'v'"
    )
    ((found,),) = rows(person, sql, [warehouse.schema])
    return str(found)


BOUND: dict[str, tuple[str, str, str]] = {
    "lengthened": (
        "alter table t alter column name type varchar(20)",
        "0A000",
        "cannot alter type of a column used by a view or rule",
    ),
    "column dropped": ("alter table t drop column name", "2BP01", "other objects depend on it"),
    "table dropped": ("drop table t", "2BP01", "other objects depend on it"),
}


@pytest.mark.parametrize("change", BOUND)
def test_a_bound_view_holds_its_table(
    warehouse: Warehouse, person: Connection, change: str
) -> None:
    """ALTER TABLE and DROP TABLE, RESTRICT; the first message is that of PostgreSQL 8.0."""
    run(person, f"create {view(warehouse, late=False)}")
    sql, sqlstate, words = BOUND[change]
    with refused(sqlstate, words):
        run(person, sql)
    run(person, "alter table t add column more int")
    run(person, "alter table t drop column hidden")
    run(person, "alter table t rename to former")  # and follows its table under another name
    assert rows(person, "select id, name from v") == [[1, "one"]]


REPLACED: dict[str, tuple[str, str]] = {
    "fewer columns": ("id, name", "cannot change number of columns in view"),
    "more columns": ("id, name, price, hidden", "cannot change number of columns in view"),
    "other names": ("id, price, name", 'cannot change name of view column "name"'),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("change", REPLACED)
def test_or_replace_keeps_the_columns(
    warehouse: Warehouse, person: Connection, change: str, late: bool
) -> None:
    """CREATE VIEW: only "the identical set of columns"; dbt-labs/dbt-core#15138.

    For late-binding views the guide makes no exception; no report says whether clusters do.
    """
    run(person, f"create {view(warehouse, late=late)}")
    columns, words = REPLACED[change]
    with refused("42P16", words):
        run(person, f"create or replace {view(warehouse, columns, late=late)}")


def test_or_replace_keeps_the_types_of_a_bound_view(
    warehouse: Warehouse, person: Connection
) -> None:
    """awslabs/amazon-redshift-utils#282."""
    run(person, f"create {view(warehouse, late=False)}")
    other = view(warehouse, "cast(id as bigint) as id, name, price", late=False)
    with refused("42P16", 'cannot change data type of view column "id"'):
        run(person, f"create or replace {other}")


@pytest.mark.parametrize("late", [False, True])
def test_or_replace_keeps_grants_and_a_new_view_has_none(
    warehouse: Warehouse, person: Connection, late: bool
) -> None:
    run(person, f"create {view(warehouse, late=late)}")
    run(person, "grant select on v to public")
    assert is_public(warehouse, person)
    run(person, f"create or replace {view(warehouse, late=late)}")
    assert is_public(warehouse, person)
    run(person, "drop view v")
    run(person, f"create {view(warehouse, late=late)}")
    assert not is_public(warehouse, person)


def is_public(warehouse: Warehouse, person: Connection) -> bool:
    sql = (
        "select array_to_string(c.relacl, ',') from pg_class as c join pg_namespace as n "
        "on n.oid = c.relnamespace where n.nspname = %s and c.relname = 'v'"
    )
    ((granted,),) = rows(person, sql, [warehouse.schema])
    return any(entry.startswith("=r/") for entry in str(granted).split(","))


@pytest.mark.parametrize("late", [False, True])
def test_it_is_renamed_commented_on_and_made_in_a_transaction(
    warehouse: Warehouse, person: Connection, late: bool
) -> None:
    connection = warehouse.connect()
    run(connection, f"create {view(warehouse, late=late)}")
    run(connection, "comment on view v is 'sales'")
    run(connection, "alter table v rename to w")
    connection.rollback()
    with refused("42P01", 'relation "w" does not exist'):
        run(person, "select * from w")
    run(person, f"create {view(warehouse, late=late)}")
    with refused("42P07", 'relation "v" already exists'):
        run(person, f"create {view(warehouse, late=late)}")


def test_nothing_is_written_through_a_late_binding_view(
    warehouse: Warehouse, person: Connection
) -> None:
    """CREATE VIEW: "You can't update, insert into, or delete from a view"."""
    run(person, f"create {view(warehouse)}")
    writes = ("insert into v (id) values (2)", "update v set id = 2", "delete from v")
    for sql in writes:
        with pytest.raises(Exception, match="view"):
            run(person, sql)


@pytest.fixture
def reader(warehouse: Warehouse, person: Connection) -> Any:
    """Opens sessions of a user who has nothing but the schema."""
    if warehouse.emulator is None:
        pytest.skip("a cluster's users are not created by a test")
    name = f"reader_{warehouse.schema}"
    run(person, f"create user {name} password 'Reader1234'")
    run(person, f"grant usage on schema {warehouse.schema} to {name}")
    yield lambda: (name, warehouse.connect(user=name, autocommit=True))
    run(person, f"drop schema {warehouse.schema} cascade")
    run(person, f"create schema {warehouse.schema}")
    run(person, f"drop user {name}")


@pytest.mark.parametrize("late", [False, True])
def test_who_may_read_the_view_needs_no_right_on_the_table(
    warehouse: Warehouse, person: Connection, reader: Any, late: bool
) -> None:
    run(person, f"create {view(warehouse, late=late)}")
    name, session = reader()
    with refused("42501", "permission denied"):
        run(session, "select * from v")
    run(person, f"grant select on v to {name}")
    assert rows(session, "select id from v") == [[1]]
    with refused("42501", "permission denied"):
        run(session, "select * from t")
    granted = (
        "select identity_name, identity_type, admin_option from svv_relation_privileges "
        "where namespace_name = %s and relation_name = 'v' and privilege_type = 'SELECT'"
    )
    assert rows(session, granted, [warehouse.schema]) == [[name, "user", False]]
