"""A reload of one table against moto, with the test's own replication task, tables and stream."""

from __future__ import annotations

import pytest

from flink_app.positions.generations import Generations
from infra.aws.errors import DeployError
from infra.aws.table_reload_steps import TableReload
from tests.aws.replication import TableReload as FakeTableReload
from tests.contract.aws.conftest import Account
from tests.contract.aws.test_reload import EndedError, Rig, rig

pytestmark = pytest.mark.contract
__all__ = ["rig"]  # the fixture

CUSTOMER = ("ticket_seller", "customer")


def reload_of(rig: Rig, table: str = "customer") -> TableReload:
    return rig.account.deployment().reload_table(table)


def describe(rig: Rig, generation: int | None = None) -> list[str]:
    return list(reload_of(rig).describe(generation))


def fake(rig: Rig) -> FakeTableReload:
    return rig.task.reloads.setdefault(CUSTOMER, FakeTableReload())


def swept_soon(rig: Rig, generation: int = 2) -> None:
    def swept() -> None:
        rig.bookkeeping.table_floors = {"customer": generation}

    rig.on("6. ", swept)


def steps(said: list[str]) -> list[str]:
    return [line[:2] for line in said if line[0].isdigit() and line[1] == "."]


def test_the_plan_is_described_and_nothing_is_done(rig: Rig) -> None:
    lines = describe(rig)
    assert lines[:2] == [
        "generations: 1; floor of table customer: 0; swept to 0",
        "replication task: running; table: Table completed",
    ]
    assert lines[2].startswith("next  1. stop the application with a snapshot")
    assert lines[3].startswith("then  2. have DMS load table customer again, and start the appli")
    assert lines[-1] == "to do it: --table customer --generation 2 --apply"
    assert (fake(rig).requests, rig.account.life.status) == (0, "RUNNING")


def test_a_reload_from_its_beginning_to_its_end(rig: Rig) -> None:
    def loaded() -> None:
        rig.bookkeeping.loaded["shard-0"] = 7
        swept_soon(rig)

    rig.stream.shards["shard-0"][7] = rig.account.clock.time
    rig.on("4. ", loaded)
    reload_of(rig).apply(2)
    said = rig.account.heard()
    assert steps(said) == [f"{n}." for n in range(1, 7)]
    assert said[-1] == "the reload of table customer is done: generation 2"
    assert (rig.task.status, rig.task.starts) == ("running", ["start-replication"])
    assert fake(rig).requests == 1
    boundary = Generations.parse(rig.setting("generations")).find_boundary("customer")
    assert boundary is not None
    begun_ms = int(fake(rig).times["FullLoadStartTime"].timestamp() * 1_000)
    assert (boundary.generation, boundary.start_ms) == (2, begun_ms)
    assert (rig.setting("floor"), rig.setting("table.floors")) == ("0", "customer 2")
    assert rig.account.life.status == "RUNNING"
    reload_of(rig).apply(2)
    assert rig.account.heard() == ["the reload of table customer is done: generation 2"]


ASKED = "replication task: loads"


@pytest.mark.parametrize("line", [*(f"{n}. " for n in range(1, 7)), ASKED])
def test_it_goes_on_where_it_was_ended(rig: Rig, line: str) -> None:
    def end() -> None:
        raise EndedError

    rig.stream.shards["shard-0"][7] = rig.account.clock.time
    rig.on(line, end)
    if line > "4. " and line != ASKED:
        rig.bookkeeping.loaded["shard-0"] = 7
    with pytest.raises(EndedError):
        reload_of(rig).apply(2)
    rig.bookkeeping.loaded["shard-0"] = 7
    rig.account.heard()
    swept_soon(rig)
    reload_of(rig).apply(2)
    assert rig.account.heard()[-1] == "the reload of table customer is done: generation 2"
    assert rig.setting("generations").count("from") == 1
    assert fake(rig).requests == (2 if line == ASKED else 1)


def test_the_load_is_asked_for_while_the_application_is_stopped_and_no_other_is_near(
    rig: Rig,
) -> None:
    client = rig.account.clients.dms
    client.reload_tables(
        ReplicationTaskArn=rig.account.deployment()._require_task(),
        TablesToReload=[{"SchemaName": "ticket_seller", "TableName": "customer"}],
    )
    with pytest.raises(DeployError, match="is loading table customer"):
        reload_of(rig).apply(2)
    assert rig.account.life.status == "RUNNING"
    rig.account.deployment().stop()  # as a command that was ended has left it
    seen: list[tuple[str, float]] = []
    request = fake(rig).request

    def watched() -> None:
        ended = fake(rig).times["FullLoadEndTime"].timestamp()
        seen.append((rig.account.life.status, rig.account.clock.now() - ended))
        request()

    fake(rig).request = watched  # type: ignore[method-assign]
    rig.bookkeeping.loaded["shard-0"] = 7
    swept_soon(rig)
    reload_of(rig).apply(2)
    ((status, since),) = seen
    assert status == "READY"
    assert since >= 120


def test_a_reload_of_everything_and_of_another_table_come_above(rig: Rig) -> None:
    rig.bookkeeping.loaded["shard-0"] = 7
    swept_soon(rig)
    reload_of(rig).apply(2)
    rig.account.heard()
    assert list(reload_of(rig, "ticket").describe())[-1].endswith("--generation 3 --apply")

    def swept() -> None:
        rig.bookkeeping.floor = 3

    rig.on("7. ", swept)
    rig.apply(3)
    assert rig.account.heard()[-1] == "the reload is done: generation 3"
    assert (rig.setting("floor"), rig.setting("table.floors")) == ("3", "customer 2")
    assert describe(rig)[-1].endswith("--generation 4 --apply")


def test_a_deployment_keeps_what_a_reload_has_raised(rig: Rig) -> None:
    rig.bookkeeping.loaded["shard-0"] = 7
    swept_soon(rig)
    reload_of(rig).apply(2)
    generations = rig.setting("generations")
    rig.account.environment = rig.account.environment.model_copy(update={"dms": None})
    rig.account.deployment().deploy(rig.account.new_code())
    assert rig.setting("generations") == generations
    assert rig.setting("table.floors") == "customer 2"


def test_a_generation_of_everything_may_not_begin_where_one_of_a_table_does(rig: Rig) -> None:
    rig.bookkeeping.loaded["shard-0"] = 7
    swept_soon(rig)
    reload_of(rig).apply(2)
    boundary = Generations.parse(rig.setting("generations")).find_boundary("customer")
    assert boundary is not None
    rig.account.environment = rig.account.environment.model_copy(update={"dms": None})
    deployment = rig.account.deployment()
    with pytest.raises(DeployError, match=r"none can begin at .*later than the one before"):
        deployment.deploy(rig.account.new_code(), generation_from_ms=boundary.start_ms)
    deployment.deploy(rig.account.new_code(), generation_from_ms=boundary.start_ms + 1)
    assert Generations.parse(rig.setting("generations")).newest_of_all == 3


def test_a_table_that_dms_cannot_load_ends_the_reload(rig: Rig) -> None:
    fake(rig).ends = "Table error"
    with pytest.raises(DeployError, match=r"could not load table customer: Table error.*ion 3"):
        reload_of(rig).apply(2)
    assert rig.account.life.status == "RUNNING"


def test_a_load_that_does_not_begin_is_not_waited_for_without_end(rig: Rig) -> None:
    fake(rig).request = lambda: None  # type: ignore[method-assign]
    with pytest.raises(DeployError, match=r"did not begin to load table customer within 30 min"):
        reload_of(rig).apply(2)
    assert rig.setting("generations") == "1"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("custmer", r"has no table custmer; did you mean customer\?"),
        ("nothing_alike", "has no table nothing_alike$"),
    ],
)
def test_a_table_that_is_not_declared_is_refused(rig: Rig, table: str, fault: str) -> None:
    with pytest.raises(DeployError, match=fault):
        reload_of(rig, table)


def test_an_environment_without_a_replication_task_is_refused(account: Account) -> None:
    with pytest.raises(DeployError, match="has no replication task of its own"):
        account.deployment().reload_table("customer")
