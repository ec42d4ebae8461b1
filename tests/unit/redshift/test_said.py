"""Redshift's errors in our words: useful, and without any part of a value."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redshift_connector.error import ProgrammingError

from connectors.redshift.cuts import create_view
from connectors.redshift.ddl import create_statements
from connectors.redshift.errors import Step, classify
from connectors.redshift.names import Names, warehouse_names
from connectors.redshift.said import ELSEWHERE, understand
from tests.unit.redshift.warehouse import SPEC, TARGET


def sentence(fields: Mapping[str, str], known: frozenset[str]) -> str:
    return understand(fields).sentence(known)


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
        ("42703", 'column "iban" does not exist', "", "column (name withheld) does not exist"),
        ("42P01", 'relation "starjoin.ledger" does not exist', "", 'table "starjoin"."ledger"'),
        (
            "42501",
            "permission denied for schema starjoin",
            "",
            'lacks a permission on schema "star',
        ),
        ("XX000", "Cannot insert a NULL value into column ticket_id", "", 'column "ticket_id" is'),
        ("XX000", "Spectrum Scan Error", BLOCK, "a value is longer than its column (SQLSTATE XX0"),
        ("XX000", "Spectrum Scan Error", BLOCK, ", code 8001). Redshift's message"),
        ("XX000", "1023", "Serializable isolation violation on table - 1", "code 1023)"),
        ("XX000", S3_REFUSES, "", "S3 refuses COPY's role (403)"),
        (
            "22P02",
            "Invalid digit, Value 'Q', Pos 0, Type: Integer",
            "",
            "a value is not a number (",
        ),
        ("28000", 'password authentication failed for user "ilse"', "", "refuses the login"),
        ("57014", "Query (150) cancelled on user's request", "", "longer than statement.seconds"),
        ("53100", "could not extend relation", "", "the disk is full: remove or vacuum"),
        ("22999", "what nobody knows", "", "a type that holds it (SQLSTATE 22999). Redshift's m"),
        ("?", "what nobody knows", "", "an unrecognised error (SQLSTATE unknown). Redshift's"),
    ],
)
def test_a_sentence_says_what_happened_and_where(
    state: str, message: str, detail: str, words: str
) -> None:
    assert words in sentence({"C": state, "M": message, "D": detail}, KNOWN)


def block(error: str, code: int, context: str) -> str:
    """A DETAIL as the service lays it out."""
    lines = (f"error:  {error}", f"code:      {code}", f"context:   {context}", "query:     1")
    return "\n".join(f"  {line}" for line in ("-" * 47, *lines, "-" * 47))


ASSUME = (
    "User arn:aws:redshift:eu-west-1:123456789012:dbuser:c/u is not authorized to assume IAM Role"
)
REGION = (
    "S3ServiceException:The bucket you are attempting to access must be addressed using the "
    "specified endpoint.,Status 301,Error PermanentRedirect,Rid 1"
)
NO_BUCKET = "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket"
NO_KEY = "Problem reading manifest file - S3ServiceException:no key,Status 404,Error NoSuchKey"
NO_ACCESS_KEY = "S3ServiceException:not in our records,Status 403,Error InvalidAccessKeyId,Rid 1"
PARQUET = "File 'https://s3.eu-west-1.amazonaws.com/b/f.parquet' has an incompatible Parquet schema"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (f"{ASSUME} arn:aws:iam::123456789012:role/r", "associate copy.role of starjoin.redshift"),
        ("Not authorized to get credentials of role arn:aws:iam::1:role/r", "associate copy.role"),
        (REGION, "the staging bucket is in another Region than the warehouse"),
        ("The specified S3 prefix 'a/b' does not exist", "a staged file or manifest is missing"),
        ("Mandatory url is not present: s3://b/k", "a staged file or manifest is missing"),
        (NO_KEY, "a staged file or manifest is missing"),
        (NO_BUCKET, "the staging bucket does not exist: check bucket of starjoin.staging"),
        (NO_ACCESS_KEY, "S3 does not know the credentials of COPY's role"),
        ("what nobody knows", "an internal error"),
    ],
)
@pytest.mark.parametrize("in_detail", [False, True])
def test_the_general_code_is_shown_and_means_nothing_by_itself(
    message: str, words: str, *, in_detail: bool
) -> None:
    detail = block(message, 8001, "ilse")
    text = "Spectrum Scan Error" if in_detail and words != "an internal error" else message
    found = sentence({"C": "XX000", "M": text, "D": detail}, KNOWN)
    assert found.startswith(words) or words in found.partition("(SQLSTATE")[0]
    assert "(SQLSTATE XX000, code 8001)" in found
    assert "too long" not in found
    assert "longer" not in found


@pytest.mark.parametrize(
    ("message", "detail", "words"),
    [
        (
            "Spectrum Scan Error",
            block(
                "Spectrum Scan Error", 15007, f"{PARQUET} for column 's3://b/f.location'. Column"
            ),
            (
                'a staged file has another type in column "location" than the table (SQLSTATE '
                "XX000, code 15007)"
            ),
        ),
        (
            "Spectrum Scan Error",
            block("Spectrum Scan Error", 15007, f"{PARQUET} for column 's3://b/f.iban'. Column"),
            (
                "a staged file has another type in column (name withheld) than the table "
                "(SQLSTATE XX000, code 15007)"
            ),
        ),
        (
            "Spectrum Scan Error",
            block("Spectrum Scan Error", 15007, "File 'f' has an incompatible Parquet s"),
            "Redshift could not read a staged file (SQLSTATE XX000, code 15007)",
        ),
        (
            "Spectrum Scan Error",
            block("Spectrum Scan Error", 15007, "Unmatched number of columns between table and"),
            "a staged file has other columns or types than the table (SQLSTATE XX000, code 15007)",
        ),
        ("S3 Query Exception (Fetch)", block("x", 15001, "y"), "could not fetch a staged file ("),
        (
            "S3 Query Exception (Fetch)",
            "",
            "Redshift could not fetch a staged file (SQLSTATE XX000",
        ),
        ("Value too long for type character varying(3)", "", "a value is longer than its column ("),
        ("Cannot insert a NULL value into column location", "", 'column "location" is NOT NULL'),
        ("Numeric data overflow (result precision)", "", "a number has more digits than its co"),
        ("1204", "", "a value is longer than its column (SQLSTATE XX000, code 1204)"),
        (
            f"Load into table '{TARGET.table}' failed.  Check 'sys_load_error_detail'",
            "",
            f'a staged file has a value that does not fit table "{TARGET.table}" (',
        ),
        (NO_KEY, "", "a staged file or manifest is missing"),
        (NO_BUCKET, "", "the staging bucket does not exist"),
    ],
)
def test_an_error_of_a_value_or_file_says_where_its_details_are(
    message: str, detail: str, words: str
) -> None:
    found = sentence({"C": "XX000", "M": message, "D": detail}, KNOWN)
    assert words in found
    assert found.endswith(f"). {ELSEWHERE}")
    assert "iban" not in found


def test_whatever_state_an_error_of_a_value_has_it_says_where_its_details_are() -> None:
    found = sentence({"C": "0A000", "M": "Numeric data overflow (result precision)"}, KNOWN)
    assert found.startswith("a number has more digits than its column (SQLSTATE 0A000). ")
    assert found.endswith(ELSEWHERE)


@pytest.mark.parametrize("message", ["1023", "1018", NO_COLUMN, S3_REFUSES, REGION])
def test_an_error_whose_words_are_complete_does_not(message: str) -> None:
    assert ELSEWHERE not in sentence({"C": "XX000", "M": message}, KNOWN)


def test_names_are_those_of_the_declaration_and_of_the_bookkeeping_tables() -> None:
    assert {"starjoin", "ledger", "fence", TARGET.table, TARGET.schema, "location"} <= KNOWN
    assert f"tombstones_{TARGET.table}" in KNOWN
    assert f"stage_rows_{TARGET.table}" in KNOWN


def test_bookkeeping_names_are_those_of_the_tables_that_are_created() -> None:
    """Read from the DDL, so that the name of a new table or view is not forgotten."""
    names = Names("our bookkeeping")
    found = set()
    for sql in (*create_statements(SPEC, names), create_view(names)):
        made = r'^CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW) "our bookkeeping"\.(\S+) (?:\(|AS)'
        found |= {name.strip('"') for name in re.findall(made, sql)}
    own = {names.tombstone_table(target) for target in SPEC.targets}
    own |= {names.dimension_table(dimension) for dimension in SPEC.dimensions}
    assert names.bookkeeping_names == (found - own) | {"our bookkeeping"}
    assert found <= warehouse_names(SPEC, names)


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
        "context:   File 'f' has an incompatible Parquet schema for column 's3://b/<>.<>'. Column",
        "Load into table '<>' failed.",
        "User <> is not authorized to assume IAM Role <>",
        "The specified S3 prefix '<>' does not exist",
        "Mandatory url <>",
        "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,<>",
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
    assert len(found) < 600
    assert found.endswith((")", ELSEWHERE))
