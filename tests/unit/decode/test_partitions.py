"""Records that name a partition of a declared table are records of that table."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from connectors.accounts import UNDECLARED
from flink_app.diagnostics.observe import read_sample
from flink_app.diagnostics.schema_findings import FindingKind
from tests.unit.decode.records import (
    PARTITIONED,
    PARTITIONED_PLAN,
    changes,
    decode,
    plan_of,
    record,
)
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.stars import star

SALE: Final = {"id": 1, "buyer": 7, "state": "new"}
OF_SALE: Final = [
    ("shop", "sale"),
    ("shop", "archive"),
    ("shop", "sale.p"),
    ("shop", "sale.p2026_01"),
    ("shop", "sale.p\n%"),
    ("Internal", '"Chunk"_7'),
]
OF_NONE: Final = [
    ("shop", "Sale"),
    ("shop", "sale_p1"),  # the dot is no wildcard
    ("shop", "salexp1"),
    ("shop", "archive2"),
    ("shop", '"Chunk"_7'),
    ("Internal", "sale.p1"),
    ("Internal", '"chunk"_7'),
    ("shop", "unread_1"),  # of a table that no target uses
]


def sale(schema: str, name: str, operation: str = "insert", **changed: Any) -> bytes:
    return record(name, SALE | changed, operation, schema=schema, before={})


def test_partitions_are_read_as_their_table_and_nothing_else_is() -> None:
    records = [
        sale(*source, id=number) for number, source in enumerate([*OF_SALE, *OF_NONE, *OF_SALE])
    ]
    assert_paths_agree(records, PARTITIONED_PLAN)
    decoded = decode(records, PARTITIONED_PLAN)
    assert decoded.by_rows == 0
    read = sorted(decoded.changes["sale"]["id"].to_pylist())
    last = len(OF_SALE) + len(OF_NONE)
    assert read == [*range(len(OF_SALE)), *range(last, last + len(OF_SALE))]
    assert {a.table: a.read for a in decoded.accounts} == {
        "sale": 2 * len(OF_SALE),
        UNDECLARED: len(OF_NONE),
    }


def test_an_update_under_a_partition_s_name_follows_a_load_under_the_table_s() -> None:
    load = record("sale", SALE | {"state": "old"}, "load", schema="shop")
    decoded = decode([load, sale("shop", "sale.p1", "update")], PARTITIONED_PLAN)
    rows = {row["_pos"]: row["state"] for row in decoded.changes["sale"].to_pylist()}
    assert [rows[position] for position in sorted(rows)] == ["old", "new"]


def test_a_row_that_moves_between_partitions_is_there_in_the_end() -> None:
    """A delete and an insert of one transaction, in the order of their numbers."""
    delete = record("sale.p1", SALE, "delete", schema="shop", transaction_record_id=3)
    insert = record("sale.p2", SALE, schema="shop", transaction_record_id=4)
    decoded = decode([insert, delete], PARTITIONED_PLAN)
    newest = max(decoded.changes["sale"].to_pylist(), key=lambda row: row["_pos"])
    assert not newest["_deleted"]


def test_tables_that_are_read_in_several_groups_have_partitions() -> None:
    """The same name has another type in another table, so metadata are read by themselves."""
    content = PARTITIONED.declaration.model_dump(by_alias=True, exclude_none=True)
    content["tables"]["customer"]["columns"]["state"] = {"type": "integer"}
    content["targets"]["sales"]["columns"]["state_number"] = "buyer.state"
    plan = plan_of(star(json.dumps(content)))
    assert len(plan.groups) == 2
    customer = record("customer_9", {"id": 7, "name": "x", "state": 3}, schema="shop")
    records = [sale("shop", "sale.p1"), customer, sale(*OF_NONE[0])]
    assert_paths_agree(records, plan)
    assert {table: len(rows) for table, rows in changes(decode(records, plan)).items()} == {
        "sale": 1,
        "customer": 1,
    }


def test_a_dead_letter_of_a_partition_names_the_table_and_shows_the_partition() -> None:
    decoded = decode([sale("shop", "sale.p1", id="x"), sale("shop", "archive", id="x")])
    assert len(decoded.dead_letters) == 0  # undeclared there
    decoded = decode(
        [sale("shop", "sale.p1", id="x"), sale("shop", "archive", id="x")], PARTITIONED_PLAN
    )
    letters = decoded.dead_letters.to_pylist()
    assert [letter["table"] for letter in letters] == ["sale", "sale"]
    shown = [json.loads(letter["treated"]) for letter in letters]
    assert shown[1]["metadata"]["table-name"] == "archive"
    # A pattern lets any text pass, so a name with a sign of no name is left out.
    assert "table-name" not in shown[0]["metadata"]
    assert "table-name" in shown[0]["left_out"]["metadata"]


def test_the_partition_value_begins_with_the_partition_s_name() -> None:
    def signs(value: str) -> list[str]:
        metadata: dict[str, Any] = {
            "partition_key_type": "primary-key",
            "partition_key_value": value,
        }
        data = record("sale.p1", SALE, schema="shop", **metadata)
        return [sign.name for sign in read_sample(data, PARTITIONED_PLAN).signs]

    assert signs("shop.sale.p1.1") == []
    assert signs("shop.sale.1") == ["NO_PARTITION_SCHEMA"]


def control(operation: str, name: str, **columns: Any) -> bytes:
    made = json.loads(record(name, None, operation, schema="shop", record_type="control"))
    if columns:
        made["control"] = {"table-def": {"columns": columns, "primary-key": ["id"]}}
    return json.dumps(made).encode()


COLUMNS: Final = {
    "id": {"type": "INT32"},
    "buyer": {"type": "INT32"},
    "state": {"type": "STRING", "length": 20},
}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (control("drop-table", "sale"), [(FindingKind.TABLE_DROPPED, False)]),
        (control("drop-table", "archive"), [(FindingKind.PARTITION_DROPPED, True)]),
        (control("rename-table", "sale"), [(FindingKind.TABLE_RENAMED, False)]),
        (control("rename-table", "archive"), [(FindingKind.PARTITION_RENAMED, True)]),
        (control("truncate-table", "sale"), [(FindingKind.TRUNCATED, False)]),
        (control("truncate-table", "archive"), [(FindingKind.TRUNCATED, True)]),
        (control("add-column", "archive"), [(FindingKind.ALTERED, True)]),
        (control("create-table", "archive", **COLUMNS), []),
        (
            control("create-table", "archive", **COLUMNS | {"state": {"type": "INT32"}}),
            [(FindingKind.TYPE, True)],
        ),
        (control("drop-table", "other"), []),
    ],
)
def test_a_control_record_of_a_partition_says_so(
    data: bytes, found: list[tuple[FindingKind, bool]]
) -> None:
    findings = decode([data], PARTITIONED_PLAN).seen.findings
    partition = ("shop", "archive")
    assert [(f.kind, f.partition == partition) for f in findings] == found
    assert all('table sale, partition "shop"."archive"' in str(f) for f in findings if f.partition)


def test_a_column_that_a_partition_does_not_have_is_reported_with_the_partition() -> None:
    row = {"id": 1, "buyer": None}
    (finding,) = decode([record("archive", row, schema="shop")], PARTITIONED_PLAN).seen.findings
    assert str(finding).startswith('table sale, partition "shop"."archive", column state: the')
