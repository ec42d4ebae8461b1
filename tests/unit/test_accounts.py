from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.accounts import ACCOUNT_SCHEMA, Account, from_rows, per_shard, to_batch

numbers = st.integers(0, 10**129 - 1)


def account(
    shard: str, first: int, last: int, read: int = 1, arrival: int | None = None
) -> Account:
    return Account("s", shard, str(first), str(last), read, 0, 0, arrival)


accounts = st.builds(
    Account,
    st.sampled_from(["s", "t"]),
    st.sampled_from(["0", "1"]),
    numbers.map(str),
    numbers.map(str),
    st.integers(0, 99),
    st.integers(0, 9),
    st.integers(0, 9),
    st.none() | st.integers(0, 2**40),
)


@given(st.lists(accounts, max_size=12))
def test_accounts_are_summed_per_shard(found: list[Account]) -> None:
    summed = per_shard(found)
    places = [(a.stream, a.shard) for a in summed]
    assert len(set(places)) == len(places)
    for total in summed:
        own = [a for a in found if (a.stream, a.shard) == (total.stream, total.shard)]
        assert total.read == sum(a.read for a in own)
        assert total.dead_lettered == sum(a.dead_lettered for a in own)
        assert total.passed_over == sum(a.passed_over for a in own)
        assert total.changed == sum(a.changed for a in own)
        assert int(total.first_sequence_number) == min(int(a.first_sequence_number) for a in own)
        assert int(total.last_sequence_number) == max(int(a.last_sequence_number) for a in own)
        arrivals = [a.last_arrival_ms for a in own if a.last_arrival_ms is not None]
        assert total.last_arrival_ms == max(arrivals, default=None)


def test_sequence_numbers_are_numbers_and_not_texts() -> None:
    (total,) = per_shard([account("0", 9, 9), account("0", 10, 10)])
    assert (total.first_sequence_number, total.last_sequence_number) == ("9", "10")


@pytest.mark.parametrize("found", [[], [account("0", 1, 2)], [account("0", 1, 2, arrival=3)] * 2])
def test_accounts_travel_as_rows(found: list[Account]) -> None:
    batch = to_batch(found)
    assert batch.schema == ACCOUNT_SCHEMA
    assert from_rows(batch.to_pylist()) == found
