"""Reading a declaration file, and the JSON Schema that editors check one with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from connectors.failures import StarjoinError
from flink_app.declaration.declaration import Declaration
from flink_app.declaration.names import PATTERN_WORDS
from flink_app.declaration.redshift_rules import redshift_faults
from flink_app.declaration.star import Star
from flink_app.validation.faults import fault_lines, list_faults
from flink_app.validation.yaml_file import YamlFileError, read_yaml


class DeclarationError(StarjoinError, ValueError):
    """The declaration file cannot be used; the message lists every fault with its place."""


def load_declaration(path: Path) -> Declaration:
    """Reads and validates a declaration file.

    Raises DeclarationError when the file cannot be read, is not YAML or breaks a rule.
    """
    try:
        declaration = Declaration.model_validate(_content(path))
    except ValidationError as error:
        faults = fault_lines(error, Declaration, with_meaning=False, pattern_words=PATTERN_WORDS)
        raise DeclarationError(list_faults(path, faults)) from error
    if faults := redshift_faults(Star(declaration)):
        raise DeclarationError(list_faults(path, [f"  {fault}" for fault in faults]))
    return declaration


def _content(path: Path) -> Any:
    try:
        return read_yaml(path)
    except FileNotFoundError as error:
        message = f"{path}: there is no such declaration file"
        raise DeclarationError(message) from error
    except YamlFileError as error:
        raise DeclarationError(str(error)) from error


class _WithoutNull(GenerateJsonSchema):
    """JSON Schema in which no field may be null, as the models have it (`StrictModel`)."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        field_schema = super().default_schema(schema)
        if field_schema.get("default", "") is None:
            del field_schema["default"]
        return field_schema


def json_schema() -> str:
    """The declaration's JSON Schema, as the text that is committed for editors."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declaration.model_json_schema(by_alias=True, schema_generator=_WithoutNull),
    }
    return json.dumps(schema, indent=2) + "\n"
