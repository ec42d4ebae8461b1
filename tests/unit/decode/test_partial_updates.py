"""Updates of which the source has logged only a part: nothing that they lack is taken for NULL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest

from flink_app.declaration.star import unchanged_position_column
from flink_app.decode.lines import Lines
from flink_app.decode.sent_nulls import SentNulls
from flink_app.positions.position import UNKNOWN
from tests.unit.decode.records import block, decode, only_change, only_fault, plan_of, record
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.stars import star

# Of the fact, whole rows are logged but for references; of the dimension, only what changed.
TEXT: Final = """
name: partial
source_schema: shop
tables:
  venue:
    key: [country, code]
    columns: {country: varchar(2), code: integer, hall: {type: varchar(9), unchanged: missing}}
  customer:
    key: [id]
    columns: {id: integer, name: {type: varchar(9), unchanged: missing}}
  sale:
    key: [id, line]
    columns:
      id: integer
      line: integer
      buyer: {type: integer, unchanged: missing}
      country: {type: varchar(2), unchanged: missing}
      code: {type: integer, unchanged: sent_as_null}
      state: varchar(9)
      paid: decimal(9,2)
      seen: timestamp
    references:
      buyer: {table: customer, columns: [buyer]}
      venue: {table: venue, columns: [country, code]}
targets:
  sales:
    fact: sale
    columns:
      {id: id, line: line, state: state, paid: paid, seen: seen, name: buyer.name, hall: venue.hall}
"""
PARTIAL: Final = star(TEXT)
PLAN: Final = plan_of(PARTIAL)
LENIENT: Final = plan_of(star(TEXT + "stream: {missing_columns: as_null}\n"))
AMONG: Final = plan_of(star(TEXT + "stream: {before_image_prefix: BI_}\n"))
SALE: Final = {
    "id": 1,
    "line": 2,
    "buyer": 3,
    "country": "NO",
    "code": 4,
    "state": "paid",
    "paid": 1.5,
    "seen": None,
}


def sale(
    operation: str = "update",
    *without: str,
    before: dict[str, Any] | None = None,
    **changed: Any,
) -> bytes:
    row = {name: value for name, value in (SALE | changed).items() if name not in without}
    return record("sale", row, operation, schema="shop", before={} if before is None else before)


@pytest.mark.parametrize("operation", ["load", "insert"])
@pytest.mark.parametrize("column", ["state", "buyer"])
def test_what_a_whole_row_lacks_is_null(operation: str, column: str) -> None:
    """Whatever may be left out of updates: nothing older is kept under a row of the source."""
    records = [sale(operation, column), sale(operation, line=3)]
    lacking, whole = decode(records, PLAN).changes["sale"].to_pylist()
    assert (lacking[column], whole[column]) == (None, SALE[column])
    since = unchanged_position_column("buyer")
    assert lacking[since] == lacking["_pos"]
    assert_paths_agree(records, PLAN)


def test_an_update_that_lacks_columns_is_a_dead_letter_that_names_them() -> None:
    reason, detail, table = only_fault(sale("update", "state"), PLAN)
    assert (reason, table) == ("missing_column", "sale")
    assert detail.startswith("column state: the update does not have what is declared")
    for word in ("supplemental logging", "binlog_row_image=FULL", "unchanged: missing", "renamed"):
        assert word in detail
    assert "IncludeNullAndEmpty" not in detail
    reason, detail, _ = only_fault(sale("update", "state", "seen", "buyer"), PLAN)
    assert detail.startswith("columns state, seen: ")


@pytest.mark.parametrize("operation", ["insert", "load", "delete"])
def test_nothing_else_leaves_columns_out(operation: str) -> None:
    change = only_change(sale(operation, "state", "seen", "buyer"), PLAN)
    assert (change["state"], change["buyer"]) == (None, None)
    assert change[unchanged_position_column("buyer")] == change["_pos"]


def test_a_null_that_is_sent_is_a_value() -> None:
    change = only_change(sale(state=None, paid=None, buyer=None), PLAN)
    assert (change["state"], change["paid"], change["buyer"]) == (None, None, None)
    assert change[unchanged_position_column("buyer")] == change["_pos"]


def test_a_stream_without_nulls_may_say_so() -> None:
    change = only_change(sale("update", "state", "seen"), LENIENT)
    assert (change["state"], change["seen"]) == (None, None)


@pytest.mark.parametrize("without", [("buyer",), ("country", "code"), ("buyer", "country", "code")])
def test_a_reference_may_be_left_out(without: tuple[str, ...]) -> None:
    change = only_change(sale("update", *without), PLAN)
    for name in ("buyer", "country", "code"):
        is_sent = name not in without
        assert change[name] == (SALE[name] if is_sent else None)
        position = change[unchanged_position_column(name)]
        assert position == (change["_pos"] if is_sent else UNKNOWN)


@pytest.mark.parametrize(
    ("without", "before", "buyer"),
    [
        (("buyer",), {"buyer": 9}, 9),
        (("buyer",), {"buyer": None}, None),
        (("country", "code"), {"country": "SE", "code": 5}, 3),
    ],
)
def test_the_before_image_has_what_did_not_change(
    without: tuple[str, ...], before: dict[str, Any], buyer: int | None
) -> None:
    change = only_change(sale("update", *without, before=before), PLAN)
    assert change["buyer"] == buyer
    assert (change["country"], change["code"]) in {("NO", 4), ("SE", 5)}
    assert change[unchanged_position_column("code")] == change["_pos"]
    assert (change[unchanged_position_column("buyer")] == UNKNOWN) == (buyer is None)


@pytest.mark.parametrize(
    ("without", "before"),
    [(("country",), {}), (("code",), {}), (("country", "code"), {"code": 5})],
)
def test_a_part_of_a_reference_is_a_dead_letter(
    without: tuple[str, ...], before: dict[str, Any]
) -> None:
    reason, detail, _ = only_fault(sale("update", *without, before=before), PLAN)
    assert reason == "unchanged_lost"
    assert detail.startswith("columns country, code: the update has only a part of the reference")
    assert "binlog_row_image=FULL" in detail


def test_a_key_update_without_its_reference_is_a_dead_letter() -> None:
    reason, detail, _ = only_fault(sale("update", "buyer", before={"line": 9}), PLAN)
    assert reason == "unchanged_lost"
    assert detail.startswith("column buyer: the key changed")


@pytest.mark.parametrize("plan", [PLAN, AMONG], ids=["object", "among the columns"])
def test_a_key_that_is_not_logged_again_stands_in_the_before_image(plan: Any) -> None:
    before = {"id": 1, "line": 7}
    data = sale("update", "id", line=8, before=before)
    if plan is AMONG:
        data = sale("update", "id", line=8, BI_id=1, BI_line=7)
    rows = decode([data], plan).changes["sale"].to_pylist()
    keys = [(row["id"], row["line"], row["_deleted"]) for row in rows]
    assert keys == [(1, 8, False), (1, 7, True)]
    nowhere, sent_as_null = (
        only_fault(data, PLAN) for data in (sale("update", "id"), sale(id=None, before=before))
    )
    assert nowhere[0] == sent_as_null[0] == "missing_key"
    assert "EnableBeforeImage" in nowhere[1]
    assert "supplemental logging of the primary key" in nowhere[1]
    assert sent_as_null[1] == "column id: the key is missing"


def spread(data: bytes, way: int) -> bytes:
    """The record in another layout; the first is that of DMS."""
    parsed = json.loads(data)
    if way == 0:
        return json.dumps(parsed, separators=(",", ":")).encode()
    if way == 1:
        return json.dumps(parsed, indent="\t", separators=(",", ":\t")).encode()
    if way == 2:
        first = {"data": parsed.pop("data")} | parsed
        return json.dumps(first, separators=(",", ":")).encode()
    before = {"before-image": parsed.pop("before-image")} | parsed
    return json.dumps(before, separators=(",", ":")).encode()


@pytest.mark.parametrize("way", range(4))
def test_nulls_and_braces_keep_the_columnar_path(way: int) -> None:
    records = [
        sale(),
        sale(state=None, buyer=None),
        sale(state='{"a":{"'),
        sale(before={"id": 1, "line": 2, "state": None}),
    ]
    written = [spread(data, way) for data in records * 10]
    decoded = decode(written, PLAN)
    assert (decoded.by_rows, len(decoded.dead_letters)) == (0, 0)
    assert_paths_agree(written, PLAN)


@pytest.mark.parametrize("way", range(4))
def test_what_is_missing_is_found_wherever_else_its_name_stands(way: int) -> None:
    records = [
        sale("update", "state", before={"id": 1, "line": 2, "state": None}),
        sale("update", "state", other='{"state":null,"x":1}'),
        sale("update", "state", other={"state": None}),
        sale("update", "state", **{'x"state': None, 'x,"state': None, "state ": None}),
        sale("update", "seen", before={"seen": None, "x": "},"}),
    ]
    written = [spread(data, way) for data in records * 4]
    decoded = decode(written, PLAN)
    assert len(decoded.dead_letters) == len(written)
    assert set(decoded.dead_letters["reason"].to_pylist()) == {"missing_column"}
    assert_paths_agree([*written, spread(sale(), way)] * 2, PLAN)


def objects() -> Iterator[tuple[bytes, bool]]:
    """Records as bytes, and whether `a` is sent as null in the row."""
    yield b'{"data":{"a":null},"metadata":{}}', True
    yield b'{"data":{"b":1,"a":null},"metadata":{}}', True
    yield b'{"metadata":{"x":1},"data":{"a":null}}', True
    yield b'{"metadata":{"x":1},"before-image":{},"data":{"b":"},","a":null}}', False  # not seen
    yield b'{"data":{"b":1},"before-image":{"a":null}}', False
    yield b'{"before-image":{"a":null},"data":{"b":1}}', False
    yield b'{"before-image":{"x":{},"data":{"a":null}},"data":{"b":1}}', False
    yield b'{"data":{"b":{"a":null}}}', False
    yield b'{"data":{"b":"\\"a\\":null"}}', False
    yield b'{"data":{"b\\"a":null}}', False
    yield b'{"data":{"b":1},"metadata":{"a":null}}', False


@pytest.mark.parametrize(("data", "is_sent"), list(objects()))
def test_which_nulls_are_seen(data: bytes, *, is_sent: bool) -> None:
    other = b'{"data":{"b":1,"c":null}}'
    framed = block([other, data, other])
    rows = np.arange(3)
    nulls = SentNulls(Lines(framed.text, framed.offsets, rows))
    assert nulls.find(rows, "a").tolist() == [False, is_sent, False]
    assert nulls.find(rows, "c").tolist() == [True, False, True]
