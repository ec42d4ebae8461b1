"""Sessions: limits for statements, who sees and who ends an open transaction."""

from __future__ import annotations

import socket

import psycopg
import pyarrow as pa
import pytest
from redshift_connector.core import Connection
from redshift_connector.error import InterfaceError, ProgrammingError

from connectors.redshift.connection import disconnect
from connectors.redshift.left_behind import OWN_LOCKERS, say_endless_sessions
from connectors.redshift.locks import holders_query, superuser_query
from connectors.redshift.names import Names
from infra.redshift_emulator import Faults, Rule, When
from infra.redshift_emulator.faults import Action
from tests.contract.warehouse import Warehouse, refused, rows, run, value

pytestmark = [pytest.mark.contract, pytest.mark.faults]


@pytest.fixture
def connection(warehouse: Warehouse) -> Connection:
    connection = warehouse.connect()
    run(connection, "create table ledger (part bigint)")
    connection.commit()
    return connection


def test_a_lost_connection_leaves_no_socket_open(warehouse: Warehouse) -> None:
    lost = warehouse.connect()
    usock = lost._usock
    usock.shutdown(socket.SHUT_RDWR)
    disconnect(lost)
    assert usock.fileno() == -1


def test_a_statement_that_waits_too_long_is_cancelled_and_nothing_is_applied(
    warehouse: Warehouse, connection: Connection
) -> None:
    run(connection, "lock table ledger")
    waiting = warehouse.connect(autocommit=True)
    run(waiting, "set statement_timeout to 1000")
    with refused("57014", "cancel", "on user's request"):
        run(waiting, "insert into ledger values (1)")
    connection.commit()
    assert value(waiting, "select count(*) from ledger") == 0


def test_a_transaction_in_which_a_statement_was_cancelled_is_over(
    warehouse: Warehouse, connection: Connection
) -> None:
    run(connection, "create table other (id bigint)")
    connection.commit()
    run(connection, "lock table ledger")
    waiting = warehouse.connect(autocommit=True)
    run(waiting, "set statement_timeout to 1000")
    waiting.autocommit = False
    run(waiting, "insert into other values (1)")
    with refused("57014"):
        run(waiting, "lock table ledger")
    waiting.rollback()
    connection.commit()
    assert value(connection, "select count(*) from other") == 0


def test_a_user_sees_who_of_its_own_holds_a_lock_and_ends_that_session(
    warehouse: Warehouse, connection: Connection
) -> None:
    run(connection, "lock table ledger")
    run(connection, "insert into ledger values (1)")
    ((process,),) = rows(connection, "select pg_backend_pid()")
    successor = warehouse.connect(autocommit=True)
    found = rows(successor, OWN_LOCKERS, (warehouse.schema, "ledger", "other"))
    assert found == [[process]]
    run(successor, f"select pg_terminate_backend({process})")
    successor.autocommit = False
    run(successor, "lock table ledger")
    assert value(successor, "select count(*) from ledger") == 0
    successor.commit()
    with pytest.raises((ProgrammingError, InterfaceError, OSError)):
        value(connection, "select 1")


def test_who_only_reads_or_writes_a_table_does_not_count_as_holding_it(
    warehouse: Warehouse, connection: Connection
) -> None:
    run(connection, "insert into ledger values (1)")
    reading = warehouse.connect()
    assert value(reading, "select count(*) from ledger") == 0
    looking = warehouse.connect(autocommit=True)
    assert rows(looking, OWN_LOCKERS, (warehouse.schema, "ledger", "other")) == []


def test_who_only_reads_a_table_holds_up_its_lock_and_is_found(
    warehouse: Warehouse, connection: Connection
) -> None:
    assert value(connection, "select count(*) from ledger") == 0
    ((process,),) = rows(connection, "select pg_backend_pid()")
    looking = warehouse.connect(autocommit=True)
    names = Names(warehouse.schema)
    ((found, mode, since),) = rows(looking, holders_query(names.ledger))
    assert (found, mode, since is None) == (process, "AccessShareLock", False)
    for_superusers = rows(looking, superuser_query(names.ledger))
    assert [row[0] for row in for_superusers] == [process]


def test_the_holder_is_found_of_a_table_with_quotation_marks_in_its_name(
    warehouse: Warehouse, connection: Connection
) -> None:
    table = f'"{warehouse.schema}"."5 o\'clock ""tea"""'
    run(connection, f"create table {table} (part bigint)")
    connection.commit()
    run(connection, f"lock table {table}")
    ((process,),) = rows(connection, "select pg_backend_pid()")
    looking = warehouse.connect(autocommit=True)
    assert [row[0] for row in rows(looking, holders_query(table))] == [process]
    assert [row[0] for row in rows(looking, superuser_query(table))] == [process]


def test_the_locks_on_a_table_of_the_same_number_in_another_database_are_not_found(
    warehouse: Warehouse,
) -> None:
    """Tables of the catalogue have one number in every database."""
    if warehouse.emulator is None:
        pytest.skip("only the emulator is sure to have another database")
    table = ("pg_catalog", "pg_description")
    looking = warehouse.connect(autocommit=True)
    elsewhere = warehouse.connect(database="postgres")
    run(elsewhere, "select count(*) from pg_catalog.pg_description")
    ((process,),) = rows(elsewhere, "select pg_backend_pid()")
    locked = "select distinct pid from svv_transactions where relation = %s::regclass::oid"
    assert rows(looking, locked, (".".join(table),)) == [[process]]
    assert rows(looking, holders_query(".".join(table))) == []
    here = warehouse.connect()
    run(here, "select count(*) from pg_catalog.pg_description")
    assert len(rows(looking, holders_query(".".join(table)))) == 1


@pytest.mark.parametrize("when", [When.BEFORE, When.DURING])
def test_a_copy_that_hangs_is_cancelled_at_its_limit(
    warehouse: Warehouse, faults: Faults, connection: Connection, when: When
) -> None:
    """The emulator's own statements that hang count for the limit, as PostgreSQL's do."""
    connection.autocommit = True
    run(connection, "set statement_timeout to 1500")
    faults.add(Rule(r"^\s*copy\b", when, Action.HANG))
    sql = warehouse.copy_sql("ledger", warehouse.put(pa.table({"part": pa.array(range(9))})))
    with refused("57014", "on user's request"):
        run(connection, sql)
    assert value(connection, "select count(*) from ledger") == 0
    run(connection, "set statement_timeout to 0")
    run(connection, sql)
    assert value(connection, "select count(*) from ledger") == 9


def test_a_session_timeout_is_seen_by_the_user_who_has_it(warehouse: Warehouse) -> None:
    looking = warehouse.connect(autocommit=True)
    ((user, seconds),) = rows(
        looking,
        "select user_name, session_timeout from svv_user_info where user_name = current_user",
    )
    assert seconds >= 0
    assert bool(say_endless_sessions(looking.cursor())) is (seconds == 0)
    if warehouse.emulator is not None:
        with psycopg.connect(warehouse.emulator.postgres.dsn(), autocommit=True) as superuser:
            superuser.execute(f"ALTER ROLE {user} RESET idle_session_timeout")
            try:
                endless = say_endless_sessions(looking.cursor())
            finally:
                superuser.execute(f"ALTER ROLE {user} SET idle_session_timeout = 1800000")
        assert (seconds, endless[-32:]) == (1_800, 'USER "awsuser" SESSION TIMEOUT 1800'[-32:])
