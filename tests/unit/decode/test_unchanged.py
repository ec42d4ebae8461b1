"""Updates that leave columns out: what they say of them, on both paths."""

from __future__ import annotations

from typing import Any, Final

import pytest

from flink_app.declaration.star import unchanged_position_column
from flink_app.positions.position import UNKNOWN
from flink_app.privacy.treatments import tokenise
from tests.unit.decode.records import (
    FREIGHT_PLAN,
    KEYS,
    UNCHANGED_PLAN,
    changes,
    decode,
    only_change,
    only_fault,
    record,
)
from tests.unit.decode.test_paths_agree import assert_paths_agree

VISIT: Final = {"visit": 1, "part": 2, "page": 3, "note": "a note", "log": "a log"}
PAGE: Final = {"page": 3, "body": "a body", "scan": "0x01"}
NOTE, LOG, BODY = "note", "log", "body"


def visit(operation: str = "update", *, without: str = "", **more: Any) -> bytes:
    before = more.pop("before", {})
    row = {name: value for name, value in (VISIT | more).items() if name != without}
    return record("visit", row, operation, schema="u", before=before)


def value_of(data: bytes, column: str) -> tuple[Any, bool]:
    """The value, and whether the change has it."""
    found = only_change(data, UNCHANGED_PLAN)
    own = found[unchanged_position_column(column)]
    assert own in {UNKNOWN, found["_pos"]}
    return found[column], own != UNKNOWN


@pytest.mark.parametrize(
    ("data", "column", "value", "is_sent"),
    [
        (visit(), NOTE, "a note", True),
        (visit(), LOG, "a log", True),
        # missing: null is null.
        (visit(note=None), NOTE, None, True),
        (visit(without=NOTE), NOTE, None, False),
        (visit(without=NOTE, before={NOTE: "was "}), NOTE, "was", True),
        (visit(note=None, before={NOTE: "was"}), NOTE, None, True),
        (visit(note="is", before={NOTE: "was"}), NOTE, "is", True),
        # null: neither null nor missing is a value.
        (visit(log=None), LOG, None, False),
        (visit(without=LOG), LOG, None, False),
        (visit(log=None, before={LOG: "was  "}), LOG, "was", True),
        (visit(log="is", before={LOG: "was"}), LOG, "is", True),
        # A before-image's null may stand for what the source's log does not have.
        (visit(without=NOTE, before={NOTE: None}), NOTE, None, False),
        (visit(log=None, before={LOG: None}), LOG, None, False),
        # Only updates leave columns out.
        *(
            (visit(operation, log=None, without=NOTE), column, None, True)
            for operation in ("load", "insert", "delete")
            for column in (NOTE, LOG)
        ),
        # Key updates whose before-image has what did not change.
        (visit(log=None, without=NOTE, before={"part": 2, LOG: "b", NOTE: "b"}), LOG, "b", True),
    ],
)
def test_what_a_change_says_of_a_column(
    data: bytes, column: str, value: Any, *, is_sent: bool
) -> None:
    assert value_of(data, column) == (value, is_sent)


def test_a_value_from_the_before_image_is_treated() -> None:
    data = record("page", PAGE | {"body": None}, "update", schema="u", before={"body": "secret"})
    assert value_of(data, BODY) == (tokenise("secret", KEYS.tokens), True)
    letter = record("page", PAGE | {"body": None}, "update", schema="u", before={"body": 5})
    assert only_fault(letter, UNCHANGED_PLAN)[:2] == (
        "wrong_type",
        "column body: a varchar(20) cannot be read from a number",
    )


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (visit(part=4, without=NOTE, before={"part": 2}), NOTE),
        (visit(log=None, before={"visit": 9}), LOG),
    ],
)
def test_what_stands_under_the_old_key_only_is_a_dead_letter(data: bytes, column: str) -> None:
    reason, detail, table = only_fault(data, UNCHANGED_PLAN)
    assert (reason, table) == ("unchanged_lost", "visit")
    assert detail.startswith(f"column {column}: the key changed")
    assert "REPLICA IDENTITY FULL" in detail


def test_a_key_update_sets_every_column_of_both_keys() -> None:
    data = visit(part=4, without=NOTE, before={"part": 2, NOTE: "was"})
    found = {
        row["part"]: row for row in map(dict, changes(decode([data], UNCHANGED_PLAN))["visit"])
    }
    assert [found[part]["_deleted"] for part in (2, 4)] == [True, False]
    assert [found[part][NOTE] for part in (2, 4)] == [None, "was"]
    for row in found.values():
        assert {row[unchanged_position_column(NOTE)], row[unchanged_position_column(LOG)]} == {
            row["_pos"]
        }


def test_only_a_missing_name_costs_the_columnar_path() -> None:
    left_out = [visit(log=None), visit(log=None, before={LOG: "was"}), visit()]
    assert decode(left_out * 20, UNCHANGED_PLAN).by_rows == 0
    mixed = [*left_out, visit(without=NOTE), visit(note=None)] * 20
    assert decode(mixed, UNCHANGED_PLAN).by_rows == 20
    assert_paths_agree(mixed, UNCHANGED_PLAN)


def test_a_table_without_such_columns_is_read_as_before() -> None:
    for table in FREIGHT_PLAN.tables.values():
        assert not [name for name in table.parsed_schema.names if name.startswith("_set_")]
