"""Days and times: what zero dates become, and where digits below a microsecond tell keys apart."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.decode.records import decode, only_change, only_fault, plan_of, record
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.stars import star

TEXT = """
name: calendar
source_schema: calendar
stream: {zero_dates: as_null}
tables:
  slot:
    key: [since]
    columns: {since: timestamp, title: varchar(8)}
  visit:
    key: [on_day]
    columns:
      on_day: date
      born: date
      left_at: timestamp
      seen: {type: timestamptz, zero_dates: dead_letter}
      slot: timestamp
    references: {slot: {table: slot, columns: [slot]}}
targets:
  visits:
    fact: visit
    columns:
      {on_day: on_day, born: born, left_at: left_at, seen: seen, slot: slot, title: slot.title}
"""
CALENDAR = plan_of(star(TEXT))


def visit(operation: str = "insert", **changed: Any) -> bytes:
    row = dict.fromkeys(["left_at", "seen", "slot"]) | {
        "on_day": "2026-03-11",
        "born": "1999-12-31",
    }
    row |= changed
    return record("visit", row, operation, schema="calendar")


ZERO_DATES = ["0000-00-00", "1999-00-00", "1999-12-00", "1999-00-31", "0000-00-00 00:00:00"]


ZERO_TIMES = list(enumerate(["", " 00:00:00", "T00:00:00Z", " 00:00:00.000000", "T00:00"], 1))


@pytest.mark.parametrize("written", [*ZERO_DATES, "0000-00-00T00:00:00.000000Z"])
@pytest.mark.parametrize("column", ["born", "left_at", "slot"])
def test_zero_dates_are_null_where_that_is_declared(column: str, written: str) -> None:
    assert only_change(visit(**{column: written}), CALENDAR)[column] is None


@pytest.mark.parametrize("column", ["on_day", "seen"])
def test_zero_dates_are_dead_letters_in_keys_and_where_that_is_declared(column: str) -> None:
    reason, detail, table = only_fault(visit(**{column: "0000-00-00"}), CALENDAR)
    assert (reason, table) == ("zero_date", "visit")
    assert detail.startswith(f"column {column}: a zero month or day, as MySQL may have")


def test_a_zero_date_costs_no_other_date_the_fast_path() -> None:
    records = [visit(on_day=f"2026-03-{day:02}") for day in range(1, 29)]
    records[7] = visit(on_day="2026-03-08", born="0000-00-00")
    records[9] = visit(on_day="2026-00-10")
    decoded = decode(records, CALENDAR)
    assert decoded.by_rows == len(decoded.dead_letters) == 1
    born = decoded.changes["visit"].column("born")
    assert (born.null_count, len(born)) == (1, 27)


def test_zero_times_keep_the_fast_path() -> None:
    records = [visit(on_day=f"2026-03-{n:02}", left_at=f"0000-00-00{t}") for n, t in ZERO_TIMES]
    for _ in range(2):
        decoded = decode(records, plan_of(CALENDAR.star))
        assert (decoded.by_rows, len(decoded.dead_letters)) == (0, 0)
        assert decoded.changes["visit"]["left_at"].null_count == len(records)


def test_a_zero_time_is_sent_where_null_would_not_be() -> None:
    text = TEXT.replace("left_at: timestamp", "left_at: {type: timestamp, unchanged: sent_as_null}")
    plan = plan_of(star(text))
    records = [visit("update", left_at=t) for t in ("0000-00-00 00:00:00", None)] * 20
    records += [visit("update", left_at="2026-03-11T09:45:02.123456789Z")]
    for _ in range(2):
        assert_paths_agree(records, plan)
        decoded = decode(records, plan)
        assert len({*decoded.changes["visit"]["_set_left_at"].to_pylist()}) == 2


def test_digits_below_a_microsecond_are_cut_where_they_tell_nothing_apart() -> None:
    change = only_change(visit(left_at="2026-03-11 09:45:02.123456789"), CALENDAR)
    assert change["left_at"] == dt.datetime(2026, 3, 11, 9, 45, 2, 123456)  # noqa: DTZ001


@pytest.mark.parametrize("time", ["2026-03-11T09:45:02.1234567Z", "2026-03-11 09:45:02.000000001"])
def test_two_keys_that_differ_below_a_microsecond_never_become_one(time: str) -> None:
    reason, detail, _ = only_fault(visit(slot=time), CALENDAR)
    assert reason == "too_precise"
    assert detail.endswith("which tell keys apart: declare the column as varchar(n)")
    slot = record("slot", {"since": time, "title": "x"}, schema="calendar")
    assert only_fault(slot, CALENDAR)[0] == "too_precise"


def test_zeros_below_a_microsecond_are_no_digits() -> None:
    change = only_change(visit(slot="2026-03-11T09:45:02.123456000Z"), CALENDAR)
    assert change["slot"] == dt.datetime(2026, 3, 11, 9, 45, 2, 123456)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("on_day: date\n", "on_day: {type: date, zero_dates: as_null}\n", "cannot be NULL; remove"),
        ("title: varchar(8)", "title: {type: varchar(8), zero_dates: as_null}", "is only for date"),
        ("zero_dates: as_null", "zero_dates: null", "stream.zero_dates has no value: YAML reads"),
    ],
)
def test_what_zero_dates_cannot_be_is_refused(before: str, after: str, message: str) -> None:
    assert before in TEXT
    with pytest.raises(ValidationError, match=message):
        star(TEXT.replace(before, after))
