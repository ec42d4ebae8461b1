"""What comes next in a reload of one table, from what application, DMS and warehouse say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.floors import NO_FLOORS, Floors
from flink_app.declaration import Star
from flink_app.positions.generations import Generations
from infra.aws.errors import DeployError
from infra.aws.replication import TableLoad, TaskState
from infra.aws.table_reload_environment import require_reloadable
from infra.aws.table_reload_steps import TableStanding, TableStep, next_table_step
from tests.unit.stars import star

RUNS = TaskState("running", start_ms=10, fresh_start_ms=10, load_end_ms=20, percent=100)
BEFORE = TableLoad("Table completed", 10, 20)
LOADS = TableLoad("Full load", 150)
LOADED = TableLoad("Table completed", 150, 300)
FIRST = Generations()
SECOND = FIRST.extend(2, 150, "sale")
FLOOR = NO_FLOORS.raise_to(2, "sale")


def at(
    generations: Generations,
    load: TableLoad,
    *,
    floors: Floors = NO_FLOORS,
    swept: Floors = NO_FLOORS,
    loaded: bool = False,
) -> TableStanding:
    return TableStanding("sale", generations, floors, swept, True, RUNS, load, loaded)


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (at(FIRST, BEFORE), TableStep.STOP),
        (replace(at(FIRST, BEFORE), runs=False), TableStep.BOUNDARY),
        # The command was ended once DMS had been asked: it is asked again.
        (replace(at(FIRST, LOADS), runs=False), TableStep.BOUNDARY),
        (at(SECOND, LOADS), TableStep.LOAD),
        (at(SECOND, replace(LOADS, state="Table is being reloaded")), TableStep.LOAD),
        (at(SECOND, LOADED), TableStep.ARRIVE),
        (at(SECOND, LOADED, loaded=True), TableStep.FLOOR),
        (at(SECOND, LOADED, floors=FLOOR, loaded=True), TableStep.SWEEP),
        (at(SECOND, LOADED, floors=FLOOR, swept=FLOOR), TableStep.DONE),
        (replace(at(SECOND, LOADED, floors=FLOOR, swept=FLOOR), runs=False), TableStep.DONE),
    ],
)
def test_the_next_step(standing: TableStanding, step: TableStep) -> None:
    assert next_table_step(standing, 2) is step


def test_another_reload_follows_one_that_is_done() -> None:
    done = at(SECOND, LOADED, floors=FLOOR, swept=FLOOR)
    assert done.next_generation == 3
    assert next_table_step(done, 3) is TableStep.STOP
    assert at(FIRST, BEFORE).next_generation == 2
    assert at(SECOND, LOADED).next_generation == 2
    of_another = at(FIRST.extend(2, 150, "line"), BEFORE)
    assert of_another.next_generation == 3
    assert next_table_step(of_another, 3) is TableStep.STOP


@pytest.mark.parametrize(
    ("standing", "generation", "fault"),
    [
        (at(FIRST, BEFORE), 3, "is 1: give 2 to begin a reload of table sale, not 3"),
        (at(SECOND, LOADED), 1, "give 3 to begin a reload of table sale or 2 to continue one"),
        (
            replace(at(FIRST, BEFORE), task=replace(RUNS, status="stopped")),
            2,
            "the replication task is stopped, and DMS loads a single table only while",
        ),
        (replace(at(SECOND, LOADED), runs=False), 2, "is stopped, .* start it with deploy"),
        (at(FIRST, LOADS), 2, "is loading table sale: Full load.* again once it has"),
        (at(SECOND, replace(LOADED, begun_ms=151)), 2, r"once more at .* with --generation 3"),
        # As of a task that was created again: it has not sent what the generation began with.
        (at(SECOND, BEFORE, loaded=True), 2, r"knows no load .* with --generation 3"),
        (at(SECOND, TableLoad("Table completed"), loaded=True), 2, "knows no load of table sale"),
        (at(SECOND, replace(LOADED, state="Table error")), 2, "could not load .*--generation 3"),
    ],
)
def test_what_cannot_go_on_says_why(standing: TableStanding, generation: int, fault: str) -> None:
    with pytest.raises(DeployError, match=fault):
        next_table_step(standing, generation)


SHOP: Star = star("""
name: shop
source_schema: shop
tables:
  sale: {key: [id], columns: {id: integer}}
  line: {key: [id], partitions: "line_p%", columns: {id: integer}}
  spare: {key: [id], columns: {id: integer}}
targets:
  sales: {fact: sale, columns: {id: id}}
  lines: {fact: line, columns: {id: id}}
""")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("lines", r"has no table lines; did you mean line\?"),
        ("line", "loads each partition of table line .* reload every table"),
        ("spare", "no target uses table spare"),
    ],
)
def test_a_table_that_cannot_be_reloaded_alone_is_refused(table: str, fault: str) -> None:
    with pytest.raises(DeployError, match=fault):
        require_reloadable(SHOP, table)


def test_any_other_can() -> None:
    require_reloadable(SHOP, "sale")
