"""Settings of DMS that are off: each is noticed, counted, and named once in the log."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import given, settings

from connectors.metrics import GROUP
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_alone
from flink_app.diagnostics.dms_settings import SettingSign, Signs, signs_in_record
from flink_app.diagnostics.observe import read_sample
from tests.unit.decode.records import (
    COMPANY,
    FREIGHT_PLAN,
    LINE,
    REGION,
    SCHEMAS_PLAN,
    UNCHANGED_PLAN,
    decode,
    line,
    record,
    region,
)
from tests.unit.decode.subtask import frame, opened
from tests.unit.decode.test_paths_agree import GOOD, mixes
from tests.unit.positions.test_position import AT, PLANS
from tests.unit.positions.test_position import plan as plan_of_stream
from tests.unit.stars import freight

SAMPLED: Final = {
    SettingSign.LEFT_OUT,
    SettingSign.TEXT_BOOLEAN,
    SettingSign.NO_NULLS,
    SettingSign.NO_PARTITION_VALUE,
    SettingSign.NO_PARTITION_SCHEMA,
}
AS_NULL_PLAN: Final = plan_of_stream(missing_columns="as_null")
SALE: Final = {"shop": 1, "no": 2, "old": "x", "paid": True}
IN_TIME: Final[dict[str, Any]] = {"stream_position": None, "commit_timestamp": AT}
BY_KEY: Final[dict[str, Any]] = {"partition_key_type": "primary-key"}


def sale(operation: str, **more: Any) -> bytes:
    return record("sale", SALE | more, operation, schema="south")


VISIT: Final = {"visit": 1, "part": 2, "page": 3, "log": "x"}
CASES: Final[list[tuple[bytes, DecodePlan, list[SettingSign]]]] = [
    *[(region(o), FREIGHT_PLAN, []) for o in ("load", "insert", "delete")],
    (record("region", REGION, "update", before={}), FREIGHT_PLAN, []),
    (region("update"), FREIGHT_PLAN, [SettingSign.NO_BEFORE_IMAGE]),
    (
        record("region", REGION, "update", before={}, before_image="was"),
        FREIGHT_PLAN,
        [SettingSign.NO_BEFORE_IMAGE],
    ),
    (sale("update", BI_shop=1, BI_no=2), SCHEMAS_PLAN, []),
    (sale("update", BI_shop=1), SCHEMAS_PLAN, []),
    (sale("update", BI_shop=None), SCHEMAS_PLAN, [SettingSign.NO_BEFORE_IMAGE]),
    (sale("update"), SCHEMAS_PLAN, [SettingSign.NO_BEFORE_IMAGE]),
    (sale("insert"), SCHEMAS_PLAN, []),
    # A text was there and is not: set to null, or just left out.
    (
        record("region", REGION | {"title": None}, "update", before={"title": "x"}),
        FREIGHT_PLAN,
        [SettingSign.LEFT_OUT],
    ),
    (
        record("region", {"country": "NO", "code": "V"}, "update", before={"title": "x"}),
        AS_NULL_PLAN,
        [SettingSign.NO_NULLS, SettingSign.LEFT_OUT],
    ),
    # Nulls are sent, and a column is not.
    (
        record("region", {"country": "NO", "code": "V", "more": None}, "update", before={}),
        AS_NULL_PLAN,
        [SettingSign.NO_NULLS, SettingSign.LEFT_OUT],
    ),
    # Such an update is a dead letter unless it is declared to be none.
    (
        record("region", {"country": "NO", "code": "V"}, "update", before={"title": "x"}),
        FREIGHT_PLAN,
        [],
    ),
    (record("region", REGION | {"title": None}, "update", before={}), FREIGHT_PLAN, []),
    (record("region", REGION, "update", before={"title": "x"}), FREIGHT_PLAN, []),
    (
        record("visit", VISIT | {"body": None}, "update", schema="u", before={"note": "x"}),
        UNCHANGED_PLAN,
        [],
    ),
    (record("region", REGION, stream_position=None), FREIGHT_PLAN, [SettingSign.NO_DETAILS]),
    (record("region", REGION, transaction_record_id=None), FREIGHT_PLAN, [SettingSign.NO_DETAILS]),
    (
        record("region", REGION, stream_position=None, commit_timestamp=AT),
        FREIGHT_PLAN,
        [SettingSign.NO_DETAILS, SettingSign.COARSE],
    ),
    (
        record("region", REGION, stream_position="of another", commit_timestamp=AT),
        FREIGHT_PLAN,
        [SettingSign.COARSE],
    ),
    (
        record("region", REGION, stream_position=None, commit_timestamp=AT),
        PLANS["commit-timestamp"],
        [SettingSign.COARSE],
    ),
    *(
        (
            record("region", REGION, "update", before=before, **IN_TIME),
            PLANS["commit-timestamp"],
            [SettingSign.COARSE, *more],
        )
        for before, more in [
            ({"code": "V"}, []),
            ({"code": "W"}, [SettingSign.UNORDERED]),
        ]
    ),
    (record("region", REGION, "load", stream_position=None), FREIGHT_PLAN, []),
    (record("Companies", COMPANY | {"home": 7.0}), FREIGHT_PLAN, []),
    (
        record("Companies", COMPANY | {"ID": "@"}).replace(b'"@"', b"1.234e17"),
        FREIGHT_PLAN,
        [SettingSign.EXPONENT],
    ),
    (line(insured="true"), FREIGHT_PLAN, [SettingSign.TEXT_BOOLEAN]),
    (line(insured=1), FREIGHT_PLAN, []),
    (record("region", {"country": "NO", "code": "V"}), FREIGHT_PLAN, [SettingSign.NO_NULLS]),
    (record("region", {"country": "NO", "code": "V"}, "delete"), FREIGHT_PLAN, []),
    (record("region", {"country": "NO", "code": "V", "title": None}), FREIGHT_PLAN, []),
    (record("region", REGION, **BY_KEY), FREIGHT_PLAN, [SettingSign.NO_PARTITION_VALUE]),
    (
        record("region", REGION, **BY_KEY, partition_key_value="NO.V"),
        FREIGHT_PLAN,
        [SettingSign.NO_PARTITION_SCHEMA],
    ),
    (
        record("region", REGION, **BY_KEY, partition_key_value="Freight.region.NO.V"),
        FREIGHT_PLAN,
        [],
    ),
    (record("region", REGION, partition_key_type="schema-table"), FREIGHT_PLAN, []),
    # Of tables that are not declared, and of what is no record, nothing is said.
    (record("elsewhere", {"id": 1}, "update", stream_position=None, **BY_KEY), FREIGHT_PLAN, []),
    (record("region", None, "create-table", record_type="control"), FREIGHT_PLAN, []),
    (b"{", FREIGHT_PLAN, []),
    (b"[" * 200_000, FREIGHT_PLAN, []),
]


def signs_alone(data: bytes, plan: DecodePlan) -> Signs:
    """The signs of a record that is read by itself."""
    return Signs(signs_in_record(parse_alone(0, data, plan), plan))


@pytest.mark.parametrize(("data", "plan", "expected"), CASES, ids=range(len(CASES)))
def test_a_setting_that_is_off_is_noticed_on_either_path(
    data: bytes, plan: DecodePlan, expected: list[SettingSign]
) -> None:
    alone = signs_alone(data, plan)
    assert set(alone + read_sample(data, plan).signs) == set(expected)
    count = 20
    exact = {sign: count for sign in expected if sign not in SAMPLED}
    sampled = {sign: 1 for sign in expected if sign in SAMPLED}
    assert decode([data] * count, plan).seen.signs == exact | sampled


def test_every_sign_is_reached() -> None:
    reached = {sign for _, _, signs in CASES for sign in signs}
    assert reached == set(SettingSign) - {SettingSign.MIXED_KINDS}  # of several blocks, see below


@pytest.mark.parametrize("plan", GOOD)
def test_both_paths_count_alike(plan: DecodePlan) -> None:
    @given(mixes(plan))
    @settings(max_examples=40, deadline=None)
    def check(records: list[bytes]) -> None:
        expected = Signs()
        for data in records:
            expected += signs_alone(data, plan)
        shown = decode(records, plan).seen.signs
        assert Counter({s: n for s, n in shown.items() if s not in SAMPLED}) == expected

    check()


@pytest.mark.parametrize(
    ("streams", "mixed"),
    [
        (["0000000D/51A3C8E0.3.x", "0000000D/51A3C8E1.3.x", "0000000D/51A3C8E2.3.x"], 0),
        (["bin.000001:4", "0000000D/51A3C8E0.3.x", "bin.000001:5"], 2),
        (["85974", "85975", None], 1),
        ([None, None, "bin.000001:4"], 1),
    ],
)
def test_positions_of_several_kinds_are_noticed_over_blocks(
    streams: list[str | None], mixed: int, caplog: pytest.LogCaptureFixture
) -> None:
    operator, context = opened(freight())
    for stream in streams:
        data = record("region", REGION, stream_position=stream, commit_timestamp=AT)
        list(operator.process_element(frame(data, region("load")), context))
    assert context.counts[GROUP, "blocksOfMixedPositions"] == mixed
    found = [entry.getMessage() for entry in caplog.records]
    assert found.count(SettingSign.MIXED_KINDS.warning) == min(mixed, 1)


def test_each_setting_is_warned_of_once_and_counted_always(
    caplog: pytest.LogCaptureFixture,
) -> None:
    operator, context = opened(freight())
    marked = frame(region("update", title="Zq7xMarked"), region("update", code="Zq7x"))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            list(operator.process_element(marked, context))
    assert [entry.getMessage() for entry in caplog.records] == [SettingSign.NO_BEFORE_IMAGE.warning]
    assert context.counts[GROUP, "updatesWithoutBeforeImage"] == 6
    assert "Zq7" not in caplog.text


@pytest.mark.parametrize("sign", SettingSign)
def test_a_warning_names_the_setting(sign: SettingSign) -> None:
    assert sign.warning.startswith("DMS setting: ")
    assert "; set " in sign.warning


def test_the_lines_of_the_example_show_nothing() -> None:
    assert not decode([record("consignment", LINE)] * 3).seen.signs


def test_a_column_that_no_row_has_may_be_gone_as_well() -> None:
    assert "IncludeNullAndEmpty" in SettingSign.NO_NULLS.warning
    assert "dropped or renamed" in SettingSign.NO_NULLS.warning
