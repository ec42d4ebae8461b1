"""A second full load of a table within one generation is counted and warned of, once a table."""

from __future__ import annotations

import logging

import pytest

from connectors.metrics import GROUP
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics.second_loads import SecondLoads
from flink_app.positions.generations import Boundary, Generations
from infra.simulation.doubles import decode_by_rows
from tests.support.decoding import decode_fully
from tests.unit.decode.records import (
    KEYS,
    PARTITIONED_PLAN,
    PORT,
    REGION,
    block,
    decode,
    record,
)
from tests.unit.decode.subtask import frame, opened
from tests.unit.stars import freight

EARLY, LATER, LATEST = (f"2026-03-11T09:45:0{n}Z" for n in range(3))


def row(operation: str, at: str | None, table: str = "region") -> bytes:
    return record(table, REGION if table == "region" else PORT, operation, timestamp=at)


FIRST_LOAD = [row("load", EARLY), row("insert", LATER), row("update", LATEST)]
SECOND = row("load", LATEST)


@pytest.mark.parametrize(
    ("blocks", "shown"),
    [
        ([FIRST_LOAD, FIRST_LOAD], 0),
        ([FIRST_LOAD, [SECOND], [SECOND, SECOND]], 2),
        ([[SECOND], FIRST_LOAD], 1),
        ([[*FIRST_LOAD, SECOND], [row("insert", LATEST)]], 1),
        ([FIRST_LOAD, [row("load", LATEST, "port")]], 0),
        ([FIRST_LOAD, [row("load", LATER)]], 0),  # of the same instant
        ([[row("delete", "soon"), row("insert", None)], [row("load", LATEST)]], 0),
    ],
)
def test_a_load_that_was_built_after_a_change(blocks: list[list[bytes]], shown: int) -> None:
    def counted() -> tuple[int, int]:
        loads, count, warnings = SecondLoads(), 0, list[str]()
        for records in blocks:
            more, said = loads.add(decode(records).seen.builds)
            count += more
            warnings += said
        return count, len(warnings)

    by_columns = counted()
    with decode_by_rows():
        assert counted() == by_columns == (shown, min(shown, 1))


def test_the_load_of_another_generation_is_no_second_one() -> None:
    plan = DecodePlan(freight(), Generations(1, (Boundary(2, 5_000),)))
    loads, records = SecondLoads(), [*FIRST_LOAD, SECOND]
    assert loads.add(decode_fully(block(records, [1, 2, 3, 5_000]), plan, KEYS).seen.builds)[0] == 0
    assert loads.add(decode_fully(block(records, [1, 2, 3, 4_000]), plan, KEYS).seen.builds)[0] == 1


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        # DMS says to the second when a load began: this may be from before it.
        ("2026-03-11T09:45:00.900000Z", 0),
        ("2026-03-11T09:45:01.000000Z", 1),
        ("2026-03-11T09:44:59.900000Z", 0),  # of the generation before
    ],
)
def test_a_change_of_the_second_in_which_a_reload_of_the_table_began_shows_nothing(
    change: str, shown: int
) -> None:
    generations = Generations.parse("1, 2 from 2026-03-11T09:45:00Z of region")
    plan = DecodePlan(freight(), generations)

    def counted() -> int:
        decoded = decode([row("update", change), row("load", LATEST)], plan)
        return SecondLoads().add(decoded.seen.builds)[0]

    assert counted() == shown
    with decode_by_rows():
        assert counted() == shown


def sale(operation: str, at: str, name: str = "sale") -> bytes:
    row = {"id": 1, "buyer": None, "state": "x"}
    return record(name, row, operation, schema="shop", timestamp=at)


@pytest.mark.parametrize(
    ("blocks", "shown"),
    [
        # A partition is loaded while another has changes already.
        ([[sale("load", EARLY, "sale.p1"), sale("update", LATER, "sale.p1")]], []),
        (
            [
                [sale("load", EARLY, "sale.p1"), sale("update", LATER, "sale.p1")],
                [sale("load", LATEST, "archive"), sale("load", LATEST, "sale.p2")],
            ],
            [],
        ),
        # One of them is loaded again.
        (
            [
                [sale("load", EARLY, "sale.p1"), sale("update", LATER, "sale.p1")],
                [sale("load", LATEST, "archive"), sale("load", LATEST, "sale.p1")],
            ],
            ['table sale, partition "shop"."sale.p1", was'],
        ),
        # Loads come under the table's name, changes under the partitions'.
        (
            [
                [sale("load", EARLY), sale("update", LATER, "sale.p1")],
                [sale("load", LATEST)],
            ],
            ["table sale was loaded in full a second time"],
        ),
        # Both are loaded: the load of the table goes on while the partition has changes.
        (
            [
                [sale("load", EARLY, "sale.p1"), sale("load", EARLY)],
                [sale("update", LATER, "sale.p1"), sale("load", LATEST)],
            ],
            [],
        ),
    ],
)
def test_partitions_are_loaded_each_by_itself(blocks: list[list[bytes]], shown: list[str]) -> None:
    def warned() -> list[str]:
        loads = SecondLoads()
        decoded = (decode(records, PARTITIONED_PLAN) for records in blocks)
        return [warning for each in decoded for warning in loads.add(each.seen.builds)[1]]

    by_columns = warned()
    assert [
        warning[: len(begin)] for warning, begin in zip(by_columns, shown, strict=True)
    ] == shown
    with decode_by_rows():
        assert warned() == by_columns


def test_the_operator_counts_it_and_warns_once_a_table(caplog: pytest.LogCaptureFixture) -> None:
    operator, context = opened(freight())
    ports = [row("insert", EARLY, "port"), row("load", LATEST, "port")]
    with caplog.at_level(logging.WARNING):
        for records in (FIRST_LOAD, [SECOND], [SECOND, *ports], ports):
            list(operator.process_element(frame(*records), context))
    assert context.counts[GROUP, "secondLoads"] == 4
    messages = [m for m in (entry.getMessage() for entry in caplog.records) if "second" in m]
    assert [message.split()[1] for message in messages] == ["region", "port"]
    assert "rows deleted in between stay" in messages[0]
    assert "(build.py reload --table region)" in messages[0]
