"""Tables that differ from the declaration: reported, or altered where Redshift can."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

import pytest
from redshift_connector.error import InterfaceError

from connectors.redshift.alter import compare
from connectors.redshift.errors import FenceLostError, NeedsRepairError, OutcomeUnknownError
from connectors.redshift.names import Names
from connectors.redshift.position_sql import literal
from connectors.redshift.spec import ColumnSpec
from connectors.sql_types import SqlType, SqlTypeError
from flink_app.positions.position import UNKNOWN
from tests.unit.redshift.warehouse import SPEC, TARGET, FakeWarehouse, loader

TABLE: Final = Names.base(TARGET)


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


def older(warehouse: FakeWarehouse) -> None:
    """The tables of a declaration that knew no location and shorter seats."""
    columns = warehouse.tables[Names.base_table(TARGET)]
    del columns["location"], columns["_pos_buyer"]
    view = warehouse.views[TARGET.table]
    warehouse.views[TARGET.table] = view.replace('"location", ', "")
    columns["seat_level"] = "VARCHAR(9)"


ADD_LOCATION: Final = f'ALTER TABLE {TABLE} ADD COLUMN "location" VARCHAR(200)'
LENGTHEN: Final = f'ALTER TABLE {TABLE} ALTER COLUMN "seat_level" TYPE VARCHAR(40)'
ADD_POSITION: Final = (
    f'ALTER TABLE {TABLE} ADD COLUMN "_pos_buyer" VARBYTE(22) DEFAULT {literal(UNKNOWN)}'
)


def test_without_permission_nothing_is_altered_and_the_statements_are_reported(
    warehouse: FakeWarehouse,
) -> None:
    older(warehouse)
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse).start(5)
    for sql in (ADD_LOCATION, LENGTHEN, ADD_POSITION, "schema_changes: evolve"):
        assert sql in str(caught.value)
    assert not warehouse.statements("ALTER")
    assert warehouse.fence == []


def test_with_leave_each_statement_runs_outside_a_transaction_and_is_logged(
    warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    older(warehouse)
    outside: list[bool | None] = []

    def note(what: str) -> None:
        if what.startswith("ALTER"):
            outside.append(warehouse.autocommit)

    warehouse.fails = note
    with caplog.at_level(logging.WARNING):
        loader(warehouse, alters=True).start(5)
    assert warehouse.statements("ALTER") == [ADD_LOCATION, LENGTHEN, ADD_POSITION]
    assert outside == [True] * 3
    assert warehouse.fence == [("app", 5)]
    assert warehouse.said[-1] == "close"
    *altered, shown = caplog.messages
    assert len(altered) == 3
    assert 'view "public"."sport_event_activity" shows the declared columns now' in shown
    (added,) = [m for m in altered if '"location"' in m]
    assert "have null there until they change or a reload" in added.lower()


def test_a_start_of_tables_that_are_as_declared_or_wider_alters_nothing(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.tables[Names.base_table(TARGET)] |= {
        "seat_level": "VARCHAR(41)",
        "ticket_price": "BIGINT",
        "event_id": "DECIMAL(10,0)",
        "of_somebody_else": "BOOLEAN",
    }
    loader(warehouse).start(5)
    loader(warehouse, alters=True).start(6)
    assert not warehouse.statements("ALTER")


def test_a_start_that_was_cut_off_is_taken_up_where_it_ended(warehouse: FakeWarehouse) -> None:
    older(warehouse)

    def cut(what: str) -> None:
        if what == LENGTHEN:
            message = "communication error"
            raise InterfaceError(message)

    warehouse.fails = cut
    with pytest.raises(OutcomeUnknownError, match=r"altering a table .*seat_level"):
        loader(warehouse, alters=True).start(5)
    assert warehouse.statements("ALTER") == [ADD_LOCATION, LENGTHEN]
    warehouse.said.clear()
    warehouse.fails = lambda _: None
    loader(warehouse, alters=True).start(5)
    assert warehouse.statements("ALTER") == [LENGTHEN, ADD_POSITION]


def test_who_does_not_get_the_fence_alters_nothing(warehouse: FakeWarehouse) -> None:
    older(warehouse)
    warehouse.fence = [("app", 6)]
    with pytest.raises(FenceLostError):
        loader(warehouse, alters=True).start(5)
    assert not warehouse.statements("ALTER")


def test_what_redshift_cannot_alter_is_reported_and_nothing_else_is_done(
    warehouse: FakeWarehouse,
) -> None:
    older(warehouse)
    warehouse.tables[Names.base_table(TARGET)]["ticket_price"] = "SMALLINT"
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse, alters=True).start(5)
    message = str(caught.value)
    assert (
        f'column "ticket_price" of table {TABLE} is SMALLINT, which cannot hold INTEGER' in message
    )
    assert (
        f'ALTER TABLE {TABLE} ADD COLUMN "ticket_price_new" INTEGER; '
        f'UPDATE {TABLE} SET "ticket_price_new" = "ticket_price"; '
        f'ALTER TABLE {TABLE} DROP COLUMN "ticket_price"; '
        f'ALTER TABLE {TABLE} RENAME COLUMN "ticket_price_new" TO "ticket_price"'
    ) in message
    assert not warehouse.statements("ALTER")


def test_an_undeclared_column_without_which_there_is_no_row_is_refused(
    warehouse: FakeWarehouse,
) -> None:
    warehouse.tables[Names.base_table(TARGET)]["of_somebody_else"] = "BOOLEAN"
    warehouse.required |= {
        (Names.base_table(TARGET), "of_somebody_else"),
        (Names.base_table(TARGET), "ticket_id"),
    }
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse, alters=True).start(5)
    assert "is not in the declaration, and it is NOT NULL without a default" in str(caught.value)
    assert '"ticket_id"' not in str(caught.value)


def test_an_alter_waits_for_its_lock_for_fifteen_seconds(warehouse: FakeWarehouse) -> None:
    """Whoever queries the table queues behind it for as long."""
    older(warehouse)
    loader(warehouse, alters=True).start(5)
    alters = [at for at, said in enumerate(warehouse.said) if said.startswith("ALTER")]
    assert [warehouse.said[at - 1] for at in alters] == ["SET statement_timeout TO 15000"] * 3


def test_tombstones_hold_keys_as_the_target_does(warehouse: FakeWarehouse) -> None:
    warehouse.tables[f"tombstones_{TARGET.table}"]["ticket_id"] = "SMALLINT"
    with pytest.raises(
        NeedsRepairError, match=r'"ticket_id" of table "bookkeeping"[.]"tombstones_'
    ):
        loader(warehouse, alters=True).start(5)


def test_a_key_cannot_be_added(warehouse: FakeWarehouse) -> None:
    del warehouse.tables[Names.base_table(TARGET)]["ticket_id"]
    with pytest.raises(NeedsRepairError, match='no key column "ticket_id" INTEGER: recreate it'):
        loader(warehouse, alters=True).start(5)


def test_an_added_position_is_unknown_and_not_null() -> None:
    columns = [ColumnSpec("p", "VARBYTE(22)")]
    (found,) = compare('"t"', columns, {}, key=[], defaults={"p": literal(UNKNOWN)})
    (sql,) = found.statements
    assert sql == (
        'ALTER TABLE "t" ADD COLUMN "p" VARBYTE(22) '
        f"DEFAULT CAST(FROM_HEX('{UNKNOWN}') AS VARBYTE(22))"
    )


def test_text_with_a_default_cannot_be_lengthened_by_redshift(warehouse: FakeWarehouse) -> None:
    older(warehouse)
    warehouse.defaults.add((Names.base_table(TARGET), "seat_level"))
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse, alters=True).start(6)
    assert "has a default, with which Redshift lengthens no column" in str(caught.value)
    assert f'ALTER TABLE {TABLE} ADD COLUMN "seat_level_new" VARCHAR(40); ' in str(caught.value)
    assert not warehouse.statements("ALTER")


def test_a_version_of_more_positions_takes_a_person(warehouse: FakeWarehouse) -> None:
    """Redshift lengthens no VARBYTE, as it takes when a column of a dimension may be left out."""
    (position,) = [c for c in TARGET.columns if c.name == "_pos_buyer"]
    longer = tuple(
        replace(c, sql_type="VARBYTE(44)") if c is position else c for c in TARGET.columns
    )
    spec = replace(SPEC, targets=(replace(TARGET, columns=longer),))
    with pytest.raises(NeedsRepairError) as caught:
        loader(warehouse, spec=spec, alters=True).start(6)
    assert f'ALTER TABLE {TABLE} ADD COLUMN "_pos_buyer_new" VARBYTE(44); ' in str(caught.value)
    assert f'UPDATE {TABLE} SET "_pos_buyer_new" = "_pos_buyer"; ' in str(caught.value)
    assert not warehouse.statements("ALTER")


TYPES: Final = [
    "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE PRECISION", "BOOLEAN", "DATE", "TIMESTAMP",
    "TIMESTAMPTZ", "DECIMAL(5,0)", "DECIMAL(12,2)", "DECIMAL(38,10)", "VARCHAR(10)", "VARCHAR(11)",
]  # fmt: skip
WIDER: Final = {
    ("INTEGER", "SMALLINT"),
    ("BIGINT", "SMALLINT"),
    ("BIGINT", "INTEGER"),
    ("DOUBLE PRECISION", "REAL"),
    ("DECIMAL(5,0)", "SMALLINT"),
    ("DECIMAL(12,2)", "SMALLINT"),
    ("DECIMAL(12,2)", "INTEGER"),
    ("DECIMAL(38,10)", "SMALLINT"),
    ("DECIMAL(38,10)", "INTEGER"),
    ("DECIMAL(38,10)", "BIGINT"),
    ("DECIMAL(12,2)", "DECIMAL(5,0)"),
    ("DECIMAL(38,10)", "DECIMAL(5,0)"),
    ("DECIMAL(38,10)", "DECIMAL(12,2)"),
    ("VARCHAR(11)", "VARCHAR(10)"),
}


@pytest.mark.parametrize("wide", TYPES)
def test_which_type_holds_which(wide: str) -> None:
    held = {narrow for narrow in TYPES if SqlType.parse(wide).holds(SqlType.parse(narrow))}
    assert held == {wide} | {narrow for other, narrow in WIDER if other == wide}


def test_types_are_read_as_the_ddl_writes_them_and_as_the_catalogue_does() -> None:
    for text in TYPES:
        assert str(SqlType.parse(text)) == text
    catalogued = SqlType.from_catalogue
    assert catalogued("character varying", 40, None, None) == SqlType.parse("VARCHAR(40)")
    assert catalogued("numeric", None, 12, 2) == SqlType.parse("DECIMAL(12,2)")
    assert catalogued("integer", None, 32, 0) == SqlType.parse("INTEGER")
    assert catalogued("timestamp without time zone", None, None, None) == SqlType("TIMESTAMP")
    assert catalogued("timestamp with time zone", None, None, None) == SqlType("TIMESTAMPTZ")
    assert not catalogued("character", 40, None, None).holds(SqlType.parse("VARCHAR(4)"))
    with pytest.raises(SqlTypeError, match="not a type as our DDL writes it"):
        SqlType.parse("varchar(4)")
