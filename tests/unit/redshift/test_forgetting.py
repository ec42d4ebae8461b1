"""What rows above a floor have from below it: as SQL on a table, column by column."""

from __future__ import annotations

from typing import Any, Final

from connectors.floors import Floors
from connectors.redshift.sweep import Floor, plan_sweep
from connectors.staging.shape import position_columns
from flink_app.positions.position import UNKNOWN, floor_position, make_position
from flink_app.warehouse import warehouse_spec
from tests.simulation.stars import UNCHANGED_TALE
from tests.unit.redshift.sqlite import NAMES, SqliteWarehouse

SPEC: Final = warehouse_spec(UNCHANGED_TALE)
(TARGET,) = SPEC.targets
OLD, NEW = make_position(1, 9, 0), make_position(2, 0, 5)
# A row whose columns are all from above the floor; of t the row, then its columns e and text.
ROW: Final[dict[str, Any]] = {
    "id": 1, "text": "f", "t_text": "t", "e_text": "e",
    "_pos": NEW, "_set_text": NEW, "_set__key_t__t": NEW,
    "_key_t__t": 7, "_pos_t": NEW + NEW + NEW, "_key_t__e__e": 8, "_pos_t__e": NEW,
}  # fmt: skip
NO_E: Final = {"e_text": None, "_key_t__e__e": None, "_pos_t__e": UNKNOWN}


def _written(name: str, value: Any) -> str:
    if value is None:
        return "NULL"
    is_position = name in position_columns(TARGET.staged)
    return f"X'{value}'" if is_position else repr(value)


def sweep(**values: Any) -> dict[str, Any]:
    """What of the row is other than it was before the sweep."""
    row = ROW | values
    with SqliteWarehouse(SPEC) as warehouse:
        written = ", ".join(_written(name, value) for name, value in row.items())
        columns = ", ".join(f'"{name}"' for name in row)
        warehouse.execute(f"INSERT INTO {NAMES.base(TARGET)} ({columns}) VALUES ({written})")
        for statement in plan_sweep(SPEC, NAMES, Floor(Floors(2), floor_position), "fte"):
            warehouse.execute(statement.sql)
        ((*swept,),) = warehouse.rows(TARGET)
    names = [column.name for column in TARGET.columns]
    assert set(names) == set(ROW)
    return {n: value for n, value in zip(names, swept, strict=True) if value != row[n]}


def test_what_is_above_the_floor_stays() -> None:
    assert sweep() == {}


def test_a_column_from_below_the_floor_becomes_unknown_alone() -> None:
    assert sweep(_set_text=OLD) == {"text": None, "_set_text": UNKNOWN}


def test_a_reference_takes_all_that_it_leads_to_with_it() -> None:
    assert sweep(_set__key_t__t=OLD) == {
        "_key_t__t": None, "_set__key_t__t": UNKNOWN, "t_text": None, "_pos_t": UNKNOWN, **NO_E,
    }  # fmt: skip


def test_a_column_of_a_dimension_becomes_unknown_alone() -> None:
    assert sweep(_pos_t=NEW + NEW + OLD) == {"t_text": None, "_pos_t": NEW + NEW + UNKNOWN}


def test_a_reference_of_a_dimension_takes_all_that_it_leads_to_with_it() -> None:
    assert sweep(_pos_t=NEW + OLD + NEW) == {"_pos_t": NEW + UNKNOWN + NEW, **NO_E}


def test_a_dimension_below_the_floor_goes_whole() -> None:
    assert sweep(_pos_t=OLD + OLD + OLD) == {"t_text": None, "_pos_t": UNKNOWN, **NO_E}


def test_what_has_never_been_known_stays_so() -> None:
    unknown = {"text": None, "_set_text": UNKNOWN, "t_text": None, "_pos_t": NEW + NEW + UNKNOWN}
    assert sweep(**unknown) == {}


def test_rows_from_before_the_columns_were_declared_so_stay_as_they_are() -> None:
    assert sweep(_set_text=None, _set__key_t__t=None, _pos_t=NEW) == {}
