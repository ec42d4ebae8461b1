"""Who holds up a load: the locks that a session waits for, as Redshift's views show them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from redshift_connector.core import Connection

from connectors.redshift.locks import awaited_locks
from tests.contract.warehouse import Warehouse, rows, run, value

pytestmark = pytest.mark.contract


@pytest.fixture
def holder(warehouse: Warehouse) -> Connection:
    connection = warehouse.connect()
    run(connection, "create table t (id bigint)")
    run(connection, "create table other (id bigint)")
    connection.commit()
    return connection


@contextmanager
def waiting(
    warehouse: Warehouse, statements: Sequence[str], holder: Connection
) -> Iterator[Connection]:
    """A session that waits in the last statement, and another to look from; then it goes on."""
    session = warehouse.connect()
    *before, last = statements
    for sql in before:
        run(session, sql)
    thread = threading.Thread(target=run, args=(session, last), daemon=True)
    thread.start()
    looking = warehouse.connect(autocommit=True)
    try:
        while not value(looking, "select count(*) from svv_transactions where not granted"):
            assert thread.is_alive()
        yield looking
    finally:
        holder.rollback()
        thread.join()
        session.rollback()


def look(looking: Connection, *schemas: str) -> list[str]:
    return awaited_locks(looking.cursor(), schemas)


def process_of(connection: Connection) -> int:
    ((process,),) = rows(connection, "select pg_backend_pid()")
    return int(process)


@pytest.mark.parametrize("held", ["lock t", "select count(*) from t", "insert into t values (1)"])
@pytest.mark.parametrize("wanted", ["lock t", "alter table t add column more bigint"])
def test_an_exclusive_lock_waits_for_everybody(
    warehouse: Warehouse, holder: Connection, held: str, wanted: str
) -> None:
    process = process_of(holder)
    holder.cursor().execute(held)
    with waiting(warehouse, [wanted], holder) as looking:
        (found,) = look(looking, warehouse.schema)
        assert f'table "{warehouse.schema}"."t" is locked by process {process}, in a' in found
        assert look(looking, "elsewhere") == []
    assert look(looking, warehouse.schema, "elsewhere") == []


def test_a_writer_waits_for_the_other_writer_and_not_for_a_reader(
    warehouse: Warehouse, holder: Connection
) -> None:
    reader = warehouse.connect()
    assert value(reader, "select count(*) from t") == 0
    process = process_of(holder)
    run(holder, "insert into t values (1)")
    with waiting(warehouse, ["insert into t values (2)"], holder) as looking:
        (found,) = look(looking, warehouse.schema)
        assert f"is locked by process {process}, in a" in found
        assert str(process_of(reader)) not in found


def test_who_waits_is_not_named_for_what_it_has_read_itself(
    warehouse: Warehouse, holder: Connection
) -> None:
    process = process_of(holder)
    assert value(holder, "select count(*) from t") == 0
    both = "select count(*) from t", "alter table t add column more bigint"
    with waiting(warehouse, both, holder) as looking:
        (found,) = look(looking, warehouse.schema)
        assert f"is locked by process {process}, in a" in found
        assert found.count("process") == 1
