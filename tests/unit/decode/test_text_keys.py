"""Text that ends in a blank: 'A' and 'A ' are one key in Redshift, and two anywhere else."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.unit.decode.records import decode, only_change, only_fault, plan_of, record
from tests.unit.stars import star

BLANKS: Final = plan_of(
    star("""
name: blanks
source_schema: blanks
tables:
  d:
    key: [id]
    columns: {id: varchar(4), title: varchar(4)}
  kept:
    key: [a, b]
    columns: {a: varchar(4), b: {type: varchar(4), trailing_blanks: trim}, ref: varchar(4)}
    references: {d: {table: d, columns: [ref]}}
  e:
    key: [id]
    columns: {id: {type: varchar(4), treatment: tokenise, trailing_blanks: trim}}
  tokens:
    key: [id]
    columns:
      id: {type: varchar(4), treatment: tokenise}
      ref: {type: varchar(4), treatment: tokenise, trailing_blanks: trim}
      note: {type: varchar(4), trailing_blanks: trim}
    references: {e: {table: e, columns: [ref]}}
targets:
  w: {fact: kept, columns: {a: a, b: b, title: d.title}}
  v: {fact: tokens, columns: {id: id, e: e.id, note: note}}
""")
)
KEPT: Final = {"a": "A", "b": "B", "ref": "R"}
TOKENS: Final = {"id": "A", "ref": "B", "note": "N"}


def of(table: str, data: dict[str, Any], operation: str = "insert", **more: Any) -> bytes:
    return record(table, data, operation, schema="blanks", **more)


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (of("kept", KEPT | {"a": "A "}), "a"),
        (of("kept", KEPT | {"a": "A "}, "delete"), "a"),
        (of("kept", KEPT | {"ref": "R "}), "ref"),
        (of("kept", KEPT | {"ref": " "}), "ref"),
        (of("d", {"id": "A ", "title": "x"}), "id"),
        (of("kept", KEPT, "update", before={"a": "A "}), "a"),
    ],
)
def test_keys_and_references_that_end_in_a_blank_are_refused(data: bytes, column: str) -> None:
    reason, detail, _ = only_fault(data, BLANKS)
    assert reason == "trailing_blank"
    assert detail.startswith(f"column {column}: the text ends in a blank, which Redshift ignores")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Also where the padded text would be too long.
        (of("kept", KEPT | {"b": "B       "}), of("kept", KEPT)),
        (
            of("kept", KEPT, "update", before={"b": "B "}),
            of("kept", KEPT, "update", before={"b": "B"}),
        ),
        (of("tokens", TOKENS | {"ref": "B "}), of("tokens", TOKENS)),
        (of("tokens", TOKENS | {"note": "N   "}), of("tokens", TOKENS)),
    ],
)
def test_blanks_are_taken_off_where_the_column_says_so(one: bytes, other: bytes) -> None:
    assert only_change(one, BLANKS) == only_change(other, BLANKS)
    assert decode([one, other] * 20, BLANKS).by_rows == 0


@pytest.mark.parametrize("text", ["A\t", "A\n", "A\u00a0", " A", ""])
def test_only_blanks_at_the_end_count(text: str) -> None:
    assert only_change(of("kept", KEPT | {"a": text}), BLANKS)["a"] == text


def test_other_text_keeps_its_blanks_and_tokens_tell_them_apart() -> None:
    assert only_change(of("d", {"id": "A", "title": "x "}), BLANKS)["title"] == "x "
    tokens = [only_change(of("tokens", TOKENS | {"id": i}), BLANKS)["id"] for i in ("A", "A ")]
    assert len(set(tokens)) == 2
