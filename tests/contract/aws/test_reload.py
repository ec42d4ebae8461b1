"""A reload against moto, with the test's own replication task, bookkeeping tables and stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from connectors.redshift.migrations import LATEST
from infra.aws.errors import DeployError
from tests.aws.bookkeeping import FakeBookkeeping, FakeStream
from tests.aws.replication import Task
from tests.contract.aws.conftest import Account

pytestmark = pytest.mark.contract


@dataclass
class Rig:
    """A deployed environment, loaded once, and everything a reload asks in hand."""

    account: Account
    task: Task
    bookkeeping: FakeBookkeeping
    stream: FakeStream

    def setting(self, name: str) -> str:
        groups = self.account.life.configuration["EnvironmentProperties"]["PropertyGroups"]
        (ours,) = [g for g in groups if g["PropertyGroupId"] == "starjoin.application"]
        return str(ours["PropertyMap"][name])

    def describe(self, generation: int | None = None) -> list[str]:
        return list(self.account.deployment().reload().describe(generation))

    def apply(self, generation: int) -> None:
        self.account.deployment().reload().apply(generation)

    def on(self, line: str, act: Callable[[], None]) -> None:
        """Does something when a wait has begun, or ends the command there."""
        sleep = self.account.clock.sleep

        def then(seconds: float) -> None:
            sleep(seconds)
            if any(said.startswith(line) for said in self.account.said):
                self.account.clock.sleep = sleep  # type: ignore[method-assign]
                act()

        self.account.clock.sleep = then  # type: ignore[method-assign]


@pytest.fixture
def rig(account: Account) -> Rig:
    account.deployment().deploy(account.package)
    account.clock.time = 1_800_000_000.0
    task = account.dms.run_task()
    name = account.deployment()._outputs("data")["StreamName"]
    bookkeeping, stream = FakeBookkeeping(stream=name), FakeStream({"shard-0": {}})
    account.clients = replace(account.clients, redshift_data=bookkeeping, kinesis=stream)
    account.heard()
    return Rig(account, task, bookkeeping, stream)


def test_the_plan_is_described_and_nothing_is_done(rig: Rig) -> None:
    lines = rig.describe()
    assert lines[:2] == [
        "generations: 1; floor 0; swept to 0",
        "replication task: running, 100 % loaded",
    ]
    assert lines[2] == "next  1. stop the replication task"
    assert lines[3].startswith("then  2. restart the application with the boundary of generation 2")
    assert lines[-1] == "to do it: --generation 2 --apply"
    assert (rig.task.status, rig.task.starts) == ("running", ["start-replication"])
    assert rig.setting("generations") == "1"


@pytest.mark.parametrize(
    ("version", "made", "says"),
    [
        (LATEST.number + 1, True, r"came with Starjoin 7\.5\.0; .* Run Starjoin 7\.5\.0 or later"),
        (
            LATEST.number - 1,
            True,
            f"have version {LATEST.number - 1}, and this release .* Start the application with",
        ),
        (LATEST.number, False, "do not exist, and this release .* Start the application with"),
    ],
)
def test_bookkeeping_tables_of_another_layout_are_refused(
    rig: Rig, version: int, made: bool, says: str
) -> None:
    rig.bookkeeping.version, rig.bookkeeping.made = version, made
    with pytest.raises(DeployError, match=says):
        rig.describe()
    with pytest.raises(DeployError, match=says):
        rig.apply(2)
    assert (rig.task.status, rig.task.starts) == ("running", ["start-replication"])


def swept_soon(rig: Rig) -> None:
    def swept() -> None:
        rig.bookkeeping.floor = 2

    rig.on("7. ", swept)


def test_a_reload_from_its_beginning_to_its_end(rig: Rig) -> None:
    def loaded() -> None:
        rig.bookkeeping.loaded["shard-0"] = 7
        swept_soon(rig)

    began = rig.account.clock.milliseconds()
    # A record of the load that the warehouse does not have yet.
    rig.stream.shards["shard-0"][7] = rig.account.clock.time
    rig.on("5. ", loaded)
    rig.apply(2)
    said = rig.account.heard()
    assert [line[:2] for line in said if line[:2].rstrip(".").isdigit()] == [
        f"{n}." for n in range(1, 8)
    ]
    assert said[-1] == "the reload is done: generation 2"
    assert rig.task.starts == ["start-replication", "reload-target"]
    assert rig.setting("floor") == "2"
    assert rig.setting("generations").startswith("1, 2 from 2027-01-15T")
    boundary = rig.account.deployment().reload()._actions.find_standing().boundary_ms
    started = rig.task.stats["FreshStartDate"].timestamp() * 1_000
    assert began + 60_000 <= boundary <= started - 60_000
    assert rig.account.life.status == "RUNNING"
    rig.apply(2)
    assert rig.account.heard() == ["the reload is done: generation 2"]


class EndedError(Exception):
    """The command is ended from outside."""


@pytest.mark.parametrize("step", range(1, 8))
def test_it_goes_on_where_it_was_ended(rig: Rig, step: int) -> None:
    def end() -> None:
        raise EndedError

    rig.stream.shards["shard-0"][7] = rig.account.clock.time
    rig.on(f"{step}. ", end)
    if step > 5:
        rig.bookkeeping.loaded["shard-0"] = 7
    with pytest.raises(EndedError):
        rig.apply(2)
    rig.bookkeeping.loaded["shard-0"] = 7
    rig.account.heard()
    swept_soon(rig)
    rig.apply(2)
    assert rig.account.heard()[-1] == "the reload is done: generation 2"
    assert rig.task.starts == ["start-replication", "reload-target"]
    assert rig.setting("generations").count("from") == 1


def test_a_deployment_keeps_what_a_reload_has_raised(rig: Rig) -> None:
    rig.bookkeeping.loaded["shard-0"] = 7
    swept_soon(rig)
    rig.apply(2)
    generations = rig.setting("generations")
    rig.account.heard()
    environment = rig.account.environment.model_copy(update={"dms": None})
    rig.account.environment = environment
    rig.account.deployment().deploy(rig.account.new_code())
    assert (rig.setting("generations"), rig.setting("floor")) == (generations, "2")


def test_an_update_that_is_rolled_back_is_no_boundary(rig: Rig) -> None:
    rig.account.flink.failing_programs["ticket-seller"] = "the job fails"
    with pytest.raises(DeployError, match="the service has rolled the update back"):
        rig.apply(2)
    assert rig.task.starts == ["start-replication"]


def test_an_application_that_does_not_run_is_not_reloaded(rig: Rig) -> None:
    rig.account.deployment().stop()
    with pytest.raises(DeployError, match="ticket-seller is READY: a reload needs it to run"):
        rig.describe()


def test_an_environment_without_a_replication_task_is_refused(account: Account) -> None:
    with pytest.raises(DeployError, match="has no replication task of its own"):
        account.deployment().reload()


def test_a_deployment_begins_a_generation_where_the_log_has_started_again(rig: Rig) -> None:
    start = 1_800_000_123_000
    for _ in range(2):  # the second time it has it already
        rig.account.deployment().deploy(rig.account.package, generation_from_ms=start)
        assert rig.setting("generations") == "1, 2 from 2027-01-15T08:02:03Z"
        assert rig.setting("floor") == "0"
    rig.account.deployment().deploy(rig.account.package)
    assert rig.setting("generations") == "1, 2 from 2027-01-15T08:02:03Z"
    with pytest.raises(DeployError, match="none can begin at 2027-01-15T08:02:02Z"):
        rig.account.deployment().deploy(rig.account.package, generation_from_ms=start - 1_000)
