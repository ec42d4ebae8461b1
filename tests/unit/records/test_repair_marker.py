"""A record of a repair stands where it says, and becomes what any other record would."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from connectors.floors import Floors
from connectors.kinesis.sure_facts import surely_named
from flink_app.dead_letters.replay_marker import Coordinates, with_coordinates
from flink_app.decode.fact_names import find_fact_names
from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from flink_app.positions.position import UNKNOWN, make_coarse_position, make_position
from flink_app.privacy.treatments import tokenise
from flink_app.records.envelope import load
from flink_app.records.plan import REPAIR
from flink_app.records.repair_marker import (
    RepairMarker,
    lowest_position,
    position_above,
    read_repair_marker,
)
from tests.unit.decode.records import (
    COLLATED_PLAN,
    FREIGHT_PLAN,
    GENERATION,
    KEYS,
    UNCHANGED_PLAN,
    changes,
    company,
    decode,
    line,
    only_change,
    only_fault,
    port,
    record,
    region,
)
from tests.unit.stars import freight

LOG_POSITION: Final = 0x0D51A3C8E0 << 32
POSITION: Final = position_above(make_position(GENERATION, LOG_POSITION, 7))
RECORDS: Final = [region(), port(), company(), line("delete")]
TOKEN: Final = tokenise("north", KEYS.tokens)


def repaired(data: bytes, position: str = POSITION, *, treated: bool = False) -> bytes:
    marker = RepairMarker(position, treated)
    return json.dumps({REPAIR: marker.as_member(), **json.loads(data)}).encode()


def treated_delete(shop: Any = TOKEN, **changed: Any) -> bytes:
    data = record("sale", {"shop": shop, "id": "7"} | changed, "delete", schema="shop")
    return repaired(data, treated=True)


def test_the_successor_is_above_what_is_there_and_below_every_later_change() -> None:
    for record_number in (0, 1, 2**63):
        there = make_position(GENERATION, LOG_POSITION, record_number)
        assert there < POSITION
    assert make_position(GENERATION, LOG_POSITION + (1 << 32), 0) > POSITION
    loaded = make_position(GENERATION, 0, 2**62)
    assert loaded < position_above(loaded) == lowest_position(GENERATION)
    assert lowest_position(GENERATION) < make_position(GENERATION, 1 << 32, 0)


def test_of_a_coarse_position_the_successor_is_above_all_of_its_instant_in_the_shard() -> None:
    micros = 1_780_000_000_000_000
    there = make_coarse_position(GENERATION, micros, "4959033827149025660855969253836157")
    assert there < position_above(there)
    assert position_above(there) < make_coarse_position(GENERATION, micros + 1, "0")


def test_a_second_repair_of_the_same_stands_at_the_same_position_or_above() -> None:
    assert position_above(POSITION) > POSITION
    assert position_above(make_position(GENERATION, LOG_POSITION, 3)) == POSITION


@pytest.mark.parametrize("data", RECORDS)
def test_a_record_becomes_what_it_would_have_become_at_its_own_position(data: bytes) -> None:
    change = only_change(repaired(data))
    assert change == only_change(data) | {"_pos": POSITION}


def test_it_needs_nothing_that_orders_changes() -> None:
    data = record(
        "region",
        {"country": "NO", "code": "V", "title": "Vest"},
        transaction_record_id=None,
        stream_position=None,
    )
    assert only_change(repaired(data))["_pos"] == POSITION


def test_it_sets_every_unchanged_column_at_its_position() -> None:
    values = {"visit": 1, "part": 2, "page": 3, "note": None, "log": "x"}
    change = only_change(repaired(record("visit", values, schema="u")), UNCHANGED_PLAN)
    assert (change["_set_note"], change["_set_log"]) == (POSITION, POSITION)
    assert change["note"] is None


def test_records_of_a_repair_do_not_slow_the_others() -> None:
    decoded = decode([*RECORDS, *map(repaired, RECORDS), *RECORDS])
    assert decoded.by_rows == len(RECORDS)
    assert sum(len(rows) for rows in changes(decoded).values()) == 3 * len(RECORDS)


def test_it_shows_nothing_of_dms() -> None:
    decoded = decode([repaired(record("region", {"country": "NO", "code": "V"}, "insert"))])
    seen = decoded.seen
    assert not seen.signs
    assert not seen.builds
    assert not seen.log_reads.points()
    assert decoded.account.last_committed is None


def test_no_marker_is_no_fault() -> None:
    envelope = {**json.loads(region()), REPAIR: None}
    decoded = decode([json.dumps(envelope).encode()])
    assert (len(decoded.dead_letters), decoded.by_rows) == (0, 0)
    assert read_repair_marker(load(region())) is None
    assert read_repair_marker([1]) is None


@pytest.mark.parametrize(
    "marker",
    [
        5,
        "x",
        [],
        {},
        {"position": POSITION},
        {"treated": False},
        {"position": POSITION, "treated": False, "more": 1},
        {"position": POSITION, "treated": "no"},
        {"position": POSITION, "treated": 0},
        {"position": POSITION.upper(), "treated": False},
        {"position": POSITION[:-1], "treated": False},
        {"position": f"{POSITION}\n", "treated": False},
        {"position": int(POSITION, 16), "treated": False},
        {"position": None, "treated": False},
        {"position": UNKNOWN, "treated": False},
        {"position": make_position(0, LOG_POSITION, 0), "treated": False},
        {"position": make_position(GENERATION, 0, 0), "treated": False},
        {"position": make_position(GENERATION, LOG_POSITION, 1), "treated": False},
    ],
)
def test_a_marker_of_another_form_is_a_fault(marker: Any) -> None:
    envelope = {**json.loads(region()), REPAIR: marker}
    reason, detail, table = only_fault(json.dumps(envelope).encode())
    assert (reason, table) == ("not_a_change", None)
    assert detail == "'starjoin-repair' is not as repair writes it"


def test_two_markers_are_a_fault() -> None:
    data = repaired(region())
    twice = data.replace(b"{", b'{"starjoin-repair":null,', 1)
    assert only_fault(twice)[0] == "not_a_change"


@pytest.mark.parametrize("operation", ["load", "update"])
def test_other_operations_are_a_fault(operation: str) -> None:
    reason, detail, table = only_fault(repaired(region(operation)))
    assert (reason, table) == ("not_a_change", "region")
    assert "is an insert or a delete" in detail


def test_a_position_of_a_generation_to_come_is_a_fault() -> None:
    data = repaired(region(), lowest_position(GENERATION + 1))
    reason, detail, table = only_fault(data)
    assert (reason, table) == ("no_position", "region")
    assert "a generation that the application does not know" in detail
    plan = DecodePlan(freight(), Generations.parse("3, 4 from 2026-01-01T00:00:00Z of region"))
    assert only_change(data, plan)["_pos"] == lowest_position(GENERATION + 1)
    assert only_fault(repaired(port(), lowest_position(GENERATION + 1)), plan)[0] == "no_position"


def test_what_is_below_the_floor_does_not_count() -> None:
    floors = Floors(GENERATION + 1)
    plan = DecodePlan(freight(), Generations(GENERATION + 1), floors)
    decoded = decode([repaired(region())], plan)
    assert (decoded.changes, decoded.account.below_floor) == ({}, 1)


def test_a_value_that_does_not_fit_is_a_dead_letter_that_can_be_replayed() -> None:
    data = repaired(region(title="x" * 99))
    assert only_fault(data)[0] == "too_long"
    (letter,) = decode([data]).dead_letters.to_pylist()
    assert POSITION not in letter["treated"]
    replayed = with_coordinates(repaired(region()), Coordinates("changes", "shard-0", "7", 1))
    assert replayed is not None
    assert only_change(replayed)["_pos"] == POSITION


def test_a_treated_delete_has_its_key_as_it_is_stored() -> None:
    decoded = decode([treated_delete()], COLLATED_PLAN)
    (change,) = decoded.changes["sale"].to_pylist()
    assert (change["shop"], change["id"]) == (TOKEN, "7")
    assert (change["_pos"], change["_deleted"]) == (POSITION, True)
    assert change["state"] is None
    clear = record("sale", {"shop": "North", "id": "7"}, "delete", schema="shop")
    assert only_change(clear, COLLATED_PLAN)["shop"] == TOKEN
    account = decoded.account
    assert (account.read, account.changed, account.split) == (1, 1, 0)


def test_treated_deletes_stand_beside_other_changes_of_their_table() -> None:
    values = {"shop": "north", "id": "8", "buyer": "x", "state": "paid"}
    other = record("sale", values, schema="shop")
    decoded = decode([other, treated_delete(), treated_delete(id="9")], COLLATED_PLAN)
    assert sorted(decoded.changes["sale"]["id"].to_pylist()) == ["7", "8", "9"]
    (account,) = decoded.accounts
    assert (account.read, account.split) == (3, 0)


def test_a_treated_delete_below_the_floor_does_not_count() -> None:
    plan = DecodePlan(COLLATED_PLAN.star, Generations(GENERATION + 1), Floors(GENERATION + 1))
    decoded = decode([treated_delete()], plan)
    assert (decoded.changes, decoded.account.below_floor) == ({}, 1)


@pytest.mark.parametrize(
    ("shop", "reason"),
    [
        ("north", "wrong_type"),
        (TOKEN.upper(), "wrong_type"),
        (TOKEN[1:], "wrong_type"),
        (5, "wrong_type"),
        (None, "missing_key"),
    ],
)
def test_a_treated_key_that_is_no_token_is_a_fault(shop: Any, reason: str) -> None:
    data = treated_delete(shop)
    fault = only_fault(data, COLLATED_PLAN)
    assert (fault[0], fault[2]) == (reason, "sale")
    assert "north" not in fault[1]


def test_only_a_delete_is_treated() -> None:
    data = repaired(record("sale", {"shop": TOKEN, "id": "7"}, schema="shop"), treated=True)
    reason, detail, _ = only_fault(data, COLLATED_PLAN)
    assert reason == "not_a_change"
    assert "a treated one a delete" in detail


def test_a_repaired_fact_is_surely_a_fact_all_the_same() -> None:
    names = find_fact_names(FREIGHT_PLAN.star)
    (number,) = {surely_named(data, names) for data in (line("delete"), repaired(line("delete")))}
    assert number is not None
