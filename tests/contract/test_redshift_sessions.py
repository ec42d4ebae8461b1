"""Sessions: limits for statements, who sees and who ends an open transaction."""

from __future__ import annotations

import pyarrow as pa
import pytest
from redshift_connector.core import Connection
from redshift_connector.error import InterfaceError, ProgrammingError

from infra.local.redshift import Faults, Rule, When
from infra.local.redshift.faults import Action
from tests.contract.warehouse import Warehouse, refused, rows, run, value

pytestmark = [pytest.mark.contract, pytest.mark.faults]

HOLDERS = """SELECT DISTINCT t.pid FROM svv_transactions AS t
JOIN pg_class AS c ON c.oid = t.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND t.lock_mode = 'AccessExclusiveLock'
AND t.txn_db = current_database() AND t.txn_owner = current_user AND t.pid <> pg_backend_pid()"""


@pytest.fixture
def connection(warehouse: Warehouse) -> Connection:
    connection = warehouse.connect()
    run(connection, "create table ledger (part bigint)")
    connection.commit()
    return connection


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
    found = rows(successor, HOLDERS, (warehouse.schema, "ledger"))
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
    assert rows(looking, HOLDERS, (warehouse.schema, "ledger")) == []


@pytest.mark.parametrize("when", [When.BEFORE, When.DURING])
def test_a_copy_that_hangs_is_cancelled_at_its_limit(
    warehouse: Warehouse, faults: Faults, connection: Connection, when: When
) -> None:
    """The stand-in's own statements that hang count for the limit, as PostgreSQL's do."""
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
