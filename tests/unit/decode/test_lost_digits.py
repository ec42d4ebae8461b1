"""A number that lost its last digits never tells rows apart: of keys, references and old keys."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Final

import pytest

from infra.simulation.doubles import decode_by_rows
from tests.unit.decode.records import decode, plan_of, record
from tests.unit.stars import star

TEXT: Final = """
name: digits
source_schema: s
stream: {{rounded_numbers: {rounded}}}
tables:
  maker: {{key: [id], columns: {{id: bigint, title: varchar(9)}}}}
  part: {{key: [id], columns: {{id: "decimal(20,0)", title: varchar(9)}}}}
  sale:
    key: [id]
    columns:
      id: "decimal(38,0)"
      maker: bigint
      part: "decimal(20,0)"
      total: "decimal(24,4)"
      large: {{type: "decimal(20,0)", unchanged: missing}}
      ratio: double precision
    references:
      maker: {{table: maker, columns: [maker]}}
      part: {{table: part, columns: [part]}}
targets:
  sales:
    fact: sale
    columns:
      {{id: id, total: total, large: large, ratio: ratio, maker: maker.title, part: part.title}}
"""
# What a double makes of 1234567890123456789 and of its neighbours.
LOST: Final = b"1.2345678901234568e+18"
ROWS: Final[dict[str, dict[str, Any]]] = {
    "maker": {"id": 1, "title": "a"},
    "part": {"id": 1, "title": "a"},
    "sale": {"id": 1, "maker": 1, "part": 1, "total": 1, "large": 1, "ratio": 1},
}
OPERATIONS: Final = ("load", "insert", "update", "delete")


def lossy(table: str, operation: str, column: str, *, as_text: bool, old: bool = False) -> bytes:
    """A record with such a number, in the row or before the update."""
    row = ROWS[table] if old else ROWS[table] | {column: "@"}
    if old and column == "large":
        row = {name: value for name, value in row.items() if name != column}
    data = record(table, row, operation, schema="s", before={column: "@"} if old else {})
    return data.replace(b'"@"', b'"%s"' % LOST if as_text else LOST)


COMPARED: Final = [
    *(("maker", operation, "id", False) for operation in OPERATIONS),
    *(("part", operation, "id", False) for operation in OPERATIONS),
    *(("sale", operation, "id", False) for operation in OPERATIONS),
    *(
        ("sale", operation, name, False)
        for operation in OPERATIONS[:3]
        for name in ("maker", "part")
    ),
    *((table, "update", "id", True) for table in ROWS),
]
OTHERS: Final = [
    *(
        ("sale", operation, name, False)
        for operation in OPERATIONS[:3]
        for name in ("total", "large")
    ),
    ("sale", "update", "large", True),
]


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("by_rows", [False, True])
@pytest.mark.parametrize("rounded", ["dead_letter", "as_sent"])
def test_every_place_of_a_number_that_lost_digits(
    rounded: str, *, by_rows: bool, as_text: bool
) -> None:
    plan = plan_of(star(TEXT.format(rounded=rounded)))
    for place in [*COMPARED, *OTHERS]:
        table, operation, column, old = place
        data = lossy(table, operation, column, as_text=as_text, old=old)
        with decode_by_rows() if by_rows else nullcontext():
            decoded = decode([data] * 3, plan)
        is_taken = rounded == "as_sent" and place in OTHERS
        reasons = decoded.dead_letters["reason"].to_pylist()
        assert reasons == ([] if is_taken else ["rounded_number"] * 3), place


def test_a_double_takes_what_a_double_is() -> None:
    plan = plan_of(star(TEXT.format(rounded="dead_letter")))
    decoded = decode([lossy("sale", "insert", "ratio", as_text=False)] * 3, plan)
    assert decoded.changes["sale"]["ratio"].to_pylist() == [float(LOST)] * 3


def test_two_neighbours_do_not_become_one_row() -> None:
    plan = plan_of(star(TEXT.format(rounded="as_sent")))
    decoded = decode([lossy("maker", "insert", "id", as_text=False)] * 2, plan)
    assert decoded.changes == {}
    assert all("UseLargeIntegerValue" in d for d in decoded.dead_letters["detail"].to_pylist())
