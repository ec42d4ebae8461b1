"""Row changes as DMS writes them: values keep every digit, keys say what they were."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from infra.local.source import dms
from infra.local.source.database import RowChange, SourceDatabase

COLUMNS = {
    "a": "smallint",
    "B": "character varying",
    "amount": "numeric",
    "at": "timestamp without time zone",
}
KEY = ["B", "a"]


class OneTable(SourceDatabase):
    """A database that is only its catalogue."""

    def __init__(self) -> None:
        self.schema = "S"

    def tables(self) -> list[str]:
        return ["T"]

    def columns(self, table: str) -> dict[str, str]:
        assert table == "T"
        return COLUMNS

    def key(self, table: str) -> list[str]:
        assert table == "T"
        return KEY


def written(change: RowChange) -> tuple[str, str]:
    ((key, record),) = dms.records(OneTable(), [change])
    return key, record.decode()


def row(**values: Any) -> dict[str, Any]:
    return {"a": 1, "B": "x", "amount": None, "at": None} | values


def change(operation: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> RowChange:
    at = "2024-01-01 12:00:00.5+02"
    return RowChange("T", operation, old, new, 7, 3, "0/16B3748", at)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("123456789012345678901234567890123456.78"), None),
        (Decimal("1.50"), None),
        (Decimal("-0.0000000001"), "-0.0000000001"),
        (Decimal("1E+3"), "1000"),
        (2**63 - 1, None),
        (None, "null"),
        (True, "true"),
        ('"quoted" 😀', '"\\"quoted\\" 😀"'),
    ],
)
def test_a_value_keeps_its_digits(value: Any, text: str | None) -> None:
    _, record = written(RowChange("T", "load", None, row(amount=value)))
    assert f'"amount":{text or value},' in record


def test_timestamps_end_in_z() -> None:
    _, record = written(change("insert", None, row(at="2024-02-29T01:02:03.5")))
    content = json.loads(record)
    assert content["data"]["at"] == "2024-02-29T01:02:03.500000Z"
    assert content["metadata"]["commit-timestamp"] == "2024-01-01T10:00:00.500000Z"


def test_a_changed_key_has_its_changed_parts_before() -> None:
    key, record = written(change("update", row(a=1), row(a=2, amount=5)))
    content = json.loads(record)
    assert content["before-image"] == {"a": 1}
    assert content["data"] == {"a": 2, "B": "x", "amount": 5, "at": None}
    assert key == "S.T.x.2"


def test_a_delete_says_no_more_than_the_key() -> None:
    key, record = written(change("delete", row(amount=5), None))
    content = json.loads(record)
    assert content["data"] == {"a": 1, "B": "x", "amount": None, "at": None}
    assert content["metadata"]["stream-position"] == "00000000/016B3748.3.00000000/016B3748"
    assert key == "S.T.x.1"
