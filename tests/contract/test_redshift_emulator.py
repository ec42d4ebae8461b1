"""What only the emulator can be asked: isolation levels, protocol, start and end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redshift_connector
from redshift_connector.core import Connection

from connectors.redshift.connection import disconnect, open_connection
from connectors.redshift.errors import NeedsRepairError
from connectors.redshift.loader import Loader
from flink_app.warehouse import warehouse_spec
from infra.local.postgres import EmbeddedPostgres
from infra.local.processes import ServiceError
from infra.local.redshift import RedshiftEmulator
from tests.contract.warehouse import Warehouse, refused, run, value
from tests.unit.stars import ticket_seller

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def serializable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedshiftEmulator]:
    folder = tmp_path_factory.mktemp("serializable")
    # No S3: nothing is copied here, and nothing listens at that port.
    with RedshiftEmulator(
        folder, s3_endpoint="http://127.0.0.1:1", isolation="serializable"
    ) as redshift:
        yield redshift


@pytest.fixture
def pair(serializable: RedshiftEmulator) -> Iterator[tuple[Connection, Connection]]:
    with ExitStack() as exit_stack:
        made = []
        for _ in range(2):
            made.append(redshift_connector.connect(**serializable.connection))
            exit_stack.callback(disconnect, made[-1])
        first, second = made
        run(first, "drop table if exists ledger")
        run(first, "create table ledger (part int)")
        first.commit()
        yield first, second


def test_serializable_write_skew_is_1023(pair: tuple[Connection, Connection]) -> None:
    """Each reads what the other writes: SNAPSHOT lets it pass, SERIALIZABLE does not."""
    first, second = pair
    run(first, "insert into ledger values (1)")
    run(first, "create table if not exists other (part int)")
    first.commit()
    assert value(first, "select count(*) from ledger") == 1
    assert value(second, "select count(*) from other") == 0
    run(first, "insert into other values (1)")
    run(second, "insert into ledger values (2)")
    first.commit()

    with refused("XX000", "1023"):
        second.commit()


def test_serializable_with_the_lock_first_is_no_conflict(
    pair: tuple[Connection, Connection],
) -> None:
    first, second = pair
    seen: list[Any] = []

    def load(connection: Connection, part: int) -> None:
        run(connection, "lock table ledger")
        seen.append(value(connection, "select count(*) from ledger"))
        run(connection, f"insert into ledger values ({part})")
        connection.commit()

    threads = [
        threading.Thread(target=load, args=(connection, part))
        for part, connection in enumerate((first, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == [0, 1]


def test_copy_from_a_store_that_does_not_answer(pair: tuple[Connection, Connection]) -> None:
    with refused("XX000", "S3ServiceException", "Could not connect"):
        run(pair[0], "copy ledger from 's3://b/k' iam_role default parquet manifest")


def test_a_case_insensitive_database_makes_one_key_of_two_and_no_load_starts(
    tmp_path: Path,
) -> None:
    with RedshiftEmulator(
        tmp_path, s3_endpoint="http://127.0.0.1:1", collation="case_insensitive"
    ) as redshift:

        def connect() -> Connection:
            return open_connection(**redshift.connection)

        connection = connect()
        run(connection, "create table t (k varchar(9), n int)")
        run(connection, "insert into t values ('AB', 1), ('ab', 2), ('b ', 3)")
        assert value(connection, "select count(*) from t where k = 'Ab'") == 2
        assert value(connection, "select count(distinct k) from t") == 2
        assert value(connection, "select count(*) from t as a join t as b on a.k = b.k") == 5
        assert value(connection, "select max(n) from t where k > 'AC'") == 3
        connection.commit()
        disconnect(connection)
        starting = Loader(
            warehouse_spec(ticket_seller()),
            application="app",
            bookkeeping_schema="bookkeeping",
            copy_role="default",
            connect=connect,
            manifests=NoStore(),
        )
        with pytest.raises(NeedsRepairError, match=r"db_collation\(\) is case_insensitive"):
            starting.start(1)
        connection = connect()
        assert value(connection, "select count(*) from svv_all_tables") == 1
        disconnect(connection)


class NoStore:
    """Where nothing is written."""

    def put(self, key: str, body: bytes) -> str:
        pytest.fail(f"{key} of {len(body)} bytes was written")


@pytest.fixture
def emulator(warehouse: Warehouse) -> RedshiftEmulator:
    if warehouse.emulator is None:
        pytest.skip("only the emulator takes PostgreSQL's driver")
    return warehouse.emulator


def psycopg_connection(redshift: RedshiftEmulator, **settings: Any) -> psycopg.Connection[Any]:
    """PostgreSQL's own driver: it speaks the simple protocol and asks for SSL first."""
    return psycopg.connect(
        host=redshift.host,
        port=redshift.port,
        dbname=redshift.database,
        user=redshift.user,
        password=redshift.password,
        **settings,
    )


def test_the_simple_protocol(emulator: RedshiftEmulator) -> None:
    with psycopg_connection(emulator, cursor_factory=psycopg.ClientCursor) as connection:
        assert connection.info.server_version == 80002
        assert connection.execute("select 1 as one, 'a;b'").fetchall() == [(1, "a;b")]
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("select * from nowhere")
        assert caught.value.sqlstate == "42P01"
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("truncate nowhere")
        connection.rollback()
        connection.execute("create temp table t (a int)")
        connection.execute("insert into t values (1)")
        connection.execute("truncate t")
        assert connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("select 1; select 2")
        assert caught.value.sqlstate == "42601"


def test_a_statement_is_cancelled(emulator: RedshiftEmulator) -> None:
    with psycopg_connection(emulator) as holder, psycopg_connection(emulator) as waiter:
        holder.execute("create table public.locked (a int)")
        holder.commit()
        try:
            holder.execute("lock public.locked")
            states: list[str | None] = []

            def wait() -> None:
                try:
                    waiter.execute("lock public.locked")
                except psycopg.Error as error:
                    states.append(error.sqlstate)

            thread = threading.Thread(target=wait)
            thread.start()
            while thread.is_alive():
                waiter.cancel_safe(timeout=10)
                thread.join(0.05)
            assert states == ["57014"]
        finally:
            holder.rollback()
            waiter.rollback()
            holder.execute("drop table public.locked")


def test_an_unknown_database_or_user_is_refused(emulator: RedshiftEmulator) -> None:
    for wrong in ({"database": "nowhere"}, {"user": "nobody"}):
        with pytest.raises(redshift_connector.error.Error):
            open_connection(**emulator.connection | wrong)


def test_postgres_sorts_by_bytes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", tcp=True, logical=True)
    with server:
        home = server.socket_folder
        for dsn in (server.dsn(), server.dsn(tcp=True)):
            with psycopg.connect(dsn) as connection:
                connection.execute("set client_encoding to 'UTF8'")
                (found,) = connection.execute(
                    "select array_agg(v order by v) from (values ('b'), ('B'), ('é'), ('a')) t(v)"
                ).fetchall()
                assert found == (["B", "a", "b", "é"],)
                assert connection.execute("show wal_level").fetchall() == [("logical",)]
        assert home.exists()

    assert not home.exists()
    with pytest.raises(ServiceError):
        server.dsn()


def test_start_that_fails_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, settings={"shared_buffers": "nonsense"})
    with pytest.raises(ServiceError, match="nonsense"):
        server.start()

    with pytest.raises(ServiceError):
        server.dsn()
