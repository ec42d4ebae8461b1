"""Each mistake of a declaration is reported at its place with what to write, all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import jsonschema
import pytest
import yaml

from flink_app.declaration import Declaration
from flink_app.declaration.editor_schema import json_schema
from flink_app.declaration.inspection import inspect
from flink_app.validation.document import PlacedFault, read_document
from tests.unit.declaration.mistakes import (
    FORMS,
    KEYS,
    RULES,
    SHOP,
    SYNTAX,
    TYPES,
    Mistake,
)

MISTAKES: Final = (*TYPES, *KEYS, *FORMS, *RULES, *SYNTAX)
VALIDATOR: Final = jsonschema.Draft202012Validator(json.loads(json_schema()))
# In parts of the file that few mistakes are in: a column of a target, and one of a table.
OTHERS: Final = (
    ("      town: buyer.home.title\n", "      town: buyer.home.titel\n", "has no column 'titel'"),
    ("      bought_at: timestamp\n", "      bought_at: timestmp\n", "did you mean timestamp"),
)
# Mistakes after which nobody can say what the others refer to, or that are of what those break.
IN_THE_WAY: Final = {
    "columns that are a list",
    "columns that are not within their table",
    "a table with a schema in its name",
    "a reference to no table at all",
    "key of reference: ^on: [city_id]}",
    "no fact",
    "computed: a date as text",
    "computed: a value of another kind",
    "computed: a blank that does not count",
    "computed: a range of text",
    "computed: nothing in common",
    "computed: one column alone",
}


def faults(text: str) -> tuple[PlacedFault, ...]:
    return inspect(read_document(text)).faults


def places(found: tuple[PlacedFault, ...]) -> list[tuple[int, int] | None]:
    return [(fault.mark.line, fault.mark.column) if fault.mark else None for fault in found]


def by_name(mistakes: tuple[Mistake, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mistake", mistakes, ids=lambda mistake: mistake.name)


def test_without_mistakes_it_loads() -> None:
    assert faults(SHOP) == ()
    assert isinstance(inspect(read_document(SHOP)).declaration, Declaration)
    assert VALIDATOR.is_valid(yaml.safe_load(SHOP))


def test_there_are_many() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) >= 120


@by_name(MISTAKES)
def test_a_mistake_is_reported_at_its_place_with_what_to_write(mistake: Mistake) -> None:
    found = faults(mistake.text)
    at_place = [fault for fault in found if places((fault,)) == [mistake.place]]
    assert at_place, f"{mistake.place}, not {[str(fault) for fault in found]}"
    said = " ".join(map(str, at_place))
    assert all(words in said for words in mistake.says), said
    assert mistake.says
    # What to write: every fault says it.
    assert [str(fault) for fault in found if not fault.fault.remedy] == []


@by_name(tuple(mistake for mistake in MISTAKES if read_document(mistake.text).is_yaml))
def test_a_mistake_hides_no_other_and_makes_none_up(mistake: Mistake) -> None:
    """Beside faults of other parts it is reported all the same, and so are they."""
    alone = faults(mistake.text)
    assert len(alone) <= 3, [str(fault) for fault in alone]
    for right, wrong, says in OTHERS:
        if mistake.text.count(right) != 1 or mistake.name in IN_THE_WAY:
            continue
        together = faults(mistake.text.replace(right, wrong))
        said = [str(fault) for fault in together]
        assert any(says in sentence for sentence in said), said
        assert mistake.place in places(together)


@by_name(tuple(mistake for mistake in MISTAKES if mistake not in SYNTAX))
def test_the_editor_finds_what_it_can(mistake: Mistake) -> None:
    if not read_document(mistake.text).is_yaml:
        return
    assert VALIDATOR.is_valid(yaml.safe_load(mistake.text)) is not mistake.in_editor


@pytest.mark.parametrize(
    "formula",
    [
        "{divide: [total, 2]}",
        "{coalesce: [town], otherwise: {}}",
        "{case: [{when: {total: {belows: 1}}, then: 1}]}",
        "{add: [total, 1.5]}",
    ],
)
def test_what_is_left_of_a_formula_is_not_reported_too(formula: str) -> None:
    """Without its wrong part there may be no formula, operand or comparison."""
    text = SHOP.replace("    dist_key:", f"    computed: {{a: {formula}}}\n    dist_key:")
    assert len(faults(text)) == 1, [str(fault) for fault in faults(text)]


def test_all_mistakes_of_a_file_are_reported_at_once() -> None:
    text, wanted = SHOP, []
    chosen = ("kye", "Born", "totl", "byer", "citys", "uuid", "order_by", "as_nul")
    for right, wrong in (
        ("    key: [purchase_id]", "    kye: [purchase_id]"),
        ("      born: date", "      Born: date"),
        ("      total: total", "      total: totl"),
        ("email: buyer.email", "email: byer.email"),
        ("{table: city,", "{table: citys,"),
        ("title: varchar(40)", "title: uuid"),
        ("    sort_key:", "    order_by:"),
        ("zero_dates: as_null", "zero_dates: as_nul"),
    ):
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    for word in chosen:
        before = text.partition(word)[0].split("\n")
        wanted.append((len(before), len(before[-1]) + 1))
    assert places(faults(text)) == sorted(wanted)


def test_no_message_shows_a_line_that_cannot_be_read() -> None:
    (fault,) = faults("name: shop\npassword: hunter2: x\n")
    assert "hunter2" not in str(fault)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    found = faults("\n".join(lines))
    assert any("aliases make more than" in str(fault) for fault in found)


def test_a_shipped_declaration_has_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    assert faults(path.read_text()) == ()
