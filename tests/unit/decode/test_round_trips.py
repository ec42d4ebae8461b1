"""From rows of a source, through every combination of DMS settings, to changes: nothing else."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from flink_app.declaration.star import DELETED, POSITION
from flink_app.diagnostics.dms_settings import SettingSign
from tests.unit.decode.records import decode
from tests.unit.decode.round_trips.history import Change, Row, Table, histories, plan_of, tables
from tests.unit.decode.round_trips.kinds import Written
from tests.unit.decode.round_trips.settings import PROFILE, SETTINGS, Before, Settings
from tests.unit.decode.round_trips.task import announcement, sent, values, write

pytestmark = pytest.mark.slow

One = tuple[str, bool, Row]  # table, whether deleted, values


@dataclass(frozen=True)
class Expected:
    """What must become of one change: some changes at one position, or the reason it cannot."""

    changes: tuple[One, ...] = ()
    reason: str | None = None


def expected(change: Change, of: Settings) -> Expected:
    """From the model alone."""
    table, name = change.table, f"of_{change.table.name}"
    now = values(change, sent(change, of), of)
    read = {n: w for n, w in now.items() if change.operation != "delete" or n in table.key}
    was = values(change, change.old or {}, of) if change.operation == "update" else {}
    was = {n: was[n] for n in table.key if was} if of.before is not Before.OFF else {}
    faults = [one.fault for one in (*read.values(), *was.values()) if one.fault]
    if faults:
        return Expected(reason=faults[0])
    if change.operation != "load" and not of.ordered:
        return Expected(reason="no_position")
    nothing: Row = dict.fromkeys(table.columns)
    upsert = (name, change.operation == "delete", nothing | seen(read))
    left = seen(was)
    moved = any(left[column] != upsert[2][column] for column in left)
    return Expected(((name, True, nothing | left), upsert) if moved else (upsert,))


def seen(written: dict[str, Written]) -> Row:
    return {name: one.seen for name, one in written.items()}


class SentRecord(NamedTuple):
    """A record, what must come of it, and the change that it tells; None for an announcement."""

    data: bytes
    expected: Expected
    change: Change | None = None


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Table], list[Change]]:
    of = draw(tables())
    return of, draw(histories(of))


Run = tuple[list[Table], list[Change]]
RANDOM: Final = st.randoms(use_true_random=False)


@given(runs(), SETTINGS, RANDOM, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_every_change_comes_back(run: Run, of: Settings, rng: Random, times: int) -> None:
    event(f"positions {of.declared} of {of.engine.value}")
    assert_comes_back(run, of, rng, times)


@given(runs(), RANDOM)
@settings(max_examples=100, deadline=None)
def test_every_change_comes_back_under_the_settings_that_are_asked_for(
    run: Run, rng: Random
) -> None:
    assert_comes_back(run, PROFILE, rng, 1)


def assert_comes_back(run: Run, of: Settings, rng: Random, times: int) -> None:
    of_tables, history = run
    plan = plan_of(of_tables, of)
    sent_records = [
        SentRecord(write(change, of, rng), expected(change, of), change) for change in history
    ]
    sent_records += [SentRecord(announcement(table, of, rng), Expected()) for table in of_tables]
    # Kinesis may give records in another order, and several times.
    sent_records *= times
    rng.shuffle(sent_records)

    decoded = decode([record.data for record in sent_records], plan)

    letters = {
        int(letter["sequence_number"]) - 1000: letter["reason"]
        for letter in decoded.dead_letters.to_pylist()
    }
    reasons = enumerate(record.expected.reason for record in sent_records)
    assert letters == {n: reason for n, reason in reasons if reason}
    assert decoded.account.passed_over == times * len(of_tables)
    found = ordered(
        (row[POSITION], table, row[DELETED], without(row))
        for table, batch in decoded.changes.items()
        for row in batch.to_pylist()
    )
    # In the order of the model: what is later is above, the halves of a moved key are level.
    levels = [
        times * changes
        for change in history
        if not is_ordered_by_arrival(change, of) and (changes := expected(change, of).changes)
    ]
    levels += [
        record.expected.changes
        for record in sorted(
            (record for record in sent_records if is_ordered_by_arrival(record.change, of)),
            key=lambda record: record.change.transaction if record.change else 0,
        )
        if record.expected.changes
    ]
    assert [texts(level) for level in found] == [texts(level) for level in levels]
    assert_signs(decoded.seen.signs, history, of, times)


def is_ordered_by_arrival(change: Change | None, of: Settings) -> bool:
    """Whether arrival orders it among the changes of its instant; never the rows of a load."""
    return of.coarsely_ordered and change is not None and change.operation != "load"


def ordered(rows: Any) -> list[list[One]]:
    """Changes by ascending position, those of one position together."""
    levels: dict[str, list[One]] = {}
    for position, *one in rows:
        levels.setdefault(position, []).append((one[0], one[1], one[2]))
    return [levels[position] for position in sorted(levels)]


def texts(changes: Iterable[One]) -> list[str]:
    """As text, which tells 0.0 from -0.0 and one scale from another; in an order of no meaning."""
    return sorted(map(repr, changes))


def without(row: Row) -> Row:
    """The columns of the table; a timestamp with a zone in the zone of the model."""
    return {
        name: value.astimezone(dt.UTC) if getattr(value, "tzinfo", None) else value
        for name, value in row.items()
        if name not in {POSITION, DELETED}
    }


def assert_signs(
    shown: Counter[SettingSign], history: list[Change], of: Settings, times: int
) -> None:
    """What is wrong in the settings is counted, and nothing else."""
    changes = [change for change in history if change.operation != "load"]
    updates = [change for change in changes if change.operation == "update"]
    good = [change for change in changes if expected(change, of).reason is None]
    exponents = [
        change
        for change in history
        if any(one.exponent for one in values(change, sent(change, of), of).values())
    ]
    counts = {
        SettingSign.NO_DETAILS: 0 if of.details else len(changes),
        SettingSign.COARSE: len(good) if of.coarsely_ordered else 0,
        SettingSign.NO_BEFORE_IMAGE: len(updates) if of.before is Before.OFF else 0,
        SettingSign.EXPONENT: len(exponents),
    }
    assert {sign: shown[sign] for sign in counts} == {s: times * n for s, n in counts.items()}
