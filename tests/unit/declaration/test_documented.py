"""Every piece of a declaration that README and docs show is one that loads.

A fenced block is a whole declaration, or stands below a comment `<!-- fragment of tables -->` that
says into which part of the declaration above it belongs. Code inside a line that is a mapping of
fields that a declaration or an environment has must be one that they take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from flink_app.declaration import Declaration, dms_records, model
from infra.aws import environment
from tests.unit.stars import ROOT

DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCED: Final = re.compile(
    r"(?:<!-- fragment of (?P<place>[a-z_.]+) -->\n)?```yaml\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_INLINE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# For what a fragment leaves out: required fields, of the right form.
_COMPLETED: Final[dict[str, Any]] = {
    "type": "varchar(9)",
    "key": ["a"],
    "columns": {"a": "integer"},
    "table": "a",
    "fact": "a",
}
_MODELS: Final[list[type[BaseModel]]] = [
    *(model.Column, model.Reference, model.Table, model.Target, dms_records.DmsRecords),
    *(environment.Application, environment.Redshift, environment.Stream, environment.Staging),
]


def snippets(text: str) -> Iterator[dict[str, Any]]:
    """The declarations that a document shows, fragments merged into the one above them."""
    whole: dict[str, Any] = {}
    for found in _FENCED.finditer(text):
        content = yaml.safe_load(found["text"])
        if found["place"] is None:
            whole = content
            yield whole
            continue
        for step in reversed(found["place"].split(".")):
            content = {step: content}
        yield merged(whole, content)


def merged(whole: Any, part: Any) -> Any:
    if not (isinstance(whole, dict) and isinstance(part, dict)):
        return part
    return whole | {key: merged(whole.get(key), value) for key, value in part.items()}


def mappings(text: str) -> Iterator[dict[str, Any]]:
    """Code inside lines that is YAML of some model's fields, `...` standing for what is meant."""
    names = {name for kind in _MODELS for name in kind.model_fields} | {"stream"}
    for found in _INLINE.findall(text):
        if "..." in found:
            continue
        try:
            content = yaml.safe_load(found)
        except yaml.YAMLError:
            continue
        if isinstance(content, dict) and content.keys() <= names:
            yield content


def is_taken(content: dict[str, Any]) -> bool:
    """Whether some model takes the fields."""
    if content.keys() == {"stream"} and isinstance(content["stream"], dict):
        content = content["stream"]
    return any(
        _takes(kind, content) for kind in _MODELS if content.keys() <= kind.model_fields.keys()
    )


def _takes(kind: type[BaseModel], content: dict[str, Any]) -> bool:
    completed = {name: value for name, value in _COMPLETED.items() if name in kind.model_fields}
    try:
        kind.model_validate(completed | content)
    except ValidationError as error:
        # What the fragment says must fit; what it does not say may be missing.
        return not any(
            set(fault["loc"]) & content.keys() or not fault["loc"] for fault in error.errors()
        )
    return True


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_shows_loads(path: Path) -> None:
    text = path.read_text()
    assert text.count("```yaml") == len(list(_FENCED.finditer(text)))
    for content in snippets(text):
        Declaration.model_validate(content)
    for content in mappings(text):
        assert is_taken(content), f"{path}: no declaration or environment takes {content}"


def test_snippets_are_found() -> None:
    readme = (ROOT / "README.md").read_text()
    whole, placed, shapes = snippets(readme)
    assert "placement" not in whole["tables"]["customer"]
    assert placed["tables"]["customer"]["placement"] == "warehouse"
    assert "where" in shapes["targets"]["orders"]
    shown = list(mappings(readme))
    assert {"unchanged": "sent_as_null"} in shown
    assert {"type": "varchar(8)", "trailing_blanks": "trim"} in shown


@pytest.mark.parametrize(
    ("shown", "good"),
    [
        ("`unchanged: sent_as_null`", True),
        ("`unchanged: null`", False),
        ("`unchanged: never`", False),
        ('`unchanged: "null"`', True),
        ("`stream: {positions: lsn}`", False),
        ("`stream: {positions: mysql}`", True),
        ("`placement: disk`", False),
        ("`dead_letter_originals: open`", False),
    ],
)
def test_a_wrong_word_in_a_line_is_seen(shown: str, *, good: bool) -> None:
    (content,) = mappings(f"Write {shown} there.")
    assert is_taken(content) is good


def test_a_wrong_fragment_is_seen() -> None:
    readme = (
        (ROOT / "README.md").read_text().replace("placement: warehouse\n```", "placement:\n```")
    )
    _, placed, _ = snippets(readme)
    with pytest.raises(ValidationError, match="placement has no value"):
        Declaration.model_validate(placed)
