"""A reference to a token is a token of the same text, or the declaration is refused."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pytest
from pydantic import ValidationError

from flink_app.declaration import Declaration
from flink_app.declaration.model import Treatment
from flink_app.declaration.types import ColumnType
from flink_app.privacy.treatments import sha256, treat


def declared(key: dict[str, str], reference: dict[str, str]) -> Declaration:
    """A customer and what refers to it, by columns of these options."""
    content = {
        "name": "tokens",
        "source_schema": "shop",
        "tables": {
            "customer": {"key": ["code"], "columns": {"code": key, "name": "varchar(20)"}},
            "sale": {
                "key": ["id"],
                "columns": {"id": "integer", "buyer": reference},
                "references": {"buyer": {"table": "customer", "columns": ["buyer"]}},
            },
        },
        "targets": {"sales": {"fact": "sale", "columns": {"id": "id", "name": "buyer.name"}}},
    }
    return Declaration.model_validate(content)


TRIM: Final = {"trailing_blanks": "trim"}
REFUSE: Final = {"trailing_blanks": "refuse"}


@pytest.mark.parametrize("treatment", ["tokenise", "sha256"])
@pytest.mark.parametrize(
    ("key", "reference", "message"),
    [
        (
            {"type": "varchar(20)"},
            {"type": "integer"},
            "buyer and customer.code differ in type (integer, and varchar(20)), so equal values",
        ),
        ({"type": "varchar(64)"}, {"type": "integer"}, "differ in type (integer, and varchar(64))"),
        ({"type": "decimal(9,2)"}, {"type": "integer"}, "differ in type (integer, and decimal(9"),
        ({"type": "decimal(9,2)"}, {"type": "decimal(9,4)"}, "(decimal(9,4), and decimal(9,2))"),
        ({"type": "timestamp"}, {"type": "timestamptz"}, "(timestamptz, and timestamp)"),
        ({"type": "date"}, {"type": "timestamp"}, "(timestamp, and date), so equal values"),
        ({"type": "boolean"}, {"type": "char(1)"}, "(char(1), and boolean), so equal values"),
        (
            {"type": "varchar(20)"},
            {"type": "varchar(20)"} | TRIM,
            (
                "table sale, reference buyer: trailing blanks are taken off buyer alone, so buyer "
                "and customer.code have different tokens; declare trailing_blanks: trim for both"
            ),
        ),
        ({"type": "varchar(20)"}, {"type": "char(20)"}, "are taken off buyer alone"),
        ({"type": "char(20)"}, {"type": "varchar(20)"}, "are taken off customer.code alone"),
    ],
)
def test_a_reference_whose_tokens_would_differ_is_refused(
    key: dict[str, str], reference: dict[str, str], message: str, treatment: str
) -> None:
    treated = {"treatment": treatment}
    with pytest.raises(ValidationError) as caught:
        declared(key | treated, reference | treated)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "reference"),
    [
        ({"type": "bigint"}, {"type": "smallint"}),
        ({"type": "integer"}, {"type": "decimal(9,0)"}),
        ({"type": "decimal(9,2)"}, {"type": "decimal(12,2)"}),
        ({"type": "varchar(20)"}, {"type": "varchar(9)"}),
        ({"type": "varchar(20)"} | TRIM, {"type": "char(9)"}),
        # What ends in a blank is a dead letter, which says so.
        ({"type": "varchar(20)"} | TRIM, {"type": "varchar(20)"} | REFUSE),
        ({"type": "varchar(20)"}, {"type": "varchar(20)"} | REFUSE),
    ],
)
def test_types_that_write_equal_values_alike_are_taken(
    key: dict[str, str], reference: dict[str, str]
) -> None:
    treated = {"treatment": "tokenise"}
    declared(key | treated, reference | treated)


def test_kept_text_is_taken_with_and_without_its_blanks() -> None:
    """Kept keys that end in a blank are refused record by record."""
    declared({"type": "varchar(20)"}, {"type": "char(20)"})


@pytest.mark.parametrize("kind", ["smallint", "bigint", "decimal(9,0)", "decimal(38,0)"])
def test_types_of_one_form_have_the_tokens_of_each_other(kind: str) -> None:
    declared_type = ColumnType.parse(kind)
    numbers = pa.array([0, -7, 20_000], declared_type.arrow)
    tokens = treat(numbers, Treatment.SHA256, b"").to_pylist()
    assert tokens == [sha256("0"), sha256("-7"), sha256("20000")]
    assert declared_type.text_form == ColumnType.parse("integer").text_form
