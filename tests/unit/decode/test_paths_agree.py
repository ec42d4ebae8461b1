"""The columnar path equals the row-by-row path, for any mix of good, odd and broken records."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import accounts
from flink_app.decode.plan import DecodePlan
from flink_app.decode.rows import parse_alone, parse_record
from flink_app.diagnostics.observe import read_control
from flink_app.diagnostics.source_names import source_name
from flink_app.records.parsed import Skipped
from flink_app.records.plan import METADATA
from tests.unit.decode.records import (
    FREIGHT_PLAN,
    MIXED_PLAN,
    REGION,
    SCHEMAS_PLAN,
    UNCHANGED_PLAN,
    changes,
    company,
    decode,
    line,
    port,
    record,
    reference,
    reference_counts,
    region,
)
from tests.unit.decode.twists import BROKEN, BROKEN_SPANS, good, mangled, text, twisted

pytestmark = pytest.mark.slow

CONTROL: Final = record("region", None, "create-table", record_type="control")
FOREIGN: Final = record("elsewhere", {"id": 1})
SIMILAR: Final = record("region", REGION, schema="FREIGHT")
GOOD: Final = {
    FREIGHT_PLAN: [region(), port(), company(), line(), CONTROL, FOREIGN, SIMILAR],
    MIXED_PLAN: [text(good(t, MIXED_PLAN, "update")) for t in MIXED_PLAN.tables.values()],
    UNCHANGED_PLAN: [
        text(good(t, UNCHANGED_PLAN, "update")) for t in UNCHANGED_PLAN.tables.values()
    ],
    SCHEMAS_PLAN: [text(good(t, SCHEMAS_PLAN, "update")) for t in SCHEMAS_PLAN.tables.values()],
}
OPERATIONS: Final = ["load", "insert", "update", "delete"]


def assert_paths_agree(records: list[bytes], plan: DecodePlan) -> None:
    decoded = decode(records, plan)
    expected_changes, expected_faults, passed_over = reference(records, plan)
    assert changes(decoded) == expected_changes
    letters = [
        (letter["sequence_number"], letter["reason"], letter["detail"], letter["table"])
        for letter in decoded.dead_letters.to_pylist()
    ]
    assert letters == [
        (number, fault.reason.value, fault.detail, fault.table) for number, fault in expected_faults
    ]
    controls = [
        (str(number), finding)
        for number, data in enumerate(records, 1000)
        if parse_record(data, plan) == Skipped(accounts.CONTROL)
        for finding in read_control(data, plan).findings
    ]
    # Behind those of the control records is what the sampled row shows.
    assert [
        (f.sequence_number, replace(f, shard="", sequence_number=""))
        for f in decoded.seen.findings[: len(controls)]
    ] == controls
    one_by_one = (parse_alone(0, data, plan) for data in records)
    assert decoded.seen.undeclared == Counter(
        source_name(record.envelope[METADATA])
        for record in one_by_one
        if record.outcome == Skipped(accounts.UNDECLARED)
    )
    account = decoded.account
    assert account.read == len(records)
    assert account.passed_over == passed_over
    assert account.dead_lettered == len(expected_faults)
    assert {
        a.table: (a.read, a.split, a.dead_lettered, a.passed_over) for a in decoded.accounts
    } == reference_counts(records, plan)


@pytest.mark.parametrize(
    ("plan", "table", "operation"),
    [
        *((plan, table, "update") for plan in GOOD for table in plan.tables),
        *((FREIGHT_PLAN, "port", operation) for operation in ("load", "insert", "delete")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_oddity_alone(plan: DecodePlan, table: str, operation: str) -> None:
    for data in twisted(plan.tables[table], plan, operation):
        try:
            assert_paths_agree([data], plan)
        except Exception as error:
            error.add_note(f"record: {data.decode(errors='backslashreplace')[:1000]}")
            raise


def controls(plan: DecodePlan) -> list[bytes]:
    """Control records of every table, as they should be and damaged."""
    found = []
    for table in plan.tables.values():
        names: dict[str, Any] = {"schema": table.schema, "record_type": "control"}
        whole = json.loads(record(table.source, None, "create-table", **names))
        whole["control"] = {"table-def": {"columns": {"other": {"type": "INT4"}}}}
        found += [json.dumps(whole, indent=indent).encode() for indent in (None, 1)]
        whole["control"] = {"table-def": 7}
        found.append(json.dumps(whole).encode())
        for operation in ("drop-column", "rename-table", 7, None):
            found.append(record(table.source, None, operation, **names))  # type: ignore[arg-type]
        # Read one by one, since the columnar reader takes neither.
        found.append(record(table.source, None, "add-column", commit_timestamp=7, **names))
        found.append(found[0] + b" ,")
    return found


def mixes(plan: DecodePlan) -> st.SearchStrategy[list[bytes]]:
    """Runs of good records, long enough to be read by columns, between odd and broken ones."""
    runs = st.integers(1, 24).map(lambda n: [GOOD[plan][i % len(GOOD[plan])] for i in range(n)])
    odd = [
        data
        for table in plan.tables.values()
        for operation in OPERATIONS
        for data in twisted(table, plan, operation)
    ]
    whole = st.sampled_from([text(good(t, plan, "update")) for t in plan.tables.values()])
    damaged = st.builds(mangled, whole, st.integers(0, 300)).flatmap(st.sampled_from)
    parts = st.one_of(
        runs,
        st.lists(st.sampled_from(odd), min_size=1, max_size=3),
        damaged,
        st.sampled_from([[data] for data in BROKEN] + BROKEN_SPANS),
    )
    parts |= st.sampled_from([[data] for data in controls(plan)])
    return st.lists(parts, min_size=1, max_size=6).map(
        lambda found: [data for records in found for data in records]
    )


RUN: Final = GOOD[FREIGHT_PLAN] * 3


@given(mixes(FREIGHT_PLAN))
@settings(max_examples=100, deadline=None)
@example([*RUN, region() + region(), b"", *RUN])
@example([*RUN, region()[:-1] + b',"ignored":"\xff"}', *RUN])
@example([port(depth="1234567890123456789012345678.1234567890"), b"{"])
def test_any_mix(records: list[bytes]) -> None:
    assert_paths_agree(records, FREIGHT_PLAN)


@given(mixes(MIXED_PLAN))
@settings(max_examples=60, deadline=None)
def test_any_mix_of_tables_that_are_read_apart(records: list[bytes]) -> None:
    assert len(MIXED_PLAN.groups) == 3
    assert_paths_agree(records, MIXED_PLAN)


@given(mixes(SCHEMAS_PLAN))
@settings(max_examples=40, deadline=None)
def test_any_mix_of_several_schemas_and_before_image_columns(records: list[bytes]) -> None:
    assert_paths_agree(records, SCHEMAS_PLAN)


@pytest.mark.parametrize("broken", [[data] for data in BROKEN] + BROKEN_SPANS)
def test_a_broken_record_takes_no_other_with_it(broken: list[bytes]) -> None:
    decoded = decode([*RUN, *broken, *RUN])
    faulty = [letter["sequence_number"] for letter in decoded.dead_letters.to_pylist()]
    assert faulty == [str(1000 + len(RUN) + i) for i in range(len(broken))]


@pytest.mark.parametrize("at", [1, 30, 200])
def test_every_damage_between_good_records(at: int) -> None:
    table = FREIGHT_PLAN.tables["port"]
    for records in mangled(text(good(table, FREIGHT_PLAN, "update")), at):
        assert_paths_agree([*RUN, *records, *RUN], FREIGHT_PLAN)


@pytest.mark.parametrize("between", [0, 3, 40])
def test_many_oddities_in_one_block(between: int) -> None:
    odd = [*twisted(FREIGHT_PLAN.tables["port"], FREIGHT_PLAN, "update"), *BROKEN]
    good = (RUN * 3)[:between]
    records = [data for one in odd[:: 1 + between // 5] for data in (one, *good)]
    assert_paths_agree(records, FREIGHT_PLAN)


def test_records_that_make_up_for_each_other_are_told_apart() -> None:
    """Two records that are one change, and one that is two: as many changes as records."""
    change = b'{"metadata":%s,"data":%s}' % tuple(
        json.dumps(json.loads(region())[part]).encode() for part in ("metadata", "data")
    )
    halves = [change[: len(b'{"metadata":')], change[len(b'{"metadata":') :]]
    assert [data[:1] + data[-1:] for data in halves] == [b"{:", b"{}"]
    decoded = decode([*RUN, *halves, region() + region(), *RUN])
    assert len(decoded.dead_letters) == 3
    assert len(decoded.changes["region"]) == 2 * RUN.count(region())


def test_the_parts_of_a_key_may_be_declared_in_another_order_than_the_key() -> None:
    was = {"BI_shop": 3, "BI_no": 4}
    row = {"shop": 1, "no": 2, "old": "x", "paid": True}
    data = record("sale", row | was, "update", schema="south")
    assert_paths_agree([data], SCHEMAS_PLAN)
    found = [dict(change) for change in changes(decode([data], SCHEMAS_PLAN))["sale"]]
    assert [(c["shop"], c["number"]) for c in found if c["_deleted"]] == [(3, 4)]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'{"data":}', id="syntax"),
        pytest.param(line(voyage="1"), id="type"),
        pytest.param(line(voyage=1.0), id="conversion"),
        pytest.param(region() + region(), id="two in one"),
        pytest.param(region()[:-1] + b',"ignored":"\xff"}', id="encoding"),
    ],
)
def test_an_odd_record_costs_few_others_the_columnar_path(odd: bytes) -> None:
    assert decode([*RUN * 20, odd, *RUN * 20]).by_rows <= 16


@pytest.mark.parametrize("plan", GOOD)
@pytest.mark.parametrize("count", [1, 2, 16, 17, 300])
def test_good_records_never_take_the_slow_path(plan: DecodePlan, count: int) -> None:
    decoded = decode([GOOD[plan][i % len(GOOD[plan])] for i in range(count)], plan)
    assert decoded.by_rows == 0
    assert len(decoded.dead_letters) == 0


@pytest.mark.parametrize("depth", [100, 200_000])
def test_nesting_breaks_nothing(depth: int) -> None:
    nested = b'{"data":' + b"[" * depth + b"]" * depth + b"}"
    assert len(decode([nested, line()]).dead_letters) == 1
    ignored = line()[:-1] + b',"ignored":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    assert len(decode([ignored]).changes["consignment"]) == 1
