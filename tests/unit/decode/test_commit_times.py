"""What accounts say of commit times: by table, by either path, and not later than the block."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import pytest

from connectors.accounts import CONTROL, UNDECLARED, Account
from flink_app.decode.block import decode_block
from infra.simulation.doubles import decode_by_rows
from tests.unit.decode.records import FREIGHT_PLAN, KEYS, block, company, decode, line, region

_BEGIN: Final = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
_MILLIS: Final = round(_BEGIN.timestamp() * 1_000)
ARRIVAL: Final = _MILLIS + 60_000


def committed(record: bytes, seconds: float | None, **metadata: Any) -> bytes:
    """The record, committed so long after the begin; None: it does not say when."""
    envelope = json.loads(record)
    envelope["metadata"] |= metadata
    envelope["metadata"].pop("commit-timestamp", None)
    if seconds is not None:
        time = (_BEGIN + dt.timedelta(seconds=seconds)).replace(tzinfo=None)
        envelope["metadata"]["commit-timestamp"] = time.isoformat(timespec="microseconds") + "Z"
    return json.dumps(envelope).encode()


def decoded(*records: bytes, arrivals: list[int | None] | None = None) -> dict[str, Account]:
    given = [ARRIVAL] * len(records) if arrivals is None else arrivals
    accounts = decode_block(block(records, given), FREIGHT_PLAN, KEYS).accounts
    return {account.table: account for account in accounts}


def says(account: Account) -> tuple[float | None, float | None, int | None]:
    """First and last commit in seconds after the begin, and the lag in milliseconds."""
    first, last = (
        None if micros is None else micros / 1_000_000 - _MILLIS / 1_000
        for micros in (account.first_committed, account.last_committed)
    )
    return first, last, account.commit_lag_ms


RECORDS: Final = (
    committed(region(), 20.5),
    committed(company(), 30),
    committed(region("update"), 10),
    committed(line(), None),
    committed(region(), 40, **{"table-name": "unheard_of"}),
    committed(region("refresh"), 50),  # a dead letter
    committed(region(), None, **{"record-type": "control"}),
)


@pytest.mark.parametrize("by_rows", [False, True])
def test_each_table_has_its_own_and_dead_letters_have_none(by_rows: bool) -> None:
    if by_rows:
        with decode_by_rows():
            found = decoded(*RECORDS)
    else:
        found = decoded(*RECORDS)
    assert says(found["region"]) == (10, 20.5, 20_000)
    assert says(found["company"]) == (30, 30, 20_000)
    assert says(found[UNDECLARED]) == (40, 40, 20_000)
    assert says(found["consignment"]) == says(found[CONTROL]) == (None, None, None)


def test_a_time_after_the_arrival_counts_as_the_arrival() -> None:
    found = decoded(committed(region(), 10), committed(region(), 10**9))
    assert says(found["region"]) == (10, 60, 0)


def test_where_no_arrival_is_known_the_time_is_taken_as_it_is() -> None:
    found = decoded(committed(region(), 10), arrivals=[None])
    assert says(found["region"]) == (10, 10, None)


def test_the_lag_is_that_of_the_newest_record_that_says_a_time() -> None:
    records = (committed(region(), 10), committed(region(), None))
    found = decoded(*records, arrivals=[_MILLIS + 12_000, ARRIVAL])
    assert says(found["region"]) == (10, 10, 2_000)


def test_without_a_record_that_says_one_nothing_is_known() -> None:
    assert says(decode([committed(region("load"), None)]).accounts[0]) == (None, None, None)
