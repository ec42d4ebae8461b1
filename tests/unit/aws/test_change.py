"""What is left of a change, from how things stand; what differs; the mark on the task."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from flink_app.declaration import Star
from infra.aws import plan
from infra.aws.change_record import Mark
from infra.aws.change_steps import Standing, Step, steps_left
from infra.aws.differences import (
    added_tables,
    captured_tables,
    declaration_lines,
    replication_lines,
    sends_the_same,
)
from infra.aws.environment import load_environment
from infra.aws.errors import DeployError
from infra.aws.plan import StackPlan
from infra.aws.replication import TaskState
from infra.aws.storage import check_packaged
from tests.unit.stars import ROOT, order_book, ticket_seller

RUNS = TaskState("running", start_ms=10, percent=100)
STOPPED = replace(RUNS, status="stopped", stop_ms=90)
BEGINS = Standing(
    task=RUNS,
    application_runs=True,
    application_differs=True,
    replication_differs=True,
    drained=False,
    to_resume=False,
)
ALL = list(Step)


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (BEGINS, ALL),
        (replace(BEGINS, task=replace(RUNS, status="stopping"), to_resume=True), ALL),
        (replace(BEGINS, task=STOPPED, to_resume=True), ALL[1:]),
        (replace(BEGINS, task=STOPPED, drained=True, to_resume=True), ALL[2:]),
        (
            replace(BEGINS, task=STOPPED, drained=True, application_runs=False, to_resume=True),
            ALL[3:],
        ),
        (
            replace(
                BEGINS,
                task=STOPPED,
                application_runs=False,
                application_differs=False,
                to_resume=True,
            ),
            ALL[4:],
        ),
        (
            Standing(STOPPED, False, False, False, False, True),
            ALL[5:],
        ),
        (
            Standing(STOPPED, True, False, False, False, True),
            ALL[6:],
        ),
        # Somebody else has stopped the task: it stays so.
        (replace(BEGINS, task=STOPPED), ALL[1:-1]),
        # A stopped application with something left to load runs once more as it was.
        (replace(BEGINS, application_runs=False), ALL),
        # DMS's settings alone.
        (
            replace(BEGINS, application_differs=False),
            [Step.PAUSE, Step.MAPPING, Step.RESUME],
        ),
        # The change was taken back before, or just when, the task was stopped.
        (
            Standing(RUNS, True, False, False, False, True),
            [],
        ),
        (
            Standing(replace(RUNS, status="stopping"), True, False, False, False, True),
            [Step.RESUME],
        ),
        # Other code while a change is under way.
        (
            Standing(STOPPED, True, True, False, False, True),
            [Step.CODE, Step.RESUME],
        ),
    ],
)
def test_the_steps_that_are_left(at: Standing, left: list[Step]) -> None:
    assert steps_left(at) == left


def stack(star: Star, **source: object) -> StackPlan:
    environment = load_environment("example")
    assert environment.dms is not None
    dms = environment.dms.model_copy(
        update={"source": environment.dms.source.model_copy(update=source)}
    )
    environment = environment.model_copy(update={"dms": dms})
    found = plan.dms_stack(environment, plan.promised_outputs(environment), star)
    assert found is not None
    return found


def test_the_same_declaration_sends_the_same() -> None:
    now = stack(ticket_seller())
    assert sends_the_same(now, stack(ticket_seller()))
    assert list(replication_lines(now, stack(ticket_seller()))) == []
    described = replace(now, template={**now.template, "Description": "another"})
    assert sends_the_same(now, described)


def test_a_table_whose_underscore_was_not_written_as_one_is_no_new_table() -> None:
    before, now = stack(ticket_seller()), stack(ticket_seller())
    task = before.template["Resources"]["Task"]["Properties"]
    task["TableMappings"] = task["TableMappings"].replace("[_]", "_")
    assert added_tables(before, now) == []
    assert not sends_the_same(before, now)
    assert "mapping: ticket_seller.sport_event has different rules" in list(
        replication_lines(before, now)
    )


def test_other_tables_are_named() -> None:
    now, then = stack(ticket_seller()), stack(order_book())
    assert not sends_the_same(now, then)
    assert added_tables(now, then) == sorted(captured_tables(then))
    lines = list(replication_lines(now, then))
    assert "mapping: - ticket_seller.customer" in lines
    assert len([line for line in lines if line.startswith("mapping: +")]) == len(
        captured_tables(then)
    )


def test_a_rule_and_a_setting_that_differ_are_named() -> None:
    now, then = stack(ticket_seller()), stack(ticket_seller(), heartbeat_minutes=0)
    assert list(replication_lines(now, then)) == ["SourceHeartbeatMinutes: 5 -> 0"]
    changed = stack(ticket_seller())
    task = changed.template["Resources"]["Task"]["Properties"]
    task["ReplicationTaskSettings"] = task["ReplicationTaskSettings"].replace("pk-only", "all")
    task["TableMappings"] = task["TableMappings"].replace("primary-key", "schema-table", 1)
    changed.template["Resources"]["Source"]["Properties"]["SslMode"] = "none"
    assert list(replication_lines(now, changed)) == [
        "mapping: ticket_seller.sport_event has different rules",
        "Source.SslMode: (not set) -> none",
        "Source.SslMode.Ref: SourceSslMode -> (not set)",
        "task.BeforeImageSettings.ColumnFilter: pk-only -> all",
    ]


def test_the_lines_of_a_declaration_that_differ_are_shown() -> None:
    assert list(declaration_lines("a\nb\nc\n", "a\nB\nc\n"))[3:] == [" a", "-b", "+B", " c"]
    assert list(declaration_lines("a\n", "a\n")) == []


@pytest.mark.parametrize("resume", [True, False])
def test_a_mark_is_read_as_it_was_written(resume: bool) -> None:
    mark = Mark("changes/1.json", 7, resume)
    assert Mark.parse(str(mark)) == mark


@pytest.mark.parametrize("text", ["", "x", "changes/1.json x resume", "changes/1.json 7 maybe"])
def test_another_text_is_no_mark(text: str) -> None:
    assert Mark.parse(text) is None


def test_the_package_holds_the_declaration_that_the_mapping_is_made_from(tmp_path: Path) -> None:
    declaration = "flink_app/stars/ticket_seller.yaml"
    package = tmp_path / "starjoin.zip"
    text = (ROOT / declaration).read_text()
    for packaged, fits in [(text, True), (text + "#", False), (None, False)]:
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("main.py", "")
            if packaged is not None:
                archive.writestr(f"app/{declaration}", packaged)
        if fits:
            check_packaged(package, declaration)
        else:
            with pytest.raises(DeployError, match="build it again"):
                check_packaged(package, declaration)
