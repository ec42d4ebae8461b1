"""Too many dead letters stop the job, and the message says why they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.accounts import Account
from flink_app.dead_letters.limit import (
    WINDOW,
    DeadLetterLimit,
    DeadLetterWatch,
    TooManyDeadLettersError,
)
from flink_app.records.rejected import Reason
from tests.unit.decode.records import decode, record, region
from tests.unit.decode.subtask import frame, opened
from tests.unit.stars import ROOT, freight

LETTERS = decode(
    [region(title="Zq7xMarked" * 9), b"{", region(title="Zq7xMarked" * 9)]
).dead_letters


def account(changed: int, dead: int, passed_over: int = 0) -> Account:
    return Account("s", "0", "", "1", "2", changed + dead + passed_over, 0, dead, passed_over, None)


def test_records_that_another_operator_has_taken_count_and_break_a_run() -> None:
    watch = DeadLetterWatch(DeadLetterLimit(share=0.5, run=10))
    for _ in range(3 * WINDOW // 10):  # of which all that come here are broken
        watch.pass_by(20)
        watch.add(account(0, 10), LETTERS)
    watch.pass_by(0)
    watch.add(account(0, 0), LETTERS.slice(0, 0))
    with pytest.raises(TooManyDeadLettersError, match="in a row"):
        watch.add(account(0, 1), LETTERS)


def test_what_has_passed_long_ago_is_of_a_window_before() -> None:
    watch = DeadLetterWatch(DeadLetterLimit(share=0.5, run=0))
    watch.pass_by(100 * WINDOW)
    with pytest.raises(TooManyDeadLettersError, match=f"{WINDOW} of {WINDOW} records"):
        watch.add(account(0, WINDOW), LETTERS)


def stops_at(limit: DeadLetterLimit, *blocks: tuple[int, ...]) -> int | None:
    """The number of the block that passes the limit."""
    watch = DeadLetterWatch(limit)
    for number, counts in enumerate(blocks):
        try:
            watch.add(account(*counts), LETTERS if counts[1] else LETTERS.slice(0, 0))
        except TooManyDeadLettersError:
            return number
    return None


NEVER = DeadLetterLimit(share=1, run=0)
RUN = DeadLetterLimit(share=1, run=10)
SHARE = DeadLetterLimit(share=0.2, run=0)


@pytest.mark.parametrize(
    ("limit", "blocks", "stop"),
    [
        (NEVER, [(0, 10**9)] * 3, None),
        (RUN, [(0, 10)], None),
        (RUN, [(0, 11)], 0),
        (RUN, [(0, 4), (0, 4), (0, 4)], 2),
        (RUN, [(0, 10), (1, 10), (0, 10)], None),
        # Records that are passed over neither count nor break a run.
        (RUN, [(0, 5), (0, 0, 99), (0, 6)], 2),
        (SHARE, [(WINDOW * 8 // 10, WINDOW * 2 // 10)], None),
        (SHARE, [(WINDOW * 8 // 10, WINDOW * 2 // 10 + 1)], 0),
        # A few bad records are no share of anything yet.
        (SHARE, [(0, 100), (WINDOW, 0)], None),
        (SHARE, [(0, WINDOW - 1, WINDOW), (0, 1)], 1),
        (SHARE, [(0, WINDOW - 1), (1, 0)], 1),  # the last block is without fault
        # Each window is judged alone.
        (SHARE, [(WINDOW, 0)] * 5 + [(WINDOW // 2, WINDOW // 2)], 5),
        (DeadLetterLimit(), [(0, 5000)], None),
        (DeadLetterLimit(), [(0, 5001)], 0),
    ],
)
def test_where_a_job_stops(
    limit: DeadLetterLimit, blocks: list[tuple[int, ...]], stop: int | None
) -> None:
    assert stops_at(limit, *blocks) == stop


@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 3000))))
def test_a_share_below_the_limit_never_stops(blocks: list[tuple[int, int]]) -> None:
    even = [(max(counts), min(counts)) for counts in blocks]
    assert stops_at(DeadLetterLimit(share=0.5, run=1), *even) is None


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        (DeadLetterLimit(1, 10), "11 records in a row became dead letters"),
        (DeadLetterLimit(0.5, 0), "11 of 10011 records became dead letters"),
    ],
)
def test_the_message_has_the_reason_the_remedy_and_no_value(
    limit: DeadLetterLimit, what: str
) -> None:
    watch = DeadLetterWatch(limit)
    if not limit.run:
        watch = DeadLetterWatch(DeadLetterLimit(0.0001, 0))
        with pytest.raises(TooManyDeadLettersError) as caught:
            watch.add(account(10_000, 11), LETTERS)
        setting, off = "dead.letter.share", "1"
    else:
        with pytest.raises(TooManyDeadLettersError) as caught:
            watch.add(account(0, 11), LETTERS)
        setting, off = "dead.letter.run", "0"
    message = str(caught.value)
    assert message.startswith(
        f"{what}, 2 of them for too_long: table region, column title: the text has 90 bytes"
    )
    assert "Declare a longer column, or fix the value in the source. Then start again" in message
    assert (
        f"Or raise {setting} of starjoin.application to let them pass ({off}: no limit)" in message
    )
    assert "Zq7" not in message


def test_the_most_frequent_reason_is_named_though_its_details_differ() -> None:
    records = [region(title="x" * n) for n in range(41, 60)] + [region(title=5)] * 5
    first, later = decode(records).dead_letters, decode([b"{"] * 6).dead_letters
    watch = DeadLetterWatch(DeadLetterLimit(1, 29))
    watch.add(account(0, len(first)), first)
    with pytest.raises(TooManyDeadLettersError, match=r"30 records in a row .*, 19 of them for"):
        watch.add(account(0, len(later)), later)


def test_a_run_does_not_remember_what_came_before_it() -> None:
    watch = DeadLetterWatch(DeadLetterLimit(1, 2))
    old, new = decode([region(title=5)] * 2).dead_letters, decode([b"{"] * 3).dead_letters
    watch.add(account(0, 2), old)
    watch.add(account(1, 0), old.slice(0, 0))
    with pytest.raises(TooManyDeadLettersError, match="3 of them for not_json"):
        watch.add(account(0, 3), new)


def test_every_reason_has_a_remedy_and_is_explained() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    for reason in Reason:
        assert reason.remedy, reason
        assert f"| `{reason}` |" in operations, reason


def test_the_operator_stops_before_the_block_goes_on() -> None:
    operator, context = opened(freight(), DeadLetterLimit(1, 2))

    def element(*records: bytes) -> list[Any]:
        return list(operator.process_element(frame(*records), context))

    assert element(b"{", b"{", record("elsewhere", {}))
    with pytest.raises(TooManyDeadLettersError, match="3 records in a row became dead"):
        element(b"{")
