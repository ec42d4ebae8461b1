"""What is declared and not in the source is said with what to write, and nothing else is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.catalogue.model import LeftOut, SourceTable, UniqueKey
from infra.run.matching import Matching
from tests.unit.init.sources import SCHEMA, catalogue, column, table
from tests.unit.stars import declaration

STAR: dict[str, Any] = {
    "name": "shop",
    "source_schema": SCHEMA,
    "tables": {
        "customer": {"key": ["id"], "columns": {"id": "integer", "city": "varchar(40)"}},
        "sale": {
            "key": ["id"],
            "columns": {"id": "integer", "buyer": "integer"},
            "references": {"customer": {"table": "customer", "columns": ["buyer"]}},
        },
    },
    "targets": {"sales": {"fact": "sale", "columns": {"id": "id", "city": "customer.city"}}},
}
CUSTOMER = table("customer", [column("id"), column("city", "varchar(40)")])
SALE = table("sale", [column("id"), column("buyer")])


def matching(*tables: SourceTable, left_out: tuple[LeftOut, ...] = ()) -> Matching:
    return Matching(declaration(STAR), replace(catalogue(*tables), left_out=left_out))


def faults(*tables: SourceTable, left_out: tuple[LeftOut, ...] = ()) -> list[str]:
    return [str(fault) for fault in matching(*tables, left_out=left_out).find_faults()]


def test_nothing_is_said_of_a_source_that_has_everything() -> None:
    assert faults(CUSTOMER, SALE, table("other", [column("id")])) == []


def test_what_is_captured_is_what_is_declared() -> None:
    captured = matching(CUSTOMER, SALE, table("other", [column("id")])).captured_tables()
    assert captured == [(SCHEMA, "customer"), (SCHEMA, "sale")]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            replace(CUSTOMER, name="customers"),
            (
                "table customer: the source has no table shop.customer; did you mean customers? "
                "Write source: customers"
            ),
        ),
        (
            replace(CUSTOMER, schema="public"),
            (
                "table customer: the source has no table shop.customer; it is in schema public: "
                "declare source_schema: public"
            ),
        ),
        (
            replace(CUSTOMER, name="zebra"),
            "table customer: the source has no table shop.customer; schema shop has zebra, sale",
        ),
        (
            replace(CUSTOMER, columns=CUSTOMER.columns[:1]),
            (
                "table customer, column city: table shop.customer of the source has no "
                "column city; "
                "it has id"
            ),
        ),
        (
            replace(CUSTOMER, columns=(column("id"), column("City"))),
            (
                "table customer, column city: table shop.customer of the source has no "
                "column city; "
                "did you mean City? Write source: City"
            ),
        ),
        (
            replace(CUSTOMER, keys=()),
            (
                "table customer, key: the source's log does not name changed rows of "
                "shop.customer by "
                'id; run ALTER TABLE "shop"."customer" REPLICA IDENTITY FULL at the source'
            ),
        ),
        (
            replace(
                CUSTOMER,
                keys=(UniqueKey("by_id", ("id",), is_primary=False, identifies_changes=False),),
            ),
            (
                "table customer, key: the source's log does not name changed rows of "
                "shop.customer by "
                'id; run ALTER TABLE "shop"."customer" REPLICA IDENTITY USING INDEX "by_id" at the '
                "source"
            ),
        ),
        (
            replace(CUSTOMER, partitions=((SCHEMA, "customer_p1"),)),
            (
                "table customer: changes of shop.customer arrive under the names of its "
                "partitions, "
                "and no pattern of `partitions` matches shop.customer_p1; write partitions: "
                '"customer%" or a list of names'
            ),
        ),
    ],
    ids=["name", "schema", "no such", "column", "case", "key", "index", "partitions"],
)
def test_what_is_missing_is_said_with_the_remedy(source: SourceTable, sentence: str) -> None:
    assert faults(source, SALE) == [sentence]


def test_a_source_without_the_schema_names_those_that_it_has() -> None:
    (first, _) = faults(table("a", [column("id")], schema="crm"))
    assert first.endswith("it has no schema shop; there are crm")


@pytest.mark.parametrize("name", [f"{SCHEMA}.customer", f"{SCHEMA}.*"])
def test_what_cannot_be_followed_is_said_with_the_reason(name: str) -> None:
    (fault,) = faults(SALE, left_out=(LeftOut(name, "a view: declare the tables it reads"),))
    assert fault.endswith(f"{name} is left out: a view: declare the tables it reads")


def test_full_identity_names_rows_by_every_key() -> None:
    assert faults(replace(CUSTOMER, keys=(), log_has_whole_rows=True), SALE) == []


def test_declared_partitions_stand_for_their_table() -> None:
    sale = {**STAR["tables"]["sale"], "partitions": "sale_%"}
    declared = declaration({**STAR, "tables": {**STAR["tables"], "sale": sale}})
    both = ((SCHEMA, "sale_a"), (SCHEMA, "sale_b"))
    whole = Matching(declared, catalogue(CUSTOMER, replace(SALE, partitions=both)))
    assert not list(whole.find_faults())
    assert whole.captured_tables() == [(SCHEMA, "customer"), (SCHEMA, "sale")]
    parts = catalogue(CUSTOMER, replace(SALE, name="sale_a"), replace(SALE, name="sale_b"))
    assert Matching(declared, parts).captured_tables() == [(SCHEMA, "customer"), *both]
