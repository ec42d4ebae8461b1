"""What comes next in a reload, from what application, DMS and warehouse say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.floors import Floors
from connectors.redshift.migrations import LATEST
from flink_app.positions.generations import Generations
from infra.aws.environment import load_environment
from infra.aws.errors import DeployError
from infra.aws.reload_steps import Standing, Step, next_step
from infra.aws.replication import TaskState
from infra.aws.stream import ChangeStream
from infra.aws.warehouse import Bookkeeping
from tests.aws.bookkeeping import FakeBookkeeping, FakeStream
from tests.aws.clock import FakeClock

RUNS = TaskState("running", start_ms=10, fresh_start_ms=10, load_end_ms=20, percent=100)
STOPPED = replace(RUNS, status="stopped", stop_ms=90)
LOADS = TaskState("running", start_ms=200, fresh_start_ms=200, stop_ms=90, percent=40)
LOADED = replace(LOADS, load_end_ms=300, percent=100)
FIRST = Generations()
SECOND = FIRST.extend(2, 150)


def at(
    generations: Generations,
    task: TaskState,
    *,
    floor: int = 0,
    swept: int = 0,
    loaded: bool = False,
) -> Standing:
    return Standing(generations, floor, swept, task, loaded)


@pytest.mark.parametrize(
    ("standing", "step"),
    [
        (at(FIRST, RUNS), Step.STOP),
        (at(FIRST, replace(RUNS, status="stopping")), Step.STOP),
        (at(FIRST, STOPPED), Step.BOUNDARY),
        (at(FIRST, TaskState("ready")), Step.BOUNDARY),
        (at(SECOND, STOPPED), Step.START),
        (at(SECOND, replace(LOADS, status="starting")), Step.LOAD),
        (at(SECOND, LOADS), Step.LOAD),
        # The end of the load before.
        (at(SECOND, replace(LOADS, load_end_ms=20, percent=100)), Step.LOAD),
        (at(SECOND, LOADED), Step.ARRIVE),
        (at(SECOND, LOADED, loaded=True), Step.FLOOR),
        (at(SECOND, LOADED, floor=2, loaded=True), Step.SWEEP),
        (at(SECOND, LOADED, floor=2, swept=2), Step.DONE),
        # Long after: it stays done, whatever DMS does.
        (at(SECOND, replace(LOADED, status="stopped"), floor=2, swept=2), Step.DONE),
    ],
)
def test_the_next_step(standing: Standing, step: Step) -> None:
    assert next_step(standing, 2) is step


def test_another_reload_follows_one_that_is_done() -> None:
    done = at(SECOND, LOADED, floor=2, swept=2)
    assert done.next_generation == 3
    assert next_step(done, 3) is Step.STOP
    assert at(FIRST, RUNS).next_generation == 2
    assert at(SECOND, LOADED).next_generation == 2
    assert at(SECOND, LOADED, floor=2).next_generation == 2


@pytest.mark.parametrize(
    ("standing", "generation", "fault"),
    [
        (at(FIRST, RUNS), 3, "the newest generation is 1: give 2 to begin a reload"),
        (at(SECOND, LOADED), 1, "give 3 to begin a reload or 2 to continue one, not 1"),
        (at(SECOND, replace(RUNS, start_ms=200)), 2, "without reload-target"),
        (at(SECOND, replace(STOPPED, start_ms=200)), 2, "with --generation 3"),
        (at(SECOND, RUNS), 2, "without reload-target"),
        (at(SECOND, replace(LOADED, errored=1)), 2, r"DMS could not load 1 table\(s\)"),
    ],
)
def test_what_cannot_go_on_says_why(standing: Standing, generation: int, fault: str) -> None:
    with pytest.raises(DeployError, match=fault):
        next_step(standing, generation)


def test_a_reload_that_was_spoilt_begins_again() -> None:
    assert next_step(at(SECOND, replace(RUNS, start_ms=200)), 3) is Step.STOP
    assert next_step(at(SECOND, replace(STOPPED, start_ms=200)), 3) is Step.BOUNDARY


ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"
STREAM = FakeStream({"a": {9: 1.0, 100: 2.0}, "b": {5: 1.5, 6: 3.0}, "c": {}})


@pytest.mark.parametrize(
    ("loaded", "until_ms", "waiting"),
    [
        ({}, 1_400, ["a"]),
        ({}, 1_500, ["a", "b"]),
        ({"a": 9}, 1_999, ["b"]),
        ({"a": 9, "b": 5}, 2_000, ["a"]),
        ({"a": 100, "b": 5}, 2_999, []),
        ({"a": 100, "b": 6}, 9_999, []),
    ],
)
def test_records_up_to_a_time_that_are_not_loaded(
    loaded: dict[str, int], until_ms: int, waiting: list[str]
) -> None:
    environment = load_environment("example")
    bookkeeping = Bookkeeping(environment.redshift, FakeBookkeeping(loaded=loaded), FakeClock())
    assert ChangeStream(ARN, STREAM).find_unloaded(bookkeeping.read_loaded(), until_ms) == waiting


def test_what_a_later_release_has_loaded_is_not_guessed_at() -> None:
    client = FakeBookkeeping(loaded={"a": 9}, version=LATEST.number + 1)
    bookkeeping = Bookkeeping(load_environment("example").redshift, client, FakeClock())
    with pytest.raises(DeployError, match=r"Run Starjoin 7\.5\.0 or later"):
        bookkeeping.read_loaded()
    # An upgrade may wait for the earlier release, which has not migrated them yet.
    client.version = LATEST.number - 1
    assert bookkeeping.read_loaded() == {("changes", "a"): "9"}


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("dwh.abc.eu-west-1.redshift.amazonaws.com", {"ClusterIdentifier": "dwh"}),
        ("wg.123.eu-west-1.redshift-serverless.amazonaws.com", {"WorkgroupName": "wg"}),
    ],
)
def test_the_bookkeeping_tables_are_queried_where_the_host_belongs(
    host: str, address: dict[str, str]
) -> None:
    redshift = load_environment("example").redshift.model_copy(update={"host": host})
    client = FakeBookkeeping(floor=3, table_floors={"fact": 4})
    assert Bookkeeping(redshift, client, FakeClock()).read_floors() == Floors(3).raise_to(4, "fact")
    (asked,) = client.asked
    assert asked == {
        **address,
        "Database": "analytics",
        "SecretArn": redshift.secret_arn,
        "Sql": 'SELECT table_name, generation FROM "starjoin".floor',
    }


def test_what_the_warehouse_refuses_is_reported() -> None:
    redshift = load_environment("example").redshift
    client = FakeBookkeeping(error='relation "starjoin.floor" does not exist')
    with pytest.raises(DeployError, match=r"query failed .* does not exist"):
        Bookkeeping(redshift, client, FakeClock()).read_floors()
    other = redshift.model_copy(update={"host": "warehouse.example.com"})
    with pytest.raises(DeployError, match="the workgroup's own endpoint"):
        Bookkeeping(other, client, FakeClock()).read_floors()
