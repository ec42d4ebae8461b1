"""The driver as it works with Redshift: protocol, types, login, bulk calls and system views."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from redshift_connector.error import Error

from connectors.redshift.access import RedshiftAddress, SslMode
from connectors.redshift.connection import Credentials, connect, open_connection
from connectors.redshift.errors import NeedsRepairError, Step, classify
from infra.local.redshift import RedshiftEmulator
from tests.contract.warehouse import Warehouse, refused, rows, run, value

pytestmark = pytest.mark.contract

VARBYTE = 6551


def test_the_binary_protocol_is_what_they_agree_on(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    assert connection._client_protocol_version == 2
    assert (b"server_protocol_version", b"2") in connection.parameter_statuses


@pytest.mark.parametrize("version", [0, 1, 2])
def test_values_are_the_same_in_every_version_of_the_protocol(
    warehouse: Warehouse, version: int
) -> None:
    connection = warehouse.connect(client_protocol_version=version)
    assert connection._client_protocol_version == version
    run(
        connection,
        "create table t (a decimal(8,2), b decimal(38,4), c date, d timestamp, e boolean, "
        "f bigint, g varchar(9), h real, i timetz)",
    )
    sent = [
        Decimal("-123456.78"), Decimal("12345678901234567890.1234"), dt.date(2024, 2, 29),
        dt.datetime(2024, 2, 29, 23, 59, 59, 999999), True, 2**62, "é☃", 0.5,  # noqa: DTZ001
        dt.time(1, 2, 3, tzinfo=dt.UTC),
    ]  # fmt: skip
    run(connection, f"insert into t values ({', '.join(['%s'] * 8)}, '01:02:03+00')", sent[:8])
    run(connection, "insert into t (f) values (0)")

    found = rows(connection, "select * from t order by f desc")
    assert found == [sent, [None] * 5 + [0] + [None] * 3]


def test_sums_have_the_scale_of_what_is_summed(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (a decimal(8,2), b bigint, c decimal(12,6))")
    run(connection, "insert into t values (1.25, 9223372036854775807, 0.000001), (2.5, 1, null)")
    found = rows(connection, "select sum(a), sum(b), max(c), sum(a) from t where a > 9")
    assert found == [[None] * 4]
    found = rows(connection, "select sum(a), sum(b), max(c), sum(a) from t")
    assert [str(cell) for cell in found[0]] == ["3.75", "9223372036854775808", "0.000001", "3.75"]
    found = rows(connection, "select sum(b) from t where a < %s", (Decimal(2),))
    assert found == [[Decimal(9223372036854775807)]]


def test_an_error_while_a_query_is_described_leaves_the_connection_usable(
    warehouse: Warehouse,
) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (a varchar(9))")
    run(connection, "insert into t values ('x')")
    connection.commit()
    for _ in range(2):
        with refused("22P02", "Invalid digit, Value 'x'"):
            rows(connection, "select sum(a::bigint) from t")
        connection.rollback()
    assert value(connection, "select count(*) from t") == 1


@pytest.mark.parametrize(("version", "sent"), [(0, "ab\\"), (2, "61625c")])
def test_varbyte_is_sent_as_hexadecimal_digits(
    warehouse: Warehouse, version: int, sent: str
) -> None:
    """The driver reads them as text in UTF-8, but leaves them alone in the binary protocol."""
    connection = warehouse.connect(client_protocol_version=version)
    run(connection, "create table t (k varbyte(9))")
    run(connection, "insert into t values (from_hex('61625c'))")
    cursor = connection.cursor()
    cursor.execute("select k, to_hex(k) from t")
    assert cursor.description[0][1] == VARBYTE
    assert list(cursor.fetchall()) == [[sent, "61625c"]]


def test_text_is_cast_to_its_bytes_and_back(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table t (v varchar(9), k varbyte(9))")
    run(connection, "insert into t values ('é00', 'é00'::varchar(9)::varbyte)")
    found = rows(connection, "select to_hex(v::varbyte), to_hex(k), k::text = v from t")
    assert found == [["c3a93030", "c3a93030", True]]


def test_a_data_frame_is_written(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(connection, "create table frame (id int, name varchar(9), amount decimal(8,2))")
    pandas = pytest.importorskip("pandas")  # without types of its own, which is all it lacks here
    frame = pandas.DataFrame({"id": [1, 2], "name": ["a", "é"], "amount": [1.25, 2.5]})
    connection.cursor().write_dataframe(frame, f"{warehouse.schema}.frame")

    cursor = connection.cursor()
    cursor.execute("select * from frame order by id")
    read = cursor.fetch_dataframe()
    assert read is not None
    assert read.to_dict("list") == {
        "id": [1, 2],
        "name": ["a", "é"],
        "amount": [Decimal("1.25"), Decimal("2.50")],
    }


def test_rows_of_a_file_are_inserted(warehouse: Warehouse, tmp_path: Any) -> None:
    connection = warehouse.connect()
    run(connection, "create table filed (id int, name varchar(9))")
    file = tmp_path / "rows.csv"
    file.write_text("id,name\n1,a\n2,b\n3,c\n")
    connection.cursor().insert_data_bulk(
        str(file), f"{warehouse.schema}.filed", [0, 1], ["id", "name"], ",", batch_size=2
    )
    assert rows(connection, "select * from filed order by id") == [[1, "a"], [2, "b"], [3, "c"]]


def test_a_wrong_password_is_refused(warehouse: Warehouse) -> None:
    wrong = warehouse.connection | {"password": "Wrong1234"}
    with pytest.raises(Error) as caught:
        open_connection(**wrong)
    fields = caught.value.args[0]
    assert fields["C"] == "28000"
    assert fields["M"] == f'password authentication failed for user "{wrong["user"]}"'


def test_the_loader_says_that_the_password_is_wrong(warehouse: Warehouse) -> None:
    if warehouse.emulator is None:
        pytest.skip("the emulator alone has a port without TLS")
    redshift: RedshiftEmulator = warehouse.emulator
    address = RedshiftAddress(redshift.host, redshift.port, redshift.database, SslMode.NONE)
    with pytest.raises(Error) as caught:
        connect(address, Credentials(redshift.user, "Wrong1234"))
    assert isinstance(caught.value, Exception)
    assert type(classify(caught.value, "connecting", Step.CONNECT)) is NeedsRepairError


@pytest.mark.parametrize(("query_group", "shown"), [("loads", "loads"), (None, "unset")])
def test_a_session_of_the_loader_is_in_its_query_group_also_after_a_rollback(
    warehouse: Warehouse, query_group: str | None, shown: str
) -> None:
    if warehouse.emulator is None:
        pytest.skip("the emulator alone has a port without TLS")
    redshift: RedshiftEmulator = warehouse.emulator
    address = RedshiftAddress(redshift.host, redshift.port, redshift.database, SslMode.NONE)
    credentials = Credentials(redshift.user, redshift.password)
    with closing(connect(address, credentials, query_group=query_group)) as connection:
        assert value(connection, "select 1") == 1
        connection.rollback()
        assert value(connection, "show query_group") == shown


def test_distribution_sort_order_and_encodings_are_visible(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    run(
        connection,
        "create table t (id bigint not null, at timestamp encode raw, name varchar(20) encode "
        "bytedict, ok boolean) distkey(id) sortkey(at, id)",
    )
    run(connection, "create table everywhere (id int, text varchar(7)) diststyle all")
    run(connection, "create table copied (like t)")
    run(connection, "alter table copied rename column name to title")
    run(connection, "insert into t (id) values (1), (2)")
    run(connection, "insert into everywhere values (1, 'a')")

    found = rows(
        connection,
        'select tablename, "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def '
        f"where schemaname = '{warehouse.schema}' and tablename in ('t', 'copied')",
    )
    columns = [
        ["id", "bigint", "none", True, 2, True],
        ["at", "timestamp without time zone", "none", False, 1, False],
        ["name", "character varying(20)", "bytedict", False, 0, False],
        ["ok", "boolean", "none", False, 0, False],
    ]
    assert sorted(row[1:] for row in found if row[0] == "t") == sorted(columns)
    columns[2][0] = "title"
    assert sorted(row[1:] for row in found if row[0] == "copied") == sorted(columns)
    found = rows(
        connection,
        'select "table", diststyle, sortkey1, max_varchar, sortkey_num, tbl_rows '
        f"from svv_table_info where schema = '{warehouse.schema}' order by 1",
    )
    assert found == [
        ["everywhere", "ALL", "AUTO(SORTKEY)", 7, 0, 1],
        ["t", "KEY(id)", "at", 20, 2, 2],
    ]


@pytest.mark.parametrize("blocked", ["lock t", "insert into t values (2)"])
def test_who_holds_a_lock_and_who_waits_for_it_are_visible(
    warehouse: Warehouse, blocked: str
) -> None:
    holder, waiter = warehouse.connect(), warehouse.connect()
    watcher = warehouse.connect(autocommit=True)
    run(holder, "create table t (id int)")
    holder.commit()
    table = value(holder, f"select '{warehouse.schema}.t'::regclass::oid")
    held, waiting = (value(one, "select pg_backend_pid()") for one in (holder, waiter))
    run(holder, "insert into t values (1)")

    thread = threading.Thread(target=lambda: run(waiter, blocked))
    thread.start()
    pause = threading.Event()
    asked = "select pid, lock_mode, lockable_object_type from svv_transactions "
    while not (found := rows(watcher, asked + f"where relation = {table} and not granted")):
        pause.wait(0.01)
    mode = "AccessExclusiveLock" if blocked.startswith("lock") else "ShareRowExclusiveLock"
    assert found == [[waiting, mode, "relation"]]
    holders = rows(watcher, asked + f"where relation = {table} and granted and pid = {held}")
    assert "ShareRowExclusiveLock" in {row[1] for row in holders}
    locks = rows(watcher, f"select lock_owner_pid from stv_locks where table_id = {table}")
    assert [held] in locks
    holder.rollback()
    thread.join()
