"""The table of known errors: complete, in an order that finds each row, and shown in the docs."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Final

import pytest

from connectors.redshift.known_errors import (
    ANY_OTHER,
    CLIENT_ERRORS,
    SERVER_ERRORS,
    KnownError,
    Remedy,
)
from connectors.redshift.said import understand
from tests.unit.stars import ROOT

DOCUMENT: Final = ROOT / "docs" / "redshift-errors.md"
_BEGIN: Final = "<!-- the table begins -->\n"
_END: Final = "<!-- the table ends -->\n"


def recognised_by(error: KnownError) -> str:
    """How a reader recognises it: the text, the code, or the SQLSTATE."""
    if error.example is None:
        return error.when
    if error.code:
        return f"code {error.code}"
    if error.state:
        kind = "class" if len(error.state) == 2 else "SQLSTATE"
        return f"{kind} {error.state}"
    if error.pattern is None:
        return "any other"
    # The line that decides, of the message or of the detail.
    example = error.example
    lines = [re.sub(r"^\s*(error|context): *", "", line) for line in example.detail.splitlines()]
    line = next(line for line in [example.message, *lines] if error.pattern.fullmatch(line.strip()))
    return f"`{line.strip()}`"


def row(error: KnownError) -> str:
    remedy = str(error.remedy) + ("; at COMMIT outcome unknown" if error.intervenes else "")
    words = error.words.replace("{}", "…")
    return f"| {recognised_by(error)} | {remedy} | {words} | {error.source} |"


def table() -> str:
    head = ["| error | what follows | sentence | source |", "|---|---|---|---|"]
    return "\n".join([*head, *map(row, (*CLIENT_ERRORS, *SERVER_ERRORS))]) + "\n"


def test_the_document_shows_the_table() -> None:
    before, begin, rest = DOCUMENT.read_text().partition(_BEGIN)
    written, end, after = rest.partition(_END)
    if os.environ.get("STARJOIN_SNAPSHOTS") == "write":
        DOCUMENT.write_text(before + begin + table() + end + after)
    assert written == table(), (
        "write it again: STARJOIN_SNAPSHOTS=write .venv/bin/python -m pytest "
        "tests/unit/redshift/test_known_errors.py"
    )


@pytest.mark.parametrize("error", SERVER_ERRORS, ids=recognised_by)
def test_its_example_finds_the_row(error: KnownError) -> None:
    assert error.example is not None
    example = error.example
    fields = {"C": example.state, "M": example.message, "D": example.detail}
    assert understand(fields).error is error


def test_every_row_has_a_source_and_words() -> None:
    for error in (*CLIENT_ERRORS, *SERVER_ERRORS):
        assert error.source
        assert error.words
        assert not error.words.endswith("."), "the sentence goes on with the SQLSTATE"


# With what a sentence tells a person to do begins.
_TELLS: Final = re.compile(
    r"[:.;] (?:allow|associate|change|check|compare|contact|declare|give|grant|remove|report"
    r"|drop|restart|restore|see|set|transfer)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("error", [*CLIENT_ERRORS, *SERVER_ERRORS], ids=recognised_by)
def test_a_row_that_needs_a_person_says_what_to_do(error: KnownError) -> None:
    """Of a value or a file the remedy follows from what Redshift keeps, which is said after it."""
    in_views = not error.complete and (error.pattern or error.code or error is ANY_OTHER)
    if error.remedy is Remedy.REPAIR and not in_views:
        assert _TELLS.search(error.words)
    elif error.remedy is Remedy.UNKNOWN:
        assert "the next attempt" in error.words


def test_no_code_or_state_has_two_rows() -> None:
    counts = Counter(error.code or error.state for error in SERVER_ERRORS)
    counts.pop("", None)
    assert set(counts.values()) == {1}
