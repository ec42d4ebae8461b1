"""Where a COPY failed: a sentence from Redshift's row of it, and nothing that could be a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redshift.load_errors import REMEDY, read_details
from flink_app.declaration import ColumnType, types
from tests.unit.redshift.warehouse import part

PARTS: Final = [part("a" * 32), part("b" * 32)]
KNOWN: Final = frozenset({"price"})
FILE: Final = f"s3://b/{'b' * 32}"


def _types() -> list[ColumnType]:
    """One of every name that a declaration may give a type."""
    names = [*types._PLAIN, "decimal(9,2)", *(f"{name}(9)" for name in types._LONGEST)]
    return [ColumnType.parse(name) for name in names]


class Answers:
    """A cursor of a session with number 77, which finds this row."""

    def __init__(self, *rows: Sequence[Any]) -> None:
        self._rows = rows
        self._answer: Sequence[Sequence[Any]] = ()

    def execute(self, operation: str, args: Sequence[Any] | None = None) -> None:
        if "pg_backend_pid" in operation:
            self._answer = [(77,)]
        else:
            assert list(args or ()) == [77]
            self._answer = self._rows

    def fetchall(self) -> Sequence[Sequence[Any]]:
        return self._answer


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            (FILE, 17, "price", "varchar", "3", 1204),
            f'{FILE}, row 17, column "price" of type varchar(3): a value is longer than its ',
        ),
        (
            (FILE, 17, "price", "numeric", "9, 2", 1204),
            f'{FILE}, row 17, column "price" of type numeric(9, 2): a value is longer than ',
        ),
        (
            (FILE, 1, "price", "timestampt", "", 1206),
            f'{FILE}, row 1, column "price" of type timestamptz: a timestamp cannot be read (',
        ),
        ((FILE, 1, "ilse", "ilse", "ilse", 1204), f"{FILE}, row 1: a value is longer than its"),
        ((FILE, 0, "", "", "", 15007), f"{FILE}: Redshift could not read a staged file (code"),
        ((FILE, None, None, None, None, 7), f"{FILE}: an unknown cause (code"),
        ((f"https://s3/b/{'b' * 32}.ilse", 2, "", "", "", 1213), f"{FILE}, row 2: a required"),
    ],
)
def test_a_row_of_a_staged_file(row: Sequence[Any], sentence: str) -> None:
    found = read_details(Answers(row), PARTS, KNOWN)
    assert found.startswith(f"SYS_LOAD_ERROR_DETAIL: file {sentence}")
    assert found.endswith(f"). {REMEDY}")
    assert "ilse" not in found


@pytest.mark.parametrize("declared", _types())
def test_the_type_of_any_declared_column_is_named(declared: ColumnType) -> None:
    name = declared.sql.partition("(")[0].lower()
    row = (FILE, 1, "price", name[:10], "", 1204)
    assert f'column "price" of type {name}: ' in read_details(Answers(row), PARTS, KNOWN)


@pytest.mark.parametrize("rows", [[], [("s3://b/of an earlier session", 1, "price", "", "", 1204)]])
def test_without_a_row_of_these_parts_there_is_nothing_to_say(rows: list[Sequence[Any]]) -> None:
    assert not read_details(Answers(*rows), PARTS, KNOWN)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1))
def test_no_text_of_the_row_is_passed_on(text: str) -> None:
    row = (f"{FILE}{text}", 1, text, text, text, 1204)
    assert not set(text) & set(read_details(Answers(row), PARTS, KNOWN))
