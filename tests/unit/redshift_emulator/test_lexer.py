from __future__ import annotations

import pytest

from infra.redshift_emulator.errors import RedshiftError
from infra.redshift_emulator.lexer import fold_quoted, one_statement, string_value, tokens


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("select 1", ["word", "number"]),
        ("'a;b'", ["string"]),
        (r"'it\'s' x", ["string", "word"]),
        ("'it''s' x", ["string", "word"]),
        ('"A ""b"" c"', ["quoted"]),
        ("-- a ' comment\nx", ["word"]),
        ("/* a ' comment ; */ x", ["word"]),
        ("$1::int", ["param", "mark", "mark", "word"]),
        ("$$ a; 'b $$", ["dollar"]),
        ("$x$ $$ $x$", ["dollar"]),
        ("1.5e-3 .5", ["number", "number"]),
        ("#temp", ["word"]),
    ],
)
def test_kinds(sql: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokens(sql)] == kinds


def test_tokens_know_their_place() -> None:
    sql = "select  'a' -- x\n, b"

    assert [sql[token.start : token.end] for token in tokens(sql)] == ["select", "'a'", ",", "b"]


@pytest.mark.parametrize(
    ("literal", "value"), [(r"'a\\b'", r"a\b"), (r"'it\'s'", "it's"), ("'it''s'", "it's")]
)
def test_string_values(literal: str, value: str) -> None:
    assert string_value(tokens(literal)[0]) == value


@pytest.mark.parametrize("sql", ["select 1;", "select 1 ; -- done", "select 1", ";select 1"[1:]])
def test_one_statement(sql: str) -> None:
    assert one_statement(sql)[0] == "select 1"


@pytest.mark.parametrize("sql", ["select 1; select 2", "begin; commit;", "; select 1"])
def test_several_statements(sql: str) -> None:
    with pytest.raises(RedshiftError, match="multiple commands"):
        one_statement(sql)


def test_quoted_names_fold_and_strings_do_not() -> None:
    assert fold_quoted("""select "A"."b", '"C"' from "Ünï" """) == (
        """select "a"."b", '"C"' from "ünï" """
    )
