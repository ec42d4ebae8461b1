"""Latency, rates and percentiles, on a trace made by hand."""

from __future__ import annotations

from array import array

import pytest

from tests.load.latency import (
    backlog,
    covered_at,
    histogram,
    latency,
    lateness,
    percentiles,
    rates,
)
from tests.load.sender import Sent, ShardTrace
from tests.load.watcher import Seen


def trace(*records: tuple[int, float, float]) -> ShardTrace:
    """(sequence number, when the call began, when it was due)."""
    found = ShardTrace()
    for number, sent, due in records:
        found.numbers.append(number)
        found.sent.append(sent)
        found.due.append(due)
    return found


# Shard a is covered up to 2 at 3.0 and up to 5 at 7.0; shard b up to 20 at 7.0.
SENT = Sent(
    shards={
        "a": trace((1, 0.5, 0.5), (2, 0.6, 0.5), (4, 1.5, 1.0), (3, 1.6, 1.5), (6, 2.0, 1.9)),
        "b": trace((20, 1.0, 0.9)),
    },
    records=6,
    call_seconds=array("d", [0.1, 0.3]),
)
SEEN = Seen(
    covered={"a": [(0.0, 0), (3.0, 2), (7.0, 5)], "b": [(7.0, 20)]},
    loaded=[(0.0, 100), (3.0, 102), (7.0, 106)],
    looks=array("d", [0.0, 3.0, 4.0, 7.0]),
)


def test_a_record_is_visible_when_its_number_is_first_covered() -> None:
    found = latency(SENT, SEEN)
    # a1 2.5, a2 2.4, a4 5.5, a3 5.4, b20 6.0; a6 is not visible.
    assert found.from_arrival.count == 5
    assert found.from_arrival.p50 == pytest.approx(5.4)
    assert found.from_arrival.max == pytest.approx(6.0)
    assert found.from_due.max == pytest.approx(6.1)
    assert found.not_visible == 1
    first, second = found.over_time
    assert (first.at, first.count, second.at, second.count) == (0, 2, 1, 3)
    assert [first.p50, first.p99, second.p50, second.p99] == pytest.approx([2.4, 2.5, 5.5, 6.0])


def test_the_errors_of_the_measurement_are_reported() -> None:
    found = latency(SENT, SEEN)
    assert found.put_calls.max == 0.3
    assert found.between_looks.count == 3
    assert found.between_looks.max == 3.0


def test_lateness_is_from_due_to_put() -> None:
    found = lateness(SENT)
    assert found.count == 6
    assert found.max == pytest.approx(0.5)


def test_rates_leave_out_what_was_there_before() -> None:
    found = rates([0.5, 0.5, 1.0, 1.5, 1.9, 0.9], SENT, SEEN)
    assert [(s.due, s.put) for s in found[:3]] == [(3, 2), (3, 3), (0, 1)]
    assert [s.loaded for s in found] == [0, 0, 0, 2, 0, 0, 0, 4]
    assert [s.loaded for s in rates([0.5], SENT, None)] == [None, None, None]
    assert rates([], Sent(), None) == []


def test_backlog_and_the_time_when_it_is_gone() -> None:
    assert backlog(SENT, SEEN, 2.9) == 6
    assert backlog(SENT, SEEN, 3.0) == 4
    assert backlog(SENT, SEEN, 7.0) == 1
    assert covered_at(SEEN, {"a": 4, "b": 20}) == 7.0
    assert covered_at(SEEN, {"a": 2}) == 3.0


def test_a_histogram_counts_every_value_once_in_buckets_of_a_round_width() -> None:
    values = [0.31, 0.39, 0.4, 2.05, 2.99]
    found = histogram(values)
    assert sum(bucket.count for bucket in found) == 5
    assert {round(bucket.end - bucket.begin, 9) for bucket in found} == {0.1}
    assert (found[0].begin, found[0].count, found[1].begin, found[1].count) == (0.3, 2, 0.4, 1)
    assert found[-1].begin <= 2.99 < found[-1].end
    for value in values:
        assert sum(bucket.begin <= value < bucket.end for bucket in found) == 1
    assert [b.begin for b in found[1:]] == [b.end for b in found[:-1]], "without gaps"
    assert histogram([]) == []
    assert [(b.count, b.begin) for b in histogram([0.0, 0.0])] == [(2, 0.0)]


def test_percentiles_are_values_that_occurred() -> None:
    assert percentiles([]).p50 is None
    found = percentiles(float(n) for n in range(1, 201))
    assert (found.p50, found.p95, found.p99, found.max) == (100, 190, 198, 200)
    only = percentiles([3.0])
    assert (only.p50, only.p95, only.p99, only.max) == (3, 3, 3, 3)
