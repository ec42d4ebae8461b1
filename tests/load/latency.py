"""From traces to figures: latency, rates, percentiles. Pure functions."""

from __future__ import annotations

import bisect
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from tests.load.figures import Bucket, Latency, LatencySecond, Percentiles, Second
from tests.load.rounding import round_up
from tests.load.sender import Sent
from tests.load.watcher import Seen

# About so many buckets from zero to the longest latency.
_BUCKETS: Final = 30


def percentiles(values: Iterable[float]) -> Percentiles:
    """Percentiles by nearest rank."""
    ordered = sorted(values)
    if not ordered:
        return Percentiles(count=0)
    return Percentiles(
        count=len(ordered),
        p50=_rank(ordered, 50),
        p95=_rank(ordered, 95),
        p99=_rank(ordered, 99),
        max=ordered[-1],
    )


def _rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def histogram(values: Iterable[float]) -> list[Bucket]:
    """Values by buckets of one width, a round number; from the lowest that has any to the highest.

    A bucket has its beginning, not its end. Values are 0 or more.
    """
    found = list(values)
    if not found:
        return []
    width = round_up(max(found) / _BUCKETS)
    counts = Counter(int(value / width + 1e-9) for value in found)
    # Multiplied as whole parts of a second where that is exact: 3 * 0.1 is no tidy edge.
    return [
        Bucket(
            begin=round(number * width, 9), end=round((number + 1) * width, 9), count=counts[number]
        )
        for number in range(min(counts), max(counts) + 1)
    ]


def latency(sent: Sent, seen: Seen) -> Latency:
    """When each record was seen to be covered, against when it was put and when it was due.

    A record arrived between the beginning and the end of its call; the beginning counts. It was
    visible when the look before the one that saw it had ended, or later; the one that saw it
    counts. So both errors make the figures larger than the truth, never smaller.
    """
    from_arrival: list[float] = []
    from_due: list[float] = []
    by_second: dict[int, list[float]] = defaultdict(list)
    not_visible = 0
    for shard, trace in sent.shards.items():
        history = seen.covered.get(shard, [])
        numbers = [number for _, number in history]
        for number, began, due in zip(trace.numbers, trace.sent, trace.due, strict=True):
            place = bisect.bisect_left(numbers, number)
            if place == len(numbers):
                not_visible += 1
                continue
            visible = history[place][0]
            from_arrival.append(visible - began)
            from_due.append(visible - due)
            by_second[int(began)].append(visible - began)
    over_time = [
        LatencySecond(at=at, count=len(own), p50=_rank(own, 50), p99=_rank(own, 99))
        for at, own in ((at, sorted(by_second[at])) for at in sorted(by_second))
    ]
    return Latency(
        from_arrival=percentiles(from_arrival),
        from_due=percentiles(from_due),
        over_time=over_time,
        histogram=histogram(from_arrival),
        put_calls=percentiles(sent.call_seconds),
        between_looks=percentiles(
            later - earlier for earlier, later in zip(seen.looks, seen.looks[1:], strict=False)
        ),
        not_visible=not_visible,
    )


def covered_at(seen: Seen, last_numbers: dict[str, int]) -> float:
    """When every shard was first seen to be loaded up to its number; all of them are."""
    return max(
        next(at for at, covered in seen.covered[shard] if covered >= number)
        for shard, number in last_numbers.items()
    )


def backlog(sent: Sent, seen: Seen, at: float) -> int:
    """How many of all records that were ever put were not visible yet at a time."""
    covered = {
        shard: max((number for when, number in history if when <= at), default=-1)
        for shard, history in seen.covered.items()
    }
    return sum(
        number > covered.get(shard, -1)
        for shard, trace in sent.shards.items()
        for number in trace.numbers
    )


def lateness(sent: Sent) -> Percentiles:
    """By how much the generator itself put records after they were due."""
    return percentiles(
        began - due
        for trace in sent.shards.values()
        for began, due in zip(trace.sent, trace.due, strict=True)
    )


def rates(dues: Iterable[float], sent: Sent, seen: Seen | None) -> list[Second]:
    """Records due, put and become visible in each second, until nothing moves any more."""
    due = Counter(int(at) for at in dues)
    put = Counter(int(began) for trace in sent.shards.values() for began in trace.sent)
    loaded: Counter[int] = Counter()
    if seen is not None:
        # The first look comes before the first record: what it saw was there already.
        before = seen.loaded[0][1] if seen.loaded else 0
        for at, read in seen.loaded:
            loaded[int(at)] += read - before
            before = read
    last = max((*due, *put, *loaded), default=-1)
    return [
        Second(at=s, due=due[s], put=put[s], loaded=None if seen is None else loaded[s])
        for s in range(last + 1)
    ]
