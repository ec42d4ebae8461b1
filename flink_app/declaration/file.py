"""Reading a declaration file, and the JSON Schema that editors check one with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from flink_app.declaration.model import Declaration
from flink_app.faults import fault_lines


class DeclarationError(ValueError):
    """The declaration file cannot be used; the message lists every fault with its place."""


class _Loader(yaml.SafeLoader):
    """YAML in which no name stands twice in one mapping; PyYAML takes the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own form
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                what = f"{key.value!r} stands there twice"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_declaration(path: Path) -> Declaration:
    """Reads and validates a declaration file.

    Raises DeclarationError when the file is missing, is not YAML or breaks a rule.
    """
    try:
        content = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except FileNotFoundError as error:
        message = f"{path}: there is no such declaration file"
        raise DeclarationError(message) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path} is not YAML: {error}"
        raise DeclarationError(message) from error
    try:
        return Declaration.model_validate(content)
    except ValidationError as error:
        faults = fault_lines(error, lambda place: ".".join(place) or "file")
        message = "\n".join([f"{path} breaks {len(faults)} rule(s):", *faults])
        raise DeclarationError(message) from error


def json_schema() -> str:
    """The declaration's JSON Schema, as the text that is committed for editors."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declaration.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, indent=2) + "\n"
