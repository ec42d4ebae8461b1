"""What Starjoin relies on in Redshift's SQL, apart from COPY: types, transactions, rules of DML."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import pytest
from redshift_connector.error import ProgrammingError

from tests.contract.warehouse import Warehouse, refused, rows, run, value

pytestmark = pytest.mark.contract

SYNTAX = "42601"
INTERNAL = "XX000"
ABORTED = "25P02"

TYPES: list[tuple[str, Any]] = [
    ("smallint", -32768),
    ("integer", 2147483647),
    ("bigint", -9223372036854775807),
    ("decimal(18,4)", Decimal("12345678901234.5678")),
    ("decimal(38,0)", Decimal("9" * 38)),
    ("real", 0.5),
    ("double precision", 0.1),
    ("boolean", True),
    ("boolean", False),
    ("date", dt.date(2024, 2, 29)),
    ("timestamp", dt.datetime(2024, 2, 29, 23, 59, 59, 999999)),  # noqa: DTZ001 - has no zone
    ("timestamptz", dt.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=dt.UTC)),
    ("varchar(20)", "naïve ☃ 'quoted'"),
    ("varchar(20)", ""),
    ("varchar(max)", "x" * 65535),
]


@pytest.mark.parametrize(("type_name", "sent"), TYPES)
def test_a_value_comes_back_as_it_was_sent(warehouse: Warehouse, type_name: str, sent: Any) -> None:
    connection = warehouse.connect()
    run(connection, f"create table t (id int not null, v {type_name})")
    run(connection, "insert into t values (1, %s)", (sent,))
    run(connection, "insert into t values (2, %s)", (None,))

    assert rows(connection, "select v from t order by id") == [[sent], [None]]


def test_char_is_padded_in_the_table_and_not_in_comparisons(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v char(5))")
    run(connection, "insert into t values ('ab')")

    assert value(connection, "select count(*) from t where v = 'ab'") == 1
    assert str(value(connection, "select v from t")).rstrip() == "ab"


def test_blanks_at_the_end_do_not_count_in_comparisons(warehouse: Warehouse) -> None:
    """Of VARCHAR as well: keys that differ in such blanks only are one key to Redshift."""
    connection = warehouse.connect()
    run(connection, "create table t (k varchar(5), v int)")
    run(connection, "create table other (k varchar(5))")
    run(connection, "insert into t values ('a', 1), ('a ', 2), (' a', 3)")
    run(connection, "insert into other values ('a  ')")

    assert value(connection, "select count(*) from t where k = 'a'") == 2
    assert value(connection, "select count(*) from t join other on t.k = other.k") == 2
    assert value(connection, "select count(distinct k) from t") == 2
    assert rows(connection, "select len(k) from t order by v") == [[1], [2], [2]]
    assert run(connection, "delete from t using other where t.k = other.k") == 2


@pytest.mark.parametrize(
    ("column", "too_long"),
    [("varchar(5)", "abcdef"), ("varchar(5)", "ééé"), ("char(3)", "abcd")],
    ids=["characters", "bytes", "char"],
)
def test_lengths_count_bytes(warehouse: Warehouse, column: str, too_long: str) -> None:
    connection = warehouse.connect()
    run(connection, f"create table t (v {column})")
    connection.commit()

    with refused(INTERNAL, "Value too long for character type"):
        run(connection, "insert into t values (%s)", (too_long,))


@pytest.mark.parametrize(
    "made_by",
    [
        "create table copy_of (like t)",
        "create temp table copy_of (like t)",
        "create table copy_of distkey(id) sortkey(id) as select * from t",
        "create temp table copy_of diststyle even as select * from t",
    ],
)
def test_lengths_hold_in_tables_made_from_others(warehouse: Warehouse, made_by: str) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint, v varchar(5))")
    run(connection, made_by)
    connection.commit()

    with refused(INTERNAL, "Value too long"):
        run(connection, "insert into copy_of values (1, 'ééé')")


def test_bytes_are_compared_and_counted(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (k varbyte(2), n int)")
    run(connection, "create temp table s (like t)")
    run(connection, "insert into s values (from_hex('00ff'), 1), (from_hex('00'), 2)")
    run(connection, "insert into t select k, n from s")
    run(connection, "delete from t using s where t.k = s.k and s.n = 1")

    assert rows(connection, "select to_hex(k), n from t") == [["00", 2]]
    connection.commit()
    with refused(INTERNAL, "too long"):
        run(connection, "insert into t values (from_hex('000000'), 3)")


def test_insert_rounds_decimals(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v decimal(8,2))")
    run(connection, "insert into t values (%s)", (Decimal("1.239"),))

    assert value(connection, "select v from t") == Decimal("1.24")


def test_a_table_with_all_of_redshifts_attributes(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(
        connection,
        """
        create table if not exists wide (
            id bigint not null encode az64 distkey,
            name varchar(20) default 'none' encode zstd,
            parent bigint references wide (id),
            made timestamp default getdate(),
            note super,
            number bigint identity(1, 1),
            primary key (id),
            unique (name)
        )
        diststyle key compound sortkey (id, made)
        """,
    )
    run(connection, "insert into wide (id) values (1)")

    ((name, number),) = rows(connection, "select name, number from wide")
    assert name == "none"
    assert number >= 1
    assert value(connection, "select made >= getdate() - interval '1 hour' from wide") is True


@pytest.mark.parametrize(
    "attributes",
    [
        "diststyle all",
        "diststyle auto sortkey auto encode auto",
        "distkey(id) interleaved sortkey(id)",
        "backup no diststyle even",
    ],
)
def test_table_attributes(warehouse: Warehouse, attributes: str) -> None:
    connection = warehouse.connect()
    run(connection, f"create table t (id bigint) {attributes}")

    assert value(connection, "select count(*) from t") == 0


@pytest.mark.parametrize("type_name", ["jsonb", "uuid", "serial", "bytea", "text[]", "citext"])
def test_types_that_only_postgresql_has_are_refused(warehouse: Warehouse, type_name: str) -> None:
    with pytest.raises(ProgrammingError):
        run(warehouse.connect(), f"create table t (v {type_name})")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into t values (1, 'a') on conflict do nothing",
        "insert into t values (1, 'a') returning id",
        "select distinct on (id) id from t",
        "select count(*) filter (where id > 1) from t",
        "create index i on t (id)",
        "savepoint s",
        "delete from t as x where x.id = 1",
        "alter table t add column a int, add column b int",
        "alter table t alter column id set not null",
    ],
)
def test_syntax_that_only_postgresql_has_is_refused(warehouse: Warehouse, sql: str) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint, v varchar(5))")
    connection.commit()

    with pytest.raises(ProgrammingError):
        run(connection, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "create table d (a int distkey, b int distkey)",
        "create table d (a int) diststyle all distkey(a)",
        "create table d (a int) sortkey(a, a)",
        "create table d (a int) distkey(b)",
        "create table d (a int encode nosuch)",
        "create table d (a varbyte(4)) sortkey(a)",
        "alter table t drop column n, drop column v",
        "lock table t in share mode",
        "lock table t nowait",
        "set lock_timeout to 1000",
        "set idle_in_transaction_session_timeout to 1000",
        "select pg_sleep(0) from t",
        "select string_agg(v, ',') from t",
        "select array_agg(id) from t",
        "select gen_random_uuid() from t",
        "select pg_advisory_lock(1) from t",
        "update t set (n, v) = (3, 'q')",
        "select * from (values (1), (2)) as v(a)",
        "select * from t tablesample system (10)",
        "select sum(n) over (order by n groups 1 preceding) from t",
    ],
)
def test_what_redshift_does_not_have_is_refused(warehouse: Warehouse, sql: str) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint, n int, v varchar(5))")
    connection.commit()

    with pytest.raises(ProgrammingError):
        run(connection, sql)


def test_the_words_of_refusals_that_are_known(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint, n int)")
    connection.commit()
    with refused(SYNTAX, "Aggregate window functions with an ORDER BY clause require a frame"):
        run(connection, "select sum(n) over (order by id) from t")
    connection.rollback()
    with refused("0A000", "RANGE clause of window functions not yet implemented"):
        run(
            connection,
            "select sum(n) over (order by id range between unbounded preceding and current row) "
            "from t",
        )
    connection.rollback()
    with refused(SYNTAX, "Statement is too large. Statement Size: "):
        run(connection, f"select '{'x' * 2**24}'")
    connection.rollback()
    with refused("42883", "function pg_sleep(integer) does not exist"):
        run(connection, "select pg_sleep(0)")


def test_keys_are_declared_and_not_enforced(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint primary key, v varchar(5) unique)")
    for _ in range(2):
        run(connection, "insert into t values (1, 'a')")

    assert value(connection, "select count(*) from t") == 2


@pytest.mark.parametrize("column", ["bigint not null", "bigint primary key"])
def test_not_null_is_enforced(warehouse: Warehouse, column: str) -> None:
    connection = warehouse.connect()
    run(connection, f"create table t (id {column}, v int)")
    connection.commit()

    with refused(INTERNAL, "Cannot insert a NULL value into column id"):
        run(connection, "insert into t (v) values (1)")


def test_names_fold_to_lower_case_even_quoted(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, 'create table "MixedCase" ("SomeColumn" int, OTHER int)')
    run(connection, 'insert into MIXEDCASE (somecolumn, "Other") values (1, 2)')
    cursor = connection.cursor()
    cursor.execute('select "SOMECOLUMN", Other from "mixedcase"')

    assert [column[0] for column in cursor.description] == ["somecolumn", "other"]
    assert list(cursor.fetchall()) == [[1, 2]]


def test_a_backslash_in_a_literal_is_an_escape(warehouse: Warehouse) -> None:
    connection = warehouse.connect()

    assert value(connection, r"select 'a\\b'") == r"a\b"
    assert value(connection, r"select 'it\'s'") == "it's"
    # Parameters are data, whatever is in them.
    assert rows(connection, "select %s::varchar(20)", (r"a\\b' --",)) == [[r"a\\b' --"]]


def test_several_statements_are_refused(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    with refused(SYNTAX, "cannot insert multiple commands into a prepared statement"):
        run(connection, "select 1; select 2")
    connection.rollback()

    assert value(connection, "select 'one; statement' -- only;\n;") == "one; statement"


def test_an_error_aborts_the_transaction_until_rollback(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id int)")
    connection.commit()
    run(connection, "insert into t values (1)")
    with refused("42P01", 'relation "nowhere" does not exist'):
        run(connection, "select * from nowhere")
    with refused(ABORTED):
        run(connection, "select 1")
    connection.rollback()

    assert value(connection, "select count(*) from t") == 0


def test_commit_of_an_aborted_transaction_commits_nothing(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id int)")
    connection.commit()
    run(connection, "insert into t values (1)")
    with pytest.raises(ProgrammingError):
        run(connection, "select * from nowhere")
    connection.commit()

    assert value(connection, "select count(*) from t") == 0


def test_ddl_rolls_back(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id int)")
    connection.rollback()

    with refused("42P01"):
        run(connection, "select * from t")


def test_temporary_tables_end_with_their_session(warehouse: Warehouse) -> None:
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create temp table stage (id int)")
    first.commit()
    run(first, "insert into stage values (1)")
    first.commit()
    with refused("42P01"):
        run(second, "select * from stage")
    first.close()
    third = warehouse.connect()

    with refused("42P01"):
        run(third, "select * from stage")


def test_a_closed_connection_rolls_back(warehouse: Warehouse) -> None:
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table t (id int)")
    first.commit()
    run(first, "insert into t values (1)")
    first.close()

    # The lock waits until the session that wrote is really gone.
    run(second, "lock t")
    assert value(second, "select count(*) from t") == 0


def test_truncate_commits(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id int)")
    run(connection, "create table other (id int)")
    connection.commit()
    run(connection, "insert into other values (1)")
    run(connection, "truncate t")
    connection.rollback()

    assert value(connection, "select count(*) from other") == 1


def test_a_varchar_is_widened_outside_of_transactions_only(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v varchar(5))")
    connection.commit()
    with refused("25001", "cannot run inside a transaction block"):
        run(connection, "alter table t alter column v type varchar(10)")
    connection.rollback()
    connection.autocommit = True
    run(connection, "alter table t alter column v type varchar(10)")
    run(connection, "insert into t values ('ééééé')")

    with refused(INTERNAL, "Value too long"):
        run(connection, "insert into t values ('éééééé')")


def test_a_varchar_with_a_default_is_not_widened(warehouse: Warehouse) -> None:
    connection = warehouse.connect(autocommit=True)
    run(connection, "create table t (v varchar(5) default 'x', w varchar(5))")
    with refused("0A000", "has a default value"):
        run(connection, "alter table t alter column v type varchar(10)")
    run(connection, 'alter table t alter column "w" type varchar(10)')


def test_a_column_is_added(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (id int)")
    run(connection, "insert into t values (1)")
    run(connection, "alter table t add column v varchar(3) encode zstd")
    connection.commit()

    assert rows(connection, "select * from t") == [[1, None]]
    with refused(INTERNAL, "Value too long"):
        run(connection, "insert into t values (2, 'éé')")


@pytest.fixture
def target(warehouse: Warehouse) -> Warehouse:
    """A target of keys 1, 2 and a stage of 2, 3."""
    connection = warehouse.connect()
    run(connection, "create table target (id int, v varchar(10))")
    run(connection, "create table stage (id int, v varchar(10))")
    run(connection, "insert into target values (1, 'old'), (2, 'old')")
    run(connection, "insert into stage values (2, 'new'), (3, 'new')")
    connection.commit()
    return warehouse


def test_delete_using_and_insert(target: Warehouse) -> None:
    connection = target.connect()

    assert run(connection, "delete from target using stage where target.id = stage.id") == 1
    assert run(connection, "insert into target select id, v from stage") == 2
    assert rows(connection, "select * from target order by id") == [
        [1, "old"],
        [2, "new"],
        [3, "new"],
    ]


def test_update_from(target: Warehouse) -> None:
    connection = target.connect()
    sql = "update target set v = s.v from stage s where target.id = s.id and target.v < 'z'"

    assert run(connection, sql) == 1
    assert rows(connection, "select * from target order by id") == [[1, "old"], [2, "new"]]


def test_the_newest_row_of_each_key(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create temp table stage (id int, pos varchar(10), v int)")
    run(connection, "insert into stage values (1,'a',1), (1,'b',2), (1,'B',3), (2,'a',4)")
    newest = rows(
        connection,
        """
        select id, v from (
            select *, row_number() over (partition by id order by pos desc) as n from stage
        ) where n = 1 order by id
        """,
    )

    # Positions as text compare by their bytes.
    assert newest == [[1, 2], [2, 4]]


def test_lock_first_and_the_read_sees_what_the_former_holder_committed(
    warehouse: Warehouse,
) -> None:
    """The loader's whole protocol stands on this: lock the ledger, then read it."""
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table ledger (part varchar(20))")
    first.commit()
    run(first, "lock table ledger")
    run(first, "insert into ledger values ('p1')")
    seen: list[Any] = []
    process = _process_of(second)

    def wait_and_read() -> None:
        run(second, "lock table ledger")
        seen.append(value(second, "select count(*) from ledger"))
        second.commit()

    other = threading.Thread(target=wait_and_read)
    other.start()
    _wait_until_it_waits(warehouse, process)
    assert not seen
    first.commit()
    other.join()

    assert seen == [1]


def test_read_first_and_the_lock_comes_too_late(warehouse: Warehouse) -> None:
    """The snapshot is as old as the first read: what is committed later stays unseen."""
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table ledger (part varchar(20))")
    first.commit()
    assert value(second, "select count(*) from ledger") == 0
    run(first, "insert into ledger values ('p1')")
    first.commit()

    run(second, "lock table ledger")
    assert value(second, "select count(*) from ledger") == 0


def test_two_writers_of_one_row_are_a_serialisation_conflict(warehouse: Warehouse) -> None:
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table ledger (fence int)")
    run(first, "insert into ledger values (1)")
    first.commit()
    assert value(second, "select fence from ledger") == 1
    run(first, "update ledger set fence = 2")
    first.commit()

    with refused(INTERNAL, "1023", "Serializable isolation violation on table") as refusal:
        run(second, "update ledger set fence = 3")
    assert refusal.message == "1023"


def test_a_deadlock_is_40p01(warehouse: Warehouse) -> None:
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table a (id int)")
    run(first, "create table b (id int)")
    first.commit()
    run(first, "lock a")
    run(second, "lock b")
    states: list[str] = []

    def cross(connection: Any, table: str) -> None:
        try:
            run(connection, f"lock {table}")
        except ProgrammingError as error:
            states.append(error.args[0]["C"])
        connection.rollback()

    threads = [
        threading.Thread(target=cross, args=(first, "b")),
        threading.Thread(target=cross, args=(second, "a")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert states == ["40P01"]


def test_writers_of_one_table_queue(warehouse: Warehouse) -> None:
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table t (id int)")
    first.commit()
    run(first, "insert into t values (1)")
    process = _process_of(second)
    done = threading.Event()

    def insert() -> None:
        run(second, "insert into t values (2)")
        second.commit()
        done.set()

    other = threading.Thread(target=insert)
    other.start()
    _wait_until_it_waits(warehouse, process)
    assert not done.is_set()
    first.commit()
    other.join()

    assert value(first, "select count(*) from t") == 2


def test_readers_are_not_held_up_by_writers(warehouse: Warehouse) -> None:
    first, second = warehouse.connect(), warehouse.connect()
    run(first, "create table t (id int)")
    first.commit()
    run(first, "insert into t values (1)")

    assert value(second, "select count(*) from t") == 0


def _process_of(connection: Any) -> int:
    """The server's process of a session that is in no transaction, before and after."""
    process = int(value(connection, "select pg_backend_pid()"))
    connection.rollback()
    return process


def _wait_until_it_waits(warehouse: Warehouse, process: int) -> None:
    """Returns when the session of this process waits for a lock."""
    watcher = warehouse.connect(autocommit=True)
    waits = f"select count(*) from svv_transactions where pid = {process} and not granted"
    pause = threading.Event()
    while not value(watcher, waits):
        pause.wait(0.01)
