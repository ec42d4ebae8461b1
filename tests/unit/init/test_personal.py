"""Which columns look personal, and what is proposed for each."""

from __future__ import annotations

import pytest

from flink_app.declaration.model import Treatment
from flink_app.declaration.types import ColumnType
from infra.catalogue.looks import Look
from infra.catalogue.model import Sample
from infra.check.warnings import looks_personal
from infra.init.personal import find_personal
from tests.unit.init.sources import column

TEXT = "varchar(40)"


def treatment(
    name: str,
    written: str = TEXT,
    *,
    table: str = "thing",
    look: Look | None = None,
    is_compared: bool = False,
) -> Treatment | None:
    sample = Sample(100, 16, look) if look else None
    source = column(name, written, sample=sample)
    declared = ColumnType.parse(written)
    finding = find_personal(table, name, source, declared, is_compared=is_compared)
    return finding.treatment if finding else None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", "tokenise"),
        ("EmailAddress", "tokenise"),
        ("ip_address", "tokenise"),
        ("Home Phone", "mask"),
        ("last_name", "mask_text"),
        ("ship_address", "mask_text"),
        ("postal_code", "tokenise"),
        ("iban", "tokenise"),
        ("passport", "tokenise"),
        ("gender", "redact"),
        ("remarks", "redact"),
        ("password", "drop"),
    ],
)
def test_a_name_says_what_a_column_has(name: str, expected: str) -> None:
    assert treatment(name) == expected


@pytest.mark.parametrize(
    "name", ["status", "product_name", "title", "flat", "shipping", "relation", "name"]
)
def test_other_names_say_nothing(name: str) -> None:
    assert treatment(name) is None


def test_a_name_of_people_is_one() -> None:
    assert treatment("name", table="customers") is Treatment.MASK_TEXT
    assert treatment("name", table="country") is None


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("birth_date", "date", "tokenise"),
        ("latitude", "double precision", "drop"),
        ("salary", "decimal(12,2)", "drop"),
        ("wants_email", "boolean", None),
    ],
)
def test_treatments_of_text_are_proposed_for_text_alone(
    name: str, written: str, expected: str | None
) -> None:
    assert treatment(name, written) == expected


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (Look.EMAIL, "tokenise"),
        (Look.PHONE, "mask"),
        (Look.IBAN, "tokenise"),
        (Look.CARD, "tokenise"),
        (Look.SOCIAL_SECURITY, "tokenise"),
        (Look.IP, "tokenise"),
        (Look.WITH_PERSON, "redact"),
    ],
)
def test_values_say_what_a_name_does_not(look: Look, expected: str) -> None:
    assert treatment("contact", look=look) == expected


def test_what_is_compared_keeps_its_identity() -> None:
    assert treatment("phone", is_compared=True) is Treatment.TOKENISE
    assert treatment("home_address", "bigint", is_compared=True) is None


def test_the_reason_names_name_and_values() -> None:
    source = column("email", TEXT, sample=Sample(9, 16, Look.EMAIL))
    finding = find_personal("t", "email", source, ColumnType.parse(TEXT), is_compared=False)
    assert finding is not None
    assert finding.because == (
        "looks like an e-mail address (by its name; sampled values look like e-mail addresses)"
    )


# A word for each alternative of what `check` warns of.
WORDS = """
    mail email_address phone telephone tel mobile cell fax first_name user_name display_name surname
    forename birthday birth_date born_on dob date_of_birth gender sex religion ssn
    social_security_number national_id passport_number tax_id vat_id driving_license iban bic swift
    card_number credit_card account_number bank_account street_name address_line_2 address2
    house_number zip zipcode post_code postal_code latitude lng ip_address mac_address user_agent
    device_id cookie password passwd secret salary income diagnosis remark comment note
""".split()  # noqa: SIM905 - lines of words


@pytest.mark.parametrize("name", WORDS)
def test_whatever_the_check_warns_of_is_treated(name: str) -> None:
    assert looks_personal(name)
    assert treatment(name) is not None
    assert treatment(name, "date") is not None
