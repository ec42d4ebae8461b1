from __future__ import annotations

import json
import traceback
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.accounts import Account, Gap, Outcome
from connectors.blocks import Kind
from connectors.log_points import LogPoint
from connectors.staging.part import Part, PartError

points = st.builds(LogPoint, st.integers(1), st.text(), st.integers(0), st.text())
accounts = st.builds(
    Account.with_log_point,
    st.builds(
        Account,
        st.text(),
        st.text(),
        st.text(),
        st.integers(0).map(str),
        st.integers(0).map(str),
        *[st.integers(0)] * 4,
        st.none() | st.integers(0),
    ),
    st.none() | points,
)
outcomes = st.builds(Outcome, st.text(), st.text(), st.integers(0), st.integers(0))
optional_text, optional_millis = st.none() | st.text(min_size=1), st.none() | st.integers(0)
gaps = st.builds(
    Gap,
    st.text(),
    st.text(),
    optional_text,
    optional_text,
    optional_millis,
    optional_millis,
    st.text(),
)
parts = st.builds(
    Part,
    name=st.text(),
    kind=st.sampled_from(Kind),
    table=st.text(),
    rows=st.integers(0),
    url=st.text(),
    size=st.integers(0),
    epoch=st.integers(-1),
    accounts=st.lists(accounts, max_size=3).map(tuple),
    outcomes=st.lists(outcomes, max_size=3).map(tuple),
    floor=st.integers(0),
    key_id=st.text(),
    gaps=st.lists(gaps, max_size=3).map(tuple),
    table_floors=st.just("") | st.just("customer 3, ticket 4"),
    shape=st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
)


@given(parts)
def test_a_reference_comes_back(part: Part) -> None:
    data = part.encode()
    assert Part.decode(data) == part
    assert data[:1] not in {kind.value for kind in Kind}
    assert data[:1] not in {b"E", b"C", b"R"}


def test_a_reference_of_an_earlier_version_says_nothing_of_its_columns() -> None:
    earlier = (
        b'S{"name":"a","kind":"ROWS","stream":"s","rows":1,"url":"","size":0,"epoch":3,'
        b'"accounts":[]}'
    )
    assert Part.decode(earlier) == Part("a", Kind.ROWS, "s", rows=1, epoch=3)


def test_accounts_of_an_earlier_version_are_of_no_table() -> None:
    earlier = (
        b'S{"name":"a","kind":"ACCOUNT","stream":"","rows":1,"url":"","size":0,"epoch":3,'
        b'"accounts":[{"stream":"s","shard":"0","first_sequence_number":"1",'
        b'"last_sequence_number":"2","read":2,"dead_lettered":1,"passed_over":0,'
        b'"last_arrival_ms":null}]}'
    )
    (account,) = Part.decode(earlier).accounts
    assert (account.table, account.read, account.split) == ("(untold)", 2, 0)


def test_a_part_gets_the_number_of_the_marker_that_closes_it() -> None:
    part = Part("name", Kind.ROWS, "stream", rows=3)
    assert (part.epoch, part.label(7).epoch) == (-1, 7)
    assert part.label(7).label(-1) == part


def test_names_never_repeat() -> None:
    assert len({Part.new_name() for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize("data", [b"", b"E\0\0\0\0\0\0\0\1", b"W", b"{}"])
def test_another_element_is_no_reference(data: bytes) -> None:
    with pytest.raises(PartError, match="is not a reference to a part"):
        Part.decode(data)


@pytest.mark.parametrize(
    "data", [b"S", b"S{}", b"S[]", b'S{"kind": "ilse"}', b"S\xff", b'S{"ilse": 1, "kind": "ROWS"}']
)
def test_a_reference_that_cannot_be_read_shows_nothing_of_it(data: bytes) -> None:
    with pytest.raises(PartError, match="cannot be read: ") as caught:
        Part.decode(data)
    assert "ilse" not in "".join(traceback.format_exception(caught.value))


def test_a_reference_has_the_names_that_earlier_versions_read() -> None:
    """State is read by the version before this one too, when an application is rolled back."""
    fields = json.loads(Part("name", Kind.ROWS, "sales", rows=3).encode()[1:])
    assert (fields["stream"], "table" in fields) == ("sales", False)
    assert "gaps" not in fields


def test_accounts_without_a_point_of_the_log_are_those_of_the_version_before() -> None:
    account = Account("changes", "0", "sale", "1", "2", 1, 0, 0, 0, None)
    reached = account.with_log_point(LogPoint(1, "0001", 5, "mysql-bin"))
    part = Part("n", Kind.ACCOUNT, "", 2, accounts=(account, reached))
    first, second = json.loads(part.encode()[1:])["accounts"]
    assert not [name for name in first if name.startswith("log_")]
    assert second["log_position"] == "0001"


def test_accounts_without_commit_times_are_those_of_the_version_before() -> None:
    account = Account("changes", "0", "sale", "1", "2", 1, 0, 0, 0, None)
    dated = replace(account, first_committed=0, last_committed=9, commit_lag_ms=-1)
    part = Part("n", Kind.ACCOUNT, "", 2, accounts=(account, dated))
    first, second = json.loads(part.encode()[1:])["accounts"]
    assert not [name for name in first if "commit" in name]
    assert (second["first_committed"], second["commit_lag_ms"]) == (0, -1)
    assert "tips" not in json.loads(part.encode()[1:])
    assert Part.decode(part.encode()) == part
