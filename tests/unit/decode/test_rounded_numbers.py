"""Numbers in scientific notation: which may have lost digits, and what else they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from flink_app.decode.plan import DecodePlan
from tests.unit.decode.records import decode, only_change, only_fault, plan_of, record
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.stars import star

TEXT = """
name: meter
source_schema: meter
stream: {rounded_numbers: as_sent}
tables:
  site:
    key: [site]
    columns: {site: bigint}
  reading:
    key: [id]
    columns:
      id: decimal(20,0)
      site: bigint
      count: bigint
      amount: decimal(20,2)
      billed: {type: "decimal(20,2)", rounded_numbers: dead_letter}
      ratio: double precision
    references: {site: {table: site, columns: [site]}}
targets:
  readings:
    fact: reading
    columns:
      {id: id, site: site, known_site: site.site, count: count, amount: amount, billed: billed,
       ratio: ratio}
"""
INTEGERS = TEXT.replace("decimal(20,0)", "bigint").replace("decimal(20,2)", "bigint")
LONG = "1.2345678901234568e+17"


def reading(**texts: str) -> bytes:
    """A reading whose columns have these JSON texts."""
    row: dict[str, Any] = {"id": 1} | dict.fromkeys(texts, "@")
    data = record("reading", row, schema="meter").decode()
    for name, text in texts.items():
        data = data.replace(f'"{name}": "@"', f'"{name}": {text}')
    return data.encode()


@pytest.fixture
def plan() -> DecodePlan:
    """A plan that has seen no record."""
    return plan_of(star(TEXT))


def test_a_long_number_is_taken_where_that_is_declared(plan: DecodePlan) -> None:
    change = only_change(reading(count=LONG, amount="1.5e16"), plan)
    assert (change["count"], change["amount"]) == (123456789012345680, Decimal("1.5e16"))


@pytest.mark.parametrize("text", [LONG, f'"{LONG}"'])
@pytest.mark.parametrize("column", ["id", "site", "billed"])
def test_it_is_refused_in_keys_and_references_and_where_that_is_declared(
    column: str, text: str, plan: DecodePlan
) -> None:
    for _ in range(2):  # the second time with the forms that the first has shown
        reason, detail, _ = only_fault(reading(**{column: text}), plan)
        assert reason == "rounded_number"
        assert "set UseLargeIntegerValue on the Kinesis endpoint" in detail


def test_two_neighbours_never_become_one(plan: DecodePlan) -> None:
    decoded = decode([reading(id="1.2345678901234568e+18", ratio=str(n)) for n in range(9)], plan)
    assert (decoded.changes, len(decoded.dead_letters)) == ({}, 9)


def test_floating_point_numbers_with_exponents_keep_the_fast_path(plan: DecodePlan) -> None:
    records = [reading(id=f"{n}.000", count="7.0", ratio=f"{n}.5e-7") for n in range(1, 60)]
    records += [reading(id="99", amount="1.50000", ratio="-2.5E+30", billed="2.000")]
    for _ in range(2):
        decoded = decode(records, plan)
        assert (decoded.by_rows, len(decoded.dead_letters)) == (0, 0)
        assert len(decoded.changes["reading"]) == 60


@pytest.mark.parametrize(
    "killing",
    ["1e-999999999", '"1e-999999999"', '"1\\u0065-999999999"', '"\\u0031e-999999999"', "1e-99"],
)
@pytest.mark.parametrize("column", ["id", "count", "amount"])
@pytest.mark.parametrize("text", [TEXT, INTEGERS], ids=["decimals", "integers"])
def test_no_exponent_reaches_the_reader_of_decimals(text: str, column: str, killing: str) -> None:
    plan = plan_of(star(text))
    plain = [reading(count=f"{n}.0", id=str(n)) for n in range(40)]
    for _ in range(2):
        assert_paths_agree([*plain, reading(**{column: killing}), *plain], plan)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("id: decimal(20,0)", 'id: {type: "decimal(20,0)", rounded_numbers: as_sent}', "tells"),
        ("site: bigint\n     ", "site: {type: bigint, rounded_numbers: as_sent}\n     ", "tells"),
        ("ratio: double precision", "ratio: {type: real, rounded_numbers: as_sent}", "is only for"),
    ],
)
def test_what_cannot_be_declared(before: str, after: str, message: str) -> None:
    assert TEXT.count(before) == 1
    with pytest.raises(ValidationError, match=message):
        star(TEXT.replace(before, after))
