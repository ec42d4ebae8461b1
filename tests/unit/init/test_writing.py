"""The file is YAML that says what the draft says, whatever names and comments there are."""

from __future__ import annotations

from dataclasses import replace

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from infra.catalogue.model import Catalogue
from infra.init.propose import propose
from infra.init.writing import write
from tests.unit.init.sources import catalogue, column, table

# As PostgreSQL has them: any text without NUL, and no half of a surrogate pair.
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


def source(name: str, of_column: str, comment: str) -> Catalogue:
    kind = table("kind", [column("id")])
    columns = [column("id"), column("kind_id"), replace(column(of_column), comment=comment)]
    sale = replace(table(name, columns, to={"kind_id": "kind"}), comment=comment)
    return catalogue(kind, sale)


@given(NAMES, NAMES, NAMES)
@example("sale", "price\n", "")  # which `$` of a pattern would take for its end
def test_any_name_and_comment_is_written_so_that_yaml_reads_it(
    name: str, of_column: str, comment: str
) -> None:
    if of_column in {"id", "kind_id"} or name == "kind":
        return
    read = source(name, of_column, comment)
    draft = propose(read)
    assert yaml.safe_load(write(draft, read)) == draft.content()


def test_a_comment_is_one_line_with_an_end() -> None:
    read = source("sale", "price", "one: 'two'\n- \"three\" # four\r\n\t\x07five" + " six" * 200)
    text = write(propose(read), read)
    assert "one: 'two' - \"three\" # four five six" in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.count(' six ..."') == 2
