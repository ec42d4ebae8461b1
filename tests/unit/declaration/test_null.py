"""Null is refused wherever it stands in a declaration: it never means the default."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from flink_app.declaration import Declaration, DeclarationError, load_declaration, model
from flink_app.declaration.dms_records import DmsRecords
from flink_app.declaration.formula import Case, Comparison, Formula, Operand
from flink_app.declaration.model import Unchanged
from flink_app.declaration.partitions import Partitions
from tests.unit.declaration.test_editor_schema import VALIDATOR
from tests.unit.declaration.test_rules import FREIGHT_CONTENT, put, save
from tests.unit.stars import FREIGHT

NOTHING: Final = (
    "has no value: YAML reads nothing, ~ and the word null without quotes as null; write"
)


def _places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a file where a value stands, the file itself left out."""
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(content, dict):
        members = content.items()
    elif isinstance(content, list):
        members = enumerate(content)
    for name, value in members:
        yield (*above, name)
        yield from _places(value, (*above, name))


# FREIGHT with each optional key that it does not have.
FULL_CONTENT: Final = copy.deepcopy(FREIGHT_CONTENT)
FULL_CONTENT["stream"] = {
    "before_image_prefix": "BI_",
    "before_image_suffix": "#",
    "positions": "auto",
    "coarse_positions": "warn",
    "zero_dates": "as_null",
    "rounded_numbers": "as_sent",
    "missing_columns": "as_null",
    "schema_changes": "lenient",
}
FULL_CONTENT["tables"]["port"] |= {"source": "port", "source_schema": "x", "placement": "stream"}
FULL_CONTENT["tables"]["region"]["partitions"] = [
    "region_%",
    {"source": "area_*", "source_schema": "x"},
]
FULL_CONTENT["tables"]["region"]["columns"]["code"] = {
    "type": "varchar(4)",
    "collation": ["case_insensitive", "accent_insensitive"],
}
FULL_CONTENT["tables"]["port"]["columns"]["region_code"] = {
    "type": "varchar(4)",
    "collation": ["accent_insensitive", "case_insensitive"],
}
FULL_CONTENT["tables"]["region"]["columns"]["title"] = {
    "type": "varchar(9)",
    "treatment": "keep",
    "source": "title",
    "trailing_blanks": "trim",
    "unchanged": "missing",
}
FULL_CONTENT["targets"]["consignment_report"] |= {
    "schema": "public",
    "dist_key": "voyage",
    "sort_key": ["voyage"],
    "where": {
        "voyage": 1,
        "line": {"one_of": [1, 2]},
        "receiver": {"none_of": [1]},
        "fee": {"is_null": True},
    },
    "constants": {"edition": 2},
    "computed": {
        "place": {"concatenate": ["voyage", {"value": "-"}, 7], "separator": ".", "nulls": "skip"},
        "paid": {"coalesce": ["fee"], "otherwise": 0},
        "loaded_in": {"date_part": "year", "of": "loaded_at"},
        "more": {"add": ["voyage", {"column": "line"}]},
        "less": {"subtract": ["voyage", "line"]},
        "times": {"multiply": ["voyage", "line"]},
        "size": {
            "case": [
                {"when": {"line": {"at_least": 1, "below": 9}}, "then": {"column": "line"}},
                {"when": {"line": 1, "voyage": {"none_of": [1]}}, "then": 1},
                {"when": {"fee": {"is_null": True}, "voyage": {"one_of": [1]}}, "then": 2},
            ],
            "otherwise": {"value": 3},
        },
    },
}


def test_null_is_tried_in_every_field() -> None:
    tried = {place[-1] for place in _places(FULL_CONTENT)} | {"before_image"}
    kinds = (
        model.Column,
        model.Reference,
        model.Table,
        model.Target,
        model.Condition,
        Formula,
        Case,
        Comparison,
        Operand,
        Partitions,
        DmsRecords,
        Declaration,
    )
    fields = {field.alias or name for kind in kinds for name, field in kind.model_fields.items()}
    assert fields <= tried
    Declaration.model_validate(FULL_CONTENT)


@pytest.mark.parametrize("place", list(_places(FULL_CONTENT)), ids=lambda p: ".".join(map(str, p)))
def test_null_is_refused_wherever_it_stands(place: tuple[Any, ...], tmp_path: Path) -> None:
    content = copy.deepcopy(FULL_CONTENT)
    put(*place)(content, None)
    with pytest.raises(DeclarationError) as caught:
        load_declaration(save(tmp_path, content))
    is_entry = isinstance(place[-1], int)
    name = f"an entry of {place[-2]}" if is_entry else place[-1]
    assert f"{name} {NOTHING}" in str(caught.value)
    assert not VALIDATOR.is_valid(content)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{type: date, treatment: }", "write keep or tokenise or sha256 or mask or mask_text or"),
        ("{type: date, unchanged: null}", "write missing or sent_as_null or leave the key out"),
        ("{type: date, source: ~}", "source has no value: YAML reads nothing, ~ and the word"),
    ],
)
def test_what_to_write_instead_of_null(written: str, words: str, tmp_path: Path) -> None:
    text = f"name: a\nsource_schema: s\ntables: {{t: {{key: [k], columns: {{k: {written}}}}}}}\n"
    with pytest.raises(DeclarationError, match=words):
        load_declaration(save(tmp_path, text + "targets: {w: {fact: t, columns: {k: k}}}\n"))


@pytest.mark.parametrize("word", ['"null"', "'null'", "sent_as_null"])
def test_the_earlier_word_for_unchanged_is_read_where_yaml_leaves_it(
    word: str, tmp_path: Path
) -> None:
    text = FREIGHT.replace("title: varchar(40)", f"title: {{type: varchar(40), unchanged: {word}}}")
    assert text != FREIGHT
    column = load_declaration(save(tmp_path, text)).tables["region"].columns["title"]
    assert column.unchanged is Unchanged.SENT_AS_NULL
    assert VALIDATOR.is_valid(yaml.safe_load(text))
