"""The canonical form of texts that a source takes for equal, and what may be declared of it."""

from __future__ import annotations

import copy
import sys
import unicodedata
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flink_app.declaration import Declaration
from flink_app.declaration.collation import Collation, canonical_form
from flink_app.declaration.model import Column
from flink_app.declaration.provenance import Provenance
from infra.simulation.collated import find_form
from tests.unit.declaration.test_rules import FREIGHT_CONTENT

CASE: Final = frozenset({Collation.CASE_INSENSITIVE})
ACCENTS: Final = frozenset({Collation.ACCENT_INSENSITIVE})
BOTH: Final = CASE | ACCENTS
NOTHING: Final[frozenset[Collation]] = frozenset()
EVERY: Final = [NOTHING, CASE, ACCENTS, BOTH]


@pytest.mark.parametrize(
    ("ignored", "text", "form"),
    [
        (CASE, "ACME", "acme"),
        (CASE, "Straße", "strasse"),
        (CASE, "ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        (CASE, "Σίσυφος", "σίσυφοσ"),
        (CASE, "\u212a", "k"),
        (CASE, "É", "é"),
        (CASE, "E\u0301", "é"),
        (CASE, "İ", "i\u0307"),
        (ACCENTS, "Éé", "Ee"),
        (ACCENTS, "E\u0301", "E"),
        (ACCENTS, "ñ", "n"),
        (BOTH, "Ångström", "angstrom"),
        (BOTH, "\u1fbc", "\u03b1\u03b9"),
        (BOTH, "\u0390", "\u03b9"),
        # A mark makes another letter there.
        (BOTH, "Й", "й"),
        (BOTH, "が", "が"),
        (BOTH, "कि", "कि"),
        # These have no accent that could be taken off.
        (BOTH, "Øłđ", "øłđ"),
        (CASE, "\u0131", "\u0131"),
        (CASE, "\uff21", "\uff41"),  # the width counts
        (NOTHING, "E\u0301", "E\u0301"),
        (CASE, "", ""),
    ],
)
def test_the_canonical_form(ignored: frozenset[Collation], text: str, form: str) -> None:
    assert canonical_form(text, ignored) == form


@pytest.mark.parametrize("ignored", [CASE, ACCENTS, BOTH], ids=["case", "accents", "both"])
def test_every_character_has_one_form_however_it_is_written(ignored: frozenset[Collation]) -> None:
    """Over all of Unicode: composed or not, in capitals or not, and once more."""
    dotless = "\u0131"  # its capital is that of i
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if 0xD800 <= number < 0xE000 or (character.isascii() and number > ord("z")):
            continue
        form = canonical_form(character, ignored)
        assert canonical_form(form, ignored) == form
        written = [unicodedata.normalize("NFD", character)]
        if Collation.CASE_INSENSITIVE in ignored and character != dotless:
            written += [character.upper(), character.lower(), character.title()]
        assert {canonical_form(text, ignored) for text in written} == {form}, hex(number)


@given(st.text(max_size=8), st.sampled_from(EVERY))
def test_it_is_what_the_oracle_of_the_simulation_works_out(
    text: str, ignored: frozenset[Collation]
) -> None:
    assert canonical_form(text, ignored) == find_form(text, ignored)


def declared(path: tuple[str, str], **option: Any) -> dict[str, Any]:
    """The freight declaration with an option on a column, which is text that is compared."""
    content = copy.deepcopy(FREIGHT_CONTENT)
    table, column = path
    content["tables"][table]["columns"][column] = {"type": "varchar(8)", **option}
    return content


def with_regions(here: Any, there: Any) -> dict[str, Any]:
    content = declared(("region", "code"), **({"collation": here} if here else {}))
    there_too = {"type": "varchar(8)", **({"collation": there} if there else {})}
    content["tables"]["port"]["columns"]["region_code"] = there_too
    return content


@pytest.mark.parametrize(
    ("written", "ignored"),
    [
        ("case_insensitive", CASE),
        (["case_insensitive"], CASE),
        (["case_insensitive", "accent_insensitive"], BOTH),
        ("binary", NOTHING),
    ],
)
def test_one_word_or_a_list(written: Any, ignored: frozenset[Collation]) -> None:
    content = with_regions(written, written)
    code = Declaration.model_validate(content).tables["region"].columns["code"]
    assert code.ignored == ignored


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            with_regions("case_insensitive", None),
            "region_code and region.code differ in their collation (binary, and case_insensitive)",
        ),
        (
            with_regions("case_insensitive", ["case_insensitive", "accent_insensitive"]),
            "(accent_insensitive and case_insensitive, and case_insensitive); declare the same",
        ),
        (
            declared(("region", "title"), collation="case_insensitive"),
            "table region: column 'title' is no key and refers to none, so it is not compared",
        ),
        (
            with_regions(["binary", "case_insensitive"], None),
            "collation binary excludes case_insensitive; remove one",
        ),
        (declared(("region", "code"), collation=[]), "collation is empty"),
        (declared(("region", "code"), collation="ci"), "'binary', 'case_insensitive' or"),
        (
            declared(("port", "port_id"), type="integer", collation="case_insensitive"),
            "collation is only for varchar and char, not for integer; remove it",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(content: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Declaration.model_validate(content)
    assert message in str(caught.value)


def test_binary_and_nothing_are_the_same() -> None:
    Declaration.model_validate(with_regions("binary", None))


def made(**options: Any) -> Provenance:
    column = Column.model_validate({"type": "varchar(8)", **options})
    return Provenance.of(column, None, "code")


def test_values_of_another_collation_are_refused() -> None:
    """State and staged files have letters that today's form has not: one row would be two."""
    plain, folded = made(), made(collation="case_insensitive")
    assert plain.find_misfit(made(collation="binary")) is None
    assert folded.find_misfit(made(collation=["case_insensitive"])) is None
    words = "has the collation binary, and today's is case_insensitive"
    assert plain.find_misfit(folded) == words
    both = made(collation=["case_insensitive", "accent_insensitive"])
    words = "has the collation accent_insensitive and case_insensitive, and today's is binary"
    assert both.find_misfit(plain) == words


def test_a_column_says_its_collation_where_its_values_outlive_the_declaration() -> None:
    folded = made(collation="case_insensitive")
    field = folded.mark("code", Column.model_validate({"type": "varchar(8)"}).stored_type)
    assert Provenance.read(field) == folded
    assert field.metadata[b"starjoin.made"] == b"keep+case_insensitive VARCHAR(8)"


def test_a_column_without_one_says_what_it_said_before_there_were_any() -> None:
    field = made().mark("code", Column.model_validate({"type": "varchar(8)"}).stored_type)
    assert b"ignored" not in field.metadata[b"starjoin.declared"]
    assert field.metadata[b"starjoin.made"] == b"keep VARCHAR(8)"
    assert Provenance.read(field) == made()
