"""Names of the source as a declaration may have them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sql_limits import SYSTEM_COLUMNS
from flink_app.declaration.names import IDENTIFIER, LONGEST_IDENTIFIER
from infra.init.names import column_identifier, make_unique, reference_name, to_identifier


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("customer_id", "customer_id"),
        ("CustomerID", "customer_id"),
        ("Order Details", "order_details"),
        ("HTTPServer2Name", "http_server2_name"),
        ("Größe", "grosse"),
        ("straße", "strasse"),
        ("_deleted", "deleted"),
        ("a__b_", "a_b"),
        ("2fa", "table_2fa"),
        ("名前", "table"),
        ("a.b-c/d", "a_b_c_d"),
    ],
)
def test_a_name_becomes_an_identifier(name: str, identifier: str) -> None:
    assert to_identifier(name, "table") == identifier


@pytest.mark.parametrize("name", ["oid", "CTID", "x min", "xmin_"])
def test_no_column_has_a_name_of_redshifts_own(name: str) -> None:
    assert column_identifier(name, 1) not in SYSTEM_COLUMNS


@given(st.text(min_size=1), st.integers(1, 1600))
def test_every_name_becomes_one(name: str, number: int) -> None:
    written = column_identifier(name, number)
    assert re.fullmatch(IDENTIFIER.strip("^$"), written)
    assert len(written) <= LONGEST_IDENTIFIER
    assert written not in SYSTEM_COLUMNS


@given(st.from_regex(IDENTIFIER, fullmatch=True), st.integers(8, 63))
def test_a_taken_name_gets_a_number_within_its_length(name: str, longest: int) -> None:
    taken: list[str] = []
    for _ in range(12):
        taken.append(make_unique(name, taken, longest))
    assert len({*taken}) == 12
    assert all(re.fullmatch(IDENTIFIER.strip("^$"), each) for each in taken)
    assert max(map(len, taken)) <= longest


@pytest.mark.parametrize(
    ("columns", "key", "name"),
    [
        (("buyer_id",), ("id",), "buyer"),
        (("customer_number",), ("customer_number",), "customer"),
        (("purchased_by",), ("customer_id",), "purchased_by"),
        (("country", "number"), ("country", "number"), "maker"),
        (("id",), ("id",), "id"),
    ],
)
def test_a_reference_is_called_by_its_column_or_its_table(
    columns: tuple[str, ...], key: tuple[str, ...], name: str
) -> None:
    assert reference_name(columns, "maker", key) == name
