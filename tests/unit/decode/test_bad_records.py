"""Every reason has a bad record, which ends for that reason on its own."""

from __future__ import annotations

import pytest

from flink_app.records.rejected import Reason
from tests.support.bad_records import BAD_RECORDS, order_book_for_all
from tests.unit.decode.records import decode, plan_of
from tests.unit.stars import star

PLAN = plan_of(star(order_book_for_all()))


def test_every_reason_has_a_bad_record() -> None:
    assert set(BAD_RECORDS) == set(Reason), "add the missing ones to tests/support/bad_records.py"


@pytest.mark.parametrize("reason", BAD_RECORDS)
def test_a_bad_record_ends_for_its_reason(reason: Reason) -> None:
    found = decode([BAD_RECORDS[reason](1), BAD_RECORDS[reason](2)], PLAN)
    assert found.dead_letters["reason"].to_pylist() == [reason, reason]
    assert BAD_RECORDS[reason](1) != BAD_RECORDS[reason](2)
