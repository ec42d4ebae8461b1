from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.accounts import CONTROL, Account, sum_by_group, sum_tables
from connectors.log_points import LogPoint

numbers = st.integers(0, 10**129 - 1)


def account(
    shard: str, first: int, last: int, read: int = 1, arrival: int | None = None
) -> Account:
    return Account("s", shard, "t", str(first), str(last), read, 0, 0, 0, arrival)


accounts = st.builds(
    Account,
    st.sampled_from(["s", "t"]),
    st.sampled_from(["0", "1"]),
    st.sampled_from(["fact", CONTROL]),
    numbers.map(str),
    numbers.map(str),
    st.integers(0, 99),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.none() | st.integers(0, 2**40),
)


@given(st.lists(accounts, max_size=12))
def test_accounts_are_summed_per_shard_and_table(found: list[Account]) -> None:
    totals = {(a.stream, a.shard, a.table): a for a in sum_by_group(found)}
    assert len(totals) == len(sum_by_group(found))
    for place, total in totals.items():
        own = [a for a in found if (a.stream, a.shard, a.table) == place]
        assert total.read == sum(a.read for a in own)
        assert total.split == sum(a.split for a in own)
        assert total.dead_lettered == sum(a.dead_lettered for a in own)
        assert total.passed_over == sum(a.passed_over for a in own)
        assert total.changed == sum(a.changed for a in own)
        assert int(total.first_sequence_number) == min(int(a.first_sequence_number) for a in own)
        assert int(total.last_sequence_number) == max(int(a.last_sequence_number) for a in own)
        arrivals = [a.last_arrival_ms for a in own if a.last_arrival_ms is not None]
        assert total.last_arrival_ms == max(arrivals, default=None)


def test_sequence_numbers_are_numbers_and_not_texts() -> None:
    (total,) = sum_by_group([account("0", 9, 9), account("0", 10, 10)])
    assert (total.first_sequence_number, total.last_sequence_number) == ("9", "10")


@pytest.mark.parametrize("found", [[], [account("0", 1, 2)], [account("0", 1, 2, arrival=3)] * 2])
def test_accounts_travel_as_rows(found: list[Account]) -> None:
    batch = Account.to_batch(found)
    assert batch.schema == Account.SCHEMA
    assert Account.from_batch(batch) == found


def test_the_account_of_a_block_has_no_table() -> None:
    total = sum_tables([account("0", 1, 4, read=3), account("0", 1, 4, read=2, arrival=7)])
    assert (total.table, total.read, total.last_arrival_ms) == ("", 5, 7)


def test_the_point_of_a_sum_is_the_one_furthest_on() -> None:
    near, far = LogPoint(1, "0001a", 9, "x"), LogPoint(1, "0001b", 5, "x")
    counted = account("0", 1, 2)
    for items in ([near, far, None], [None, far, near], [far, near]):
        (total,) = sum_by_group([counted.with_log_point(point) for point in items])
        assert total.log_point == far
    assert sum_tables([counted.with_log_point(near), counted]).log_point is None
    assert sum_by_group([counted, counted])[0].log_point is None
