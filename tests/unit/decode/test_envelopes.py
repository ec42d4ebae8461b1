"""The forms in which DMS may send a record: one case a fact of the wire format."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
import yaml

from flink_app.decode.plan import DecodePlan
from tests.unit.decode.records import (
    FREIGHT_PLAN,
    LINE,
    REGION,
    SCHEMAS_PLAN,
    changes,
    decode,
    line,
    only_fault,
    plan_of,
    record,
    region,
)
from tests.unit.stars import FREIGHT, star

RENAMED: Final = plan_of(
    star(yaml.safe_dump(yaml.safe_load(FREIGHT) | {"stream": {"before_image": "was"}}))
)


def lines(data: bytes, indent: str = "\t", end: str = "\n") -> bytes:
    """The record as MessageFormat `json` spreads it."""
    text = json.dumps(json.loads(data), indent=indent, separators=(",", ":\t"))
    return text.replace("\n", end).encode()


def by_columns(data: bytes, plan: DecodePlan = FREIGHT_PLAN, count: int = 40) -> dict[str, Any]:
    """The only change of a record that many others like it stand beside, all read by columns."""
    decoded = decode([data] * count, plan)
    assert (decoded.by_rows, len(decoded.dead_letters)) == (0, 0)
    (rows,) = changes(decoded).values()
    assert len(set(rows)) == 1
    return dict(rows[0])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lines(line()), id="json"),
        pytest.param(lines(line(), "    "), id="json, blanks"),
        pytest.param(lines(line(), end="\r\n"), id="json, carriage returns"),
        pytest.param(lines(line()) + b"\n", id="json, line feed behind"),
        pytest.param(lines(line(), end="\r\n") + b"\r\n", id="json, line's end behind"),
        pytest.param(line() + b"\n", id="json-unformatted"),
        pytest.param(line(), id="json-unformatted, no line feed"),
    ],
)
def test_either_message_format_is_read_by_columns(data: bytes) -> None:
    assert by_columns(data) == by_columns(line())


@pytest.mark.parametrize("operation", ["load", "insert", "delete"])
def test_null_columns_may_be_there_or_missing(operation: str) -> None:
    bare = {"voyage": 1, "line": 2}
    there = record("consignment", dict.fromkeys(LINE) | bare, operation)
    assert by_columns(there) == by_columns(record("consignment", bare, operation))


@pytest.mark.parametrize(
    "metadata",
    [
        {"prev_transaction_id": 7, "prev_transaction_record_id": 1, "transaction_id": 8},
        {"transaction_id": "0.a.1f", "unheard_of": {"a": [1]}},
        {"partition_key_type": "primary-key", "partition_key_value": "Freight.region.NO.V"},
        {"partition_key_type": "unheard-of", "partition_key_value": None},
    ],
)
def test_metadata_that_nobody_reads_may_be_there_or_missing(metadata: dict[str, Any]) -> None:
    assert by_columns(record("region", REGION, **metadata)) == by_columns(region())


def test_keys_of_newer_versions_are_no_fault() -> None:
    newer = region()[:-1] + b',"headers":{"x":1},"data-schema":null}'
    assert by_columns(newer) == by_columns(region())


def control(content: str, operation: str = "create-table", **metadata: Any) -> bytes:
    data = record("region", None, operation, record_type="control", **metadata)
    return data[:-1] + content.encode() + b"}"


TABLE_DEF: Final = (
    '{"table-def":{"columns":{"id":{"type":"INT32","nullable":false}},"primary-key":["id"]}}'
)


@pytest.mark.parametrize(
    "data",
    [
        control(f',"control":{TABLE_DEF}'),
        control(""),
        control(',"control":{}'),
        control(',"control":null'),
        control(',"control":{"unheard-of":[1]}'),
        control(f',"control":{TABLE_DEF}', schema_name="", table_name="awsdms_apply_exceptions"),
        *[
            control("", operation)
            for operation in ("drop-table", "rename-table", "add-column", "drop-column")
        ],
        *[
            control("", operation)
            for operation in ("rename-column", "change-columns", "column-type-change", "unheard-of")
        ],
        record("awsdms_status", {"task_name": "x"}, "load", schema=""),
        record("awsdms_history", {"server_name": "x"}, schema="Freight"),
    ],
)
def test_control_records_and_tables_of_dms_itself_are_passed_over_by_columns(data: bytes) -> None:
    decoded = decode([data] * 3)
    assert (decoded.changes, len(decoded.dead_letters), decoded.by_rows) == ({}, 0, 0)
    assert decoded.account.passed_over == 3


DOCUMENT: Final = (
    "the row is nested under '_doc': use map-record-to-record, not map-record-to-document, "
    "in the DMS table mapping"
)


@pytest.mark.parametrize(
    "data",
    [
        {"_doc": REGION},
        {"_doc": json.dumps(REGION)},
        # With attribute mappings the key stands beside the document: all else would become NULL.
        {"country": "NO", "code": "V", "_doc": REGION},
    ],
)
@pytest.mark.parametrize("operation", ["load", "update", "delete"])
def test_a_row_as_document_is_refused_and_the_setting_named(
    data: dict[str, Any], operation: str
) -> None:
    found = only_fault(record("region", data, operation))
    assert found == ("not_a_change", DOCUMENT, "region")


@pytest.mark.parametrize("name", ["_id", "oid__id"])
@pytest.mark.parametrize("document", ["{ }", {"code": "V"}])
def test_a_document_of_mongodb_is_refused_with_its_own_remedy(name: str, document: object) -> None:
    reason, detail, _ = only_fault(record("region", {name: "64b0c1", "_doc": document}))
    assert reason == "not_a_change"
    assert "set table mode on the source endpoint (NestingLevel: one)" in detail
    assert "map-record" not in detail


@pytest.mark.parametrize("written", ["1", 1.5, True, []])
def test_a_record_number_that_is_none_is_named(written: object) -> None:
    reason, detail, table = only_fault(record("region", REGION, transaction_record_id=written))
    assert (reason, table) == ("not_a_change", "region")
    assert detail.startswith("metadata 'transaction-record-id' is not a whole number")


def test_a_byte_order_mark_is_passed_over() -> None:
    mark = b"\xef\xbb\xbf"
    marked = [mark + record("region", REGION | {"code": code}) for code in "ABC"]
    decoded = decode([*marked, mark, mark + mark + region()])
    assert len(decoded.changes["region"]) == 3
    assert decoded.dead_letters["reason"].to_pylist() == ["not_json"] * 2


def test_a_column_may_have_the_documents_name() -> None:
    plan = plan_of(
        star(FREIGHT.replace("title: varchar(40)", "title: {type: varchar(40), source: _doc}"))
    )
    assert (
        by_columns(record("region", {"country": "NO", "code": "V", "_doc": "x"}), plan)["title"]
        == "x"
    )


@pytest.mark.parametrize(
    ("before_image", "moved"), [("was", True), ("before-image", False), ("BI_line", False)]
)
def test_the_before_image_stands_under_the_declared_name(before_image: str, *, moved: bool) -> None:
    data = record("consignment", LINE, "update", before={"line": 8}, before_image=before_image)
    decoded = decode([data] * 20, RENAMED)
    assert decoded.by_rows == 0
    deleted = [
        dict(row)["line"] for row in changes(decoded)["consignment"] if dict(row)["_deleted"]
    ]
    assert deleted == ([8] * 20 if moved else [])


@pytest.mark.parametrize(
    ("operation", "before", "deleted"),
    [
        ("update", {"BI_shop": 1, "BI_no": 8}, [(1, 8)]),
        ("update", {"BI_shop": None, "BI_no": 8}, [(1, 8)]),
        ("update", {"BI_no": 8}, [(1, 8)]),
        ("update", {"BI_shop": 1, "BI_no": 2}, []),
        ("update", {}, []),
        ("update", {"no_BI_": 8, "before-image": {"no": 8}}, []),
        ("insert", {"BI_shop": 1, "BI_no": 8}, []),
        ("load", {"BI_no": 8}, []),
        ("delete", {"BI_no": 8}, []),
    ],
)
def test_the_before_image_may_stand_among_the_columns(
    operation: str, before: dict[str, Any], deleted: list[tuple[int, int]]
) -> None:
    row = {"shop": 1, "no": 2, "old": "x", "paid": True}
    data = record("sale", row | before, operation, schema="south", before={"shop": 5})
    decoded = decode([data] * 20, SCHEMAS_PLAN)
    assert decoded.by_rows == 0
    found = [dict(change) for change in changes(decoded)["sale"]]
    if operation == "delete":
        assert [(c["shop"], c["number"], c["_deleted"]) for c in found] == [(1, 2, True)] * 20
    else:
        assert [(c["shop"], c["number"]) for c in found if c["_deleted"]] == deleted * 20


@pytest.mark.parametrize(
    ("schema", "table"), [("north", "shop"), ("south", "old_shop"), ("other", None), ("", None)]
)
def test_a_table_is_named_by_its_schema_as_well(schema: str, table: str | None) -> None:
    data = record("shop", {"id": 1, "ID": "a", "title": "x"}, schema=schema)
    decoded = decode([data] * 3, SCHEMAS_PLAN)
    assert list(decoded.changes) == ([table] if table else [])
    assert decoded.account.passed_over == (0 if table else 3)
