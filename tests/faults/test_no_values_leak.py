"""Marked values through every refusal of Redshift: no part of one is ever shown."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

import pyarrow as pa
import pytest
from redshift_connector.error import ProgrammingError

from connectors.blocks import Block, Kind
from connectors.redshift.errors import LoadError
from connectors.redshift.loader import Loader
from connectors.staging.part import Part
from connectors.staging.writer import PartWriter
from flink_app.clients import Clients
from tests.contract.warehouse import run
from tests.faults.loads import BASE, START, TARGET, parts_of, wide_row
from tests.support.running import Running

pytestmark = pytest.mark.faults

# Letters that no sentence of ours has, so any of them is a leak.
VALUE = "Ж漢Щñ"
TABLE = "public.leak"
STATEMENTS = {
    "cast to a number": f"SELECT '{VALUE}'::varchar::integer",
    "cast to a decimal": f"SELECT '{VALUE}'::varchar::decimal(9,2)",
    "cast to a date": f"SELECT '{VALUE}'::varchar::date",
    "cast to a timestamp": f"SELECT '{VALUE}'::varchar::timestamp",
    "cast to a boolean": f"SELECT '{VALUE}'::varchar::boolean",
    "insert of a number": f"INSERT INTO {TABLE} SELECT '{VALUE}'::varchar::bigint, 'x', 'x'",
    "insert that is too long": f"INSERT INTO {TABLE} VALUES (1, '{VALUE}', 'x')",
    "insert of no value": f"INSERT INTO {TABLE} VALUES (1, 'x', NULL), (2, '{VALUE}', 'x')",
    "insert of a query": f"INSERT INTO {TABLE} SELECT 1, v, v FROM (SELECT '{VALUE}' AS v) s",
    "update": f"UPDATE {TABLE} SET short = '{VALUE}'",
    "a table": f'SELECT * FROM "{VALUE}"',
    "a column": f'SELECT "{VALUE}" FROM {TABLE}',
    "syntax": f"SELECT '{VALUE}' '{VALUE}' {VALUE} FROM",
}


@pytest.fixture
def refusing(started: Running, loader: Loader) -> Loader:
    connection = started.stack.warehouse()
    run(connection, f"DROP TABLE IF EXISTS {TABLE}")
    run(connection, f"CREATE TABLE {TABLE} (id BIGINT, short VARCHAR(3), full_ VARCHAR NOT NULL)")
    run(connection, f"INSERT INTO {TABLE} VALUES (0, 'x', 'x')")
    connection.close()
    return loader


def assert_silent(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """No letter of the value stands in the error, in what it is chained to, or in the log."""
    logging.getLogger("tests").error("failed: %s", error, exc_info=error)
    for text in (str(error), "".join(traceback.format_exception(error)), caplog.text):
        assert set(VALUE).isdisjoint(text), text


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_is_refused(
    refusing: Loader, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(LoadError) as caught, refusing._transactions.open("loading") as cursor:
        cursor.execute(STATEMENTS[name])
    assert_silent(caught.value, caplog)


def test_redshift_does_quote_values(started: Running, refusing: Loader) -> None:
    """Else the tests above show nothing."""
    del refusing
    quoted = 0
    for sql in STATEMENTS.values():
        connection = started.stack.warehouse()
        with pytest.raises(ProgrammingError) as caught:
            run(connection, sql)
        connection.close()
        quoted += not set(VALUE).isdisjoint(str(caught.value.args[0]))
    assert quoted >= len(STATEMENTS) / 2


def staged(run_: Running, **values: Any) -> list[Part]:
    """Parts of one wide row with these values."""
    schema: pa.Schema = run_.example.star.wide_schema(TARGET)
    row = wide_row(schema, 1, 1) | values
    writer = PartWriter(Clients(run_.stack.settings).staging_store())
    writer.add(Block(Kind.ROWS, TARGET, pa.RecordBatch.from_pylist([row], schema=schema)))
    return writer.close(epoch=1)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"location": VALUE * 9_000}, id="too long for the stage"),
        pytest.param({"location": VALUE, "ticket_id": None}, id="no key"),
    ],
)
def test_a_copy_that_is_refused(
    started: Running, loader: Loader, caplog: pytest.LogCaptureFixture, values: dict[str, Any]
) -> None:
    with pytest.raises(LoadError) as caught:
        loader.load(staged(started, **values), START)
    assert_silent(caught.value, caplog)
    assert re.search(rf"step \d, {TARGET}: ", str(caught.value))


def test_a_target_that_has_become_narrower(
    started: Running, loader: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    connection = started.stack.warehouse()
    run(connection, f"ALTER TABLE public.{BASE} DROP COLUMN location")
    run(connection, f"ALTER TABLE public.{BASE} ADD COLUMN location VARCHAR(3)")
    connection.close()
    with pytest.raises(LoadError, match="longer than its column") as caught:
        loader.load(staged(started, location=VALUE), START)
    assert_silent(caught.value, caplog)


def test_parts_of_another_time_are_loaded_after_all(started: Running, loader: Loader) -> None:
    """What was refused has left nothing behind."""
    with pytest.raises(LoadError):
        loader.load(staged(started, location=VALUE * 9_000), START)
    loader.load(parts_of(started, 7), START)
    assert started.query(f"SELECT ticket_id FROM public.{TARGET}") == [(7,)]
