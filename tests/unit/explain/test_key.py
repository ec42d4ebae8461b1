"""Keys are treated as decode treats them, before anything is asked with them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from connectors.redshift.names import Names
from flink_app.privacy.treatments import sha256, tokenise
from infra.explain.errors import NotExplainableError
from infra.explain.key import show_key, treat_key
from infra.explain.layout import KeyColumn, make_layout
from tests.unit.stars import star

SECRET: Final = b"a secret of the tests, of some 40 bytes."
TYPES: Final = """
name: types
source_schema: s
tables:
  f:
    key: [k]
    columns: {{k: {declared}}}
targets:
  wide: {{fact: f, columns: {{k: k}}}}
"""


def columns(declared: str) -> tuple[KeyColumn, ...]:
    return make_layout(star(TYPES.format(declared=declared)), Names("b"), "wide").fact.key


def refuse_secret() -> bytes:
    message = "the secret is not to be read"
    raise AssertionError(message)


@pytest.mark.parametrize(
    ("declared", "given", "value", "text"),
    [
        ("integer", "0042", 42, "42"),
        ("integer", "-7", -7, "-7"),
        ('"decimal(9,2)"', "1.5", None, "1.50"),
        ("boolean", "t", True, "true"),
        ("date", "2026-11-27", None, "2026-11-27"),
        ("timestamp", "2026-11-27T01:00:00+01:00", None, "2026-11-27 00:00:00"),
        ("timestamptz", "2026-11-27T01:00:00+01:00", None, "2026-11-27 00:00:00+00"),
        ("varchar(9)", "O'Hara %s", "O'Hara %s", "O'Hara %s"),
        ("char(9)", "ab  ", "ab", "ab"),
        ("{type: varbyte(4), treatment: sha256}", "0xBEEF", None, sha256("beef")),
        ("{type: varchar(9), collation: case_insensitive}", "Zürich", None, "zürich"),
        ("{type: varchar(9), treatment: sha256}", "ann", None, sha256("ann")),
        ("{type: integer, treatment: sha256}", "007", None, sha256("7")),
    ],
)
def test_a_value_is_read_and_treated(declared: str, given: str, value: Any, text: str) -> None:
    (stored,) = treat_key(columns(declared), [given], refuse_secret, is_stored=False)
    assert stored.text == text
    assert value is None or stored.value == value
    assert stored.scalar.type == stored.column.read.declared.stored_type.arrow


def test_a_personal_key_becomes_its_token() -> None:
    key = columns("{type: varchar(40), treatment: tokenise}")
    (stored,) = treated = treat_key(key, ["ann@example.org"], lambda: SECRET, is_stored=False)
    assert stored.value == tokenise("ann@example.org", SECRET)
    assert treat_key(key, [stored.text], refuse_secret, is_stored=True) == treated
    assert show_key(treated) == f"k {stored.value}"


@pytest.mark.parametrize(
    ("declared", "given", "is_stored"),
    [
        ("integer", "secret", False),
        ("integer", "3000000000", False),
        ("{type: varchar(40), treatment: tokenise}", "secret", True),
        ("varchar(3)", "secret", False),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_not_repeated(
    declared: str, given: str, is_stored: bool
) -> None:
    with pytest.raises(NotExplainableError, match=r"^k") as refused:
        treat_key(columns(declared), [given], refuse_secret, is_stored=is_stored)
    assert given not in str(refused.value)


def test_as_many_values_as_the_key_has() -> None:
    with pytest.raises(NotExplainableError, match=r"has 1 values \(k\), and 2 are given"):
        treat_key(columns("integer"), ["1", "2"], refuse_secret, is_stored=False)
