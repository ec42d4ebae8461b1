"""Records are sorted by the table that they seem to be of, which changes nothing of the result."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flink_app.decode import plan as plans
from flink_app.decode import presumed_tables, reading
from flink_app.decode.lines import Lines
from flink_app.decode.plan import DecodePlan
from flink_app.decode.presumed_tables import UNCERTAIN
from flink_app.records.plan import TablePlan
from tests.unit.decode.records import (
    FREIGHT_PLAN,
    MIXED_PLAN,
    SCHEMAS_PLAN,
    UNCHANGED_PLAN,
    block,
    decode,
    line,
    port,
    record,
    region,
)
from tests.unit.decode.test_paths_agree import GOOD, RUN, assert_paths_agree, mixes
from tests.unit.decode.twists import BROKEN, good, text, twisted

PLANS: Final = [FREIGHT_PLAN, MIXED_PLAN, UNCHANGED_PLAN, SCHEMAS_PLAN]


@pytest.fixture(params=[0, 10_000], ids=["all at once", "one by one"])
def any_count(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of looking for names."""
    monkeypatch.setattr(presumed_tables, "_FEW", request.param)


@pytest.fixture
def sorted_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each table is read with its own schema, however few its records are."""
    monkeypatch.setattr(plans, "_CALL", -(10**9))
    monkeypatch.setattr(plans, "_PRESUMING", -(10**9))


def compact(data: bytes) -> bytes:
    """As DMS writes a record: without blanks, metadata last."""
    try:
        envelope = json.loads(data)
        metadata = envelope.pop("metadata")
    except (ValueError, KeyError, AttributeError, TypeError):
        return data
    return json.dumps(envelope | {"metadata": metadata}, separators=(",", ":")).encode()


def presume(records: list[bytes], plan: DecodePlan) -> list[int]:
    read = block(records)
    lines = Lines(read.text, read.offsets, np.arange(len(records)))
    presumed: list[int] = plan.table_names.presume(lines).tolist()
    return presumed


@pytest.mark.usefixtures("any_count")
def test_the_table_is_seen_wherever_it_stands() -> None:
    plan = FREIGHT_PLAN
    names = [table.source for table in plan.tables_by_number]
    records, expected = [], []
    for number, name in enumerate(names * 7):
        at = {"transaction_record_id": 10**number, "partition_key_value": "x" * number}
        one = record(name, {"note": "n" * number}, **at)
        spread = json.dumps(json.loads(one), indent="\t").replace(": ", ":\t").encode()
        records += [compact(one), one, spread]
        expected += [number % len(names)] * 3
    assert len({len(name) for name in names}) > 2
    found = presume(records, plan)
    one_by_one = len(records) <= presumed_tables._FEW
    tried = len(records) if one_by_one else presumed_tables._TRIES
    assert found[:tried] == expected[:tried]
    assert all(f in {UNCERTAIN, e} for f, e in zip(found, expected, strict=True))


@pytest.mark.usefixtures("any_count")
@pytest.mark.parametrize("table", FREIGHT_PLAN.tables_by_number, ids=lambda table: table.name)
def test_the_last_record_of_a_block_shows_its_table_as_well(table: TablePlan) -> None:
    records = [compact(record(table.source, {"n": n}, "load")) for n in range(3)]
    number = FREIGHT_PLAN.tables_by_number.index(table)
    assert records[-1].endswith(b'"table-name":"%s"}}' % table.source.encode())
    assert presume(records, FREIGHT_PLAN) == [number] * 3


@pytest.mark.usefixtures("any_count")
def test_what_shows_no_declared_table_is_uncertain() -> None:
    unknown = [
        b"{}",
        b'{"table-name"',
        b'{"table-name":"',
        record("regio", {"id": 1}),
        record("regions", {"id": 1}),
        record("", {"id": 1}),
        b"{}" * 9,
    ]
    assert set(presume(unknown, FREIGHT_PLAN)) == {UNCERTAIN}
    assert presume([region(), b""], FREIGHT_PLAN)[1] == UNCERTAIN


def test_a_name_of_several_schemas_says_too_little() -> None:
    sources = [table.source for table in SCHEMAS_PLAN.tables_by_number]
    ambiguous = [name for name in sources if sources.count(name) > 1]
    assert ambiguous
    assert presume([record(ambiguous[0], {})], SCHEMAS_PLAN) == [UNCERTAIN]


def misleading() -> list[bytes]:
    """Records that seem to be of another table than they are."""
    behind = b',"unread":{"table-name":"%s"}}'
    found = [
        compact(one)[:-1] + behind % name
        for one in (region(), port(), line())
        for name in (b"region", b"port", b"consignment", b"Companies", b"elsewhere")
    ]
    control = record("region", None, "create-table", record_type="control")
    return [*found, compact(control)[:-1] + behind % b"port", compact(region(country=7))]


@pytest.mark.usefixtures("any_count", "sorted_always")
def test_a_record_is_of_the_table_that_its_metadata_name() -> None:
    run = [compact(one) for one in RUN]
    assert_paths_agree([*run, *misleading(), *run], FREIGHT_PLAN)
    for one in misleading():
        assert_paths_agree([*run[:3], one], FREIGHT_PLAN)


@pytest.mark.usefixtures("any_count", "sorted_always")
def test_a_misleading_record_is_read_by_columns_all_the_same() -> None:
    both = [
        compact(region()),
        compact(port()),
        compact(region())[:-1] + b',"a":{"table-name":"port"}}',
    ]
    decoded = decode(both)
    assert (decoded.by_rows, decoded.account.changed) == (0, 3)


@pytest.mark.usefixtures("any_count", "sorted_always")
@pytest.mark.parametrize("plan", PLANS)
def test_every_oddity_in_sorted_records(plan: DecodePlan) -> None:
    for table in plan.tables.values():
        odd = [compact(data) for data in twisted(table, plan, "update")]
        whole = [compact(text(good(t, plan, "update"))) for t in plan.tables.values()]
        assert_paths_agree([*whole, *odd, *BROKEN, *whole], plan)


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
@given(data=st.data())
@settings(max_examples=6, deadline=None)
def test_any_mix_of_sorted_records(plan: DecodePlan, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "_CALL", -(10**9))
        patch.setattr(plans, "_PRESUMING", -(10**9))
        patch.setattr(presumed_tables, "_FEW", 4)
        assert_paths_agree([compact(one) for one in data.draw(mixes(plan))], plan)


def test_a_table_is_read_alone_where_that_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[tuple[int, int]] = []
    parse = reading._parse

    def counted(lines: Lines, schema: pa.Schema) -> Any:
        widths.append((len(lines), schema.field("data").type.num_fields))
        return parse(lines, schema)

    monkeypatch.setattr(reading, "_parse", counted)
    of = [compact(one) for one in [*GOOD[FREIGHT_PLAN][:2], *[line()] * 30]]
    assert decode(of).by_rows == 0
    ((every, wide),) = widths
    widths.clear()
    monkeypatch.setattr(plans, "_CALL", 200)
    monkeypatch.setattr(plans, "_CALL_COLUMN", 0)
    monkeypatch.setattr(plans, "_PRESUMING", -(10**9))
    assert decode(of).by_rows == 0
    assert [count for count, _ in widths] == [30, 2]
    assert widths[0][1] < widths[1][1] == wide
    assert every == len(of)


def test_tables_that_are_read_apart_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    parse = reading._parse

    def counted(lines: Lines, schema: pa.Schema) -> Any:
        read.append(len(lines))
        return parse(lines, schema)

    monkeypatch.setattr(reading, "_parse", counted)
    records = [compact(one) for one in GOOD[MIXED_PLAN]] * 4
    assert decode(records, MIXED_PLAN).by_rows == 0
    assert sum(read) == len(records)
    read.clear()
    hidden = [re.sub(rb"table-name", rb"table-\\u006eame", one) for one in records]
    assert decode(hidden, MIXED_PLAN).by_rows == 0
    assert sum(read) == 2 * len(records)
