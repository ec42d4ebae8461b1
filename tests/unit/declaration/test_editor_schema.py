"""The JSON Schema for editors: it takes what loads, and refuses what an editor can see."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from flink_app.declaration.editor_schema import json_schema
from tests.unit.stars import FREIGHT, ROOT, SHIPPED

SCHEMA_FILE = ROOT / "docs" / "declaration.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(json_schema()))


def faults(content: Any) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(content)]


def test_the_committed_schema_is_the_one_of_the_models() -> None:
    assert SCHEMA_FILE.read_text() == json_schema(), (
        "write it again: .venv/bin/python -c "
        "'from flink_app.declaration.editor_schema import json_schema as s; "
        'print(s(), end="")\' > docs/declaration.schema.json'
    )


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))


@pytest.mark.parametrize("text", [FREIGHT, *(file.read_text() for file in SHIPPED)])
def test_it_takes_what_loads(text: str) -> None:
    assert faults(yaml.safe_load(text)) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_a_shipped_file_points_to_it(file: Path) -> None:
    first, _, _ = file.read_text().partition("\n")
    relative = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / relative).resolve() == SCHEMA_FILE


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"nmae": 1}, "$"),
        ({"name": "Upper"}, "$.name"),
        ({"targets": {}}, "$.targets"),
        ({"tables": {"t": {"columns": {}}}}, "$.tables.t"),
    ],
)
def test_it_marks_faults_of_form(change: dict[str, Any], place: str) -> None:
    assert place in faults(yaml.safe_load(FREIGHT) | change)


@pytest.mark.parametrize(
    ("column", "good"),
    [
        ("integer", True),
        ({"type": "integer"}, True),
        ({"type": "varchar(9)", "treatment": "mask"}, True),
        ({"treatment": "mask"}, False),
        ({"type": "integer", "unchanged": "sent_as_null"}, True),
        ({"type": "integer", "unchanged": "null"}, True),
        ({"type": "integer", "unchanged": None}, False),
        ({"type": "integer", "source": None}, False),
        (None, False),
        (5, False),
    ],
)
def test_a_column_is_a_type_or_an_object(column: object, *, good: bool) -> None:
    content = copy.deepcopy(yaml.safe_load(FREIGHT))
    content["tables"]["port"]["columns"]["depth"] = column
    assert (faults(content) == []) is good
