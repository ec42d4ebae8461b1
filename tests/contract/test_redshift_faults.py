"""The emulator's faults on purpose: what the loader's tests build on has to break as promised."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pytest
from redshift_connector.core import Connection
from redshift_connector.error import InterfaceError, ProgrammingError

from infra.redshift_emulator import Action, Faults, Rule, When
from tests.contract.warehouse import Warehouse, refused, rows, run, value

pytestmark = [pytest.mark.contract, pytest.mark.faults]

CUTS = [Action.CLOSE, Action.RESET]


@pytest.fixture
def connection(warehouse: Warehouse) -> Connection:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint)")
    run(connection, "create table ledger (part bigint)")
    connection.commit()
    return connection


@contextmanager
def lost() -> Iterator[None]:
    """Expects the connection to end in the middle of a call, whatever the driver makes of it."""
    with pytest.raises((InterfaceError, OSError)):
        yield


def locked_count(warehouse: Warehouse) -> int:
    """What a new session finds once it has the table's lock: the loader's way of asking."""
    asking = warehouse.connect()
    run(asking, "lock t")
    found = int(value(asking, "select count(*) from t"))
    asking.rollback()
    return found


def batch(warehouse: Warehouse, size: int = 10) -> str:
    return warehouse.copy_sql("t", warehouse.put(pa.table({"id": pa.array(range(size))})))


@pytest.mark.parametrize("action", CUTS)
def test_cut_before_commit(
    warehouse: Warehouse, faults: Faults, connection: Connection, action: Action
) -> None:
    fault = faults.cut_before_commit(action=action)
    run(connection, "insert into t values (1)")
    with lost():
        connection.commit()

    assert fault.struck == 1
    assert locked_count(warehouse) == 0


@pytest.mark.parametrize("action", CUTS)
def test_lose_the_reply_to_commit(
    warehouse: Warehouse, faults: Faults, connection: Connection, action: Action
) -> None:
    faults.lose_commit_reply(action=action)
    run(connection, "insert into t values (1)")
    with lost():
        connection.commit()

    assert locked_count(warehouse) == 1


def test_a_fault_strikes_as_often_as_asked_for(
    warehouse: Warehouse, faults: Faults, connection: Connection
) -> None:
    fault = faults.lose_commit_reply(skip=1, times=1)
    run(connection, "insert into t values (1)")
    connection.commit()
    run(connection, "insert into t values (2)")
    with lost():
        connection.commit()
    again = warehouse.connect()
    run(again, "insert into t values (3)")
    again.commit()

    assert fault.struck == 1
    assert locked_count(warehouse) == 3


def test_a_fault_for_transactions_that_hold_a_certain_statement(
    warehouse: Warehouse, faults: Faults, connection: Connection
) -> None:
    faults.cut_before_commit(having=r"insert into ledger")
    run(connection, "insert into t values (1)")
    connection.commit()
    run(connection, "insert into ledger values (1)")
    with lost():
        connection.commit()

    assert locked_count(warehouse) == 1


def test_the_reply_to_an_insert_without_a_transaction_is_lost_after_its_commit(
    warehouse: Warehouse, faults: Faults, connection: Connection
) -> None:
    faults.add(Rule("^insert", When.AFTER, Action.CLOSE))
    connection.autocommit = True
    with lost():
        run(connection, "insert into t values (1)")

    assert locked_count(warehouse) == 1


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
@pytest.mark.parametrize("statement", ["lock", "insert into t", "insert into ledger"])
def test_a_cut_anywhere_in_a_transaction_undoes_it(
    warehouse: Warehouse, faults: Faults, connection: Connection, statement: str, when: When
) -> None:
    faults.add(Rule(f"^{statement}", when, Action.RESET))
    with lost():
        run(connection, "lock table ledger")
        run(connection, "insert into t values (1)")
        run(connection, "insert into ledger values (1)")

    assert locked_count(warehouse) == 0


@pytest.mark.parametrize("action", CUTS)
def test_cut_in_copy_inside_a_transaction_undoes_it(
    warehouse: Warehouse, faults: Faults, connection: Connection, action: Action
) -> None:
    faults.cut_in_copy(action=action)
    run(connection, "insert into t values (1)")
    with lost():
        run(connection, batch(warehouse, 100_000))

    assert locked_count(warehouse) == 0


def test_cut_in_copy_outside_of_transactions_goes_on(
    warehouse: Warehouse, faults: Faults, connection: Connection
) -> None:
    fault = faults.cut_in_copy()
    sql = batch(warehouse, 100_000)
    connection.autocommit = True
    with lost():
        run(connection, sql)
    fault.wait()

    assert locked_count(warehouse) == 100_000


def test_a_copy_that_fails(warehouse: Warehouse, faults: Faults, connection: Connection) -> None:
    faults.fail_copy("S3ServiceException:SlowDown,Status 503")
    sql = batch(warehouse)
    with refused("XX000", "SlowDown"):
        run(connection, sql)
    with refused("25P02"):
        run(connection, sql)
    connection.rollback()
    run(connection, sql)

    assert value(connection, "select count(*) from t") == 10


def test_a_statement_that_fails_as_asked_for(faults: Faults, connection: Connection) -> None:
    faults.add(Rule("^insert", When.BEFORE, Action.FAIL, message="1023"))
    with refused("XX000", "1023"):
        run(connection, "insert into t values (1)")
    connection.rollback()
    run(connection, "insert into t values (1)")


class Committing(threading.Thread):
    """Commits, and keeps what came of it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._connection.commit()
        except (InterfaceError, OSError) as error:
            self.error = error


def test_a_commit_that_hangs_until_released(
    warehouse: Warehouse, faults: Faults, connection: Connection
) -> None:
    fault = faults.hang_commit()
    run(connection, "insert into t values (1)")
    committing = Committing(connection)
    committing.start()
    fault.wait()
    assert fault.hanging == 1
    # Without a transaction block, or this reader would hold up the lock below.
    assert value(warehouse.connect(autocommit=True), "select count(*) from t") == 0
    fault.release()
    committing.join()

    assert committing.error is None
    assert locked_count(warehouse) == 1


def test_a_commit_that_hangs_is_done_even_if_its_client_has_left(
    warehouse: Warehouse, faults: Faults
) -> None:
    """The zombie: the client gave up waiting, and its transaction still holds the lock."""
    impatient = warehouse.connect(timeout=1)
    run(impatient, "create table t (id bigint)")
    impatient.commit()
    fault = faults.hang_commit()
    run(impatient, "lock t")
    run(impatient, "insert into t values (1)")
    with lost():
        impatient.commit()
    fault.wait()
    found: list[int] = []
    asking = threading.Thread(target=lambda: found.append(locked_count(warehouse)))
    asking.start()
    fault.release()
    asking.join()

    assert found == [1]


def test_connections_refused_until_accepted(warehouse: Warehouse, faults: Faults) -> None:
    before = warehouse.connect()
    faults.refuse_connections()
    with pytest.raises((InterfaceError, OSError)):
        warehouse.connect()
    assert value(before, "select 1") == 1
    faults.accept_connections()

    assert value(warehouse.connect(), "select 1") == 1


def test_all_connections_cut_at_once(
    warehouse: Warehouse, faults: Faults, connection: Connection
) -> None:
    run(connection, "insert into t values (1)")
    other = warehouse.connect()
    assert faults.cut_all() >= 2
    for cut in (connection, other):
        with lost():
            value(cut, "select 1")

    assert locked_count(warehouse) == 0


def test_clearing_releases_what_hangs(faults: Faults, connection: Connection) -> None:
    fault = faults.hang_commit(times=5)
    run(connection, "insert into t values (1)")
    committing = Committing(connection)
    committing.start()
    fault.wait()
    faults.clear()
    committing.join()
    run(connection, "insert into t values (2)")
    connection.commit()

    assert fault.struck >= 1


def test_a_killed_client_is_rolled_back(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, "insert into t values (1)")
    # What the kernel does with a killed process's socket: no goodbye of the protocol's.
    connection._usock.shutdown(2)
    connection._usock.close()

    assert locked_count(warehouse) == 0


def test_a_session_killed_in_the_database(warehouse: Warehouse, connection: Connection) -> None:
    run(connection, "insert into t values (1)")
    ((process,),) = rows(connection, "select pg_backend_pid()")
    other = warehouse.connect(autocommit=True)
    run(other, "select pg_terminate_backend(%s::int)", (process,))
    with pytest.raises((ProgrammingError, InterfaceError, OSError)):
        value(connection, "select 1")

    assert locked_count(warehouse) == 0
