"""Keys and references that a source compares in its own way have one form after decode."""

from __future__ import annotations

import json
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_app.declaration.collation import Collation, canonical_form
from flink_app.declaration.dms_records import SchemaChanges
from flink_app.decode.collated_columns import canonical_column
from flink_app.diagnostics.schema_findings import FindingKind
from flink_app.diagnostics.schema_watch import SchemaChangedError, SchemaWatch
from flink_app.privacy.treatments import tokenise
from tests.unit.declaration.test_collation import BOTH, EVERY
from tests.unit.decode.records import (
    COLLATED_PLAN,
    KEYS,
    decode,
    only_change,
    only_fault,
    plan_of,
    record,
)
from tests.unit.decode.test_paths_agree import assert_paths_agree
from tests.unit.diagnostics.test_schema_watch import control
from tests.unit.stars import star

SALE: Final = {"shop": "North", "id": "ab", "buyer": "ACME", "state": "New"}


def sale(operation: str = "insert", before: dict[str, Any] | None = None, **changed: Any) -> bytes:
    return record("sale", SALE | changed, operation, schema="shop", before=before)


@given(st.lists(st.none() | st.text(max_size=6), max_size=9), st.sampled_from(EVERY))
def test_a_column_of_texts_has_the_forms_of_its_texts(
    texts: list[str | None], ignored: frozenset[Collation]
) -> None:
    forms = canonical_column(pa.array(texts, pa.string()), ignored)
    expected = [None if text is None else canonical_form(text, ignored) for text in texts]
    assert forms.to_pylist() == expected


def test_a_part_of_a_column_has_the_forms_of_its_texts() -> None:
    column = pa.array(["É", "B", None, "É", "c"]).slice(1, 3)
    assert canonical_column(column, BOTH).to_pylist() == ["b", None, "e"]


@pytest.mark.parametrize("spelt", ["ACME", "acme", "aCmE"])
def test_key_and_reference_have_the_same_form_and_other_columns_their_own(spelt: str) -> None:
    customer = only_change(
        record("customer", {"code": spelt, "country": "NÖRD"}, schema="shop"), COLLATED_PLAN
    )
    assert (customer["code"], customer["country"]) == ("acme", "nord")
    assert customer["written"] == spelt
    found = only_change(sale(buyer=spelt), COLLATED_PLAN)
    assert (found["buyer"], found["state"]) == ("acme", "New")


def test_a_token_is_that_of_the_canonical_form() -> None:
    tokens = {only_change(sale(shop=text), COLLATED_PLAN)["shop"] for text in ("NORTH", "north")}
    assert tokens == {tokenise("north", KEYS.tokens)}


def test_an_update_that_writes_the_key_otherwise_moves_no_row() -> None:
    update = sale("update", {"shop": "NORTH", "id": "áb"}, shop="north", id="ab")
    (change,) = decode([update], COLLATED_PLAN).changes["sale"].to_pylist()
    assert not change["_deleted"]
    moved = sale("update", {"shop": "SOUTH"})
    assert len(decode([moved], COLLATED_PLAN).changes["sale"]) == 2
    assert_paths_agree([update, moved], COLLATED_PLAN)


def test_a_delete_has_the_key_of_the_insert() -> None:
    decoded = decode([sale(id="Ab"), sale("delete", shop="NORTH", id="Áb")], COLLATED_PLAN)
    rows = decoded.changes["sale"].to_pylist()
    assert {(row["shop"], row["id"]) for row in rows} == {(tokenise("north", KEYS.tokens), "Ab")}


def test_blanks_are_taken_off_before() -> None:
    spelt = record("customer", {"code": "ACME  ", "country": None}, schema="shop")
    assert only_change(spelt, COLLATED_PLAN)["code"] == "acme"


def test_a_form_that_is_too_long_is_a_dead_letter() -> None:
    """It is stored, and has more bytes than the source's column."""
    spelt = record("customer", {"code": "Ⱥ" * 8, "country": None}, schema="shop")
    reason, detail, table = only_fault(spelt, COLLATED_PLAN)
    assert (reason, table) == ("too_long", "customer")
    assert detail == (
        "column code: by its collation the text becomes one of 24 bytes, and varchar(20) holds "
        "fewer: declare a longer type"
    )


def test_a_form_is_composed_before_its_length_counts() -> None:
    spelt = record("customer", {"code": "ΐ" * 10, "country": None}, schema="shop")
    assert only_change(spelt, COLLATED_PLAN)["code"] == "ΐ" * 10


def test_a_token_may_be_of_a_form_that_is_longer_than_the_column() -> None:
    assert len(only_change(sale(shop="Ⱥ" * 4), COLLATED_PLAN)["shop"]) == 64


def test_a_dead_letter_shows_the_token_of_the_canonical_form() -> None:
    def shown(shop: str) -> Any:
        (letter,) = decode([sale(shop=shop, buyer=7)], COLLATED_PLAN).dead_letters.to_pylist()
        return json.loads(letter["treated"])["data"]["shop"]

    assert shown("NORTH") == shown("north") == tokenise("north", KEYS.tokens)


COLUMNS: Final = {
    "code": {"type": "STRING", "length": 20},
    "country": {"type": "STRING", "length": 12},
}


@pytest.mark.parametrize(
    ("column", "name", "contradicts"),
    [
        ("code", "utf8mb4_0900_as_ci", False),
        ("code", "utf8mb4_0900_ai_ci", True),
        ("code", "utf8mb4_general_ci", True),
        ("code", "utf8mb4_bin", True),
        ("code", "utf8mb4_0900_as_cs", True),
        ("code", "latin1_swedish_ci", False),  # it does not say what becomes of accents
        ("code", "SQL_Latin1_General_CP1_CI_AS", False),
        ("code", "SQL_Latin1_General_CP1_CS_AS", True),
        ("code", "Latin1_General_100_BIN2", True),
        ("code", "BINARY_CI", False),
        ("code", "BINARY_AI", True),
        ("code", "en_US.utf8", False),
        ("code", "", False),
        ("code", 7, False),
        ("country", "utf8mb4_0900_ai_ci", False),
        ("country", "uca1400_ai_ci", False),
        ("country", "BINARY_AI", False),
        ("country", "utf8mb4_0900_as_ci", True),
        ("country", "binary", True),
    ],
)
def test_a_collation_of_the_source_that_contradicts_the_declaration(
    column: str, name: Any, *, contradicts: bool
) -> None:
    columns = COLUMNS | {column: COLUMNS[column] | {"collation-name": name}}
    body = {"table-def": {"columns": columns, "primary-key": ["code"]}}
    data = control("create-table", body, "customer")
    findings = decode([data], COLLATED_PLAN).seen.findings
    assert [(f.kind, f.column) for f in findings] == (
        [(FindingKind.COLLATION, column)] if contradicts else []
    )
    if contradicts:
        assert f"source {name})" in str(findings[0])
        for mode in (SchemaChanges.EXCEPTION, SchemaChanges.EVOLVE):
            with pytest.raises(SchemaChangedError, match="compares its values in another way"):
                SchemaWatch(mode, lambda _: None).add(findings)
        SchemaWatch(SchemaChanges.LENIENT, lambda _: None).add(findings)


@pytest.mark.parametrize(
    ("declared", "found"),
    [("", True), (", collation: binary", False), (", collation: accent_insensitive", True)],
)
def test_a_key_without_a_collation_contradicts_one_that_ignores_something(
    declared: str, *, found: bool
) -> None:
    """MySQL compares all text so by default; `binary` says that it is known."""
    plan = plan_of(
        star(f"""
name: alone
source_schema: shop
tables:
  customer:
    key: [code]
    columns: {{code: {{type: varchar(20){declared}}}, note: varchar(20)}}
targets: {{customers: {{fact: customer, columns: {{code: code, note: note}}}}}}
""")
    )
    column = {"type": "STRING", "length": 20, "collation-name": "utf8mb4_0900_ai_ci"}
    body = {"table-def": {"columns": {"code": column, "note": column}, "primary-key": ["code"]}}
    findings = decode([control("create-table", body, "customer")], plan).seen.findings
    assert [(f.kind, f.column) for f in findings] == (
        [(FindingKind.COLLATION, "code")] if found else []
    )


@pytest.mark.parametrize("blanks", ["", "trim", "refuse"])
@pytest.mark.parametrize(
    ("name", "ignores"),
    [
        ("utf8mb4_general_ci", True),
        ("utf8mb4_bin", True),
        ("latin1_swedish_ci", True),
        ("utf8mb4_0900_ai_ci", False),
        ("utf8mb4_0900_bin", False),
        ("utf8mb4_uca1400_nopad_ai_ci", False),
        ("binary", False),
        ("SQL_Latin1_General_CP1_CI_AS", True),
        ("Latin1_General_100_BIN2", True),
        ("BINARY_CI", False),
        ("en_US.utf8", False),
        ("C", False),
        ("", False),
        (7, False),
    ],
)
def test_tokens_with_trailing_blanks_that_the_source_ignores_are_reported(
    name: Any, blanks: str, *, ignores: bool
) -> None:
    """Kept text with such blanks is a dead letter; a token with them is one that nothing finds."""
    option = f", trailing_blanks: {blanks}" if blanks else ""
    plan = plan_of(
        star(f"""
name: alone
source_schema: shop
tables:
  customer:
    key: [code, plain, padded]
    columns:
      code: {{type: varchar(20), treatment: tokenise{option}}}
      plain: varchar(20)
      padded: {{type: char(20), treatment: tokenise}}
      note: {{type: varchar(20), treatment: tokenise}}
targets:
  customers:
    fact: customer
    columns: {{code: code, plain: plain, padded: padded, note: note}}
""")
    )
    column = {"type": "STRING", "length": 20, "collation-name": name}
    columns = dict.fromkeys(("code", "plain", "padded", "note"), column)
    body = {"table-def": {"columns": columns, "primary-key": ["code", "plain", "padded"]}}
    findings = decode([control("create-table", body, "customer")], plan).seen.findings
    found = [finding for finding in findings if finding.kind is FindingKind.TRAILING_BLANKS]
    assert [finding.column for finding in found] == (["code"] if ignores and not blanks else [])
    for mode in SchemaChanges:
        watch = SchemaWatch(mode, lambda _: None)
        if found and mode is SchemaChanges.EXCEPTION:
            with pytest.raises(SchemaChangedError, match="and their tokens do not"):
                watch.add(found)
        else:
            watch.add(found)
