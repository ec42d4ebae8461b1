"""Positions taken apart are what they were made of."""

from __future__ import annotations

import datetime as dt

import pytest

from flink_app.declaration.dms_records import Positions
from flink_app.positions.position import (
    UNKNOWN,
    arrival_digits,
    commit_position,
    make_coarse_position,
    make_position,
)
from flink_app.records.repair_marker import lowest_position, position_above
from infra.explain.positions import CommitReading, decode_position, split_version

COMMITTED = 1_764_211_200_000_001
SEQUENCE_NUMBER = "49590338271490256608559692538361571095921575989136588898"
STREAM_POSITIONS = [
    ("0000000C/51A3C8E0.3.0000000C/51A3C900", Positions.POSTGRESQL, "C/51A3C8E0"),
    ("mysql-bin.000024:373", Positions.MYSQL, "binary log 000024, offset 373"),
    ("8842971", Positions.ORACLE, "change number 8842971"),
]


@pytest.mark.parametrize(("written", "kind", "text"), STREAM_POSITIONS)
def test_what_the_source_wrote_comes_back(written: str, kind: Positions, text: str) -> None:
    commit = commit_position(written, None, kind)
    assert commit is not None
    position = decode_position(make_position(3, commit, 17), kind)
    assert position is not None
    assert (position.generation, position.is_load, position.committed) == (3, False, None)
    assert position.readings == (CommitReading(kind, text, 17),)


@pytest.mark.parametrize(("written", "kind", "text"), STREAM_POSITIONS)
def test_of_automatic_positions_everything_that_it_may_be(
    written: str, kind: Positions, text: str
) -> None:
    commit = commit_position(written, None)
    assert commit is not None
    position = decode_position(make_position(3, commit, 17), Positions.AUTO)
    assert position is not None
    assert CommitReading(kind, text, 17) in position.readings
    kinds = {reading.kind for reading in position.readings}
    assert kinds == (
        {kind} if kind is Positions.MYSQL else {Positions.POSTGRESQL, Positions.ORACLE}
    )


@pytest.mark.parametrize(("written", "kind", "text"), STREAM_POSITIONS)
def test_a_repair_stands_right_above_a_change(written: str, kind: Positions, text: str) -> None:
    commit = commit_position(written, None, kind)
    assert commit is not None
    there = make_position(3, commit, 17)
    of_change, of_repair = (
        decode_position(there, kind),
        decode_position(position_above(there), kind),
    )
    assert of_change is not None
    assert of_repair is not None
    assert not of_change.is_repair
    assert of_repair.is_repair is (kind is not Positions.MYSQL)
    assert not of_repair.is_lowest_repair
    assert kind is Positions.MYSQL or of_repair.readings[0].text == text


def test_a_repair_of_what_was_not_there_is_the_lowest() -> None:
    for kind in Positions:
        position = decode_position(lowest_position(3), kind)
        assert position is not None
        assert position.is_repair
        assert position.is_lowest_repair
        assert position.committed is None
    load = decode_position(make_position(3, 0, COMMITTED), Positions.AUTO)
    assert load is not None
    assert not load.is_repair


@pytest.mark.parametrize("kind", [Positions.AUTO, Positions.COMMIT_TIMESTAMP])
def test_a_coarse_position_is_a_commit_time(kind: Positions) -> None:
    position = decode_position(make_coarse_position(2, COMMITTED, SEQUENCE_NUMBER), kind)
    assert position is not None
    assert position.committed == COMMITTED
    (reading,) = position.readings
    assert (reading.record, reading.arrival) == (None, arrival_digits(SEQUENCE_NUMBER))


def test_a_full_load_has_the_time_at_which_it_was_built() -> None:
    position = decode_position(make_position(2, 0, COMMITTED), Positions.POSTGRESQL)
    assert position is not None
    assert (position.is_load, position.built, position.readings) == (True, COMMITTED, ())


def test_an_unknown_position_says_nothing() -> None:
    assert decode_position(UNKNOWN, Positions.AUTO) is None


def test_a_version_is_its_positions() -> None:
    positions = (make_position(1, 2, 3), UNKNOWN)
    assert split_version("".join(positions)) == positions


def test_a_time_of_today_is_taken_for_one() -> None:
    """What separates times from log positions holds for any commit that can be met."""
    now = round(dt.datetime.now(dt.UTC).timestamp() * 1_000_000)
    position = decode_position(make_coarse_position(1, now, "1"), Positions.AUTO)
    assert position is not None
    assert position.committed == now
