"""Which rows a difference comes from, and where the warehouse has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import pytest

from connectors.redshift.names import Names
from infra.reconcile.comparison import Comparison, comparisons, source_table
from infra.reconcile.looks import References, SourceLook, WarehouseLook
from infra.reconcile.protocol import DIFFERENT, EXTRA, MISSING, Difference, Outcome
from infra.repair.rows import Declared, RowKey, find_positions, find_rows
from tests.unit.stars import star

# A dimension of a dimension, one that leads back to the fact's own table, one in the warehouse.
STAR: Final = star("""
name: shop
source_schema: shop
tables:
  country:
    key: [code]
    columns: {code: varchar(2), title: varchar(20)}
  shop:
    key: [id]
    columns: {id: integer, country: varchar(2), name: varchar(20)}
    references: {country: {table: country, columns: [country]}}
  card:
    key: [number]
    placement: warehouse
    columns: {number: {type: varchar(20), treatment: tokenise}, kind: varchar(9)}
  sale:
    key: [id]
    columns:
      {id: integer, shop: integer, former: integer, card: {type: varchar(20), treatment: tokenise},
       amount: integer}
    references:
      shop: {table: shop, columns: [shop]}
      former: {table: sale, columns: [former]}
      card: {table: card, columns: [card]}
targets:
  sales:
    fact: sale
    columns:
      {id: id, amount: amount, shop: shop, name: shop.name, country: shop.country,
       title: shop.country.title, before: former.amount, kind: card.kind}
  big_sales:
    fact: sale
    where: {amount: {one_of: [100, 200]}}
    columns: {id: id, amount: amount}
""")
COMPARISONS: Final = {c.name: c for c in comparisons(STAR, Names("starjoin"))}
SALES: Final = COMPARISONS["sales"]
DECLARED: Final = Declared(
    {name: source_table(STAR, name) for name in STAR.used_tables},
    dict.fromkeys(STAR.used_tables, 1),
    list(COMPARISONS.values()),
)
REFERENCES: Final = {"shop": "5,", "shop.country": "2:CH", "former": "6,", "card": "=ab,"}
COLUMNS: Final = {
    group.name: tuple(column.name for column in group.key) for group in SALES.groups[1:]
}


class FakeSource:
    def find_references(
        self, comparison: Comparison, keys: Sequence[str]
    ) -> Mapping[str, References]:
        return {
            key: tuple(REFERENCES[group.name] for group in comparison.groups[1:]) for key in keys
        }


def rows_of(difference: Difference, comparison: Comparison = SALES) -> set[RowKey]:
    outcome = Outcome(comparison)
    outcome.differences.append(difference)
    return find_rows([outcome], cast("SourceLook", FakeSource()))


FACT: Final = RowKey("sale", "1,")


@pytest.mark.parametrize("kind", [MISSING, EXTRA])
def test_a_row_that_a_side_lacks_comes_from_its_fact(kind: str) -> None:
    assert rows_of(Difference("1,", kind, {})) == {FACT}


@pytest.mark.parametrize(
    ("groups", "others"),
    [
        ({"": ("amount",)}, set()),
        ({"shop": ("name",)}, {RowKey("shop", "5,")}),
        ({"shop.country": ("title",)}, {RowKey("country", "2:CH")}),
        ({"former": ("before",)}, {RowKey("sale", "6,")}),
        ({"card": ("kind",)}, {RowKey("card", "=ab,")}),
        # Which country a shop is in stands in the shop's row.
        ({"shop.country": COLUMNS["shop.country"]}, {RowKey("shop", "5,")}),
        (
            {"shop.country": (*COLUMNS["shop.country"], "title")},
            {RowKey("shop", "5,"), RowKey("country", "2:CH")},
        ),
        # Which shop, in that of the fact.
        ({"shop": COLUMNS["shop"]}, set()),
    ],
)
def test_a_path_that_differs_comes_from_its_dimension_or_from_what_leads_to_it(
    groups: Mapping[str, tuple[str, ...]], others: set[RowKey]
) -> None:
    assert rows_of(Difference("1,", DIFFERENT, groups)) == {FACT, *others}


def test_what_leads_to_nothing_has_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", REFERENCES), "shop", None)
    assert rows_of(Difference("1,", DIFFERENT, {"shop": ("name",)})) == {FACT}


def test_a_dimension_in_the_warehouse_is_a_row_of_its_own() -> None:
    difference = Difference("=ab,", DIFFERENT, {"": ("kind",)})
    assert rows_of(difference, COMPARISONS["dimension_card"]) == {RowKey("card", "=ab,")}


class FakeWarehouse:
    def __init__(self, positions: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
        self._positions = positions
        self.asked: list[tuple[str, str]] = []

    def find_positions(
        self, comparison: Comparison, index: int, keys: Sequence[str]
    ) -> Mapping[str, str]:
        place = comparison.name, comparison.groups[index].name
        self.asked.append(place)
        return {k: p for k, p in self._positions.get(place, {}).items() if k in keys}


def test_a_record_is_above_whatever_any_target_and_path_has_of_its_row() -> None:
    warehouse = FakeWarehouse(
        {
            ("sales", ""): {"6,": "3"},
            ("sales", "former"): {"6,": "5"},
            ("big_sales", ""): {"6,": "4", "1,": "7"},
        }
    )
    rows = {RowKey("sale", "6,"), RowKey("sale", "1,"), RowKey("shop", "5,")}
    positions = find_positions(DECLARED, rows, cast("WarehouseLook", warehouse))
    assert positions == {
        RowKey("sale", "6,"): "5",
        RowKey("sale", "1,"): "7",
        RowKey("shop", "5,"): "",
    }


def test_a_dimension_of_the_warehouse_is_asked_for_in_its_table_and_on_its_paths() -> None:
    warehouse = FakeWarehouse({})
    find_positions(DECLARED, {RowKey("card", "=ab,")}, cast("WarehouseLook", warehouse))
    assert warehouse.asked == [("sales", "card"), ("dimension_card", "")]
