"""Two DMS tasks that announce one table: what is a fault, and what is said of it."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pytest

from connectors.floors import Floors
from flink_app.declaration.dms_records import SchemaChanges
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics.schema_findings import Finding, FindingKind
from flink_app.diagnostics.schema_watch import SchemaChangedError, SchemaWatch
from flink_app.diagnostics.tasks import TaskWatch
from flink_app.positions.generations import Boundary, Generations
from tests.support.decoding import decode_fully
from tests.unit.decode.records import (
    KEYS,
    PARTITIONED,
    PARTITIONED_PLAN,
    block,
    record,
)

OTHER: Final = (FindingKind.OTHER_TASK, "a and b")
BOTH: Final = (FindingKind.TWO_TASKS, "a and b")


def announced(task: Any, name: str = "sale", kind: str = "task-id") -> bytes:
    made = json.loads(record(name, None, "drop-table", schema="shop", record_type="control"))
    made["metadata"] |= {"partition-key-type": kind, "partition-key-value": task}
    return json.dumps(made).encode()


def findings_of(
    records: list[tuple[int | None, bytes]], plan: DecodePlan = PARTITIONED_PLAN
) -> list[Finding]:
    """What a subtask finds in records and their arrival, each in a block of its own."""
    watch, found = TaskWatch(), list[Finding]()
    for arrival, data in records:
        seen = decode_fully(block([data], [arrival]), plan, KEYS).seen
        found += watch.add(seen.announcements)
    return found


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([(1, announced("a")), (9, announced("a"))], []),
        # One may have replaced the other.
        ([(1, announced("a")), (9, announced("b"))], [OTHER]),
        ([(9, announced("b")), (1, announced("a"))], [OTHER]),  # of two shards
        # None has: both were there in between.
        ([(1, announced("a")), (5, announced("b")), (9, announced("a"))], [OTHER, BOTH]),
        ([(1, announced("a")), (9, announced("a")), (5, announced("b"))], [BOTH]),
        # Tasks may share the tables of a database, and the partitions of a table.
        ([(1, announced("a")), (9, announced("b", "customer"))], []),
        ([(1, announced("a", "sale.p1")), (9, announced("b", "sale.p2"))], []),
        # The table's name may stand behind the task's.
        ([(1, announced("a.shop.sale")), (9, announced("a"))], []),
        ([(1, announced("a.shop.sale")), (9, announced("b.shop.sale"))], [OTHER]),
        # These name no task.
        ([(1, announced("a")), (9, announced("b", kind="schema-table"))], []),
        ([(1, announced("a")), (9, announced("Ann Smith"))], []),
        ([(1, announced("a")), (9, announced(7))], []),
        ([(1, announced("a", "other")), (9, announced("b", "other"))], []),
        ([(1, announced("a")), (None, announced("b"))], []),
    ],
)
def test_which_tasks_announce_a_table(
    records: list[tuple[int | None, bytes]], found: list[tuple[FindingKind, str]]
) -> None:
    assert [(f.kind, f.observed) for f in findings_of(records)] == found


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (["a.shop.sale", "b.shop.sale"], [OTHER]),
        (["a", "b"], [OTHER]),
        (["a", "a.shop.sale"], []),
        (["a.shop.sale", ""], []),
    ],
)
def test_without_a_value_in_the_record_its_partition_key_names_the_task(
    keys: list[str], found: list[tuple[FindingKind, str]]
) -> None:
    watch, findings = TaskWatch(), list[Finding]()
    for key in keys:
        made = json.loads(announced("x"))
        del made["metadata"]["partition-key-value"]
        records = block([json.dumps(made).encode()])
        keyed = replace(records, partition_keys=pa.array([key]))
        findings += watch.add(decode_fully(keyed, PARTITIONED_PLAN, KEYS).seen.announcements)
    assert [(f.kind, f.observed) for f in findings] == found


def test_the_finding_says_which_table_and_where() -> None:
    (found,) = findings_of([(1, announced("a", "archive")), (9, announced("b", "archive"))])
    assert str(found) == (
        'table sale, partition "shop"."archive": another DMS task has announced it '
        "(source a and b); seen in shard shard-0, sequence number 1000"
    )


def test_what_is_below_the_floor_of_a_reload_shows_nothing() -> None:
    plan = DecodePlan(PARTITIONED, Generations(1, (Boundary(2, 5),)), Floors(2))
    records = [(1, announced("a")), (9, announced("b")), (2, announced("b"))]
    assert findings_of([*records], plan) == []


def test_in_turn_stops_the_strictest_mode_alone_and_another_task_stops_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = findings_of([(1, announced("a")), (5, announced("b")), (9, announced("a"))])
    for mode in SchemaChanges:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            if mode is SchemaChanges.EXCEPTION:
                with pytest.raises(SchemaChangedError, match="two DMS tasks send it in turn"):
                    SchemaWatch(mode, lambda _: None).add(found)
            else:
                SchemaWatch(mode, lambda _: None).add(found)
        warned = ["DMS task" in message for message in caplog.messages]
        assert warned == {"exception": [True], "ignore": []}.get(mode.value, [True, True])


def test_memory_has_limits() -> None:
    names = [f"sale.p{number}" for number in range(1_100)]
    watch = TaskWatch()
    records = [announced("a", name) for name in names]
    for _ in range(2):
        seen = decode_fully(block(records), PARTITIONED_PLAN, KEYS).seen
        assert list(watch.add(seen.announcements)) == []
    later = [announced("b", name) for name in names]
    seen = decode_fully(block(later), PARTITIONED_PLAN, KEYS).seen
    assert len(list(watch.add(seen.announcements))) == 1_000
