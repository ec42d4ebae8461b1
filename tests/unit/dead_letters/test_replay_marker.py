"""A replayed record says where it stood first, and is else the record that it was."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import pytest

from flink_app.dead_letters.replay_marker import Coordinates, first_coordinates, with_coordinates
from flink_app.dead_letters.sealing import Original
from flink_app.decode.plan import DecodePlan
from flink_app.positions.generations import Generations
from flink_app.records.envelope import load
from flink_app.records.plan import REPLAY
from tests.support.decoding import decode_fully
from tests.unit.decode.records import (
    KEYS,
    block,
    changes,
    company,
    decode,
    line,
    only_fault,
    port,
    region,
)
from tests.unit.stars import freight

COORDINATES: Final = Coordinates(
    "changes", "shardId-000000000001", "49590338271490256608559692538361", 1_500
)
RECORDS: Final = [region(), port("update"), company("load"), line("delete")]


def again(data: bytes, coordinates: Coordinates = COORDINATES) -> bytes:
    found = with_coordinates(data, coordinates)
    assert found is not None
    return found


@pytest.mark.parametrize("data", RECORDS)
def test_a_replayed_record_becomes_what_it_would_have_become(data: bytes) -> None:
    decoded = decode([again(data)])
    assert changes(decoded) == changes(decode([data]))
    assert decoded.by_rows == 1


def test_replayed_records_do_not_slow_the_others() -> None:
    decoded = decode([*RECORDS, *map(again, RECORDS), *RECORDS])
    assert decoded.by_rows == len(RECORDS)
    assert sum(len(rows) for rows in changes(decoded).values()) == 3 * len(RECORDS)


@pytest.mark.parametrize(
    "data", [b'{"n": 1.10, "n2": 1e5}', b' \n{\t"a":1}\n', b"{}", b"{ }", b'{"a":{"b":[]}}']
)
def test_every_byte_of_the_record_stays(data: bytes) -> None:
    found = again(data)
    member = json.dumps({REPLAY: json.loads(found)[REPLAY]}, separators=(",", ":"))[1:-1].encode()
    assert found.replace(member, b"", 1).replace(b"{,", b"{", 1) == data
    assert first_coordinates(load(found)) == COORDINATES


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"5", b'"{"', b"\xff{}", b'{"a":1}{"b":2}'])
def test_what_is_no_object_has_no_room_for_coordinates(data: bytes) -> None:
    assert with_coordinates(data, COORDINATES) is None


def test_a_record_that_is_replayed_once_more_keeps_its_first_coordinates() -> None:
    once = again(region())
    assert with_coordinates(once, Coordinates("changes", "shard-9", "7", None)) == once


def test_a_record_without_arrival_has_none_afterwards() -> None:
    coordinates = Coordinates("changes", "shard-9", "7", None)
    assert first_coordinates(load(again(region(), coordinates))) == coordinates


def test_a_record_that_was_not_replayed_has_no_first_coordinates() -> None:
    assert first_coordinates(load(region())) is None
    assert first_coordinates([1]) is None
    (letter,) = decode([region(title=5)]).dead_letters.to_pylist()
    assert letter["replay_of"] is None


def test_a_record_that_is_bad_again_says_that_it_was_replayed_and_of_which() -> None:
    data = again(region(title="x" * 99))
    (letter,) = decode([data]).dead_letters.to_pylist()
    assert letter["reason"] == "too_long"
    assert letter["sequence_number"] == "1000"  # its own
    assert letter["replay_of"] == {
        "stream": COORDINATES.stream,
        "shard": COORDINATES.shard,
        "sequence_number": COORDINATES.sequence_number,
        "arrival": dt.datetime.fromtimestamp(1.5, dt.UTC),
    }
    assert REPLAY not in letter["treated"]
    assert Original.open_sealed(letter, "", KEYS.dead_letters).payload == data


@pytest.mark.parametrize(
    "marker",
    [
        5,
        "x",
        [],
        {},
        {"stream": "s"},
        {"stream": "s", "shard": "0", "sequence_number": "1", "arrival_ms": 1, "more": 1},
        {"stream": "Ada Lovelace", "shard": "0", "sequence_number": "1", "arrival_ms": 1},
        {"stream": "s", "shard": "\ud800", "sequence_number": "1", "arrival_ms": 1},
        {"stream": "s", "shard": "0", "sequence_number": 1, "arrival_ms": 1},
        {"stream": "s", "shard": "0", "sequence_number": "-1", "arrival_ms": 1},
        {"stream": "s", "shard": "0", "sequence_number": "1", "arrival_ms": True},
        {"stream": "s", "shard": "0", "sequence_number": "1", "arrival_ms": 1.5},
        {"stream": "s", "shard": "0", "sequence_number": "1", "arrival_ms": -1},
        {"stream": "s", "shard": "0", "sequence_number": "1", "arrival_ms": 10**30},
    ],
)
def test_a_marker_of_another_form_is_a_fault(marker: Any) -> None:
    envelope = {**json.loads(region()), REPLAY: marker}
    reason, detail, table = only_fault(json.dumps(envelope).encode())
    assert (reason, table) == ("not_a_change", None)
    assert detail == "'starjoin-replay' is not as replay writes it"


@pytest.mark.parametrize(
    ("arrival_ms", "generation"), [(None, None), (1_999, 1), (2_000, 2), (10**9, 2)]
)
def test_a_replayed_record_keeps_its_generation(
    arrival_ms: int | None, generation: int | None
) -> None:
    plan = DecodePlan(freight(), Generations.parse("1, 2 from 1970-01-01T00:00:02Z"))
    data = again(region(), Coordinates("changes", "shard-9", "7", arrival_ms))
    decoded = decode_fully(block([data], [2_500]), plan, KEYS)
    if generation is None:
        assert decoded.dead_letters["reason"].to_pylist() == ["no_position"]
    else:
        (position,) = decoded.changes["region"]["_pos"].to_pylist()
        assert position.startswith(f"{generation:04x}")


def test_no_place_is_no_fault() -> None:
    envelope = {**json.loads(region()), REPLAY: None}
    decoded = decode([json.dumps(envelope).encode()])
    assert (len(decoded.dead_letters), decoded.by_rows) == (0, 0)
