"""Gaps of the simulated stream: where they are, and the check that each is recorded once.

A gap stands before the record at its offset, so a shard that is loaded beyond this one has it in
the bookkeeping tables. At the end of what is loaded it may be there already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from connectors.accounts import Gap
from infra.simulation.faults import Warehouse

_CAUSE: Final = "the simulated retention period has ended"


def gap_at(shard: int, offset: int, first_sequence: int) -> Gap:
    """The gap before the record at an offset of a shard, whose first record has this number."""
    first = first_sequence + offset
    last = str(first - 1) if offset else None
    return Gap("changes", str(shard), last, str(first), None, None, _CAUSE)


def wrong_gaps(
    warehouse: Warehouse,
    schema: str,
    gaps: Sequence[Sequence[int]],
    reached: Sequence[int],
    first_sequence: int,
    *,
    at_end: bool,
    read_twice: bool,
) -> str:
    """What is wrong with the recorded gaps, for shards that are loaded up to `reached`; or "".

    `at_end`: all of the stream is loaded. `read_twice`: some of it was read again, and gaps with
    it.
    """
    rows = warehouse.query(
        f"SELECT shard, last_sequence_number, first_sequence_number, cause FROM {schema}.gap"
    )
    recorded = Counter(tuple(row) for row in rows)
    due, allowed = set(), set()
    for shard, offsets in enumerate(gaps):
        for offset in offsets:
            gap = gap_at(shard, offset, first_sequence)
            row = (gap.shard, gap.last_sequence_number, gap.first_sequence_number, gap.cause)
            if offset <= reached[shard]:
                allowed.add(row)
            if offset < reached[shard] or at_end:
                due.add(row)
    wrong = []
    if missing := due - set(recorded):
        wrong.append(f"missing {sorted(missing)}")
    if surplus := set(recorded) - allowed:
        wrong.append(f"not reached yet {sorted(surplus)}")
    if not read_twice and (twice := [row for row, count in recorded.items() if count > 1]):
        wrong.append(f"recorded again {sorted(twice)}")
    return "; ".join(wrong)
