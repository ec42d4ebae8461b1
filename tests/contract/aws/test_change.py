"""A declaration that changes the replication task: in order, continued if ended, rolled back."""

from __future__ import annotations

import json
import time
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.aws.application import StartState
from infra.aws.change_record import TAG
from infra.aws.errors import DeployError
from infra.aws.plan import code_key
from infra.aws.storage import digest_of
from tests.aws.bookkeeping import FakeBookkeeping, FakeStream
from tests.contract.aws.conftest import Account
from tests.unit.stars import ROOT

pytestmark = pytest.mark.contract

DECLARATION: Final = "flink_app/stars/ticket_seller.yaml"
NEW: Final = (ROOT / DECLARATION).read_text()
# Without the buyer, so without the table `customer`.
OLD: Final = "\n".join(line for line in NEW.splitlines() if "buyer" not in line) + "\n"
# Calls that change something, by service.
CHANGES: Final = {
    "cloudformation": {"execute_change_set"},
    "s3": {"put_object"},
    "flink": {"start_application", "stop_application"},
    "dms": {
        "add_tags_to_resource",
        "remove_tags_from_resource",
        "start_replication_task",
        "stop_replication_task",
        "test_connection",
    },
}
STEPS: Final = [
    "-- pause the replication task",
    "-- wait until everything that it has sent is in the warehouse",
    "-- stop the application with a snapshot",
    "-- give the application its new code and declaration",
    "-- give the replication task its new mapping and settings, and test both connections",
    "-- start the application from that snapshot",
    "-- resume the replication task where it stopped",
]
# In a change from its beginning to its end.
CALLS: Final = [
    "put_object",
    "add_tags_to_resource",
    "stop_replication_task",
    "stop_application",
    "put_object",
    "execute_change_set",
    "execute_change_set",
    "test_connection",
    "test_connection",
    "start_application",
    "start_replication_task",
    "remove_tags_from_resource",
]


class EndedError(Exception):
    """The command is ended from outside."""


@dataclass
class Recorded:
    """A client whose changing calls are written down; after one of them the command ends."""

    client: Any
    service: str
    calls: list[str]
    end_after: list[int]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if name not in CHANGES[self.service]:
            return method

        def call(*arguments: Any, **given: Any) -> Any:
            answer = method(*arguments, **given)
            self.calls.append(name)
            if self.end_after == [len(self.calls)]:
                raise EndedError(name)
            return answer

        return call


@dataclass
class Rig:
    """An environment that runs with the old declaration, and the new one at hand."""

    account: Account
    root: Path
    bookkeeping: FakeBookkeeping
    stream: FakeStream
    calls: list[str] = field(default_factory=list)
    end_after: list[int] = field(default_factory=list)

    def declare(self, text: str) -> Path:
        """The working tree and the package have this declaration; gives the package."""
        path = self.root / DECLARATION
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        with zipfile.ZipFile(self.account.package, "w") as archive:
            # With a fixed time, so that the same text is the same code.
            archive.writestr(zipfile.ZipInfo(f"app/{DECLARATION}"), text)
        return self.account.package

    def deploy(self, **how: Any) -> None:
        self.account.deployment().deploy(self.account.package, **how)

    def record(self) -> None:
        clients = self.account.clients
        recorded: dict[str, Any] = {
            name: Recorded(getattr(clients, name), name, self.calls, self.end_after)
            for name in CHANGES
        }
        self.account.clients = replace(clients, **recorded)

    @property
    def code(self) -> str:
        return code_key(digest_of(self.account.package))

    @property
    def running_code(self) -> str:
        content = self.account.life.configuration["ApplicationCodeConfiguration"]["CodeContent"]
        return str(content["S3ContentLocation"]["FileKey"])

    @property
    def tables(self) -> set[str]:
        (task,) = self.account.clients.dms.describe_replication_tasks()["ReplicationTasks"]
        rules = json.loads(task["TableMappings"])["rules"]
        return {rule["object-locator"]["table-name"] for rule in rules}

    @property
    def tags(self) -> list[str]:
        arn = self.account.deployment()._outputs("dms")["TaskArn"]
        tags = self.account.clients.dms.list_tags_for_resource(ResourceArn=arn)["TagList"]
        return [tag["Key"] for tag in tags]

    @property
    def restored(self) -> dict[str, str]:
        starts = [given for name, given in self.account.flink.calls if name == "start_application"]
        found: dict[str, str] = starts[-1]["RunConfiguration"]["ApplicationRestoreConfiguration"]
        return found

    def load_all(self) -> None:
        self.bookkeeping.loaded["shard-0"] = 7

    def load_while_waiting(self) -> None:
        """The application loads what is left once somebody waits for it."""
        sleep = self.account.clock.sleep

        def then(seconds: float) -> None:
            sleep(seconds)
            if STEPS[1] in self.account.said:
                self.load_all()

        self.account.clock.sleep = then  # type: ignore[method-assign]

    def assert_all_new(self) -> None:
        assert self.account.life.status == "RUNNING"
        assert self.running_code == self.code
        assert "customer" in self.tables
        assert self.account.dms.task.status == "running"
        assert self.account.dms.task.starts == ["start-replication", "resume-processing"]
        assert self.tags == []
        assert len(self.account.life.snapshots) == 1
        snapshot = self.account.life.snapshots[0]["SnapshotName"]
        assert self.restored["SnapshotName"] == snapshot

    def assert_all_old(self, code: str) -> None:
        assert self.account.life.status == "RUNNING"
        assert self.running_code == code
        assert "customer" not in self.tables
        assert self.account.dms.task.status == "running"
        assert self.account.dms.task.starts[1:] == ["resume-processing"]
        assert self.tags == []


@pytest.fixture
def rig(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    for module in ("plan", "change_finder", "storage"):
        monkeypatch.setattr(f"infra.aws.{module}.ROOT", tmp_path)
    bookkeeping, stream = FakeBookkeeping(), FakeStream({"shard-0": {}})
    rig = Rig(account, tmp_path, bookkeeping, stream)
    rig.declare(OLD)
    rig.deploy()
    bookkeeping.stream = account.deployment()._outputs("data")["StreamName"]
    account.clients = replace(account.clients, redshift_data=bookkeeping, kinesis=stream)
    account.clock.time = 1_800_000_000.0
    account.dms.run_task()
    # A record that the warehouse does not have yet.
    stream.shards["shard-0"][7] = account.clock.time
    account.heard()
    rig.declare(NEW)
    return rig


def test_the_steps_are_shown_and_then_done_in_their_order(rig: Rig) -> None:
    rig.record()
    rig.load_while_waiting()
    rig.deploy()
    said = rig.account.heard()
    assert said[0] == "the replication task changes; the steps, in order:"
    assert said[1:8] == [f"  {n}. {step[3:]}" for n, step in enumerate(STEPS, 1)]
    assert "  mapping: + ticket_seller.customer" in said
    assert any(line.startswith("  New in the mapping: ticket_seller.customer.") for line in said)
    assert "  declaration: +      email_address: buyer.email_address" in said
    assert [line for line in said if line.startswith("--")] == STEPS
    assert rig.calls == CALLS
    rig.assert_all_new()


def test_a_new_table_is_not_left_with_a_silent_hole(rig: Rig) -> None:
    rig.load_while_waiting()
    rig.deploy()
    line = (
        "  not loaded in full: ticket_seller.customer. Only changes of these arrive, and earlier "
        "rows are missing from the warehouse: load every table again, with python3 build.py "
        "reload --environment example"
    )
    assert line in rig.account.heard()
    rig.account.deployment().status()
    assert line in rig.account.heard()


@pytest.mark.parametrize("call", range(1, len(CALLS) + 1))
def test_it_goes_on_where_it_was_ended(rig: Rig, call: int) -> None:
    rig.record()
    rig.load_while_waiting()
    rig.end_after.append(call)
    with pytest.raises(EndedError):
        rig.deploy()
    rig.end_after.clear()
    rig.deploy()
    rig.assert_all_new()
    assert rig.account.dms.task.loaded


def test_what_is_left_is_shown_after_an_abort(rig: Rig) -> None:
    rig.record()
    rig.load_while_waiting()
    end_after(rig, "stop_application")
    rig.account.heard()
    rig.account.deployment().status()
    assert (
        "  a change of its configuration is in progress: deploy again to continue it"
        in rig.account.heard()
    )
    assert list(rig.account.deployment().compare(rig.account.package))[:5] == [
        "a change of the replication task is in progress; the steps that are left:",
        *(f"  {n}. {step[3:]}" for n, step in enumerate(STEPS[3:], 1)),
    ]


def end_after(rig: Rig, call: str) -> None:
    """Ends the command after the first call of that name."""

    class Ending(list[int]):
        def __eq__(self, other: object) -> bool:
            return rig.calls[-1:] == [call]

        __hash__ = None

    ending = Ending()
    for name in CHANGES:
        getattr(rig.account.clients, name).end_after = ending
    with pytest.raises(EndedError):
        rig.deploy()
    for name in CHANGES:
        getattr(rig.account.clients, name).end_after = rig.end_after


def test_code_that_does_not_come_up_is_rolled_back_as_a_whole(rig: Rig) -> None:
    old = rig.running_code
    rig.load_while_waiting()
    rig.account.flink.failing_code[rig.code] = "SchemaError: no such column"
    with pytest.raises(DeployError) as caught:
        rig.deploy()
    sentence = str(caught.value)
    assert "SchemaError: no such column" in sentence
    assert (
        "Failed: start the application from that snapshot. The change was rolled back" in sentence
    )
    rig.assert_all_old(old)
    snapshot = rig.account.life.snapshots[0]["SnapshotName"]
    assert rig.restored["SnapshotName"] == snapshot

    rig.account.flink.failing_code.clear()
    rig.deploy()
    assert "customer" in rig.tables
    assert rig.running_code == rig.code
    assert rig.account.dms.task.starts == ["start-replication", *["resume-processing"] * 2]


def test_a_program_that_fails_while_the_application_runs_is_rolled_back_too(rig: Rig) -> None:
    old = rig.running_code
    # The log takes no lines from the future.
    rig.account.clock.time = time.time()
    rig.load_all()
    sleep = rig.account.clock.sleep
    message = '{"logger": "client.python.PythonDriver", "message": "SettingsError: 2 faults"}'

    def log_arrives(seconds: float) -> None:
        sleep(seconds)
        watched = rig.account.said[-1] == "ticket-seller: watching its log for 60 s"
        if watched and rig.running_code == rig.code:
            rig.account.clients.logs.put_log_events(
                logGroupName="/starjoin/ticket-seller",
                logStreamName="application",
                logEvents=[{"timestamp": rig.account.clock.milliseconds(), "message": message}],
            )
            rig.account.clock.time += 120

    rig.account.clock.sleep = log_arrives  # type: ignore[method-assign]
    with pytest.raises(DeployError, match=r"(?s)SettingsError: 2 faults.*was rolled back"):
        rig.deploy()
    rig.assert_all_old(old)


def test_a_mapping_that_dms_refuses_is_rolled_back(rig: Rig) -> None:
    old = rig.running_code
    rig.load_while_waiting()
    rig.account.dms.refused_mappings = "Invalid table mappings document"
    with pytest.raises(DeployError, match=r"(?s)Invalid table mappings document.*was rolled back"):
        rig.deploy()
    rig.assert_all_old(old)


def test_a_rollback_after_an_abort_knows_what_ran_before(rig: Rig) -> None:
    old = rig.running_code
    rig.record()
    rig.load_while_waiting()
    end_after(rig, "test_connection")
    assert "customer" in rig.tables
    rig.account.flink.failing_code[rig.code] = "SchemaError: no such column"
    with pytest.raises(DeployError, match="was rolled back"):
        rig.deploy()
    rig.assert_all_old(old)


def test_a_rollback_that_fails_says_how_everything_stands(rig: Rig) -> None:
    rig.load_while_waiting()
    old = rig.running_code
    rig.account.flink.failing_programs["ticket-seller"] = "the network is gone"
    with pytest.raises(DeployError) as caught:
        rig.deploy()
    lines = str(caught.value).splitlines()
    assert "the network is gone" in lines[0]
    assert lines[1].startswith("Rolling back failed as well: ticket-seller: the start ended in")
    assert lines[2:8] == [
        "Neither the old nor the new configuration is complete. The present state:",
        f"  ticket-seller: READY, code {old}, latest snapshot {snapshot_of(rig)}",
        "  replication task: stopped",
        f"  snapshot from before the change: {snapshot_of(rig)}",
        "  starjoin-example-application: UPDATE_COMPLETE, as before the change",
        "  starjoin-example-dms: UPDATE_COMPLETE, as before the change",
    ]
    assert lines[8].startswith("  what ran before: s3://")
    assert lines[9].endswith("starts the application and resumes the task")

    rig.account.flink.failing_programs.clear()
    rig.deploy()
    rig.assert_all_new()


def snapshot_of(rig: Rig) -> str:
    return str(rig.account.life.snapshots[-1]["SnapshotName"])


def test_a_task_that_cannot_be_resumed_leaves_the_new_in_place(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.load_while_waiting()

    def refuse(*_: Any) -> None:
        message = "the replication slot is gone"
        raise DeployError(message)

    with monkeypatch.context() as patched:
        patched.setattr("infra.aws.replication.Replication.resume", refuse)
        with pytest.raises(DeployError, match=r"(?s)slot is gone.*task is stopped: nothing new"):
            rig.deploy()
    assert rig.running_code == rig.code
    rig.deploy()
    rig.assert_all_new()


def test_a_call_without_an_answer_is_not_rolled_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.load_while_waiting()

    def unanswered(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dms")

    with monkeypatch.context() as patched:
        patched.setattr("infra.aws.replication.Replication.complete_target", unanswered)
        with pytest.raises(DeployError, match=r"AWS did not answer .* run the same command again"):
            rig.deploy()
    assert "customer" in rig.tables
    rig.deploy()
    rig.assert_all_new()


def test_a_task_that_somebody_has_stopped_stays_stopped(rig: Rig) -> None:
    rig.account.deployment()._replication.stop(rig.account.deployment()._outputs("dms")["TaskArn"])
    rig.load_while_waiting()
    rig.deploy()
    assert "  The replication task is stopped and stays so." in rig.account.heard()
    assert rig.account.dms.task.starts == ["start-replication"]
    assert rig.running_code == rig.code
    assert "customer" in rig.tables
    assert rig.tags == []


def test_a_task_that_was_resumed_by_hand_is_not_taken_for_a_paused_one(rig: Rig) -> None:
    rig.record()
    rig.load_while_waiting()
    end_after(rig, "stop_replication_task")
    assert rig.tags == [TAG]
    deployment = rig.account.deployment()
    task = deployment._outputs("dms")["TaskArn"]
    rig.account.clock.sleep(60)
    deployment._replication.resume(task)
    deployment._replication.stop(task)
    rig.deploy()
    assert rig.account.dms.task.status == "stopped"
    assert "customer" in rig.tables


@pytest.mark.parametrize("call", ["add_tags_to_resource", "stop_replication_task"])
def test_a_change_that_is_taken_back_leaves_the_task_running(rig: Rig, call: str) -> None:
    old = rig.running_code
    rig.record()
    end_after(rig, call)
    rig.declare(OLD)
    rig.deploy()
    assert rig.running_code == old
    assert "customer" not in rig.tables
    assert rig.account.dms.task.status == "running"
    assert rig.tags == []


def test_a_running_application_is_not_given_another_state(rig: Rig) -> None:
    with pytest.raises(DeployError, match="to start it from another state, stop it first"):
        rig.deploy(start_from=StartState("snapshot-1"))
    assert rig.account.dms.task.status == "running"


def test_a_stopped_application_is_drained_with_its_old_code(rig: Rig) -> None:
    rig.account.deployment().stop()
    rig.load_while_waiting()
    rig.deploy()
    said = rig.account.heard()
    assert [line for line in said if line.startswith("--")] == STEPS
    assert rig.running_code == rig.code
    assert len(rig.account.life.snapshots) == 2
    assert rig.restored["SnapshotName"] == snapshot_of(rig)


def test_a_drain_without_end_changes_nothing(rig: Rig) -> None:
    old = rig.running_code
    with pytest.raises(DeployError, match=r"lacks records of shard-0.*--without-drain"):
        rig.deploy()
    rig.assert_all_old(old)
    assert rig.account.life.snapshots == []


def test_a_declaration_that_cannot_run_is_replaced_without_a_drain(rig: Rig) -> None:
    rig.deploy(drains=False)
    assert not rig.bookkeeping.loaded
    assert [line for line in rig.account.heard() if line.startswith("--")] == [
        STEPS[0],
        *STEPS[2:],
    ]
    rig.assert_all_new()
    assert rig.bookkeeping.asked == []


def test_a_load_that_is_under_way_is_not_paused(rig: Rig) -> None:
    rig.account.dms.task.stats["FullLoadProgressPercent"] = 40
    with pytest.raises(DeployError, match=r"has loaded 40 % .* It is untouched"):
        rig.deploy()
    assert rig.account.dms.task.status == "running"
    assert "customer" not in rig.tables


def test_settings_of_dms_alone_leave_the_application_running(rig: Rig) -> None:
    rig.declare(OLD)
    starts = len(rig.account.flink.calls)
    dms = rig.account.environment.dms
    assert dms is not None
    source = dms.source.model_copy(update={"heartbeat_minutes": 1})
    rig.account.environment = rig.account.environment.model_copy(
        update={"dms": dms.model_copy(update={"source": source})}
    )
    rig.deploy()
    said = rig.account.heard()
    assert "  SourceHeartbeatMinutes: 5 -> 1" in said
    assert [line for line in said if line.startswith("--")] == [STEPS[0], STEPS[4], STEPS[6]]
    calls = {name for name, _ in rig.account.flink.calls[starts:]}
    assert calls <= {"describe_application", "list_application_snapshots"}
    assert rig.account.dms.task.starts[1:] == ["resume-processing"]


def test_another_declaration_of_the_same_tables_takes_the_short_way(rig: Rig) -> None:
    rig.declare(OLD.replace("varchar(60)", "varchar(90)", 1))
    rig.account.dms.calls.clear()
    rig.deploy()
    assert not [line for line in rig.account.heard() if line.startswith("--")]
    assert {call for call in rig.account.dms.calls if not call.startswith("describe")} == set()


def test_a_package_with_another_declaration_is_refused(rig: Rig) -> None:
    (rig.root / DECLARATION).write_text(OLD)
    with pytest.raises(
        DeployError, match=r"contains no .* or one that differs from this working tree's"
    ):
        rig.deploy()
    assert rig.account.heard() == []
