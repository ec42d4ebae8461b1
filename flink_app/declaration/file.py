"""Reading a declaration file, and the JSON Schema that editors check one with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from flink_app.declaration.model import Declaration
from flink_app.faults import fault_lines

# What PyYAML and Python raise for text that a tag or a plain scalar does not fit: 2026-13-45,
# a number of 5,000 digits, `!!bool maybe`, `!!timestamp later`.
_UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class DeclarationError(ValueError):
    """The declaration file cannot be used; the message lists every fault with its place."""


class _Loader(yaml.SafeLoader):
    """YAML whose every fault is a YAMLError with its place.

    PyYAML lets other exceptions through, and takes the last of two equal names in silence.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own form
        try:
            return super().construct_object(node, deep)
        except _UNFIT as error:
            kind = node.tag.rpartition(":")[2]
            what = f"what stands there cannot be read as {kind}; put quotes around it if it is text"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own form
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                what = "a name is one word, not a list or a mapping"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            if key.value in seen:
                what = f"{key.value!r} stands there twice"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_declaration(path: Path) -> Declaration:
    """Reads and validates a declaration file.

    Raises DeclarationError when the file cannot be read, is not YAML or breaks a rule.
    """
    try:
        return Declaration.model_validate(_content(path))
    except ValidationError as error:
        faults = fault_lines(error, lambda place: ".".join(place) or "file")
        message = "\n".join([f"{path} breaks {len(faults)} rule(s):", *faults])
        raise DeclarationError(message) from error


def _content(path: Path) -> Any:
    try:
        return _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except FileNotFoundError as error:
        message = f"{path}: there is no such declaration file"
        raise DeclarationError(message) from error
    except OSError as error:
        message = f"{path}: the declaration file cannot be read: {error.strerror}"
        raise DeclarationError(message) from error
    except RecursionError as error:
        message = f"{path} is nested too deeply for a declaration"
        raise DeclarationError(message) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path} is not YAML: {error}"
        raise DeclarationError(message) from error


class _WithoutNull(GenerateJsonSchema):
    """JSON Schema in which no field may be null, as the models have it (`_Model`)."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if found.get("default", "") is None:
            del found["default"]
        return found


def json_schema() -> str:
    """The declaration's JSON Schema, as the text that is committed for editors."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declaration.model_json_schema(by_alias=True, schema_generator=_WithoutNull),
    }
    return json.dumps(schema, indent=2) + "\n"
