"""Rows as DMS writes them: values keep every digit, keys say what they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.catalogue.postgresql_types import PostgresType
from infra.local.source.column_types import DmsType
from infra.local.source.pgoutput import NotSent, Row
from infra.local.source.records import InTransaction
from infra.local.source.row_records import RecordWriter, position_text, time_text
from infra.local.source.settings import PROFILE
from infra.local.source.tables import SourceColumn, SourceTable


def column(name: str, kind: str, modifier: int = -1) -> SourceColumn:
    source = PostgresType(kind, "b", is_array=False, modifier=modifier, schema="pg_catalog")
    return SourceColumn(name, DmsType(source), 0, modifier, is_nullable=True)


COLUMNS = (
    column("a", "int2"),
    column("B", "varchar", 24),
    column("amount", "numeric", (38 << 16 | 10) + 4),
    column("at", "timestamp"),
)
WRITER = RecordWriter(PROFILE, "task")
AT = InTransaction(
    7, 3, time_text(1_704_103_200_500_000), position_text(0x16B3748, 3), previous=(6, 1)
)


def table(identity: str = "d", *columns: str) -> SourceTable:
    named = frozenset(columns or ("B", "a"))
    return SourceTable(1, "S", "T", COLUMNS, ("B", "a"), identity, named)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567890123456789012345678.0123456789", None),
        ("-0.0000000001", None),
        ("1.50", None),
        (None, "null"),
    ],
)
def test_a_value_keeps_its_digits(value: str | None, text: str | None) -> None:
    _, record = WRITER.write_load(table(), ("1", "x", value, None))
    assert f'"amount":{text or value},' in record.decode()
    assert record.endswith(b"\n")


def test_a_changed_key_has_its_changed_parts_before() -> None:
    old: Row = ("1", "x", None, None)
    key, record = WRITER.write_update(table(), old, ("2", "x", "5", "2024-02-29 01:02:03"), AT)
    content = json.loads(record)
    assert content["before-image"] == {"a": 1}
    assert content["data"] == {
        "a": 2,
        "B": "x",
        "amount": 5,
        "at": "2024-02-29T01:02:03.000000Z",
    }
    assert key == "S.T.x.2"
    assert content["metadata"] | {"timestamp": ""} == {
        "timestamp": "",
        "record-type": "data",
        "operation": "update",
        "partition-key-type": "primary-key",
        "schema-name": "S",
        "table-name": "T",
        "partition-key-value": "S.T.x.2",
        "transaction-id": 7,
        "transaction-record-id": 3,
        "prev-transaction-id": 6,
        "prev-transaction-record-id": 1,
        "commit-timestamp": "2024-01-01T10:00:00.500000Z",
        "stream-position": "00000000/016B3748.3.00000000/016B3748",
    }


def test_a_delete_says_no_more_than_the_key() -> None:
    key, record = WRITER.write_delete(table(), ("1", "x", None, None), AT)
    assert json.loads(record)["data"] == {"a": 1, "B": "x", "amount": None, "at": None}
    assert key == "S.T.x.1"


def test_what_an_update_did_not_touch_is_left_out() -> None:
    new: Row = ("1", NotSent.UNCHANGED, NotSent.UNCHANGED, None)
    # Where a part of the key is among it, the log has that beside the row.
    _, record = WRITER.write_update(table(), ("1", "x", None, None), new, AT)
    content: dict[str, Any] = json.loads(record)
    assert content["data"] == {"a": 1, "B": "x", "at": None}
    assert content["before-image"] == {}


def test_a_key_of_a_log_that_names_rows_by_an_index_has_no_made_up_nulls() -> None:
    old: Row = ("1", None, None, None)
    _, record = WRITER.write_update(table("i", "a"), old, ("2", "x", None, None), AT)
    assert json.loads(record)["before-image"] == {"a": 1}
