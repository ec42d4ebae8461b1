"""Faults of files that people write: where, what is wrong, what to write, and never the value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from flink_app.declaration import Declaration
from flink_app.validation.faults import Vocabulary, fault_lines
from flink_app.validation.yaml_file import list_faults
from infra.aws.environment import Environment

SECRET = "hunter2-" + "x" * 9


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=lambda name: name.replace("_", "."))

    retry_seconds: int = Field(7, ge=1, le=9, description="Seconds of retries.")
    mode: Literal["on", "off"] = Field("on", description="Whether it is on.")
    names: list[Annotated[str, StringConstraints(pattern="^[a-z]+$")]] = Field(
        [], max_length=2, description="Names in lower case."
    )
    switch: bool = Field(default=True, description="Whether it is switched on.")


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    part: Part | None = None
    parts: dict[str, Part] = {}
    needed: str = Field("", description="Text.", max_length=3)


class Needy(BaseModel):
    host: str = Field(description="Name of the host.")


def lines(model: type[BaseModel], content: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(content)
    return fault_lines(caught.value, model)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            {"part": {"retry.seconds": 10}},
            "part.retry.seconds: must be at most 9. Meaning: Seconds of retries.",
        ),
        (
            {"part": {"retry.seconds": 0}},
            "part.retry.seconds: must be at least 1. Meaning: Seconds of retries.",
        ),
        (
            {"part": {"retry.seconds": SECRET}},
            ("part.retry.seconds: must be an integer. Meaning: Seconds of retries."),
        ),
        (
            {"parts": {"one": {"mode": SECRET}}},
            "parts.one.mode: must be 'on' or 'off'. Meaning: Whether it is on.",
        ),
        (
            {"part": {"names": ["a", SECRET]}},
            "part.names.1: must match the pattern '^[a-z]+$'. Meaning: Names in lower case.",
        ),
        (
            {"part": {"names": ["a", "b", "c"]}},
            ("part.names: must have at most 2 items, not 3. Meaning: Names in lower case."),
        ),
        (
            {"part": {"switch": "perhaps"}},
            ("part.switch: must be true or false. Meaning: Whether it is switched on."),
        ),
        ({"needed": SECRET}, "needed: must have at most 3 characters; shorten it. Meaning: Text."),
        (
            {"part": {"retry.second": 3}},
            "part.retry.second: there is no such key; did you mean retry.seconds?",
        ),
        (
            {"parts": {"one": {"x": 3}}},
            (
                "parts.one.x: there is no such key; the keys here are retry.seconds, mode, names, "
                "switch"
            ),
        ),
        ({"party": {}}, "party: there is no such key; did you mean part?"),
        ({"part": SECRET}, "part: must be a mapping of keys and values"),
        (SECRET, "must be a mapping of keys and values; its keys are part, parts, needed"),
    ],
)
def test_a_fault_says_where_what_and_what_to_write(content: Any, line: str) -> None:
    found = lines(Whole, content)
    assert found == [f"  {line}"]
    assert SECRET not in found[0]


def test_a_missing_key_is_explained() -> None:
    assert lines(Needy, {}) == ["  host: this key is missing. Meaning: Name of the host."]


def test_a_description_is_left_out_where_it_is_not_wanted() -> None:
    with pytest.raises(ValidationError) as caught:
        Needy.model_validate({})
    found = fault_lines(caught.value, Needy, vocabulary=Vocabulary(with_meaning=False))
    assert found == ["  host: this key is missing"]


def test_a_pattern_that_has_words_is_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Part.model_validate({"names": [SECRET]})
    words = Vocabulary(patterns={"^[a-z]+$": "a name has only a-z"}, with_meaning=False)
    found = fault_lines(caught.value, Part, vocabulary=words)
    assert found == ["  names.0: a name has only a-z"]


def test_errors_are_counted_in_words() -> None:
    path = Path("a.yaml")
    assert list_faults(path, ["  x: y"]) == "a.yaml has 1 error:\n  x: y"
    assert list_faults(path, ["  x: y", "  z"]) == "a.yaml has 2 errors:\n  x: y\n  z"


@pytest.mark.parametrize("model", [Environment, Declaration])
def test_what_is_asked_for_can_be_found_in_every_model(model: type[BaseModel]) -> None:
    """The walk to a field follows the forms that the models use."""
    found = lines(
        model, {"nothing": SECRET, "dms": {"source": {"x": 1}}, "tables": {"t": {"x": 1}}}
    )
    unknown = [line for line in found if "there is no such key" in line]
    assert unknown
    assert all("did you mean" in line or "the keys here are" in line for line in unknown), unknown
    assert any(line.startswith(("  dms.source.x: ", "  tables.t.x: ")) for line in unknown)
