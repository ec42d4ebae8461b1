"""Redshift's errors in our words: useful, and without any part of a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redshift_connector.error import ProgrammingError

from connectors.redshift.errors import Step, classify
from connectors.redshift.names import Names, warehouse_names
from connectors.redshift.said import ELSEWHERE, sentence
from tests.unit.redshift.warehouse import SPEC, TARGET

KNOWN = warehouse_names(SPEC, Names("starjoin"))
BLOCK = """
  -----------------------------------------------
  error:  Value too long for character type
  code:      8001
  context:   Value too long for type character varying(3)
  query:     4711
  -----------------------------------------------"""
NO_COLUMN = 'column "location" does not exist'
S3_REFUSES = "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1"


@pytest.mark.parametrize(
    ("state", "message", "detail", "words"),
    [
        ("42703", NO_COLUMN, "", NO_COLUMN),
        ("42703", 'column "location" of relation "x" does not exist', "", NO_COLUMN),
        ("42703", 'column "iban" does not exist', "", "column (not one of ours) does not exist"),
        ("42P01", 'relation "starjoin.ledger" does not exist', "", 'table "starjoin"."ledger"'),
        ("42501", "permission denied for schema starjoin", "", 'no permission for schema "star'),
        ("XX000", "Cannot insert a NULL value into column ticket_id", "", 'column "ticket_id" is'),
        ("XX000", "Spectrum Scan Error", BLOCK, "could not read a staged file (SQLSTATE XX000, "),
        ("XX000", "Spectrum Scan Error", BLOCK, "code 8001)"),
        ("XX000", "1023", "Serializable isolation violation on table - 1", "code 1023)"),
        ("XX000", S3_REFUSES, "", "S3 refuses COPY's role (403)"),
        (
            "22P02",
            "Invalid digit, Value 'Q', Pos 0, Type: Integer",
            "",
            "a value is no number (",
        ),
        ("28000", 'password authentication failed for user "ilse"', "", "refuses the login"),
        ("57014", "Query (150) cancelled on user's request", "", "longer than statement.seconds"),
        ("53100", "could not extend relation", "", "the disk is full (SQLSTATE 53100)"),
        ("22999", "what nobody knows", "", "a value does not fit its column (SQLSTATE 22999). R"),
        ("?", "what nobody knows", "", "an error of unknown kind (SQLSTATE unknown). Redshift's"),
    ],
)
def test_a_sentence_says_what_happened_and_where(
    state: str, message: str, detail: str, words: str
) -> None:
    assert words in sentence({"C": state, "M": message, "D": detail}, KNOWN)


def test_names_are_those_of_the_declaration_and_of_the_books() -> None:
    assert {"starjoin", "ledger", "fence", TARGET.stream, TARGET.schema, "location"} <= KNOWN
    assert f"tombstones_{TARGET.stream}" in KNOWN
    assert f"stage_rows_{TARGET.stream}" in KNOWN


# None of these letters stands in any sentence of ours, so one that does is a leak.
FOREIGN = frozenset("ßøΩжЩ漢ñ")
LETTERS = st.text(alphabet="ßøΩжЩ漢ñ\"'\\%{}", min_size=1, max_size=12).filter(
    lambda text: not FOREIGN.isdisjoint(text)
)
DIGITS = st.from_regex(r"[0-9]{6,16}", fullmatch=True)
FORMS = st.sampled_from(
    [
        "Invalid digit, Value '<>', Pos 0, Type: Integer",
        'invalid input syntax for type integer: "<>"',
        'column "<>" does not exist',
        'column "location" of relation "<>" does not exist',
        'relation "<>" does not exist',
        "relation <>.ledger does not exist",
        "Cannot insert a NULL value into column <>",
        'null value in column "location" of relation "<>" violates not-null constraint',
        "Value too long for type character varying(<>)",
        "code:      <>",
        "error:  <>",
        "1023 <>",
        "S3ServiceException:<>,Status 403,Error <>",
        "permission denied for relation <>",
        'password authentication failed for user "<>"',
        "Key (email)=(<>) already exists",
        "<>",
        "code: 8001<>",
        "Query (<>) cancelled on user's request",
    ]
)


@given(
    value=LETTERS | DIGITS,
    forms=st.lists(FORMS, min_size=1, max_size=4),
    state=st.sampled_from(["22P02", "XX000", "42703", "42P01", "23505", "57014", "1", ""]),
    around=st.text(max_size=20),
    step=st.sampled_from(Step),
)
def test_no_part_of_a_planted_value_passes(
    value: str, forms: list[str], state: str, around: str, step: Step
) -> None:
    planted = [form.replace("<>", value) for form in forms]
    text = f"{planted[0]}\n{around}"
    fields = {"C": state or value, "M": text, "D": around + "\n".join(planted), "H": value}
    found = str(classify(ProgrammingError(fields), "loading", step, KNOWN))
    assert value not in found
    assert FOREIGN.isdisjoint(found)


@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=200))
def test_a_sentence_is_made_of_any_text(state: str, message: str, detail: str) -> None:
    found = sentence({"C": state, "M": message, "D": detail}, frozenset())
    assert "SQLSTATE" in found
    assert len(found) < 500
    assert found.endswith((")", ELSEWHERE))
