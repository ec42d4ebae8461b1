"""The traffic: repeatable, by its weights, skewed, and true to the tables that it leaves."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import random
from collections import Counter
from typing import Any

import pytest

from flink_app.declaration import Star, load_declaration
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_record
from flink_app.positions.generations import Generations
from flink_app.records.parsed import ParsedRow, Skipped
from tests.load.keys import Keys
from tests.load.model import COLUMNS
from tests.load.traffic import WEIGHTS, Traffic, TrafficSettings
from tests.unit.stars import TICKET_SELLER_FILE

SMALL = TrafficSettings(seed=7, events=20, tickets=300, customers=100, purchases=150)


def records(
    settings: TrafficSettings = SMALL, count: int = 4_000
) -> tuple[Traffic, list[tuple[str, bytes]]]:
    traffic = Traffic(settings)
    entries = list(traffic.full_load())
    entries += [traffic.next(number / 500) for number in range(count)]
    return traffic, entries


def parsed(entries: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    return [json.loads(record) for _, record in entries]


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    first, again = records()[1], records()[1]
    other = records(dataclasses.replace(SMALL, seed=8))[1]
    assert first == again
    assert first != other


def test_the_records_add_up_to_the_true_tables() -> None:
    """Replayed from JSON alone, by what DMS's documents say a record means."""
    traffic, entries = records()
    rows: dict[str, dict[int, dict[str, Any]]] = {table: {} for table in COLUMNS}
    for record in parsed(entries):
        metadata = record["metadata"]
        if metadata["record-type"] == "control":
            continue
        now, data = rows[metadata["table-name"]], record["data"]
        key = COLUMNS[metadata["table-name"]][0]
        match metadata["operation"]:
            case "load" | "insert":
                assert data[key] not in now
                now[data[key]] = data
            case "update":
                old = record["before-image"].get(key, data[key])
                assert old in now
                del now[old]
                assert data[key] not in now
                now[data[key]] = data
            case "delete":
                assert all(value is None for name, value in data.items() if name != key)
                del now[data[key]]
    for table, truth in traffic.tables.rows.items():
        assert {k: tuple(_plain(v) for v in row) for k, row in truth.items()} == {
            k: tuple(row[name] for name in COLUMNS[table]) for k, row in rows[table].items()
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    return str(value) if isinstance(value, dt.date) else value


def test_the_job_can_read_every_record() -> None:
    plan = DecodePlan(Star(load_declaration(TICKET_SELLER_FILE)), Generations())
    kinds = Counter(type(parse_record(record, plan)) for _, record in records()[1])
    assert set(kinds) == {ParsedRow, Skipped}
    assert kinds[Skipped] == len(COLUMNS)  # the announcements


def test_positions_rise_strictly_and_only_changes_have_them() -> None:
    changes = [r["metadata"] for r in parsed(records()[1]) if "stream-position" in r["metadata"]]
    places = [_place(metadata) for metadata in changes]
    assert len(places) == 4_000
    assert all(a < b for a, b in itertools.pairwise(places))
    assert "prev-transaction-id" not in changes[0]
    assert all("prev-transaction-id" in metadata for metadata in changes[1:])
    assert any(metadata["transaction-record-id"] > 1 for metadata in changes)


def _place(metadata: dict[str, Any]) -> tuple[str, int]:
    position, number, _ = metadata["stream-position"].split(".")
    assert int(number) == metadata["transaction-record-id"]
    return position, int(number)


def test_a_later_origin_is_above_all_of_an_earlier_run() -> None:
    later = dataclasses.replace(SMALL, origin=SMALL.origin + dt.timedelta(seconds=8))
    first, second = (parsed(records(s)[1]) for s in (SMALL, later))
    starts = [r["metadata"] for r in second if "stream-position" in r["metadata"]]
    assert _place(first[-1]["metadata"]) < _place(starts[0])


def test_every_operation_happens_about_as_often_as_its_weight_says() -> None:
    traffic, _ = records(dataclasses.replace(SMALL, tickets=8_000), count=20_000)
    assert set(traffic.counts) == {*WEIGHTS, "late_dimension"}
    chosen = sum(n for name, n in traffic.counts.items() if name != "late_dimension")
    for name, weight in WEIGHTS.items():
        expected = chosen * weight / sum(WEIGHTS.values())
        assert traffic.counts[name] == pytest.approx(expected, rel=0.15, abs=25), name


def test_weights_choose_and_unknown_ones_are_refused() -> None:
    only = dataclasses.replace(SMALL, weights={"cancel": 1.0, "buy_again": 1.0})
    traffic, entries = records(only, count=300)
    assert set(traffic.counts) == {"cancel", "buy_again"}
    inserted = Counter(
        r["data"]["ticket_id"]
        for r in parsed(entries)
        if r["metadata"]["operation"] in {"load", "insert"}
        and r["metadata"]["table-name"] == "ticket_activity"
    )
    assert inserted.most_common(1)[0][1] > 1, "no key was deleted and inserted again"
    with pytest.raises(ValueError, match="weights are of purchase"):
        TrafficSettings(weights={"purchases": 1.0})
    with pytest.raises(ValueError, match="above 0"):
        TrafficSettings(weights={"purchase": 0.0})


def test_operations_that_find_no_row_do_something_else() -> None:
    empty = TrafficSettings(seed=3, events=0, tickets=0, customers=0, purchases=0)
    for name in WEIGHTS:
        traffic, entries = records(dataclasses.replace(empty, weights={name: 1.0}), count=40)
        assert len(entries) == len(COLUMNS) + 40
        assert sum(traffic.counts.values()) == 40


def test_keys_change_and_dimensions_come_late() -> None:
    changes = parsed(records()[1])
    assert any(record.get("before-image") for record in changes)
    known: set[int] = set()
    early: set[int] = set()
    late: set[int] = set()
    for record in changes:
        table, data = record["metadata"]["table-name"], record.get("data")
        if data is None:
            continue
        if table == "ticket":
            known.add(data["ticket_id"])
            late |= {data["ticket_id"]} & early
        elif table == "ticket_activity" and data["ticket_id"] not in known:
            early.add(data["ticket_id"])
    assert early
    assert late


def test_customers_have_favourites_by_zipf() -> None:
    chance = random.Random(1)  # noqa: S311
    keys = Keys()
    for key in range(1_000):
        keys.add(key)
    drawn = Counter(keys.skewed(chance) for _ in range(50_000))
    # The probability of rank r is ln((r + 2) / (r + 1)) / ln(n + 1).
    assert drawn[0] / 50_000 == pytest.approx(0.1003, rel=0.05)
    assert drawn[9] / 50_000 == pytest.approx(0.0138, rel=0.15)
    assert max(drawn) < 1_000
    evenly = Counter(keys.even(chance) for _ in range(50_000))
    assert max(evenly.values()) < 2.5 * 50


def test_keys_are_a_set() -> None:
    keys = Keys()
    for key in (5, 6, 7, 5):
        keys.add(key)
    assert len(keys) == 3
    keys.discard(5)
    keys.discard(99)
    assert 5 not in keys
    chance = random.Random(1)  # noqa: S311
    assert {keys.even(chance) for _ in range(50)} == {6, 7}
    keys.discard(6)
    assert keys.newest() == 7


def test_the_key_range_covers_every_key() -> None:
    traffic, entries = records(dataclasses.replace(SMALL, first_key=5_000))
    low, high = traffic.key_range
    found = {
        record["data"][COLUMNS[record["metadata"]["table-name"]][0]]
        for record in parsed(entries)
        if "data" in record
    }
    assert low == 5_000 == min(found)
    assert max(found) <= high
